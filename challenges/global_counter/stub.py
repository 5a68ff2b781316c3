"""The box office: several desks sell the seats of a concert, each in a Ray task."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from typing import Any

import ray
import service

sold: Counter[str] = Counter()  # how many seats have been sold, by sale


def new_sale(seats: int) -> dict[str, Any]:
    """Open a sale of this many seats."""
    return {"id": uuid.uuid4().hex, "seats": seats}


def take_seat(sale: dict[str, Any]) -> int | None:
    """The next seat, or None when all are sold."""
    global sold
    if sold[sale["id"]] == sale["seats"]:
        return None
    sold[sale["id"]] += 1
    return sold[sale["id"]]


@ray.remote
def sell_at_desk(sale: dict[str, Any], desk: int) -> dict[str, int]:
    tickets = {}
    for buyer in service.buyers(desk):
        seat = take_seat(sale)
        if seat is None:
            break
        service.print_ticket(buyer, seat)
        tickets[buyer] = seat
    return tickets


def sell(sale: dict[str, Any], desks: Sequence[int]) -> dict[str, int]:
    """Serve the buyers at these desks; who got which seat."""
    tickets: dict[str, int] = {}
    for tickets_of_desk in ray.get([sell_at_desk.remote(sale, desk) for desk in desks]):
        tickets.update(tickets_of_desk)
    return tickets


def seats_left(sale: dict[str, Any]) -> int:
    """How many seats have not been sold."""
    return sale["seats"] - sold[sale["id"]]
