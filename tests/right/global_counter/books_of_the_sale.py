"""The actor keeps the whole sale: who has which seat. Desks tell it the buyer's name and are told the seat.

Methods are coroutines, so all calls run on one thread: between two `await`s nobody comes in between. Against
the reference: `sell` could answer from the books, and would know of tickets whose desk died. More to send."""

import ray
import service


@ray.remote(num_cpus=0)
class Books:
    def __init__(self, seats):
        self.free = list(range(seats, 0, -1))
        self.seat_of = {}

    async def book(self, buyer):
        if self.free:
            self.seat_of[buyer] = self.free.pop()
        return self.seat_of.get(buyer)

    async def n_free(self):
        return len(self.free)


@ray.remote
def serve(books, desk):
    served = []
    for buyer in service.buyers(desk):
        seat = ray.get(books.book.remote(buyer))
        if seat is None:
            return served
        service.print_ticket(buyer, seat)
        served.append((buyer, seat))
    return served


def new_sale(seats):
    return Books.remote(seats)


def sell(books, desks):
    tickets = {}
    running = [serve.remote(books, desk) for desk in desks]
    while running:
        done, running = ray.wait(running)
        tickets.update(ray.get(done[0]))
    return tickets


def seats_left(books):
    return ray.get(books.n_free.remote())
