"""Serves a challenge's world to the processes of a side, from a thread of the judge.

The server keeps the ledger, makes the delays and injects the faults, so a solution can skip, forge or
precompute none of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
import threading
import time
import traceback
import weakref
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.inside import kata_wire
from grader.system.handle import Handle, held_peer
from grader.system.processes import peer_pid
from grader.world.ledger import Entry
from grader.world.listener import Listener
from grader.world.operations import misuse
from grader.world.outside import Call, KillWorker, OutsideWorld, Refuse

DIES_WITHIN_S = 5.0
HELD_WITHIN_S = 5.0
_POLL_S = 0.0005
MAX_CONNECTIONS = 400  # a solution needs one per waiting thread; the judge could run out of descriptors
MAX_ASKED_BYTES = 1_000_000_000  # of all frames for one world: what is asked stays in its books


class WorldServer:
    """Serves the current world on a Unix socket, from one asyncio loop in a thread of the judge.

    Args:
        path: Where the socket is made.
    """

    def __init__(self, path: Path) -> None:
        self.token = secrets.token_hex(16)
        self.world: OutsideWorld | None = None
        self.defects: list[str] = []  # defects of the world itself, never of a solution
        self.spared: list[str] = []  # why a process that was to be killed lives on, one sentence each
        self.above = os.getpid()  # only processes below this one are ever killed
        self._loop = asyncio.new_event_loop()
        self._connections: set[asyncio.Task[None]] = set()
        self._asked_bytes: weakref.WeakKeyDictionary[OutsideWorld, int] = weakref.WeakKeyDictionary()
        # Bound here, so that an unusable path fails in the caller.
        self._socket = Listener()
        try:
            self._socket.bind(os.fspath(path))
        except OSError:
            self._socket.close()
            self._loop.close()
            raise
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self._thread.start()
        started.wait()

    def _run(self, started: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_unix_server(self._accept, sock=self._socket, backlog=512)
        )
        started.set()
        self._loop.run_forever()
        server.close()
        for task in self._connections:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*self._connections, return_exceptions=True))
        self._loop.close()

    def close(self) -> None:
        """Hang up on every caller and end the thread."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(5)

    @contextlib.contextmanager
    def held(self, within_s: float = HELD_WITHIN_S) -> Iterator[bool]:
        """Serve nobody meanwhile: what callers sent before takes none of this process's time.

        Args:
            within_s: How long what is being read or answered may still take.

        Yields:
            Whether it has come to rest.
        """
        rests, goes_on = threading.Event(), threading.Event()

        def rest() -> None:
            rests.set()
            goes_on.wait()

        self._loop.call_soon_threadsafe(rest)
        try:
            yield rests.wait(within_s)
        finally:
            goes_on.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            if len(self._connections) > MAX_CONNECTIONS:
                return
            hello = await self._read(reader)
            if isinstance(hello, dict) and hello.get("token") == self.token:
                sock = writer.get_extra_info("socket")
                pid = peer_pid(sock, hello.get("pid", 0))
                await self._serve(_Caller(reader, writer, sock, pid))
        except (EOFError, OSError, kata_wire.BrokenFrameError, asyncio.CancelledError):
            pass  # the caller is gone or the server closes: its open entries are already marked
        except Exception:  # noqa: BLE001, S110 - a nonsensical request: hang up, as above
            pass
        finally:
            self._connections.discard(task)
            writer.close()

    async def _serve(self, caller: _Caller) -> None:
        """Answer a caller's requests, one after the other, until something arrives that is no request."""
        while _is_request(request := await self._read(caller.reader)):
            world = self.world
            op, args = str(request["op"]), tuple(request.get("args", ()))
            senseless = _senseless(world, op, args)
            if world is None or senseless:
                await _write(caller.writer, {"refused": senseless})
            else:
                await self._perform(caller, world, op, args, is_span=bool(request.get("span")))

    async def _read(self, reader: asyncio.StreamReader) -> Any:
        """The next frame, unless too much has been asked of this world.

        Raises:
            EOFError: This caller is not served any more.
        """
        head = await _exactly(reader, kata_wire.HEAD_BYTES)
        body_bytes, n_buffers = kata_wire.layout(head)
        lengths = await _exactly(reader, n_buffers * kata_wire.LENGTH_BYTES)
        sizes = kata_wire.buffer_sizes(lengths, n_buffers)
        if self.world is not None:  # counted before it is read: many could be on their way at once
            asked = self._asked_bytes.get(self.world, 0) + body_bytes + sum(sizes)
            self._asked_bytes[self.world] = asked
            if asked > MAX_ASKED_BYTES:
                raise EOFError("too much")
        body = await _exactly(reader, body_bytes)
        return kata_wire.load(body, [bytearray(await _exactly(reader, size)) for size in sizes])

    async def _perform(
        self, caller: _Caller, world: OutsideWorld, op: str, args: tuple[Any, ...], *, is_span: bool
    ) -> None:
        """Run an operation and pass on what comes of it; its entry is closed when this returns or raises."""
        reader, writer = caller.reader, caller.writer
        number = world.ledger.count(op)
        entry = world.ledger.begin(op, args, caller.pid)
        call = Call(entry, number, world.ledger)
        try:
            answer = await _with_caller(reader, _called(world, op, call, args))
            if is_span:
                await _write(writer, {"value": answer})
                end = await self._read(reader)
                is_witnessed = isinstance(end, dict) and "result" in end
                if is_witnessed:
                    await _performed(world.ended(call, end["result"]))
                world.ledger.end(entry, "ok")
                if is_witnessed:
                    await _write(writer, {"value": None})
            else:
                world.ledger.end(entry, "ok")
                await _write(writer, {"value": answer})
        except Refuse as refusal:
            world.ledger.end(entry, "refused")
            await self._refuse(writer, op, refusal)
        except KillWorker:
            await self._kill(caller, world, entry)
        except (_WorldFailed, kata_wire.NotPlainError) as failed:  # not the learner's defect
            await self._fault(writer, op, failed.__cause__ or failed)
        except (EOFError, OSError):  # the caller is gone, or has hung up
            with caller.process() as process:
                world.ledger.end(entry, "dropped", caller_lived=process.is_alive())
            raise
        finally:  # also when the server closes
            world.ledger.end(entry, "dropped")  # only what is still open

    async def _kill(self, caller: _Caller, world: OutsideWorld, entry: Entry) -> None:
        """Kill a caller; its entry says "killed" once its death was seen, and it never gets an answer.

        Raises:
            EOFError: Always: this caller is not served any more.
        """
        with caller.process() as process:
            if process.is_below(self.above):
                process.kill()
                deadline = time.monotonic() + DIES_WITHIN_S
                while not process.has_ended() and time.monotonic() < deadline:
                    await asyncio.sleep(_POLL_S)
                if process.has_ended():
                    world.ledger.end(entry, "killed")
                else:
                    self.spared.append(f"process {caller.pid} was sent SIGKILL and did not end")
            elif not process.has_ended():
                self.spared.append(f"process {caller.pid} called the service, but is not one of its own")
            world.ledger.end(entry, "dropped", caller_lived=process.is_alive())  # if it was not killed
        raise EOFError("killed")

    async def _refuse(self, writer: asyncio.StreamWriter, op: str, refusal: Refuse) -> None:
        try:
            await _write(writer, {"refused": [refusal.kind, refusal.detail]})
        except kata_wire.NotPlainError as error:
            await self._fault(writer, op, error)

    async def _fault(self, writer: asyncio.StreamWriter, op: str, error: BaseException) -> None:
        self.defects.append(f"{op}: {''.join(traceback.format_exception(error, limit=-3))}")
        await _write(writer, {"refused": ["WorldFailed", op]})


@dataclass(frozen=True, slots=True)
class _Caller:
    """A process of the side that has shown the token."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    sock: socket.socket
    pid: int
    since_s: float = field(default_factory=time.time)

    def process(self) -> AbstractContextManager[Handle]:
        """The calling process, whatever has become of it and its pid."""
        return held_peer(self.sock, self.pid, before_s=self.since_s)


def _senseless(world: OutsideWorld | None, op: str, args: tuple[Any, ...]) -> list[str]:
    if world is None:
        return ["NoSuchOperation", "the behaviour that this process belonged to is over"]
    return misuse(world.operations, op, args)


def _is_request(request: Any) -> bool:
    return isinstance(request, dict) and "op" in request and type(request.get("args", [])) is list


class _WorldFailed(Exception):  # noqa: N818 - wraps what an operation raised by mistake
    """An operation raised something that is not an answer; the cause says what."""


async def _called(world: OutsideWorld, op: str, call: Call, args: tuple[Any, ...]) -> Any:
    return await getattr(world, op)(call, *args)  # a wrong number of arguments is raised here too


async def _performed(operation: Any) -> Any:
    """An operation's answer; what it raises by mistake is kept apart from a caller that is gone."""
    try:
        return await operation
    except (Refuse, KillWorker, asyncio.CancelledError):
        raise
    except Exception as error:
        raise _WorldFailed from error


async def _with_caller(reader: asyncio.StreamReader, operation: Any) -> Any:
    """Run an operation, but no longer than its caller's connection lasts."""
    running = asyncio.ensure_future(_performed(operation))
    gone = asyncio.ensure_future(reader.read(1))  # all that a waiting caller sends is its end
    try:
        await asyncio.wait({running, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            raise EOFError("the caller is gone")
        return running.result()
    finally:
        for task in (running, gone):
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await gone


async def _exactly(reader: asyncio.StreamReader, n_bytes: int) -> bytes:
    try:
        return await reader.readexactly(n_bytes)
    except asyncio.IncompleteReadError as error:
        raise EOFError from error


async def _write(writer: asyncio.StreamWriter, value: Any) -> None:
    for part in kata_wire.dump(value):
        writer.write(bytes(part))
    await writer.drain()
