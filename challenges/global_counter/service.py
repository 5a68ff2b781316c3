"""The desks of the box office: people who want to buy, and a printer. Do not change this file.

    for buyer in buyers(desk): ...    # some 10 ms of waiting for each buyer
    print_ticket(buyer, seat)         # some 10 ms

In your own script and in `pytest test_examples.py`, three people wait at each desk, again and again. In a
grading other people come each time, and the grader sees every ticket. `python grade.py try global_counter`
shows that, desks that work in step, and a sale with too few seats.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

WAIT_S = 0.01
BUYERS = ("anna", "ben", "cleo")


def buyers(desk: int) -> Iterator[str]:
    """The people at this desk, one after the other, until nobody is left. Each has a name of their own."""
    if "KATA_SERVICE" in os.environ:
        from service_link import ask

        while (buyer := ask("next_buyer", desk)) is not None:
            yield buyer
    else:
        for name in BUYERS:
            time.sleep(WAIT_S)
            yield f"{name} at desk {desk}"


def print_ticket(buyer: str, seat: int) -> None:
    """Print a ticket and hand it over: it cannot be taken back."""
    if "KATA_SERVICE" in os.environ:
        from service_link import ask

        ask("print_ticket", buyer, seat)
    else:
        time.sleep(WAIT_S)
