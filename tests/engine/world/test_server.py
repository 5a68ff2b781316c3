"""A world in the judge, asked by real processes: its books are true whatever the callers do."""

import asyncio
import gc
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from grader.inside import kata_wire
from grader.world.operations import declared
from grader.world.outside import KillWorker, OutsideWorld, Refuse
from grader.world.server import WorldServer

INSIDE = Path(kata_wire.__file__).parent
GUARD_S = 20.0  # only ends a test that would hang


class World(OutsideWorld):
    """One operation for each thing a world can do."""

    constant = 3

    def __init__(self, rng):
        super().__init__(rng)
        self.results = []

    async def double(self, _call, value):
        return [value, value]

    async def who(self, call):
        return call.pid

    async def count(self, call):
        return call.number

    async def refuse(self, _call, kind, detail):
        raise Refuse(kind, detail)

    async def kill(self, _call):
        raise KillWorker

    async def never(self, call):
        await call.never()

    async def meet(self, _call, n):
        return await self.until(lambda: self.ledger.count("meet") >= n, GUARD_S)

    async def work(self, _call):
        return "granted"

    async def ended(self, call, result):
        assert call.entry.op == "work"
        self.results.append(result)
        if result == "die":
            raise KillWorker

    async def fail(self, _call, kind):
        raise {"ValueError": ValueError, "OSError": OSError, "EOFError": EOFError}[kind]("defect")

    async def time_out(self, _call):
        async with asyncio.timeout(0):
            await asyncio.sleep(GUARD_S)

    async def not_plain(self, _call):
        return {"value": object()}

    async def refuse_not_plain(self, _call):
        raise Refuse("Kind", object())

    async def _private(self, _call):
        return "secret"

    def not_async(self, _call):
        return "secret"


@pytest.fixture
def server():
    with tempfile.TemporaryDirectory(prefix="kt") as folder:
        found = WorldServer(Path(folder) / "world")
        found.world = World(np.random.default_rng(0))
        yield found
        found.close()


@pytest.fixture
def world(server):
    return server.world


def path_of(server):
    return server._socket.getsockname()


def service_of(server, token=None):
    return f"{path_of(server)}|{token or server.token}"


@pytest.fixture
def link(server, monkeypatch):
    """A fresh `service_link` for threads of this process."""
    monkeypatch.setenv("KATA_SERVICE", service_of(server))
    monkeypatch.setitem(sys.modules, "kata_wire", kata_wire)
    spec = importlib.util.spec_from_file_location("service_link", INSIDE / "service_link.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def client(server, code, **options):
    """A process of its own that runs `code` with `service_link` at hand."""
    code = f"from service_link import ask, span, witnessed, Refused\nimport os, sys\n{code}"
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "KATA_SERVICE": service_of(server), "PYTHONPATH": str(INSIDE)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def said(process):
    """What a client printed, after it has ended well."""
    out, err = process.communicate(timeout=GUARD_S)
    assert process.returncode == 0, err
    return out.strip()


def becomes(condition):
    """Wait for a condition of the server's books."""
    guard = time.monotonic() + GUARD_S
    while not condition() and time.monotonic() < guard:
        time.sleep(0.002)
    return condition()


def in_threads(n, function):
    """Run `function(i)` in n threads at once; their results in order."""
    results = [None] * n

    def work(i):
        try:
            results[i] = function(i)
        except Exception as error:  # noqa: BLE001 - an exception is a result, too
            results[i] = error

    threads = [threading.Thread(target=work, args=(i,)) for i in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(GUARD_S)
    return results


# -- asking --------------------------------------------------------------------------------------


def test_only_public_async_methods_of_the_world_are_operations(world):
    offered = set(declared(type(world), OutsideWorld))
    assert {"double", "never", "work"} <= offered
    assert not offered & {"_private", "not_async", "until", "open", "constant", "__init__"}


def test_ask_brings_the_answer_and_enters_it(link, world):
    assert link.ask("double", "x") == ["x", "x"]
    (entry,) = world.ledger.entries()
    assert (entry.op, entry.args, entry.outcome) == ("double", ("x",), "ok")


def test_arrays_go_both_ways(link):
    there, back = link.ask("double", np.arange(100_000))
    np.testing.assert_array_equal(there, np.arange(100_000))
    np.testing.assert_array_equal(back, there)


def test_each_operation_is_numbered_for_itself(link):
    assert [link.ask("count"), link.ask("count")] == [0, 1]
    link.ask("double", 1)
    assert link.ask("count") == 2


def test_the_pid_is_the_kernels_whatever_the_client_claims(server, world):
    lie = "import service_link, kata_wire\nkata_wire.os.getpid = lambda: 1\nprint(ask('who'))"
    process = client(server, lie)
    assert said(process) == str(process.pid)
    assert [e.pid for e in world.ledger.entries()] == [process.pid]


@pytest.mark.parametrize("detail", [None, 7, {"id": [1, 2]}, np.arange(2).tolist()], ids=repr)
def test_a_refusal_arrives_with_kind_and_detail(link, world, detail):
    with pytest.raises(link.Refused) as refusal:
        link.ask("refuse", "NotFound", detail)
    assert (refusal.value.kind, refusal.value.detail) == ("NotFound", detail)
    assert [e.outcome for e in world.ledger.entries()] == ["refused"]
    assert link.ask("double", 1) == [1, 1]


@pytest.mark.parametrize("op", ["nothing", "_private", "not_async", "until", "open", "__init__", "constant"])
def test_an_unknown_operation_is_refused_and_not_entered(server, link, world, op):
    with pytest.raises(link.Refused) as refusal:
        link.ask(op)
    assert (refusal.value.kind, refusal.value.detail) == ("NoSuchOperation", op)
    assert (world.ledger.count(), server.defects) == (0, [])


def test_without_a_world_every_operation_is_refused(server, link):
    server.world = None
    with pytest.raises(link.Refused, match="NoSuchOperation"):
        link.ask("double", 1)


def test_a_new_world_starts_with_empty_books(server, link, world):
    link.ask("double", 1)
    server.world = World(np.random.default_rng(0))
    link.ask("double", 2)
    assert [e.args for e in world.ledger.entries()] == [(1,)]
    assert [e.args for e in server.world.ledger.entries()] == [(2,)]


def test_what_is_asked_of_a_world_is_bounded_and_a_new_world_starts_over(server, link, world, monkeypatch):
    monkeypatch.setattr("grader.world.server.MAX_ASKED_BYTES", 10_000)
    link.ask("double", bytes(6000))
    with pytest.raises(ConnectionError):
        link.ask("double", bytes(6000))
    with pytest.raises(ConnectionError):
        link.ask("double", np.zeros(2000))
    assert [len(entry.args[0]) for entry in world.ledger.entries()] == [6000]
    server.world = World(np.random.default_rng(0))
    assert link.ask("double", b"again") == [b"again"] * 2


def test_an_argument_that_is_not_plain_is_refused_before_it_is_sent(link, world):
    with pytest.raises(kata_wire.NotPlainError):
        link.ask("double", object())
    assert world.ledger.count() == 0
    assert link.ask("double", 1) == [1, 1]


def test_overlap_is_counted_at_its_peak(link, world):
    assert in_threads(6, lambda _: link.ask("meet", 6)) == [True] * 6
    link.ask("meet", 1)
    assert (world.ledger.peak("meet"), world.ledger.peak()) == (6, 6)


def test_calls_of_one_thread_do_not_overlap(link, world):
    for _ in range(5):
        link.ask("work")
    assert world.ledger.peak() == 1


def test_until_gives_up_in_the_end(world):
    assert asyncio.run(world.until(lambda: False, within_s=0.0)) is False
    assert asyncio.run(world.until(lambda: True, within_s=0.0)) is True


# -- spans ---------------------------------------------------------------------------------------


def test_a_span_is_open_until_its_block_ends(link, world):
    with link.span("work") as granted:
        assert granted == "granted"
        assert [e.op for e in world.open()] == ["work"]
    assert becomes(lambda: not world.open())
    assert [e.outcome for e in world.ledger.entries()] == ["ok"]
    assert link.ask("double", 1) == [1, 1]


def test_a_span_that_ends_in_an_exception_is_dropped(link, world):
    with pytest.raises(KeyError), link.span("work"):
        raise KeyError
    assert becomes(lambda: world.ledger.count("work", "dropped") == 1)
    assert link.ask("double", 1) == [1, 1]


def test_the_world_sees_the_result_of_witnessed_work_before_it_is_returned(link, world):
    assert link.witnessed(lambda granted: [granted, 2], "work") == ["granted", 2]
    assert world.results == [["granted", 2]]
    assert [e.outcome for e in world.ledger.entries()] == ["ok"]
    assert link.ask("double", 1) == [1, 1]


def test_witnessed_work_that_raises_has_no_result(link, world):
    with pytest.raises(ZeroDivisionError):
        link.witnessed(lambda granted: 1 / 0, "work")
    assert becomes(lambda: world.ledger.count("work", "dropped") == 1)
    assert not world.results
    assert link.ask("double", 1) == [1, 1]


def test_a_process_can_be_killed_for_a_result(server, world):
    process = client(server, "witnessed(lambda granted: 'die', 'work')")
    assert process.wait(GUARD_S) == -signal.SIGKILL
    assert [e.outcome for e in world.ledger.entries()] == ["killed"]
    process.communicate()


def test_a_refused_span_does_not_run_its_block(link, world):
    with pytest.raises(link.Refused), link.span("refuse", "Full", None):
        pytest.fail("the block ran")
    assert [e.outcome for e in world.ledger.entries()] == ["refused"]


def test_a_process_killed_in_a_span_leaves_it_dropped(server, world):
    process = client(server, "import signal\nwith span('work'):\n    os.kill(os.getpid(), 9)")
    assert process.wait(GUARD_S) == -signal.SIGKILL
    assert becomes(lambda: world.ledger.count("work", "dropped") == 1)
    process.communicate()


# -- death ---------------------------------------------------------------------------------------


def test_kill_worker_ends_the_process_by_sigkill(server, world):
    code = """
try:
    ask("kill")
finally:
    print("survived", flush=True)
"""
    process = client(server, code)
    out, _ = process.communicate(timeout=GUARD_S)
    assert (process.returncode, out) == (-signal.SIGKILL, "")
    assert becomes(lambda: world.ledger.count("kill", "killed") == 1)  # the judge looks a moment later
    (entry,) = world.ledger.entries()
    assert entry.pid == process.pid


def test_a_client_that_ignores_orders_and_signals_is_killed_and_gets_no_answer(server, world):
    """Nothing that runs in the calling process has a say in it."""
    code = """
import signal, service_link, threading
for name in ("kill", "killpg", "_exit"):
    setattr(os, name, lambda *_: None)
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
threading.Thread(target=ask, args=("never",), daemon=True).start()
try:
    ask("kill")
finally:
    print("survived", flush=True)
"""
    process = client(server, code)
    out, _ = process.communicate(timeout=GUARD_S)
    assert (process.returncode, out) == (-signal.SIGKILL, "")
    assert becomes(lambda: world.ledger.count("kill", "killed") == 1)
    assert server.spared == []


def test_killed_is_entered_once_the_process_is_dead(server, world, monkeypatch):
    """A client that is only stopped by the order is not yet killed."""
    monkeypatch.setattr("grader.system.handle.Handle.kill", lambda self: os.kill(self.pid, signal.SIGSTOP))
    process = client(server, "ask('kill')")
    assert becomes(lambda: Path(f"/proc/{process.pid}/stat").read_text().split()[2] == "T")
    assert [e.op for e in world.open()] == ["kill"]
    process.kill()
    assert becomes(lambda: world.ledger.count("kill", "killed") == 1)
    process.communicate()


def test_one_that_does_not_die_is_told(server, world, monkeypatch):
    monkeypatch.setattr("grader.system.handle.Handle.kill", lambda _self: None)
    monkeypatch.setattr("grader.world.server.DIES_WITHIN_S", 0.05)
    process = client(server, "try:\n    ask('kill')\nexcept ConnectionError:\n    print('no answer')")
    assert said(process) == "no answer"
    (why,) = server.spared
    assert str(process.pid) in why
    assert becomes(lambda: world.ledger.count("kill", "dropped") == 1)


def test_a_process_of_somebody_else_is_never_killed(server, link, world):
    """The judge itself asks, from a thread: it is not below what the server may kill."""
    with pytest.raises(ConnectionError):
        link.ask("kill")
    (why,) = server.spared
    assert str(os.getpid()) in why
    (entry,) = world.ledger.entries()
    assert (entry.outcome, entry.hung_up) == ("dropped", True)


def test_one_is_killed_for_each_key_until_it_is_armed_again(world):
    def order(key):
        try:
            world.kill_caller(key)
        except KillWorker:
            return True
        return False

    assert [order("a"), order("a"), order("b")] == [True, False, True]
    world.rearm("a")
    assert [order("a"), order("b")] == [True, False]


def test_what_a_living_process_gives_up_is_told_from_a_death(server, world):
    """A default timeout of sockets changes nothing; one that a client sets itself is seen."""
    code = """
import socket, service_link
socket.setdefaulttimeout(0.05)
ask("double", 1)
service_link._local.sock.settimeout(0.05)
try:
    ask("never")
except TimeoutError:
    print("went on")
    ask("double", 2)
"""
    process = client(server, code)
    assert said(process) == "went on"
    other = client(server, "import socket\nsocket.setdefaulttimeout(0.05)\nask('never')")
    assert becomes(lambda: len(world.open("never")) == 1)
    began_s = world.open("never")[0].start_s
    assert becomes(lambda: time.monotonic() - began_s > 0.2)
    other.kill()
    other.communicate()
    assert becomes(lambda: world.ledger.count("never", "dropped") == 2)
    assert [(e.pid, e.hung_up) for e in world.ledger.entries("never")] == [
        (process.pid, True),
        (other.pid, False),
    ]


def test_never_ends_with_its_callers_life(server, world):
    process = client(server, "ask('never')")
    assert becomes(lambda: len(world.open("never")) == 1)
    process.kill()
    assert becomes(lambda: world.ledger.count("never", "dropped") == 1)
    process.communicate()


def test_a_client_interrupted_in_a_call_can_ask_again(server, world):
    code = """
try:
    ask("never")
except KeyboardInterrupt:
    print(ask("double", 1))
"""
    process = client(server, code)
    assert becomes(lambda: len(world.open("never")) == 1)
    process.send_signal(signal.SIGINT)
    assert said(process) == "[1, 1]"
    assert becomes(lambda: world.ledger.count("never", "dropped") == 1)


def test_a_world_that_closes_hangs_up_on_its_callers(server, link, world):
    caller = threading.Thread(target=in_threads, args=(2, lambda _: link.ask("never")))
    caller.start()
    assert becomes(lambda: len(world.open("never")) == 2)
    server.close()
    caller.join(GUARD_S)
    assert not caller.is_alive()
    assert world.ledger.count("never", "dropped") == 2
    with pytest.raises(ConnectionError):
        link.ask("double", 1)


# -- forks ---------------------------------------------------------------------------------------


def test_a_forked_child_speaks_for_itself(server, world):
    """Parent and child use one module; neither gets the other's answers."""
    code = """
ask("who")
child = os.fork()
ok = all(ask("who") == os.getpid() for _ in range(50))
if child == 0:
    os._exit(0 if ok else 1)
_, status = os.waitpid(child, 0)
ok = ok and ask("who") == os.getpid()
print(ok, status, child)
"""
    process = client(server, code)
    ok, status, child = said(process).split()
    assert (ok, status) == ("True", "0")
    pids = [e.pid for e in world.ledger.entries("who")]
    assert (pids.count(process.pid), pids.count(int(child))) == (52, 50)


def test_a_connection_speaks_only_for_the_process_that_made_it(server, world):
    """One that was passed on, or inherited, would have the kernel name another process."""
    code = """
import service_link, kata_wire
ask("who")
sock = service_link._local.sock
if os.fork() == 0:
    kata_wire.send(sock, {"op": "who", "args": []})
    try:
        kata_wire.receive(sock)
    except (EOFError, OSError):
        os._exit(0)
    os._exit(1)
print(os.waitstatus_to_exitcode(os.wait()[1]))
"""
    process = client(server, code)
    assert said(process) == "0"
    assert [e.pid for e in world.ledger.entries("who")] == [process.pid]


# -- strangers and defects -----------------------------------------------------------------------


def test_a_wrong_token_is_not_served(server, link, world, monkeypatch):
    monkeypatch.setenv("KATA_SERVICE", service_of(server, "0" * 32))
    (answer,) = in_threads(1, lambda _: link.ask("double", 1))
    assert isinstance(answer, ConnectionError)
    assert world.ledger.count() == 0


@pytest.mark.parametrize(
    "hello",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\xff" * 64,
        *(b"".join(map(bytes, kata_wire.dump(v))) for v in (None, [], {"pid": 1}, {"token": None})),
    ],
)
def test_a_stranger_is_hung_up_on_and_others_are_served(server, link, world, hello):
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.connect(path_of(server))
        stranger.sendall(hello)
        stranger.shutdown(socket.SHUT_WR)
        try:
            rest = stranger.recv(1)
        except ConnectionResetError:
            rest = b""
    assert rest == b""
    assert link.ask("double", 1) == [1, 1]
    assert world.ledger.count() == 1


@pytest.mark.parametrize("request_value", [None, 5, {}, {"op": "double", "args": 5}], ids=repr)
def test_a_request_that_makes_no_sense_costs_only_its_sender(server, link, caplog, request_value):
    """Nor does it leave an exception behind that the judge's log would show at some later time."""
    with kata_wire.connect(path_of(server), server.token) as sock:
        kata_wire.send(sock, request_value)
        with pytest.raises((EOFError, ConnectionResetError)):
            kata_wire.receive(sock)
    assert becomes(lambda: not server._connections)
    gc.collect()
    assert [r.getMessage() for r in caplog.records] == []
    assert link.ask("double", 1) == [1, 1]


@pytest.mark.parametrize(
    ("op", "args"),
    [
        ("fail", ("ValueError",)),
        ("fail", ("OSError",)),
        ("fail", ("EOFError",)),
        ("time_out", ()),
        ("not_plain", ()),
        ("refuse_not_plain", ()),
    ],
)
def test_a_defect_of_the_world_is_recorded_as_ours(server, link, op, args):
    (answer,) = in_threads(1, lambda _: link.ask(op, *args))
    assert isinstance(answer, Exception)
    assert becomes(lambda: server.world.ledger.count(outcome="open") == 0)
    (fault,) = server.defects
    assert op in fault
    assert link.ask("double", 1) == [1, 1]


def test_a_server_that_cannot_listen_says_so(tmp_path):
    """The folder is missing: the constructor must fail, not wait forever."""
    failure = []

    def build():
        try:
            WorldServer(tmp_path / "missing" / "world").close()
        except OSError as error:
            failure.append(error)

    builder = threading.Thread(target=build, daemon=True)
    builder.start()
    builder.join(3.0)
    assert not builder.is_alive()
    assert failure


def test_closing_twice_is_harmless(server):
    server.close()
    server.close()


def test_while_it_is_held_nobody_is_served(server, link):
    answers = []
    asks = threading.Thread(target=lambda: answers.append(link.ask("double", 1)), daemon=True)
    with server.held() as rests:
        assert rests
        asks.start()
        asks.join(0.2)
        assert not answers
        assert not server.world.ledger.entries()
    asks.join(GUARD_S)
    assert answers == [[1, 1]]
