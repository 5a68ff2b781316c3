"""The outside world of the order desk: warehouse, price computer and carrier. Do not change this file.

Each function takes one order and blocks until the answer comes. The answer is a new number, and the next
step has to present it:

    receipt = take_back(order)              # an exchange only; for a sale, the receipt is None
    reservation = reserve(order, receipt)
    quote = price(order, reservation)
    tracking = ship(order, quote)

If an order cannot be served, or a number is not one that this order was given, the call raises an exception
whose text is the reason. A repeated call books nothing twice, and its new number is as good as the first.

An order is

    {"id": "A-4711", "customer": "c-07", "kind": "sale", "express": False, "hazardous": False,
     "lines": [{"sku": "sku-12", "quantity": 2}, ...]}

In your own script this module serves itself, 30 ms a call, and some orders run into trouble: a line with sku
"sold-out" is out of stock, customer "nowhere" has no address, and for the customers "limbo-reserve",
"limbo-price" and "limbo-ship" that step never returns. It shows no slow carrier and no worker that dies:
`python grade.py try hanging_tasks` does. In a grading every call goes to the grader, through its module
`service_link`; the grader makes the delays and keeps the books.
"""

import os
import secrets
import time
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
    """Book in the goods that come back with an exchange (waits 20 to 40 ms).

    Returns:
        The number of the receipt.
    """
    return _served("take_back", order)


def reserve(order: dict, receipt: str | None) -> str:
    """Set the order's goods aside (waits 20 to 40 ms; it may never return).

    Args:
        order: The order.
        receipt: What `take_back` returned; None for a sale.

    Returns:
        The number of the reservation.

    Raises:
        OutOfStock: An item is not in stock.
    """
    return _served("reserve", order, receipt)


def price(order: dict, reservation: str) -> str:
    """Compute what the order costs (30 ms of one CPU, imitated by waiting; it may never return).

    Args:
        order: The order.
        reservation: What `reserve` returned.

    Returns:
        The number of the quote.
    """
    return _served("price", order, reservation)


def ship(order: dict, quote: str) -> str:
    """Hand the order to the carrier (waits 20 to 40 ms; it may never return).

    Args:
        order: The order.
        quote: What `price` returned.

    Returns:
        The tracking number.

    Raises:
        BadAddress: The customer has no address to deliver to.
    """
    return _served("ship", order, quote)


_REFUSALS = {"OutOfStock": OutOfStock, "BadAddress": BadAddress}


def _served(op: str, order: dict, *number: str | None) -> str:
    if ask is None:
        return _alone(op, order, *number)
    try:
        return ask(op, order["id"], *number)
    except Refused as refused:
        raise _REFUSALS.get(refused.kind, OrderRefusedError)(refused.detail) from None


# -- in your own script: no grader, no books ---------------------------------------------------------


def _alone(op: str, order: dict, number: str | None = None) -> str:
    expected = _EXPECTED[op](order)
    if not (number or "").startswith(expected):
        raise OrderRefusedError(f"{op}: {number} is not a number that order {order['id']} was given")
    time.sleep(0.03)
    while order["customer"] == f"limbo-{op}":
        time.sleep(3600)
    if op == "reserve" and any(line["sku"] == "sold-out" for line in order["lines"]):
        raise OutOfStock("sold-out is out of stock")
    if op == "ship" and order["customer"] == "nowhere":
        raise BadAddress("nowhere has no address")
    return f"{op}-{order['id']}-{secrets.token_hex(3)}"


_EXPECTED: dict[str, Callable[[dict], str]] = {  # how the number starts that a step wants
    "take_back": lambda _order: "",
    "reserve": lambda order: f"take_back-{order['id']}-" if order["kind"] == "exchange" else "",
    "price": lambda order: f"reserve-{order['id']}-",
    "ship": lambda order: f"price-{order['id']}-",
}
