"""Plain data crosses the wire unchanged; nothing else does, and no bytes can hurt the receiver."""

import decimal
import os
import pickle
import socket
import subprocess
import sys
import threading
from types import SimpleNamespace

import msgpack
import numpy as np
import pytest

from grader.inside import kata_wire
from tests.support.seeds import seeded

TUPLE, ARRAY, BIG_INT = 1, 2, 3  # extension codes of the format
SEED = 20


def through_the_wire(value):
    near, far = socket.socketpair()

    def send_and_hang_up():
        with near:
            kata_wire.send(near, value)

    with far:
        sender = threading.Thread(target=send_and_hang_up)
        sender.start()
        arrived = kata_wire.receive(far)
        sender.join()
    return arrived


def assert_same(left, right):
    """Equal in value and in exact type, also inside containers."""
    assert type(left) is type(right)
    if isinstance(left, np.ndarray):
        assert (left.dtype, left.shape) == (right.dtype, right.shape)
        np.testing.assert_array_equal(left, right)
    elif isinstance(left, list | tuple):
        assert len(left) == len(right)
        for mine, theirs in zip(left, right, strict=True):
            assert_same(mine, theirs)
    elif isinstance(left, dict):
        assert [*map(repr, left)] == [*map(repr, right)]
        for key in left:
            assert_same(left[key], right[key])
    elif type(left) is int:
        assert left == right
    else:
        assert repr(left) == repr(right)  # tells nan, -0.0 and True from what equals them


def nested(levels, wrap):
    value = 0
    for _ in range(levels):
        value = wrap(value)
    return value


# -- round trips ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        -1,
        2**63,
        2**64,
        -(2**63) - 1,
        10**4000,
        -0.0,
        float("nan"),
        float("inf"),
        "",
        "größe \x00 漢字 🙂",
        b"\x00\xff",
        [],
        (),
        {},
        [1, (2, [3, ("x", b"y")]), {"k": (None,)}],
        {1: "a", "1": "b", b"1": "c", 1.5: "d"},
        (np.arange(3), {"inner": [np.ones(2)]}),
    ],
    ids=repr,
)
def test_plain_data_arrives_as_it_was_sent(value):
    assert_same(through_the_wire(value), value)


@pytest.mark.parametrize(
    "array",
    [
        np.array(3.5),
        np.array("text"),
        np.array(np.datetime64("2024-02-29T12:00:00.000000001")),
        np.empty((0, 3)),
        np.empty((2, 0), dtype="M8[s]"),
        np.arange(24).reshape(2, 3, 4)[::-1, :, ::2],
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.broadcast_to(np.float32(7), (3, 4)),
        np.array(["2024-01-01", "NaT"], dtype="M8[D]"),
        np.array([5, -5], dtype="m8[us]"),
        np.array([1, 2], dtype=">i2"),
        np.array([True, False]),
        np.array([1 + 2j], dtype=np.complex64),
        np.array([1.5], dtype=np.float16),
        np.array(["", "größe"]),
        np.array([b"a", b"bc"]),
    ],
    ids=lambda a: f"{a.dtype.str}{a.shape}",
)
def test_arrays_arrive_equal_writable_and_with_memory_of_their_own(array):
    arrived = through_the_wire([array, array])
    assert_same(arrived, [array, array])
    first, second = arrived
    before = second.copy()
    first[...] = np.zeros((), dtype=first.dtype)
    np.testing.assert_array_equal(second, before)


def test_random_plain_data_arrives_as_it_was_sent():
    rng = seeded(SEED)
    leaves = (
        lambda: int(rng.integers(-(2**62), 2**62)) * int(rng.choice([1, 2**40])),
        lambda: float(rng.normal()),
        lambda: bytes(rng.bytes(int(rng.integers(9)))),
        lambda: "".join(chr(c) for c in rng.integers(1, 0xD000, 5)),
        lambda: rng.integers(0, 9, rng.integers(0, 4, int(rng.integers(4)))),
        lambda: None,
    )

    def draw(depth):
        kind = int(rng.integers(4)) if depth else 3
        size = int(rng.integers(4))
        if kind == 0:
            return [draw(depth - 1) for _ in range(size)]
        if kind == 1:
            return tuple(draw(depth - 1) for _ in range(size))
        if kind == 2:
            return {f"k{i}": draw(depth - 1) for i in range(size)}
        return leaves[int(rng.integers(len(leaves)))]()

    for _ in range(100):
        value = draw(4)
        assert_same(through_the_wire(value), value)


def test_frames_follow_each_other_on_one_socket():
    near, far = socket.socketpair()
    values = [np.arange(3), [], {"a": b""}, np.empty(0), 1]
    with near, far:
        for value in values:
            kata_wire.send(near, value)
        for value in values:
            assert_same(kata_wire.receive(far), value)


def test_connect_introduces_itself_with_token_and_pid(tmp_path):
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        with kata_wire.connect(path, "the token"):
            there, _ = listener.accept()
            with there:
                hello = kata_wire.receive(there)
    assert hello == {"token": "the token", "pid": os.getpid()}


# -- refused values ------------------------------------------------------------------------------


class LyingInt(int):
    def __eq__(self, other):
        return True

    __hash__ = int.__hash__


class LyingText(str):
    __slots__ = ()


class LyingList(list):
    pass


class LyingArray(np.ndarray):
    pass


class AlwaysEqual:
    def __eq__(self, other):
        return True

    __hash__ = None


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (LyingInt(1), "LyingInt"),
        (LyingText("x"), "LyingText"),
        (LyingList(), "LyingList"),
        (np.zeros(2).view(LyingArray), "LyingArray"),
        (np.ma.masked_array([1, 2]), "MaskedArray"),
        (np.float64(1.0), "numpy.float64"),
        (np.int64(1), "numpy.int64"),
        (np.str_("x"), "numpy.str_"),
        (np.bool_(True), "numpy.bool"),
        (decimal.Decimal(1), "decimal.Decimal"),
        (AlwaysEqual(), "AlwaysEqual"),
        ({1, 2}, "set"),
        (bytearray(b"x"), "bytearray"),
        (1j, "complex"),
        (print, "builtin_function_or_method"),
        (SimpleNamespace(a=1), "SimpleNamespace"),
        (np.array([1, None]), "dtype object"),
        (np.zeros(2, dtype=[("a", "i4")]), "dtype [('a', '<i4')]"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_what_is_not_plain_is_refused_by_place_and_type(value, found):
    with pytest.raises(kata_wire.NotPlainError) as refusal:
        kata_wire.dump({"rows": [0, (1, value)]}, "answer")
    assert "answer['rows'][1][1]" in str(refusal.value)
    assert found in str(refusal.value)


@pytest.mark.parametrize("key", [None, (1, 2), LyingText("x"), np.str_("x"), LyingInt(1)])
def test_keys_that_are_not_plain_are_refused_by_place_and_type(key):
    with pytest.raises(kata_wire.NotPlainError) as refusal:
        kata_wire.dump([{key: 1}], "answer")
    assert "answer[0]" in str(refusal.value)
    assert type(key).__name__ in str(refusal.value)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("a lone surrogate \ud800", id="text that is not Unicode"),
        pytest.param(10**5000, id="int beyond Python's own limit for decimal text"),
        pytest.param({2**70: 1}, id="key beyond 64 bits"),
        pytest.param({"\udcff": 1}, id="key that is not Unicode"),
    ],
)
def test_rare_values_arrive_or_are_refused_by_place(value):
    """Both are fine; another exception would be blamed on the solution, or end its driver."""
    try:
        parts = kata_wire.dump([value], "answer")
    except kata_wire.NotPlainError as refusal:
        assert "answer[0]" in str(refusal)  # noqa: PT017 - it need not be refused
    else:
        assert parts
        assert_same(through_the_wire([value]), [value])


@pytest.mark.parametrize(
    "wrap", [lambda v: [v], lambda v: (v,), lambda v: {"k": v}], ids=["list", "tuple", "dict"]
)
def test_nesting_has_a_limit(wrap):
    deepest = nested(kata_wire.MAX_DEPTH, wrap)
    assert_same(through_the_wire(deepest), deepest)
    with pytest.raises(kata_wire.NotPlainError, match="nested more than"):
        kata_wire.dump(wrap(deepest))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([b"x" * kata_wire.MAX_BODY_BYTES], "bytes of plain data"),
        ([np.zeros(kata_wire.MAX_FRAME_BYTES // 2 + 1, np.uint8)] * 2, "bytes of arrays"),
    ],
    ids=["plain data", "arrays"],
)
def test_what_is_too_large_to_travel_is_refused_by_the_sender(value, words):
    with pytest.raises(kata_wire.NotPlainError, match=words):
        kata_wire.dump(value, "answer")


def test_a_list_that_holds_itself_is_refused():
    endless = []
    endless.append(endless)
    with pytest.raises(kata_wire.NotPlainError, match="nested more than"):
        kata_wire.dump(endless)


def test_a_refused_value_leaves_nothing_on_the_socket():
    near, far = socket.socketpair()
    with near, far:
        with pytest.raises(kata_wire.NotPlainError):
            kata_wire.send(near, [np.ones(3), object()])
        kata_wire.send(near, "next")
        assert kata_wire.receive(far) == "next"


# -- broken frames -------------------------------------------------------------------------------


def ext(code, payload):
    return msgpack.packb(msgpack.ExtType(code, payload))


def array_head(*head):
    return ext(ARRAY, msgpack.packb(list(head)))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xc1",
        b"\x92\x01",
        b"\x01\x02",
        b"\x91" * 100_000 + b"\x00",
        b"\x81\x91\x01\x01",
        ext(99, b""),
        ext(TUPLE, b"\x01"),
        ext(BIG_INT, b"12x"),
        ext(BIG_INT, b""),
        array_head(0, "O", [1]),
        array_head(0, "f8,O", [1]),
        array_head(0, [["a", "O"]], [1]),
        array_head(0, "f8", [2]),
        array_head(0, "f4", [1]),
        array_head(0, "S0", [10**12]),
        array_head(0, "U0", [10**12]),
        array_head(0, "f8", [10**12, 0]),
        ext(BIG_INT, b"f" * 100_000),
        b"\x91" * (kata_wire.MAX_DEPTH + 2) + b"\x00",
        b"\x81\x01" * 900 + b"\x00",
        array_head(0, "f8", [-2]),
        array_head(0, "f8", [2**40, 2**40]),
        array_head(0, "f8", [0] * 100),
        array_head(0, "f8", 1),
        array_head(3, "f8", [1]),
        array_head(None, "f8", [1]),
        array_head(0, "no such dtype", [1]),
        array_head(0, "f8"),
    ],
    ids=lambda body: repr(body[:12]),
)
def test_a_body_that_is_no_frame_is_told_as_such(body):
    with pytest.raises(kata_wire.BrokenFrameError):
        kata_wire.load(body, [bytearray(8)])


def test_every_arriving_value_is_of_a_plain_type():
    """MessagePack's own timestamp extension is not ours: it arrives as plain data or not at all."""
    try:
        value = kata_wire.load(msgpack.packb([msgpack.Timestamp(1, 5)]), [])
    except kata_wire.BrokenFrameError:
        return
    assert type(value[0]) in (int, float)


def test_a_deeply_nested_frame_cannot_end_the_receiver():
    """Run apart: a receiver that recursed in C for each level would be killed by a signal."""
    script = """
import msgpack, sys
from grader.inside import kata_wire
body = b"\\x00"
for _ in range(5000):
    body = msgpack.packb(msgpack.ExtType(1, b"\\x91" + body))
try:
    kata_wire.load(body, [])
except kata_wire.BrokenFrameError:
    print("refused")
"""
    ran = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True)
    assert (ran.returncode, ran.stdout.strip()) == (0, "refused"), ran.stderr


class Bomb:
    fuse = False

    def __reduce__(self):
        return (setattr, (Bomb, "fuse", True))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_is_never_loaded(protocol):
    frame = pickle.dumps(Bomb(), protocol)
    with pytest.raises((kata_wire.BrokenFrameError, EOFError)):
        received_from(frame)
    with pytest.raises(kata_wire.BrokenFrameError):
        kata_wire.load(frame, [])
    assert not Bomb.fuse


def received_from(data):
    """What `receive` makes of these bytes, after which the sender hangs up."""
    near, far = socket.socketpair()
    with near, far:
        near.sendall(data)
        near.shutdown(socket.SHUT_WR)
        return kata_wire.receive(far)


def frame_of(value):
    return b"".join(bytes(part) for part in kata_wire.dump(value))


def test_a_frame_cut_short_anywhere_is_an_end_of_file():
    frame = frame_of({"a": (1, np.arange(3)), "b": np.ones(2)})
    for length in range(len(frame)):
        with pytest.raises(EOFError):
            received_from(frame[:length])


@pytest.mark.parametrize(
    "head",
    [
        kata_wire._HEAD.pack(kata_wire.MAX_BODY_BYTES + 1, 0),
        kata_wire._HEAD.pack(2**64 - 1, 0),
        kata_wire._HEAD.pack(1, 2**32 - 1),
        kata_wire._HEAD.pack(1, 2) + kata_wire._LENGTH.pack(2**63) * 2,
    ],
)
def test_a_head_that_announces_too_much_is_refused_before_memory_is_taken(head):
    with pytest.raises(kata_wire.BrokenFrameError):
        received_from(head)


def test_random_and_damaged_frames_are_told_as_broken():
    """Whatever arrives is a value, a broken frame or an end of file."""
    rng = seeded(SEED)
    good = frame_of([1, (2.5, "x"), {"k": np.arange(4), "d": np.array("2024", "M8[D]")}, 2**80])
    seen = set()
    for round_number in range(600):
        frame = bytearray(rng.bytes(40) if round_number % 3 == 0 else good)
        for place in rng.integers(0, len(frame), int(rng.integers(1, 4))):
            # The first bytes are lengths: damage there is kept small, so that no memory is wasted.
            frame[place] = int(rng.integers(256)) if place >= 12 else int(rng.integers(3))
        try:
            received_from(bytes(frame))
            seen.add("value")
        except (kata_wire.BrokenFrameError, EOFError) as error:
            seen.add(type(error).__name__)
    assert {"BrokenFrameError", "EOFError"} <= seen


# -- deadlines -----------------------------------------------------------------------------------


def test_a_silent_sender_runs_into_the_deadline():
    near, far = socket.socketpair()
    with near, far, pytest.raises(TimeoutError):
        kata_wire.receive(far, kata_wire.time.monotonic() + 0.01)


def test_a_sender_that_stops_in_mid_frame_runs_into_the_deadline():
    near, far = socket.socketpair()
    with near, far:
        near.sendall(frame_of("x" * 100)[:50])
        with pytest.raises(TimeoutError):
            kata_wire.receive(far, kata_wire.time.monotonic() + 0.01)


class Trickle:
    """A socket that always has exactly one more byte, each a millisecond later by the clock."""

    def __init__(self, frame):
        self.frame = frame
        self.position = 0
        self.now_s = 100.0

    def monotonic(self):
        return self.now_s

    def settimeout(self, seconds):
        assert seconds > 0

    def recv_into(self, view):
        view[0] = self.frame[self.position]
        self.position += 1
        self.now_s += 0.001
        return 1


def test_a_trickling_sender_cannot_stretch_the_deadline(monkeypatch):
    trickle = Trickle(frame_of("x" * 1000))
    monkeypatch.setattr(kata_wire, "time", trickle)
    with pytest.raises(TimeoutError):
        kata_wire.receive(trickle, deadline=100.5)
    assert trickle.now_s < 100.6


def test_a_trickling_sender_that_is_in_time_is_heard(monkeypatch):
    trickle = Trickle(frame_of("x" * 100))
    monkeypatch.setattr(kata_wire, "time", trickle)
    assert kata_wire.receive(trickle, deadline=101.0) == "x" * 100
