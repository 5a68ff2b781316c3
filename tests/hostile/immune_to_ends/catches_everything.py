# attack: except BaseException around everything, forever
# challenge: toy
# only: test_total
# at most: 0
# outcomes: timeout
# says: not in a Ray call | while True
"""Hopes that its deadline is an exception: a thread or a signal that raises one is swallowed."""


def total(keys):
    while True:
        try:
            while True:
                pass
        except BaseException:
            continue
        finally:
            continue
