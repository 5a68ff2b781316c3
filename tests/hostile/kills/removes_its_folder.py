# attack: removes the folder of its side, with every socket in it, then dies
# challenge: toy
# only: test_total, test_overlap
# at most: 0
# outcomes: crash
# says: ended with exit status 9
"""Hopes that no driver can ever reach the judge again."""

import os
import shutil


def total(keys):
    shutil.rmtree(os.environ["KATA_SIDE"], ignore_errors=True)
    os._exit(9)
