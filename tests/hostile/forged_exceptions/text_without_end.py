# attack: an exception whose text takes forever
# challenge: toy
# only: test_total
# at most: 0
# outcomes: timeout
# says: while True
# sample: no, 20 s
"""Hopes that its text is made where no deadline applies."""


class Endless(Exception):
    def __str__(self):
        while True:
            pass


def total(keys):
    raise Endless
