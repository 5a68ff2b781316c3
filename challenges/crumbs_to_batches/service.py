"""The post office: it stamps letters. Do not change this file.

    postmark = stamp("to ada")    # some milliseconds

In your own script and in `pytest test_examples.py`, a letter without an address is returned. In a grading
every postmark is another one. `python grade.py try crumbs_to_batches` shows that, and a slow letter.
"""

from __future__ import annotations

import os
import time

WAIT_S = 0.002


class NoAddressError(Exception):
    """Nobody can deliver this letter; its text is the reason."""


def stamp(letter: str) -> str:
    """Stamp a letter; the postmark.

    Raises:
        NoAddressError: The letter goes nowhere.
    """
    if "KATA_SERVICE" in os.environ:
        from service_link import Refused, ask

        try:
            return ask("stamp", letter)
        except Refused as refused:
            if refused.kind != "NoAddress":
                raise
            raise NoAddressError(refused.detail) from None
    time.sleep(WAIT_S)
    if not letter:
        raise NoAddressError("nowhere")
    return f"postmark for {letter}"
