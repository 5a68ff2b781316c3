"""The label printer of a chain of bakeries. Do not change this file, and do not set SHOP.

    text = print_label("rye")    # some 10 ms

Which shop it prints for is in the environment variable BAKERY_SHOP. It is read once, when this module is
imported, as many libraries do. In your own script and in `pytest test_examples.py`, the label says which shop
that was. In a grading every label is another one, and the grader sees the shop: see `grade.py try env_drift`.
"""

from __future__ import annotations

import os
import time

WAIT_S = 0.01
SHOP = os.environ.get("BAKERY_SHOP", "no shop")


def print_label(bread: str) -> str:
    """Print a label for this bread, with this process's shop; the label's text."""
    if "KATA_SERVICE" in os.environ:
        from service_link import ask

        return ask("print_label", bread, SHOP)
    time.sleep(WAIT_S)
    return f"{bread} from {SHOP}"
