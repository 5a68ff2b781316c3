"""Sell every seat once: the number that all desks share lives in one process.

The problem. Desks are tasks, and tasks run in worker processes. A global variable exists once in each of
them: every worker counts for itself, and the driver does not count at all. It works with one desk, and on a
laptop now and then with two, because Ray may run both in the same process.

The design. An actor is one object in one process. It holds the number of seats sold and runs one call at a
time. One call looks whether a seat is left and takes it, so nobody can come in between. The sale is the
actor's handle: whoever has it can sell, in the driver or in a task, and when nobody has it, Ray ends the
actor.

    desk 0 (task)  -- take -->   Sale (actor)   <-- take --  desk 1 (task)
    waits, prints  <-- seat 1 -- sold = 2 of 20 -- seat 2 -->  waits, prints

The price. A seat costs a round trip to the actor, less than a millisecond. All the waiting is done in the
tasks: the actor could hand out a thousand seats and more in a second. Beyond that, let a desk take ten seats
at a time.
"""

from __future__ import annotations

from collections.abc import Sequence

import ray
import service
from ray.actor import ActorHandle


@ray.remote
class Sale:
    """The seats of one concert."""

    def __init__(self, seats: int) -> None:
        self.seats = seats
        self.sold = 0

    def take(self) -> int | None:
        """The next seat; None when all are sold. Looking and taking are one call."""
        if self.sold == self.seats:
            return None
        self.sold += 1
        return self.sold

    def left(self) -> int:
        """How many seats have not been sold."""
        return self.seats - self.sold


def new_sale(seats: int) -> ActorHandle:
    """Open a sale of this many seats. Nothing but the caller keeps its handle."""
    return Sale.remote(seats)


def sell(sale: ActorHandle, desks: Sequence[int]) -> dict[str, int]:
    """Serve the buyers at these desks, all desks at the same time; who got which seat."""
    tickets: dict[str, int] = {}
    for tickets_of_desk in ray.get([sell_at_desk.remote(sale, desk) for desk in desks]):
        tickets.update(tickets_of_desk)
    return tickets


def seats_left(sale: ActorHandle) -> int:
    """How many seats have not been sold."""
    return ray.get(sale.left.remote())


@ray.remote
def sell_at_desk(sale: ActorHandle, desk: int) -> dict[str, int]:
    """Serve one desk until nobody is left, or no seat."""
    tickets = {}
    for buyer in service.buyers(desk):
        seat = ray.get(sale.take.remote())  # waits for a number, as it has to: the ticket needs it
        if seat is None:
            break
        service.print_ticket(buyer, seat)
        tickets[buyer] = seat
    return tickets
