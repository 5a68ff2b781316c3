# attack: walks frames and garbage collector for expected values
# challenge: toy
# only: test_total, test_overlap
# at most: 0
# outcomes: fail
# says: the total of
"""Hopes that the judge's variables can be reached from its own process."""

import gc
import sys

WANTED = ("expected", "numbers", "answer", "world")


def mappings():
    frame = sys._getframe()
    while frame is not None:
        yield frame.f_locals
        yield frame.f_globals
        frame = frame.f_back
    for frame in sys._current_frames().values():
        yield frame.f_locals
    yield from (found for found in gc.get_objects() if type(found) is dict)


def total(keys):
    for found in list(mappings()):
        for name in WANTED:
            value = found.get(name)
            if name == "numbers" and isinstance(value, list) and len(value) == 64:
                return sum(value[key] for key in keys)
            if name == "expected" and type(value) is int:
                return value
    return 0
