"""The judge: a pytest plugin that runs a challenge's suites against a solution in a side of its own.

Loaded by the root conftest.py, so `pytest challenges/slow_gets` works, and by `grader.judge.engine` for a
grading. No solution is ever imported here: its files are read, staged and talked to over a socket.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.catalogue.challenges import ROOT, Challenge, read_challenge
from grader.catalogue.submission import Submission
from grader.errors import ChallengeError, GraderError, Superseded
from grader.judge.arena import Arena
from grader.judge.behaviour import Behaviour
from grader.judge.learner import Learner
from grader.judge.race import Race, RaceResult
from grader.judge.verdict import Check, Reports, speed_check
from grader.side.observation import Observation, Void

Listener = Callable[[str, Any], None]


@dataclass(slots=True)
class Job:
    """One grading, as `grader.judge.engine` hands it to pytest.

    Attributes:
        challenge: What is judged.
        submission: Whose solution.
        seed: Where every input of the run comes from.
        arena: The two sides.
        only: Names of the behaviours to judge; None for all.
        first: Names of behaviours to judge before the others.
        listen: Told of ("collected", behaviours), ("started", behaviour) and ("ended", check).
        reports: Filled by the run.
        races: Results of performance behaviours.
        failure: What kept the machinery from judging, if anything did.
    """

    challenge: Challenge
    submission: Submission
    seed: int
    arena: Arena
    only: frozenset[str] | None = None
    first: tuple[str, ...] = ()
    listen: Listener = lambda _event, _value: None
    reports: Reports = field(default_factory=Reports)
    races: list[RaceResult] = field(default_factory=list)
    failure: GraderError | None = None


@dataclass(slots=True)
class Notes:
    """What a behaviour wants to be shown beside its line."""

    observed: float | str | None = None
    limit: float | str | None = None
    unit: str = ""


EXAMPLE_WITHIN_S = 30.0
MAX_MESSAGE = 8000
JOB = pytest.StashKey[Job]()
JOBS = pytest.StashKey[dict[tuple[str, bool], Job]]()
NOTES = pytest.StashKey[Notes]()
RACE = pytest.StashKey[Race]()
STARTED = pytest.StashKey[float]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--seed` replays a run's inputs, `--solution` judges another file."""
    group = parser.getgroup("grader")
    group.addoption("--seed", type=int, default=None, help="replay the inputs of a run")
    group.addoption("--solution", type=Path, default=None, help="judge this file")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker and the shelf of jobs."""
    config.addinivalue_line("markers", "behaviour(described): one line of a challenge's report")
    config.stash[JOBS] = {}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Check that a suite's points add up, and tell a grading's listener what is to come."""
    job = config.stash.get(JOB, None)
    if job is None:
        return
    behaviours = [_behaviour(item) for item in items]
    found = [b for b in behaviours if b is not None]
    unmarked = [item.name for item, b in zip(items, behaviours, strict=True) if b is None]
    points = sum(b.points for b in found)
    shown = f"challenges/{job.challenge.name}/hidden/test_spec.py"
    if unmarked:
        job.failure = ChallengeError(f"{shown}: {unmarked[0]} lacks @behaviour(points=…, category=…)")
    elif points != 100:
        job.failure = ChallengeError(f"{shown}: the points add up to {points}, not 100")
    if job.failure is not None:
        items.clear()
        return
    if job.only is not None:
        items[:] = [item for item in items if item.name in job.only]
        found = [b for b in found if b.name in job.only]
    items.sort(key=lambda item: item.name not in job.first)
    races = any("race" in getattr(item, "fixturenames", ()) for item in items)
    if races and not job.submission.problem:
        job.arena.start_reference()
    job.reports.expected = found
    job.listen("collected", found)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the sides of jobs that this plugin started itself."""
    for job in config.stash.get(JOBS, {}).values():
        job.arena.close()


# -- fixtures ------------------------------------------------------------------------------------


def _job(request: pytest.FixtureRequest, *, with_world: bool) -> Job:
    """The grading at hand; in a plain pytest run, one of the challenge that the test belongs to."""
    config = request.config
    if JOB in config.stash:
        return config.stash[JOB]
    challenges = ROOT / "challenges"
    if challenges not in request.path.parents:
        raise pytest.UsageError(f"{request.path} does not lie in a challenge's folder")
    name = request.path.relative_to(challenges).parts[0]
    jobs = config.stash[JOBS]
    if (name, with_world) not in jobs:
        challenge = read_challenge(name)
        submission = challenge.submission(config.getoption("--solution"))
        seed = config.getoption("--seed")
        arena = Arena(challenge, with_world=with_world)
        arena.seat(submission)
        jobs[name, with_world] = Job(
            challenge=challenge,
            submission=submission,
            seed=new_seed() if seed is None else seed,
            arena=arena,
        )
    return jobs[name, with_world]


def new_seed() -> int:
    """A seed that nobody knew before the run."""
    return int(np.random.SeedSequence().generate_state(1)[0])


def _seeds(job: Job, request: pytest.FixtureRequest) -> list[int]:
    return [job.seed, zlib.crc32(request.node.name.encode())]


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """Source of a behaviour's inputs: the run's seed and the behaviour's name."""
    job = _job(request, with_world=True)
    if JOB not in request.config.stash:
        print(f"seed {job.seed}")  # noqa: T201 - shown by pytest when the test fails
    return np.random.default_rng([*_seeds(job, request), 0])


@pytest.fixture
def learner(request: pytest.FixtureRequest) -> Learner:
    """The side that is judged, with a new world and an empty ledger."""
    job = _job(request, with_world=True)
    return job.arena.learner(np.random.default_rng([*_seeds(job, request), 1]))


@pytest.fixture
def observe(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Show a measured value and its limit beside the behaviour; the last call counts."""

    def note(observed: Any, limit: Any = None, unit: str = "") -> None:
        plain = [v.item() if isinstance(v, np.generic) else v for v in (observed, limit)]
        request.node.stash[NOTES] = Notes(plain[0], plain[1], unit)

    return note


@pytest.fixture
def race(request: pytest.FixtureRequest, learner: Learner) -> Race:
    """Compare a function's time with the reference's."""
    job = _job(request, with_world=True)
    found = Race(
        learner.side,
        job.arena.reference_side,
        job.arena.make_world,
        request.getfixturevalue("benchmark"),
        zlib.crc32(repr(_seeds(job, request)).encode()),
    )
    request.node.stash[RACE] = found
    return found


@pytest.fixture
def solution(request: pytest.FixtureRequest) -> Any:
    """The learner's public functions for the visible examples: plain data in and out.

    They run in a side, with a collaborator that serves itself; an exception arrives as `SolutionRaised`.
    """
    job = _job(request, with_world=False)
    side = job.arena.learner(np.random.default_rng(0)).side

    class Proxy:
        def __getattr__(self, name: str) -> Callable[..., Any]:
            return lambda *args, **kwargs: side.call("solution", name, args, kwargs, EXAMPLE_WITHIN_S)

    return Proxy()


# -- verdicts ------------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Tell the listener that a behaviour begins, and start its clock."""
    job = item.config.stash.get(JOB, None)
    described = _behaviour(item)
    item.stash[STARTED] = time.monotonic()
    if job is not None and described is not None:
        job.listen("started", described)
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn the end of a behaviour into a check: from this process's own exceptions, nothing else."""
    report = yield
    job = item.config.stash.get(JOB, None)
    described = _behaviour(item)
    failed_before = call.when == "setup" and call.excinfo is not None
    if job is None or described is None or not (call.when == "call" or failed_before):
        return report
    error = call.excinfo.value if call.excinfo is not None else None
    if isinstance(error, GraderError):
        job.failure = error
        item.session.shouldstop = "the grader failed"
    if isinstance(error, Superseded):
        return report
    check = _check(job, item, described, error)
    seconds = round(time.monotonic() - item.stash[STARTED], 3)
    check = replace(check, message=_shortened(check.message), seconds=seconds)
    job.reports.add(check)
    job.listen("ended", check)
    return report


def _shortened(message: str) -> str:
    """A message as it may stand in a record: it quotes what a solution returned, which may be megabytes."""
    if len(message) <= MAX_MESSAGE:
        return message
    left_out = len(message) - MAX_MESSAGE
    return f"{message[: MAX_MESSAGE // 2]} … {left_out:,} characters … {message[-MAX_MESSAGE // 2 :]}"


def _behaviour(item: pytest.Item) -> Behaviour | None:
    marker = item.get_closest_marker("behaviour")
    return marker.args[0] if marker is not None else None


def _check(job: Job, item: pytest.Item, described: Behaviour, error: BaseException | None) -> Check:
    notes = item.stash.get(NOTES, Notes())
    blank = Check(
        behaviour=described,
        outcome="pass",
        earned=float(described.points),
        observed=notes.observed,
        limit=notes.limit,
        unit=notes.unit,
    )
    faults = _world_faults(job)
    if faults:
        return replace(blank, outcome="error", earned=0.0, message=f"Our defect: {faults[0]}")
    if error is None:
        race = item.stash.get(RACE, None)
        if race is None:
            return blank
        if race.result is None:
            return replace(blank, outcome="error", earned=0.0, message="Our defect: no race was run")
        job.races.append(race.result)
        return speed_check(blank, race.result.speed)
    if isinstance(error, Observation):
        message = error.message
        if message.startswith("it "):
            message = f"I{message[1:]}"
        return replace(blank, outcome=error.outcome, earned=0.0, message=message)
    if isinstance(error, AssertionError):
        return replace(blank, outcome="fail", earned=0.0, message=str(error))
    if isinstance(error, Void):
        message = f"Not judged: {error}. Run it again."
        return replace(blank, outcome="error", earned=0.0, message=message)
    message = f"Our defect, not yours: {type(error).__name__}: {error}"
    return replace(blank, outcome="error", earned=0.0, message=message)


def _world_faults(job: Job) -> list[str]:
    """Defects of the worlds since the last behaviour."""
    sides = [job.arena.learner_side]
    found = [fault for side in sides if side.has_world for fault in side.server.faults]
    for side in sides:
        if side.has_world:
            side.server.faults.clear()
    return found
