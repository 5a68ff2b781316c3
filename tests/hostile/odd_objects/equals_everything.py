# attack: a number that equals everything
# challenge: toy
# only: test_total, test_overlap
# at most: 0
# outcomes: fail
# says: is of type solution.AlwaysEqual; expected plain data
"""Hopes that the judge compares with == what the solution made."""


class AlwaysEqual(int):
    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    __hash__ = int.__hash__


def total(keys):
    return AlwaysEqual(0)
