"""The judge of a batch, as a process: reads jobs from its input, grades one after the other, and answers.

`python -m grader.batch.judging CPUS`. Each line of the input and of the output is a JSON object. The process
ends with its input, because the process that started it is gone then; a running grading ends in order.
"""

from __future__ import annotations

import base64
import json
import os
import queue
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from grader.catalogue.challenges import find_challenge
from grader.catalogue.submission import submission_of
from grader.errors import GraderError
from grader.side.warden_client import sweep_leftovers
from grader.system.own_cpus import take_cpus
from grader.system.privileges import keep_memory_private

END_WITHIN_S = 20.0


def main() -> None:
    """Grade until the input ends."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # it is ignored below a shell's background job
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    answers = _own_output()
    keep_memory_private()
    cpus = take_cpus(int(sys.argv[1]))
    sweep_leftovers()
    jobs: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
    threading.Thread(target=_read_jobs, args=(jobs,), daemon=True, name="jobs").start()
    try:
        while (job := jobs.get()) is not None:
            answer = answer_to(job) | {"cpus": cpus}
            answers.write(json.dumps(answer, allow_nan=False).encode() + b"\n")
            answers.flush()
    except (KeyboardInterrupt, BrokenPipeError):
        pass
    os._exit(0)  # nothing of ours is left, and nobody waits for an answer


def answer_to(job: dict[str, Any]) -> dict[str, Any]:
    """Grade one solution: its record, or why nothing was judged, and how long it took."""
    from grader.judge.engine import grade

    start = time.monotonic()
    try:
        challenge = find_challenge(job["challenge"])
        source = base64.b64decode(job["source"])
        submission = submission_of(source, Path(job["name"]), "file", challenge.functions)
        only = None if job["only"] is None else frozenset(job["only"])
        record = grade(challenge, submission, seed=job["seed"], only=only)
        answer: dict[str, Any] = {"document": record.to_json(with_traces=True)}
    except GraderError as error:
        answer = {"problem": str(error)}
    except Exception as error:  # noqa: BLE001 - a defect of ours is one row, not the end of the batch
        answer = {"problem": f"Our bug: {type(error).__name__}: {error}"}
    return answer | {"seconds": round(time.monotonic() - start, 3)}


def _read_jobs(jobs: queue.SimpleQueue[dict[str, Any] | None]) -> None:
    """Take jobs in until the input ends; then end the process, in the middle of a grading too."""
    for line in sys.stdin.buffer:
        jobs.put(json.loads(line))
    jobs.put(None)
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    time.sleep(END_WITHIN_S)
    _give_up()


def _give_up() -> NoReturn:
    """The wardens see it and end their sides."""
    os._exit(1)


def _own_output() -> BinaryIO:
    """The output for answers alone: whatever else is printed in this process goes to the errors' output."""
    own = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(own, "wb")


if __name__ == "__main__":
    main()
