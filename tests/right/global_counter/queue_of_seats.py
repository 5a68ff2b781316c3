"""A sale is a queue that holds every seat: a desk takes one out, and an empty queue is sold out.

`ray.util.queue.Queue` is an actor too, and everybody who has the queue can use it.
Against the reference: no class of one's own, but all seats are made when the sale opens.
"""

import ray
import service
from ray.util.queue import Empty, Queue


def new_sale(seats):
    queue = Queue()
    queue.put_nowait_batch(list(range(1, seats + 1)))
    return queue


@ray.remote
def sell_at_desk(queue, desk):
    tickets = {}
    for buyer in service.buyers(desk):
        try:
            seat = queue.get_nowait()
        except Empty:
            break
        service.print_ticket(buyer, seat)
        tickets[buyer] = seat
    return tickets


def sell(queue, desks):
    parts = ray.get([sell_at_desk.remote(queue, desk) for desk in desks])
    return {buyer: seat for part in parts for buyer, seat in part.items()}


def seats_left(queue):
    return queue.qsize()
