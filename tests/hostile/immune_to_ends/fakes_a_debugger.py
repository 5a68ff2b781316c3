# attack: fakes a debugger: time limits are lifted for people who debug
# challenge: toy
# only: test_total
# at most: 0
# outcomes: timeout
# says: did not return within
"""Hopes that whatever watches the deadline backs off when it sees a debugger."""

import sys
import time
import types

for name in ("pydevd", "debugpy", "pdb", "bdb", "_pydevd_bundle"):
    sys.modules[name] = types.ModuleType(name)
sys.modules["pydevd"].connected = True


def trace(frame, event, argument):
    return trace


def total(keys):
    sys.settrace(trace)
    sys.breakpointhook = lambda *args: None
    while True:
        time.sleep(0.05)
