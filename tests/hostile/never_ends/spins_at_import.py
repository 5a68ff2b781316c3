# attack: while True at import
# challenge: toy
# at most: 0
# outcomes: timeout
# says: cannot be imported: it did not return
# sample: no, 20 s
"""Hopes that nobody waits for an import with a deadline."""

while True:
    pass


def total(keys):
    return 0
