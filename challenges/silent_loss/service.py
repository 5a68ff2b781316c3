"""The land register: it writes a deed down, or rejects it. Do not change this file.

    receipt = save("a1", "a mill")    # some 10 ms

In your own script and in `pytest test_examples.py`, a deed without a text is rejected. In a grading the
register has other reasons, and workers die. `python grade.py try silent_loss` shows these.
"""

from __future__ import annotations

import os
import time

WAIT_S = 0.01


class RejectedError(Exception):
    """The register does not want this deed; its text is the reason."""


def save(deed: str, text: str) -> str:
    """Write a deed into the register; the receipt.

    Raises:
        RejectedError: The register does not want it.
    """
    if "KATA_SERVICE" in os.environ:
        from service_link import Refused, ask

        try:
            return ask("save", deed, text)
        except Refused as refused:
            if refused.kind != "Rejected":
                raise
            raise RejectedError(refused.detail) from None
    time.sleep(WAIT_S)
    if not text:
        raise RejectedError(f"{deed} has no text")
    return f"receipt for {deed}"
