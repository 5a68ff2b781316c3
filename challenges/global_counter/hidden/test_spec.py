"""What the box office must do. One behaviour per test.

Every buyer is somebody new, whom only the judge knows. So a ticket tells where its buyer was called, and the
books of the printer are what counts: seats are numbers that the solution hands out, and nobody can hand out
the same one twice unseen.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from grader.suite import behaviour, named, peak, same, teaching

ACTORS = "https://docs.ray.io/en/latest/ray-core/actors.html"
GLOBALS = "https://docs.ray.io/en/latest/ray-core/patterns/global-variables.html"
FORMS = {"new_sale": None, "sell": {str: int}, "seats_left": int}
LESSONS = {
    "KeyError": (
        "The key is not there in this process. If your code put it into a global of the driver: a worker "
        "has a copy of the module and its globals, without what was put there later. What all need belongs "
        f"in an actor. See {GLOBALS}"
    ),
    "NoneType": (
        "Something is None in this process. If your code set a global in the driver: a worker has a copy "
        f"of the module as it was imported. What all need belongs in an actor. See {GLOBALS}"
    ),
    "Actor methods cannot be called directly": (
        "A method of an actor runs in the actor's process. `handle.method.remote(...)` calls it there and "
        f"returns an ObjectRef. See {ACTORS}"
    ),
    "unsupported operand type(s)": (
        "Is one of them an ObjectRef? A call of an actor returns one; `ray.get` waits for the value. See "
        f"{ACTORS}"
    ),
}
CALL_S = 20.0  # against hangs only


def run(learner: Any, *steps: list[Any]) -> list[Any]:
    """Do this one after the other, and get the answers."""
    forms = []
    for step in steps:
        function = step[0].removesuffix(" in a task")
        forms.append(named(FORMS[function], f"{function}()"))
    with teaching(LESSONS):
        return list(learner.scenario("script", steps=list(steps), returns=tuple(forms), deadline_s=CALL_S))


def draw_seats(rng: np.random.Generator) -> int:
    """Enough for everybody."""
    return int(rng.integers(20, 60))


def check_tickets(learner: Any, tickets: list[Any], seen: dict[str, int]) -> None:
    """Check that workers printed one ticket for each buyer they served, and that these were returned."""
    world = learner.world
    callers = {ticket.entry.pid for ticket in tickets} | {world.came[ticket.buyer] for ticket in tickets}
    strangers = callers - learner.worker_pids()
    where = "the driver itself" if learner.driver_pid in strangers else "no Ray worker"
    assert not strangers, (
        f"Process {min(strangers)} called a buyer or printed a ticket, and it is {where}. A function runs "
        f"in a worker when you call `task.remote(...)`; a plain call runs where it is made. See {ACTORS}"
    )
    seats_of = defaultdict(list)
    for ticket in tickets:
        seats_of[ticket.buyer].append(ticket.seat)
    for buyer, seats in seats_of.items():
        assert len(seats) == 1, f"{buyer} got {len(seats)} tickets, for the seats {seats}; expected is one."
    assert len(seen) == len(tickets), f"{len(tickets)} tickets were printed, and sell returned {len(seen)}."
    same(seen, {buyer: seats[0] for buyer, seats in seats_of.items()}, "sell()")


def check_seats(tickets: list[Any], first: int = 1) -> None:
    """Check that the seats on these tickets are numbered from the first one on, each once."""
    processes = defaultdict(list)
    for ticket in tickets:
        processes[ticket.seat].append(ticket.entry.pid)
    for seat, pids in sorted(processes.items()):
        listed = " and ".join(map(str, sorted(pids)))
        assert len(pids) == 1, (
            f"Seat {seat} was sold {len(pids)} times, by the processes {listed}. In Ray every worker "
            "process has its own copy of a module and its globals; and if two ask for a number before "
            "either has written down the next one, both get the same. Keep the number in one place, an "
            f"actor, and let one call of a method both take it and move on. See {GLOBALS}"
        )
    expected = list(range(first, first + len(tickets)))
    missing = sorted(set(expected) - set(processes))
    assert not missing, (
        f"{len(tickets)} tickets were sold, from seat {first} on, and seat {missing[0]} is not among them: "
        f"the seats are {sorted(processes)}."
    )


def check_left(found: int, expected: int, when: str) -> None:
    assert found == expected, (
        f"seats_left() is {found} {when}; expected is {expected}. Does it look where the tasks count? A "
        f"global that a worker changes stays as it was in the driver. See {GLOBALS}"
    )


@behaviour(points=20, category="correctness", required=True)
def test_no_seat_twice(learner, rng):
    """Two desks sell at the same time, and no seat is sold twice."""
    world = learner.world
    desks = world.draw_desks(rng, n_buyers=int(rng.integers(3, 6)))
    _, seen = run(learner, ["new_sale", "a", draw_seats(rng)], ["sell", "a", desks])
    check_seats(world.tickets)
    check_tickets(learner, world.tickets, seen)
    assert seen, "No ticket was sold, though there were seats and people."


@behaviour(points=15, category="correctness")
def test_every_buyer(learner, rng):
    """Every buyer gets one ticket, and `sell` tells which."""
    world = learner.world
    n_buyers = int(rng.integers(3, 6))
    desks = world.draw_desks(rng, n_buyers, n=3)
    _, seen = run(learner, ["new_sale", "a", draw_seats(rng)], ["sell", "a", desks])
    check_everybody(learner, 3 * n_buyers, seen)


def check_everybody(learner: Any, n_buyers: int, seen: dict[str, int]) -> None:
    """Check that all came, and got a ticket each; the seats are judged elsewhere."""
    world = learner.world
    check_tickets(learner, world.tickets, seen)
    assert len(world.tickets) == n_buyers, (
        f"{n_buyers} people wait at the desks, {len(world.came)} were called and {len(world.tickets)} got a "
        "ticket; there are seats for all."
    )


@behaviour(points=15, category="correctness")
def test_sold_out(learner, rng):
    """When all seats are sold, no ticket is printed and the desks close."""
    world = learner.world
    steps = world.sold_out(rng).inputs["steps"]
    seats, desks = steps[0][2], steps[1][2]
    _, seen, left = run(learner, *steps)
    n_sold = len(world.tickets)
    assert n_sold <= seats, (
        f"{n_sold} tickets were sold for {seats} seats. Two desks may ask at the same moment whether there "
        f"is a seat; let the actor decide in the same call in which it hands out the seat. See {ACTORS}"
    )
    assert n_sold == seats, f"{n_sold} tickets were sold for {seats} seats, though more people were waiting."
    check_seats(world.tickets)
    check_tickets(learner, world.tickets, seen)
    check_left(left, 0, "when all seats are sold")
    in_vain = len(world.came) - n_sold
    assert in_vain <= len(desks), (
        f"{in_vain} people were called and got no ticket; expected is at most one at each of {len(desks)} "
        "desks. A desk closes when it hears that all seats are sold."
    )


@behaviour(points=10, category="correctness")
def test_a_sale_goes_on(learner, rng):
    """A second call of `sell` goes on where the first one ended."""
    world = learner.world
    seats, n_buyers = draw_seats(rng), int(rng.integers(2, 5))
    desks, more = world.draw_desks(rng, n_buyers), world.draw_desks(rng, n_buyers)
    steps = [["new_sale", "a", seats], ["seats_left", "a"], ["sell", "a", desks]]
    steps += [["seats_left", "a"], ["sell", "a", more], ["seats_left", "a"]]
    _, at_first, first, between, second, at_last = run(learner, *steps)
    check_tickets(learner, world.tickets, first | second)
    check_seats(world.tickets)
    check_left(at_first, seats, "before anything is sold")
    check_left(between, seats - 2 * n_buyers, f"after {2 * n_buyers} of {seats} were sold")
    check_left(at_last, seats - 4 * n_buyers, f"after {4 * n_buyers} of {seats} were sold")


@behaviour(points=10, category="correctness")
def test_two_sales(learner, rng):
    """Two sales do not know of each other."""
    world = learner.world
    seats, n_buyers = draw_seats(rng), int(rng.integers(2, 5))
    desks, more = world.draw_desks(rng, n_buyers), world.draw_desks(rng, n_buyers)
    steps = [["new_sale", "a", seats], ["new_sale", "b", seats], ["sell", "a", desks]]
    steps += [["seats_left", "b"], ["sell", "b", more], ["seats_left", "a"]]
    _, _, first, left_b, second, left_a = run(learner, *steps)
    check_left(left_b, seats, "in a sale of which nothing is sold, while another one is going on")
    check_left(left_a, seats - 2 * n_buyers, f"after {2 * n_buyers} of {seats} were sold, and some elsewhere")
    check_tickets(learner, world.tickets, first | second)
    for seen in (first, second):
        check_seats([ticket for ticket in world.tickets if ticket.buyer in seen])


@behaviour(points=10, category="correctness")
def test_in_a_task(learner, rng):
    """A sale can be handed to a task."""
    world = learner.world
    seats, n_buyers = draw_seats(rng), int(rng.integers(2, 5))
    desks, more = world.draw_desks(rng, n_buyers), world.draw_desks(rng, n_buyers, n=1)
    steps = [["new_sale", "a", seats], ["sell", "a", desks], ["sell in a task", "a", more]]
    steps += [["seats_left in a task", "a"], ["seats_left", "a"]]
    _, first, second, there, here = run(learner, *steps)
    check_tickets(learner, world.tickets, first | second)
    check_seats(world.tickets)
    check_left(there, seats - 3 * n_buyers, f"in a task, after {3 * n_buyers} of {seats} were sold")
    check_left(here, seats - 3 * n_buyers, f"after {3 * n_buyers} of {seats} were sold")


@behaviour(points=10, category="performance")
def test_side_by_side(learner, rng, observe):
    """Two desks print at the same time."""
    world = learner.world
    n_buyers = int(rng.integers(3, 6))
    desks = world.draw_desks(rng, n_buyers)
    _, seen = run(learner, ["new_sale", "a", draw_seats(rng)], ["sell", "a", desks])
    check_everybody(learner, 2 * n_buyers, seen)
    ended = {entry.number: entry for entry in world.ledger.entries("print_ticket", "ok")}
    n = peak(ended[ticket.entry.number] for ticket in world.tickets if ticket.entry.number in ended)
    observe(n, limit=2, unit="printing at once")
    assert n >= 2, (
        "No two desks printed at the same time, though there are 2 CPUs. Does something wait for one desk "
        "before it starts the next (`ray.get` in a loop), or does the actor do the desks' work? It runs "
        f"one call at a time: let it hand out seats and nothing else. See {ACTORS}"
    )


@behaviour(points=10, category="memory")
def test_nothing_is_left(learner, rng):
    """When the sale is dropped, nothing is left of it."""
    world = learner.world
    n_buyers = int(rng.integers(2, 5))
    desks = world.draw_desks(rng, n_buyers)
    _, seen = run(learner, ["new_sale", "a", draw_seats(rng)], ["sell", "a", desks])
    check_everybody(learner, 2 * n_buyers, seen)
    left = learner.leftovers()
    assert not left, (
        f"Still there five seconds after the caller dropped the sale: {'; '.join(left)}. Ray ends an actor "
        'when nobody has a handle any more: look for handles in globals, and for `lifetime="detached"`. '
        "See https://docs.ray.io/en/latest/ray-core/actors/terminating-actors.html"
    )
