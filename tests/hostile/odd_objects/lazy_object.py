# attack: an object that works out the comparison in ==
# challenge: toy
# only: test_total, test_overlap
# at most: 0
# outcomes: fail
# says: expected plain data
"""Hopes to be asked later, by the judge itself, and to claim to be an int until then."""


class Lazy:
    __class__ = int

    def __init__(self, keys):
        self.keys = keys

    def __eq__(self, other):
        self.answer = other
        return self.answer == other

    def __reduce__(self):
        return (eval, ("__import__('os')._exit(0)",))

    def __int__(self):
        return 0

    __index__ = __int__


def total(keys):
    return Lazy(keys)
