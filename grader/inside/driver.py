"""The driver of a side: a fresh interpreter that holds the solution and answers the judge's calls.

Run as `python -I driver.py`; what it needs comes on the command line as JSON. One request is served at a
time, on the main thread. A call is one frame: if its arguments were here before the judge's clock starts, the
solution could work ahead. The answer is plain data, or an exception as text.
"""

import contextlib
import faulthandler
import functools
import gc
import importlib
import itertools
import json
import logging
import os
import signal
import socket
import sys
import time
import traceback
from types import ModuleType
from typing import Any

MAX_TEXT = 4000
MAX_WAITS = 2000


def _own_frames(error: BaseException, work_folder: str) -> str:
    """The learner's own lines of a traceback, here and in the Ray worker it came from.

    A scenario calls the solution as its users do: its lines are no part of it.
    """
    scenarios = os.path.join(work_folder, "scenarios.py")  # noqa: PTH118
    frames = traceback.extract_tb(error.__traceback__)
    own = traceback.format_list(
        [f for f in frames if f.filename.startswith(work_folder) and f.filename != scenarios]
    )
    remote = str(error).splitlines() if hasattr(error, "cause") else []
    for line, source in itertools.pairwise([*remote, ""]):
        if work_folder in line:
            own += [f"{line}\n", f"{source}\n"]
    if isinstance(error, SyntaxError):
        own += traceback.format_exception_only(error)
    return "".join(own).replace(work_folder + os.sep, "")[-MAX_TEXT:]


def described(error: BaseException, work_folder: str) -> dict[str, Any]:
    """An exception as text; a failed Ray task is described by what made it fail.

    A hostile or broken exception may raise whatever it is asked: what it does not reveal is left out.
    """
    shown = error
    texts = {"type": "an exception", "message": "", "traceback": ""}
    with contextlib.suppress(BaseException):
        cause = getattr(error, "cause", None)
        shown = cause if isinstance(cause, BaseException) else error
    with contextlib.suppress(BaseException):
        texts["type"] = str(type(shown).__name__) or texts["type"]
    with contextlib.suppress(BaseException):
        texts["message"] = str(shown)[:MAX_TEXT]
    with contextlib.suppress(BaseException):
        texts["traceback"] = _own_frames(error, work_folder)
    # A lone surrogate must not cost the answer either.
    return {key: text.encode(errors="replace").decode() for key, text in texts.items()}


def _mark() -> str:
    """Run a task that does nothing and return its id.

    Task events reach the GCS in the order of submission, with a delay: once this task's are there, so are
    those of every task that the solution submitted from the driver before it.
    """
    import ray

    def kata_marker() -> str:
        task_id: str = ray.get_runtime_context().get_task_id()
        return task_id

    task_id: str = ray.get(ray.remote(num_cpus=0)(kata_marker).remote())
    return task_id


def _warm_up() -> None:
    """Run a task that does nothing on each CPU: its worker is then ready for the solution."""
    import ray

    def kata_warm_up() -> None:
        pass

    n = int(ray.cluster_resources()["CPU"])
    ray.get([ray.remote(num_cpus=1)(kata_warm_up).remote() for _ in range(n)])


class Waits:
    """Notes where the driver waits for Ray, for charts: no verdict rests on it.

    For one round `ray.get` and `ray.wait` are wrapped, which costs a few microseconds per call.
    """

    def __init__(self) -> None:
        self._seen: list[list[Any]] = []
        self._before: dict[str, Any] = {}

    def begin(self) -> list[list[Any]]:
        """Wrap both and forget what was seen."""
        import ray

        self.end()
        self._seen = []
        for name in ("get", "wait"):
            self._before[name] = getattr(ray, name)
            setattr(ray, name, self._noted(f"ray.{name}", self._before[name]))
        return []

    def end(self) -> list[list[Any]]:
        """Put both back; returns what was seen since `begin`, as [call, start, end] in epoch seconds."""
        import ray

        for name, function in self._before.items():
            setattr(ray, name, function)
        self._before = {}
        return self._seen[:MAX_WAITS]

    def _noted(self, name: str, function: Any) -> Any:
        @functools.wraps(function)
        def noted(*args: Any, **kwargs: Any) -> Any:
            start_s = time.time()
            try:
                return function(*args, **kwargs)
            finally:
                self._seen.append([name, start_s, time.time()])

        return noted


class Driver:
    """Serves the judge's requests with one solution."""

    def __init__(self, sock: socket.socket, work_folder: str) -> None:
        self.sock = sock
        self.work_folder = work_folder
        self.modules: dict[str, ModuleType] = {}
        self.waits = Waits()

    def serve(self) -> None:
        """Answer requests until the judge hangs up."""
        import kata_wire

        with contextlib.suppress(EOFError):
            while True:
                self._answer(kata_wire.receive(self.sock))

    def _answer(self, request: dict[str, Any]) -> None:
        """Answer one request; nothing of question and answer is kept beyond that."""
        import kata_wire

        try:
            parts = kata_wire.dump({"value": self._perform(request)}, "answer")
        except kata_wire.NotPlainError as error:
            text = str(error).replace("answer['value']", "the returned value")
            parts = kata_wire.dump({"not_plain": text})
        except BaseException as error:  # noqa: BLE001 - SystemExit and friends are answers too
            parts = kata_wire.dump({"raised": described(error, self.work_folder)})
        kata_wire.send_parts(self.sock, parts)

    def _perform(self, request: dict[str, Any]) -> Any:
        if request["do"] == "connect":
            return self._connect(request["address"])
        if request["do"] == "warm_up":
            return _warm_up()
        if request["do"] == "load":
            return self._load()
        if request["do"] == "collect":
            gc.collect()
            return None
        if request["do"] == "mark":
            return _mark()
        if request["do"] == "debug":
            import kata_debugger

            return kata_debugger.install(request["path"])
        if request["do"] == "trace":
            return self.waits.begin() if request["on"] else self.waits.end()
        if request["module"] == "test_examples":  # needed only by those who run them
            self.modules["test_examples"] = importlib.import_module("test_examples")
        function = getattr(self.modules[request["module"]], request["name"])
        args, kwargs = request["args"], request["kwargs"]
        if request["module"] != "solution":
            args = [self.modules["solution"], *args]
        return function(*args, **kwargs)

    def _connect(self, address: str) -> None:
        import ray

        os.environ["RAY_ADDRESS"] = address
        ray.init(address=address, logging_level=logging.WARNING, log_to_driver=False)

    def _load(self) -> None:
        for name in ("solution", "scenarios"):
            if os.path.exists(os.path.join(self.work_folder, f"{name}.py")):  # noqa: PTH110, PTH118
                self.modules[name] = importlib.import_module(name)


def main() -> None:
    """Introduce this process to the judge and serve it."""
    job = json.loads(sys.argv[1])
    sys.argv = [os.path.join(job["work"], "driver.py")]  # noqa: PTH118
    sys.path[:0] = [job["work"], job["inside"]]
    stacks = open(os.path.join(job["stacks"], f"{os.getpid()}.txt"), "a")  # noqa: PTH118, PTH123, SIM115
    faulthandler.register(signal.SIGUSR1, file=stacks, all_threads=True)
    if os.environ.get("KATA_PRIVATE"):
        import kata_privacy

        kata_privacy.keep_memory_private()
    import kata_wire

    sock = kata_wire.connect(job["socket"], job["token"])
    import ray  # noqa: F401 - imported before the judge counts on a prompt answer

    kata_wire.send(sock, {"ready": True})
    Driver(sock, job["work"]).serve()
    os._exit(0)


if __name__ == "__main__":
    main()
