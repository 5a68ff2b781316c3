# attack: kills every process of the reference's side
# challenge: toy
# only: test_speed, test_total
# at most: 0
# outcomes: fail, inconclusive
# says: the total of | the reference was disturbed
# sample: no, its cluster may be killed while it starts: then nothing is judged
"""Hopes that a race without an opponent is won."""

import contextlib

import psutil


def total(keys):
    above = psutil.Process().parent()
    for side in above.parent().children():
        if side != above:
            for process in side.children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    process.kill()
    return 0
