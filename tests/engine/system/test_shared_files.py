"""Memory that is in no heap is found by its name, by a descriptor, or by a mapping."""

import ctypes
import mmap
import os
import sys
import tempfile
from pathlib import Path

import pytest

from grader.system.shared_files import named_files, shared_files

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it is read from /proc")
N_BYTES = 3 * 2**20


def held():
    """What this process holds in shared memory now."""
    return sum(shared_files([os.getpid()]).values())


def filled(descriptor):
    """A shared mapping of which every page has been written."""
    mapping = mmap.mmap(descriptor, N_BYTES)
    mapping.write(b"x" * N_BYTES)
    return mapping


def test_a_mapping_without_a_name():
    before = held()
    with filled(-1):
        assert held() - before == N_BYTES
    assert held() == before


def test_a_mapping_whose_file_is_closed():
    before, descriptor = held(), os.memfd_create("kept")
    os.ftruncate(descriptor, N_BYTES)
    with filled(descriptor):
        assert held() - before == N_BYTES, "open and mapped: it counts once"
        os.close(descriptor)
        assert held() - before == N_BYTES
    assert held() == before


def test_pages_that_were_let_go_of():
    before = held()
    with filled(-1) as mapping:
        mapping.madvise(mmap.MADV_DONTNEED)
        assert held() - before == N_BYTES, "they are still in the file"
        assert mapping[:1] == b"x"


def test_what_is_mapped_from_a_disk_or_for_one_process_alone(tmp_path):
    before = held()
    path = tmp_path / "file"
    path.write_bytes(bytes(N_BYTES))
    with path.open("rb+") as file, filled(file.fileno()), mmap.mmap(-1, N_BYTES, flags=mmap.MAP_PRIVATE):
        assert held() == before


def test_a_segment_that_nobody_has_attached():
    library = ctypes.CDLL(None, use_errno=True)
    library.shmat.restype = ctypes.c_void_p
    segment = library.shmget(0, N_BYTES, 0o1600)  # IPC_PRIVATE, IPC_CREAT
    if segment < 0:
        pytest.skip("no segments of System V here")
    before = sum(named_files().values())
    try:
        address = library.shmat(segment, None, 0)
        ctypes.memset(address, 1, N_BYTES)
        (mapped,) = shared_files([os.getpid()]).keys() & named_files().keys()
        assert shared_files([os.getpid()])[mapped] == named_files()[mapped] == N_BYTES, (
            "attached: it counts once"
        )
        library.shmdt(ctypes.c_void_p(address))
        assert sum(named_files().values()) - before == N_BYTES
    finally:
        library.shmctl(segment, 0, None)  # IPC_RMID
    assert sum(named_files().values()) == before


def test_a_file_system_in_memory_that_is_not_where_files_usually_go():
    folders = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines() if " tmpfs " in line]
    usual = {Path(folder).stat().st_dev for folder in ("/dev/shm", tempfile.gettempdir())}
    free = [f for f in folders if os.access(f, os.W_OK) and Path(f).stat().st_dev not in usual]
    if not free:
        pytest.skip("there is none that this user may write to")
    at = (Path(free[0]).stat().st_dev, 0)
    before = named_files()[at]
    with tempfile.TemporaryFile(dir=free[0], buffering=0) as file:
        file.write(b"x" * N_BYTES)
        assert named_files()[at] - before == N_BYTES
    assert named_files()[at] == before
