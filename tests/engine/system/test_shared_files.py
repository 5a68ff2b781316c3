"""Memory that is in no process's heap is seen."""

import ctypes
import sys

import pytest

from grader.system.shared_files import named_files

BYTES = 3_000_000
IPC_PRIVATE, IPC_RMID = 0, 0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux tells")
def test_a_segment_that_nobody_has_attached_is_seen():
    libc = ctypes.CDLL(None)
    libc.shmat.restype = ctypes.c_void_p
    before = named_files()
    segment = libc.shmget(IPC_PRIVATE, BYTES, 0o600)
    try:
        address = libc.shmat(segment, None, 0)
        ctypes.memset(address, 1, BYTES)
        libc.shmdt(ctypes.c_void_p(address))
        new = {key: n for key, n in named_files().items() if key not in before}
        assert max(new.values()) >= BYTES
    finally:
        libc.shmctl(segment, IPC_RMID, None)
