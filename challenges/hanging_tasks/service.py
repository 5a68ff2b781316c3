"""The outside world of the order desk: warehouse, price computer and carrier. Do not change this file.

In your own script this module serves itself, and three kinds of orders run into trouble: a line with sku
"sold-out" is out of stock, customer "nowhere" has no address, and shipping to customer "limbo" never
returns. It does not show a price or a reservation that gets stuck, a slow carrier, or a worker that dies:
`python grade.py try hanging_tasks` does.

Each function takes one order and blocks until the answer comes. An order is

    {"id": "A-4711", "customer": "c-07", "kind": "sale", "express": False, "hazardous": False,
     "lines": [{"sku": "sku-12", "quantity": 2}, ...]}

All four recognise an order by its id: repeating a call gets the same answer and books nothing
twice. If an order cannot be served, the call raises an exception whose text is the reason.

In a grading every call goes to the grader, which makes the delays and keeps the books.
"""

import os
import time
import zlib
from collections.abc import Callable

if "KATA_SERVICE" in os.environ:
    from service_link import Refused, ask
else:
    Refused, ask = None, None


class OrderRefusedError(Exception):
    """The outside world refuses an order; `str(error)` is the reason."""


class OutOfStock(OrderRefusedError):  # noqa: N818 - the warehouse's own word
    """`reserve`: an item of the order is not in stock."""


class BadAddress(OrderRefusedError):  # noqa: N818 - the carrier's own word
    """`ship`: the customer has no address to deliver to."""


def take_back(order: dict) -> str:
    """Book in the goods that come back with an exchange (I/O, 20 to 40 ms).

    Returns:
        The receipt number.
    """
    return _served("take_back", order, _take_back_alone)


def reserve(order: dict) -> str:
    """Set the order's goods aside (I/O, 20 to 40 ms; it may never return).

    Returns:
        The reservation number.

    Raises:
        OutOfStock: An item is not in stock.
    """
    return _served("reserve", order, _reserve_alone)


def price(order: dict) -> int:
    """Compute what the order costs (about 30 ms of one CPU; it may never return).

    Returns:
        The amount in cents.
    """
    return _served("price", order, _price_alone)


def ship(order: dict) -> str:
    """Hand the order to the carrier (I/O, 20 to 40 ms; it may never return).

    Returns:
        The tracking number.

    Raises:
        BadAddress: The customer has no address to deliver to.
    """
    return _served("ship", order, _ship_alone)


_REFUSALS = {"OutOfStock": OutOfStock, "BadAddress": BadAddress}


def _served(op: str, order: dict, alone: Callable[[dict], str | int]) -> str | int:
    if ask is None:
        time.sleep(0.03)
        return alone(order)
    try:
        return ask(op, order["id"])
    except Refused as refused:
        raise _REFUSALS.get(refused.kind, OrderRefusedError)(refused.detail) from None


def _take_back_alone(order: dict) -> str:
    return f"back-{order['id']}"


def _reserve_alone(order: dict) -> str:
    if any(line["sku"] == "sold-out" for line in order["lines"]):
        raise OutOfStock("sold-out is out of stock")
    return f"held-{order['id']}"


def _price_alone(order: dict) -> int:
    # crc32, not hash(): the price of an item must be the same in every process.
    return sum(line["quantity"] * (100 + zlib.crc32(line["sku"].encode()) % 5000) for line in order["lines"])


def _ship_alone(order: dict) -> str:
    if order["customer"] == "nowhere":
        raise BadAddress("nowhere has no address")
    while order["customer"] == "limbo":
        time.sleep(3600)
    return f"track-{order['id']}"
