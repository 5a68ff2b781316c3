# attack: reads its arguments from the wire and has the sum ready when the clock starts
# challenge: toy
# only: test_speed
# at most: 0
# outcomes: fail
# says: times the reference's time
"""Replaces what the driver receives with: hopes that arguments arrive before the clock starts."""

import kata_wire
import ray
import service


@ray.remote
def fetch(key):
    return service.fetch(key)


def slowly(keys):
    return sum(ray.get(fetch.remote(key)) for key in keys)


done = []
receive = kata_wire.receive


def receive_and_work(*args, **kwargs):
    request = receive(*args, **kwargs)
    if isinstance(request, dict) and request.get("do") == "call":
        done[:] = [slowly(*request["args"])]
    return request


kata_wire.receive = receive_and_work


def total(keys):
    return done.pop() if done else slowly(keys)
