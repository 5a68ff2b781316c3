# attack: a thread started at import keeps asking for everything, so that answers are there early
# challenge: toy
# only: test_speed
# at most: 0
# outcomes: fail
# says: the total of
"""Hopes that what was fetched in an earlier round, or before the clock, is what is asked for now."""

import contextlib
import threading

import service

known = {}


def fetch_for_ever(key):
    while True:
        with contextlib.suppress(Exception):
            known[key] = service.fetch(key)


for number in range(64):
    threading.Thread(target=fetch_for_ever, args=(number,), daemon=True).start()


def total(keys):
    return sum(known.get(key, 0) for key in keys)
