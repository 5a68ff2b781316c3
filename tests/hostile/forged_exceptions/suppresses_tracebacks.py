# attack: an exception without traceback, cause or text
# challenge: toy
# only: test_total, test_overlap
# at most: 0
# outcomes: fail
# says: it raised | It raised
"""Hopes that an error that nobody can describe is not an error."""

import sys

sys.tracebacklimit = 0
sys.excepthook = lambda *args: None
sys.unraisablehook = lambda *args: None


class Nothing(Exception):
    def __str__(self):
        raise Nothing

    __repr__ = __str__

    @property
    def __traceback__(self):
        return None

    @property
    def cause(self):
        raise Nothing

    def __getattribute__(self, name):
        if name in ("args", "__notes__"):
            raise Nothing
        return super().__getattribute__(name)


Nothing.__name__ = ""


def total(keys):
    raise Nothing from None
