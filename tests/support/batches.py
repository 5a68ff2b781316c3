"""Submissions, jobs and pools for tests of batches, none of which starts Ray."""

import json
import time
from collections import deque

from grader.batch.job import Graded, HandedIn, Job
from grader.batch.journal import Journal, Order
from grader.batch.run import Run, final_lines
from tests.support import pretended_judge

PRETENDED = "tests.support.pretended_judge"


def handed_in(who, challenge="toy", text="", **asked):
    """A submission; further arguments are for the pretended judge."""
    source = text or json.dumps(asked)
    return HandedIn.of(who, challenge, f"{who}/{challenge}.py", source.encode())


def a_job(who="ann", *, repeat=1, seed=7, is_alone=False, text="", **asked):
    return Job(file=handed_in(who, text=text, **asked), repeat=repeat, seed=seed, is_alone=is_alone)


def graded(job, *, score=100, outcome=None, problem="", node="here"):
    """What came of a job: something was judged, unless there is a problem."""
    outcome = outcome or ("pass" if score == 100 else "fail")
    document = None if problem else pretended_judge.document(job.to_json(), score, outcome)
    return Graded(job=job, document=document, problem=problem, node=node, seconds=1.5)


class PretendedPool:
    """Does what its script says of each job, one after the other.

    Args:
        script: Given a job and how often it was submitted before, what comes of it.
        n_places: How many jobs are held at once.
    """

    where = "nowhere"

    def __init__(self, script, n_places=2):
        self.n_places = n_places
        self.submitted = []
        self.beside = []  # for each job that had to be alone, how many ran beside it
        self._script = script
        self._held = deque()

    def has_room(self, *, alone):
        return len(self._held) < (1 if alone else self.n_places)

    def submit(self, job):
        if job.is_alone:
            self.beside.append(len(self._held))
        self._held.append((job, sum(before.key == job.key for before in self.submitted)))
        self.submitted.append(job)

    def next_done(self, within_s):
        return self._script(*self._held.popleft()) if self._held else None

    def running(self):
        return {"here": [job.label for job, _ in self._held]}

    def close(self):
        self._held.clear()


def a_journal(folder, **changes):
    order = {"folder": "class", "seed": 7, "repeat": 1} | changes
    return Journal.create(folder, Order(**order))


def run_of(jobs, journal, told=None):
    """A run that keeps no records; `told` collects the lines it tells."""

    def listen(progress):
        if told is not None and progress.line is not None:
            told.append(progress.line)

    return Run(jobs, journal, keep=lambda _graded: None, listen=listen)


def outcome(journal):
    """Each grading that counts: its score, None if nothing was judged, and how often it was tried."""
    lines = final_lines(journal.lines()).values()
    return {line.who: ((line.document or {}).get("score"), line.tries) for line in lines}


def wait_for(condition, within_s=60.0):
    """Wait until something is true."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)
