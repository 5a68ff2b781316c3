"""Runs at the start of every Ray process of a side: makes its stacks readable from outside, for the judge.

On SIGUSR1 the process appends the stack of each of its threads to its own file; `faulthandler` does that
even while the interpreter is stuck in C code. Failing to set this up costs an explanation, never the
process. (The driver is started with -I, which skips this module; it does the same by itself.)

On the reference's side it also keeps other processes of this user from looking into its memory.
"""

import contextlib
import faulthandler
import os
import signal

with contextlib.suppress(Exception):
    _folder = os.environ.get("KATA_STACKS")
    if _folder:
        _stacks = open(os.path.join(_folder, f"{os.getpid()}.txt"), "a")  # noqa: PTH118, PTH123, SIM115
        faulthandler.register(signal.SIGUSR1, file=_stacks, all_threads=True)

with contextlib.suppress(Exception):
    if os.environ.get("KATA_PRIVATE"):
        import kata_privacy

        kata_privacy.keep_memory_private()
