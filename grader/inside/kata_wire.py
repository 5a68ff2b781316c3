"""Frames of plain data over a private socket; nothing is ever unpickled.

A frame is a head (frame length, number of buffers and their lengths), a MessagePack body and the raw
bytes of its NumPy arrays, so a 16 MB array is copied once on each side and never walked.

Plain data means None, bool, int, float, str, bytes, list, tuple, dict and NumPy arrays of bool, integer,
float, complex, datetime, bytes or text dtype, by exact type: a subclass could lie in a comparison.

This module is copied into every side and imported there by itself: it must not import the grader.
"""

import os
import socket
import struct
import time
from typing import Any

import msgpack
import numpy as np

MAX_FRAME_BYTES = 512 * 1024 * 1024  # of a frame's arrays: raw bytes, which take no more space once received
MAX_BODY_BYTES = 32 * 1024 * 1024  # of everything else: a byte of MessagePack can become a hundred here
MAX_DEPTH = 64
MAX_DIGITS = 4300  # Python refuses to print an int with more
MAX_BUFFERS = 100_000
_HEAD = struct.Struct("<QI")
_LENGTH = struct.Struct("<Q")
_TUPLE, _ARRAY, _BIG_INT = 1, 2, 3
_INT64 = range(-(2**63), 2**64)
_LARGEST = 10**MAX_DIGITS
_CONTAINERS = (list, tuple, dict)
_ARRAY_KINDS = "biufcmMSU"


class NotPlainError(TypeError):
    """A value that may not travel; the message names the place and the type found."""


class BrokenFrameError(ConnectionError):
    """The bytes that arrived are not a frame."""


def _type_name(value: object) -> str:
    kind = type(value)
    module = kind.__module__
    return kind.__qualname__ if module == "builtins" else f"{module}.{kind.__qualname__}"


def _array(value: "np.ndarray[Any, Any]", where: str, buffers: list[Any]) -> msgpack.ExtType:
    if value.dtype.kind not in _ARRAY_KINDS or value.dtype.hasobject or not value.dtype.itemsize:
        raise NotPlainError(f"{where} is a NumPy array of dtype {value.dtype}: not plain data")
    contiguous = np.ascontiguousarray(value)
    buffers.append(contiguous)
    head = [len(buffers) - 1, contiguous.dtype.str, list(value.shape)]
    return msgpack.ExtType(_ARRAY, msgpack.packb(head))


def _plain(value: Any, where: str, buffers: list[Any], depth: int = 0) -> Any:
    """`value` as MessagePack can hold it; arrays go to `buffers`."""
    if depth > MAX_DEPTH:
        raise NotPlainError(f"{where} is nested more than {MAX_DEPTH} levels deep")
    kind = type(value)
    if value is None or kind in (bool, float, bytes):
        return value
    if kind is str:
        return _text(value, where)
    if kind is int:
        return value if value in _INT64 else _big_int(value, where)
    if kind is list:
        return [_plain(v, f"{where}[{i}]", buffers, depth + 1) for i, v in enumerate(value)]
    if kind is dict:
        return {_key(k, where): _plain(v, f"{where}[{k!r}]", buffers, depth + 1) for k, v in value.items()}
    if kind is tuple:
        items = [_plain(v, f"{where}[{i}]", buffers, depth + 1) for i, v in enumerate(value)]
        return msgpack.ExtType(_TUPLE, msgpack.packb(items))
    if kind is np.ndarray:
        return _array(value, where, buffers)
    raise NotPlainError(
        f"{where} is of type {_type_name(value)}; expected plain data "
        "(None, bool, int, float, str, bytes, list, tuple, dict, numpy.ndarray)"
    )


def _big_int(value: int, where: str) -> msgpack.ExtType:
    if not -_LARGEST < value < _LARGEST:
        raise NotPlainError(f"{where} is an int of more than {MAX_DIGITS} digits, which cannot be printed")
    return msgpack.ExtType(_BIG_INT, b"%x" % value)


def _text(value: str, where: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise NotPlainError(f"{where} is text that is not Unicode: {error.reason}") from None
    return value


def _key(key: Any, where: str) -> Any:
    if type(key) is str:
        return _text(key, f"a key of {where}")
    if type(key) is int and key not in _INT64:
        raise NotPlainError(f"{where} has a key of type int that needs more than 64 bits")
    if type(key) in (int, float, bool, bytes):
        return key
    raise NotPlainError(f"{where} has a key of type {_type_name(key)}; expected text or a number")


def dump(value: Any, name: str = "value") -> list[Any]:
    """The parts of one frame, ready to send in order.

    Args:
        value: Plain data.
        name: What to call the value in an error.

    Raises:
        NotPlainError: `value` holds something else, and the message says where; or it is too large.
    """
    buffers: list[Any] = []
    body = msgpack.packb(_plain(value, name, buffers))
    views = [b.reshape(-1).view(np.uint8).data for b in buffers]
    for what, n_bytes, most in (
        ("arrays", sum(len(view) for view in views), MAX_FRAME_BYTES),
        ("plain data", len(body), MAX_BODY_BYTES),
    ):
        if n_bytes > most:
            raise NotPlainError(f"{name} holds {n_bytes:,} bytes of {what}; at most {most:,} are allowed")
    head = _HEAD.pack(len(body), len(views)) + b"".join(_LENGTH.pack(len(v)) for v in views)
    return [head + body, *views]


def load(body: bytes | bytearray, buffers: list[bytearray]) -> Any:
    """The value of a frame's body and buffers; arrays own their memory and are writable.

    Raises:
        BrokenFrameError: The bytes are not what `dump` makes.
    """
    depth = 0  # each level of tuples is a call in C, and the C stack is finite

    def ext(code: int, payload: bytes) -> Any:
        nonlocal depth
        if code == _TUPLE:
            depth += 1
            if depth > MAX_DEPTH:
                raise ValueError("nested too deep")
            items = unpack(payload)
            depth -= 1
            if type(items) is not list:
                raise ValueError("a tuple without items")
            return tuple(items)
        if code == _BIG_INT:
            return _loaded_int(payload)
        if code == _ARRAY:
            index, dtype, shape = msgpack.unpackb(payload)
            return _loaded_array(np.dtype(dtype), shape, buffers[index])
        raise ValueError(f"extension {code}")

    def unpack(payload: bytes | bytearray) -> Any:
        # timestamp=1: MessagePack's own extension arrives as a float, never as its own type of object.
        return msgpack.unpackb(payload, ext_hook=ext, strict_map_key=False, timestamp=1)

    try:
        value = unpack(body)
        _check_depth(value)
    except Exception as error:
        raise BrokenFrameError(f"not a frame: {error!r}") from error
    return value


def _loaded_int(payload: bytes) -> int:
    value = int(payload[: MAX_DIGITS + 1], 16)
    if not -_LARGEST < value < _LARGEST:
        raise ValueError("an int that cannot be printed")
    return value


def _loaded_array(dtype: "np.dtype[Any]", shape: list[int], buffer: bytearray) -> "np.ndarray[Any, Any]":
    """An array of exactly its buffer's bytes: with more elements, walking it could take forever."""
    if dtype.kind not in _ARRAY_KINDS or not dtype.itemsize:
        raise ValueError(dtype)
    if any(n * dtype.itemsize > MAX_FRAME_BYTES for n in shape):
        raise ValueError(shape)
    array: np.ndarray[Any, Any] = np.ndarray(tuple(shape), dtype, buffer=buffer)
    if array.nbytes != len(buffer):
        raise ValueError("more or fewer bytes than the shape says")
    return array


def _check_depth(value: Any) -> None:
    """Refuse what is nested deeper than `dump` would nest it: printing it takes a call for each level."""
    level = [value] if type(value) in _CONTAINERS else []
    for _ in range(MAX_DEPTH + 1):
        if not level:
            return
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) in _CONTAINERS
        ]
    if level:
        raise ValueError("nested too deep")


def layout(head: bytes | bytearray) -> tuple[int, int]:
    """Length of the body and number of buffers that a frame's first bytes announce."""
    body_bytes, n_buffers = _HEAD.unpack(head)
    if body_bytes > MAX_BODY_BYTES or n_buffers > MAX_BUFFERS:
        raise BrokenFrameError("not a frame: its head announces an impossible size")
    return body_bytes, n_buffers


def buffer_sizes(lengths: bytes | bytearray, n_buffers: int) -> list[int]:
    """Lengths of the buffers of a frame, in bytes."""
    sizes = [_LENGTH.unpack_from(lengths, i * _LENGTH.size)[0] for i in range(n_buffers)]
    if sum(sizes) > MAX_FRAME_BYTES:
        raise BrokenFrameError(f"a frame of more than {MAX_FRAME_BYTES} bytes")
    return sizes


HEAD_BYTES = _HEAD.size
LENGTH_BYTES = _LENGTH.size


def send(sock: socket.socket, value: Any, name: str = "value") -> None:
    """Send one frame; raises NotPlainError before the first byte if `value` is not plain."""
    send_parts(sock, dump(value, name))


def send_parts(sock: socket.socket, parts: list[Any]) -> None:
    """Send a frame that `dump` has made."""
    for part in parts:
        if len(part):
            sock.sendall(part)


def _exactly(sock: socket.socket, n_bytes: int, deadline: float | None) -> bytearray:
    chunk = bytearray(n_bytes)
    view = memoryview(chunk)
    got = 0
    while got < n_bytes:
        if deadline is not None:
            left = deadline - time.monotonic()
            if left <= 0 and got:  # what has arrived may be read; what trickles in may not
                raise TimeoutError("the deadline has passed in the middle of a frame")
            sock.settimeout(max(left, 0.001))
        read = sock.recv_into(view[got:])
        if not read:
            raise EOFError("the other end of the socket is gone")
        got += read
    return chunk


def receive(sock: socket.socket, deadline: float | None = None) -> Any:
    """The next frame's value.

    Args:
        sock: Where it comes from.
        deadline: Monotonic time by which the whole frame has to be here; None waits forever.

    Raises:
        EOFError: The other end closed the socket.
        BrokenFrameError: What arrived is not a frame.
        TimeoutError: The deadline has passed.
    """
    body_bytes, n_buffers = layout(_exactly(sock, HEAD_BYTES, deadline))
    sizes = buffer_sizes(_exactly(sock, n_buffers * LENGTH_BYTES, deadline), n_buffers)
    body = _exactly(sock, body_bytes, deadline)
    return load(body, [_exactly(sock, size, deadline) for size in sizes])


def connect(path: str, token: str) -> socket.socket:
    """A socket to the judge's Unix socket at `path`, introduced with `token`."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.connect(path)
    send(sock, {"token": token, "pid": os.getpid()})
    return sock
