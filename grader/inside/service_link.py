"""How a `service.py` reaches its world in the judge: one blocking socket per thread.

`ask` sends an operation and waits for the answer; `span` brackets work that is computed here, so that
the judge's ledger knows when it ran and in which process; `witnessed` also tells the world what came out. A
worker that is to be lost in the middle of a call is killed by the judge: its call never returns.

This module is copied into every side and imported there by itself: it must not import the grader.
"""

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import kata_wire

_local = threading.local()


class Refused(Exception):  # noqa: N818 - it is the world's answer, not a defect
    """The world refuses an operation; `kind` is a short name, `detail` plain data."""

    def __init__(self, kind: str, detail: Any = None) -> None:
        super().__init__(kind, detail)
        self.kind = kind
        self.detail = detail


def _connection() -> socket.socket:
    """This thread's connection; a forked child must not use its parent's."""
    if getattr(_local, "pid", None) != os.getpid():
        path, token = os.environ["KATA_SERVICE"].split("|", 1)
        _local.sock = kata_wire.connect(path, token)
        _local.sock.settimeout(None)  # calls have no deadline of their own, whatever the default is
        _local.pid = os.getpid()
    sock: socket.socket = _local.sock
    return sock


def _drop() -> None:
    """Forget this thread's connection: an answer may still be on its way to nobody."""
    if getattr(_local, "pid", None) == os.getpid():
        _local.sock.close()
    _local.pid = None


def _exchange(request: dict[str, Any]) -> Any:
    try:
        sock = _connection()
        kata_wire.send(sock, request)
        answer = kata_wire.receive(sock)
    except kata_wire.NotPlainError:
        raise
    except EOFError:
        _drop()
        raise ConnectionError("the service is closed") from None
    except BaseException:  # a cancelled task raises KeyboardInterrupt in the middle of a read
        _drop()
        raise
    if "refused" in answer:
        raise Refused(*answer["refused"])
    return answer["value"]


def ask(op: str, *args: Any) -> Any:
    """The world's answer to operation `op`; blocks until it comes.

    Raises:
        Refused: The world refuses.
        ConnectionError: The grading that this process belonged to is over.
    """
    return _exchange({"op": op, "args": list(args)})


def witnessed(work: Callable[[Any], Any], op: str, *args: Any) -> Any:
    """Do some work here and tell the world its result before anybody else has it.

    Args:
        work: Gets what the world grants at its start; its result has to be plain data.
        op: The operation that it is in the ledger.
        *args: The operation's arguments.
    """
    granted = _exchange({"op": op, "args": list(args), "span": True})
    try:
        result = work(granted)
    except BaseException:
        _drop()
        raise
    _exchange({"close": True, "result": result})
    return result


@contextlib.contextmanager
def span(op: str, *args: Any) -> Iterator[Any]:
    """Bracket local work; yields what the world grants at its start."""
    granted = _exchange({"op": op, "args": list(args), "span": True})
    done = False
    try:
        yield granted
        done = True
    finally:
        if done:
            kata_wire.send(_connection(), {"close": True})
        else:
            _drop()
