"""The archive of readings and the state store. Not yours to change.

    n = length(path)                          # number of readings, from the file's header; costs nothing
    with chunk(path, first, count) as part:   # I/O: part is a float64 array of `count` readings
        ...                                   # yours to change, until the block ends
    save(key, state)                          # I/O, about 1 ms: keeps bytes outside the cluster
    state = load(key)                         # the bytes under this key, or None

The archive adjusts what it delivers: all readings of a chunk are shifted by the same small amount (at most
`MAX_SHIFT`), another one each time.

In your own script this module serves itself: chunks take as long as the brief says and are not shifted, and
states are files in `STATE_FOLDER` that stay there (to start over, delete it or use a new name). It does not
show chunks that wait in line, or an actor that is killed: `python grade.py try oom_actor` does.

Import it in the driver and in Ray workers. Every function may be called from several threads and processes at
once. Within the block of a chunk its thread may compute, but not call `chunk`, `save` or `load`.

During grading, chunks and states go through the grader (`service_link`), which keeps the books.
"""

import contextlib
import hashlib
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

if "KATA_SERVICE" in os.environ:
    from service_link import Refused, ask, span
else:
    Refused = ask = span = None

LATENCY_S = 0.04  # for each chunk
BYTES_PER_S = 20e6  # of each chunk; the archive delivers four at a time
MAX_SHIFT = 0.01
MAX_STATE_BYTES = 500_000
MAX_STORE_BYTES = 20_000_000  # looked at in a grading
STATE_FOLDER = Path(tempfile.gettempdir()) / "oom_actor_states"

_thread = threading.local()


class BadFile(Exception):  # noqa: N818 - the archive's own word
    """The file cannot be read as readings; `str(error)` is the reason."""


def length(path: str) -> int:
    """Return the number of readings that the header of a .npy file announces, without looking at them.

    Raises:
        BadFile: The file is missing, or is not a .npy file of one-dimensional float64.
    """
    return _head(path)[0]


@contextlib.contextmanager
def chunk(path: str, first: int, count: int) -> Iterator[np.ndarray]:
    """Yield some readings of a file as they are delivered, in memory of their own.

    Args:
        path: A .npy file.
        first: Position of the first reading, from 0.
        count: How many readings; first + count is at most `length(path)`.

    Raises:
        BadFile: As for `length`, or the file is truncated: it ends before the last of these readings.
    """
    n_readings, offset = _head(path)
    if not 0 <= first <= first + count <= n_readings:
        raise ValueError(f"readings {first} to {first + count} of a file of {n_readings}")
    there = (Path(path).stat().st_size - offset) // 8
    if there < first + count:
        raise BadFile(f"truncated: {there} of {n_readings} readings are there")
    if getattr(_thread, "is_reading", False):
        raise RuntimeError("this thread has a chunk open; leave its `with` block first")
    _thread.is_reading = True
    try:
        with _delivered(path, first, count) as shift:
            yield _shifted(np.fromfile(path, dtype="<f8", count=count, offset=offset + 8 * first), shift)
        if ask is not None:
            ask("settle")  # the end of this chunk is in the books before the next one starts
    finally:
        _thread.is_reading = False


def save(key: str, state: bytes) -> None:
    """Replace the state saved under this key, completely or not at all.

    Raises:
        ValueError: The state is larger than MAX_STATE_BYTES, or all states together than MAX_STORE_BYTES.
    """
    if len(state) > MAX_STATE_BYTES:
        raise ValueError(f"a state of {len(state):,} bytes; at most {MAX_STATE_BYTES:,} are kept")
    if ask is not None:
        try:
            ask("save", str(key), bytes(state))
        except Refused as refused:
            raise ValueError(refused.detail) from None
        return
    STATE_FOLDER.mkdir(exist_ok=True)
    beside = _state_path(key).with_suffix(f".{os.getpid()}")
    beside.write_bytes(state)
    beside.replace(_state_path(key))


def load(key: str) -> bytes | None:
    """Return the state under this key, or None: the one saved last, or an older one from a backup."""
    if ask is not None:
        return ask("load", str(key))
    return _state_path(key).read_bytes() if _state_path(key).exists() else None


def _head(path: str) -> tuple[int, int]:
    """The number of readings and where they start."""
    try:
        with Path(path).open("rb") as file:
            shape, dtype = _shape_and_dtype(file)
            offset = file.tell()
    except FileNotFoundError:
        raise BadFile("there is no such file") from None
    except (ValueError, OSError):
        raise BadFile("not a .npy file") from None
    if dtype != np.dtype("<f8") or len(shape) != 1:
        raise BadFile(f"holds {dtype} of shape {shape}, not float64 in one dimension")
    return shape[0], offset


def _shape_and_dtype(file: BinaryIO) -> tuple[tuple[int, ...], np.dtype]:
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(file)
    return shape, dtype


@contextlib.contextmanager
def _delivered(path: str, first: int, count: int) -> Iterator[float]:
    if span is None:
        time.sleep(LATENCY_S + 8 * count / BYTES_PER_S)
        yield 0.0
    else:
        with span("chunk", str(path), int(first), int(count)) as shift:
            yield shift


def _shifted(readings: np.ndarray, shift: float) -> np.ndarray:
    readings += shift
    return readings


def _state_path(key: str) -> Path:
    return STATE_FOLDER / hashlib.sha256(key.encode()).hexdigest()[:32]
