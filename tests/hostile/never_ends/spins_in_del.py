# attack: while True in __del__
# challenge: toy
# only: test_total
# at most: 0
# outcomes: timeout
# says: __del__ | while True
"""Hopes that what is freed when the call is over is nobody's call."""


class Sticky:
    def __del__(self):
        while True:
            pass


def total(keys):
    sticky = Sticky()
    return int(sticky is None)
