"""The pytest plugin that runs a challenge's suites against a solution in a separate side.

Loaded by the root conftest.py, so `pytest challenges/slow_gets` works, and by `grader.judge.engine` for a
grading. No solution is ever imported here: it is read, staged and talked to over a socket.
"""

from __future__ import annotations

import math
import time
import zlib
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.catalogue.challenges import ROOT, read_challenge
from grader.errors import GraderError, Superseded
from grader.judge.arena import Arena
from grader.judge.behaviour import Behaviour
from grader.judge.case import Case, Notes, case_of
from grader.judge.control import passes_with_reference
from grader.judge.ending import (
    defects_of_world,
    excuse_of,
    experiment_says,
    explained,
    killed_in_place_of_workers,
    spared_by,
    unexplained,
)
from grader.judge.events import Ended, Started
from grader.judge.grading import Grading, GradingRequest
from grader.judge.learner import Learner
from grader.judge.race import Race
from grader.judge.retrial import Verdict
from grader.judge.selection import behaviour_of, end_or_go_on, select
from grader.judge.verdict import Check, speed_check
from grader.side.observation import Outcome
from grader.side.side import Side
from grader.words import printable

EXAMPLE_WITHIN_S = 30.0
MAX_MESSAGE = 8000
MAX_OUTPUT = 4000
GRADING = pytest.StashKey[Grading]()
EXAMPLE_RUNS = pytest.StashKey[dict[tuple[str, bool], Grading]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--seed` replays a run's inputs, `--solution` judges another file."""
    group = parser.getgroup("grader")
    group.addoption("--seed", type=int, default=None, help="replay the inputs of a run")
    group.addoption("--solution", type=Path, default=None, help="judge this file")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and make room for plain runs."""
    config.addinivalue_line("markers", "behaviour(described): one line of a challenge's report")
    config.stash[EXAMPLE_RUNS] = {}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the tests that a grading asks for, and tell its listener what is to come."""
    grading = config.stash.get(GRADING, None)
    if grading is not None:
        select(grading, items)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the sides that this plugin started itself."""
    for grading in config.stash.get(EXAMPLE_RUNS, {}).values():
        grading.request.arena.close()


# -- fixtures ------------------------------------------------------------------------------------


def _grading(request: pytest.FixtureRequest, *, with_world: bool) -> Grading:
    """The current grading; in a plain pytest run, one for the challenge that the test belongs to."""
    config = request.config
    if GRADING in config.stash:
        return config.stash[GRADING]
    challenges = ROOT / "challenges"
    if challenges not in request.path.parents:
        raise pytest.UsageError(f"{request.path} is not in a challenge's folder")
    name = request.path.relative_to(challenges).parts[0]
    runs = config.stash[EXAMPLE_RUNS]
    if (name, with_world) not in runs:
        challenge = read_challenge(name)
        submission = challenge.submission(config.getoption("--solution"))
        seed = config.getoption("--seed")
        arena = Arena(challenge, with_world=with_world)
        arena.seat(submission)
        runs[name, with_world] = Grading(
            request=GradingRequest(
                challenge=challenge,
                submission=submission,
                seed=new_seed() if seed is None else seed,
                arena=arena,
            )
        )
    return runs[name, with_world]


def new_seed() -> int:
    """A seed that nobody knew before the run."""
    return int(np.random.SeedSequence().generate_state(1)[0])


def _seeds(grading: Grading, item: pytest.Item) -> list[int]:
    """Where a behaviour's inputs come from: the run and its name, and in a retrial with other inputs that."""
    draw = case_of(item).trials.draw
    others = [draw] if draw else []
    return [grading.request.seed, zlib.crc32(item.name.encode()), *others]


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """Source of a behaviour's inputs: the run's seed and the behaviour's name."""
    grading = _grading(request, with_world=True)
    if GRADING not in request.config.stash:
        print(f"seed {grading.request.seed}")  # noqa: T201 - shown by pytest when the test fails
    return np.random.default_rng([*_seeds(grading, request.node), 0])


@pytest.fixture
def learner(request: pytest.FixtureRequest) -> Learner:
    """The side that is judged, with a new world and an empty ledger."""
    grading = _grading(request, with_world=True)
    case, arena = case_of(request.node), grading.request.arena
    if case.trials.n_ended:
        arena.learner_side.recover()  # a retrial starts with a new driver
    found = arena.learner(np.random.default_rng([*_seeds(grading, request.node), 1]))
    case.ready_s = time.time()
    return found


@pytest.fixture
def observe(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Show a measured value and its limit next to the behaviour; the last call counts."""

    def note(observed: Any, limit: Any = None, unit: str = "") -> None:
        plain = [v.item() if isinstance(v, np.generic) else v for v in (observed, limit)]
        shown = [str(v) if type(v) is float and not math.isfinite(v) else v for v in plain]
        case_of(request.node).notes = Notes(shown[0], shown[1], unit)

    return note


@pytest.fixture
def race(request: pytest.FixtureRequest, learner: Learner) -> Race:
    """Compare a function's time with the reference's."""
    grading = _grading(request, with_world=True)
    found = Race(
        learner.side,
        grading.request.arena.reference_side,
        grading.request.arena.make_world,
        request.getfixturevalue("benchmark"),
        zlib.crc32(repr(_seeds(grading, request.node)).encode()),
    )
    case_of(request.node).race = found
    return found


@pytest.fixture
def solution(request: pytest.FixtureRequest) -> Any:
    """The learner's public functions for the visible examples: plain data in and out.

    They run in a side, with a service that serves itself; an exception arrives as `SolutionRaised`.
    """
    grading = _grading(request, with_world=False)
    side = grading.request.arena.learner(np.random.default_rng(0)).side

    class Proxy:
        def __getattr__(self, name: str) -> Callable[..., Any]:
            return lambda *args, **kwargs: side.call("solution", name, args, kwargs, EXAMPLE_WITHIN_S)

    return Proxy()


@pytest.fixture
def solution_module(request: pytest.FixtureRequest) -> Side:
    """The solution itself, for visible examples that handle refs, actors or generators.

    Only plain data can leave a side, so a test that asks for it runs in the side's driver and gets the module
    there. Here it is the side.
    """
    grading = _grading(request, with_world=False)
    return grading.request.arena.learner(np.random.default_rng(0)).side


def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a visible example that wants the solution itself where the solution is."""
    side = pyfuncitem.funcargs.get("solution_module")
    if not isinstance(side, Side):
        return None
    side.call("test_examples", pyfuncitem.originalname, (), {}, EXAMPLE_WITHIN_S)
    return True


# -- verdicts ------------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, object, object]:
    """Tell the listener that a behaviour starts, run it until it has a verdict, see whether to go on."""
    grading = item.config.stash.get(GRADING, None)
    described = behaviour_of(item)
    if grading is None or described is None:
        return (yield)
    side, case = grading.request.arena.learner_side, case_of(item)
    if not case.trials.n_ended:
        grading.enter(described)
        grading.tell(Started(described))
        case.printed = side.rig.printed_mark() if side.is_started else {}
    case.begin_trial()
    side.failed_check = ""
    ran = yield
    if case.trials.goes_on:
        return item.ihook.pytest_runtest_protocol(item=item, nextitem=nextitem)
    end_or_go_on(grading, item, nextitem)
    return ran


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Begin no behaviour that the time of the grading does not suffice for."""
    grading = item.config.stash.get(GRADING, None)
    if grading is not None and not case_of(item).trials.n_ended:
        grading.budget.check()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn the end of a behaviour into a check: from this process's own exceptions, nothing else."""
    report = yield
    grading = item.config.stash.get(GRADING, None)
    described = behaviour_of(item)
    failed_before = call.when == "setup" and call.excinfo is not None
    if grading is None or described is None or not (call.when == "call" or failed_before):
        return report
    error = call.excinfo.value if call.excinfo is not None else None
    if isinstance(error, GraderError):
        grading.failure = error
        item.session.shouldstop = "the grader failed"
    if isinstance(error, Superseded):
        return report
    case = case_of(item)
    verdict = _settled(grading, case, _verdict(grading, item, described, error), error)
    if verdict is not None:
        _report(grading, case, verdict)
    return report


def _settled(grading: Grading, case: Case, verdict: Verdict, error: BaseException | None) -> Verdict | None:
    """The verdict that counts; None if the behaviour is judged again, because of an excuse."""
    side, excuse = grading.request.arena.learner_side, ""
    if verdict.check.outcome != "pass" and side.is_started and grading.failure is None:
        excuse = excuse_of(error, verdict.race)
        if not excuse and (failed_check := side.failed_check or side.rig.workers_failed_check(case.ready_s)):
            excuse = f"a check that failed inside Ray ended one of its processes ({failed_check})"
    settled = case.trials.settled(verdict, excuse, may_repeat=grading.retrials_left > 0)
    if settled is None and case.trials.n_ended == 1:
        grading.retrials_left -= 1
    return settled


def _report(grading: Grading, case: Case, verdict: Verdict) -> None:
    """Take note of how a behaviour ended, and tell the listener."""
    check = replace(
        verdict.check,
        message=_shortened(verdict.check.message, MAX_MESSAGE),
        seconds=round(time.monotonic() - case.started_s, 3),
        output=_printed(grading, case.printed),
    )
    if verdict.race is not None:
        grading.races.append(verdict.race)
    grading.reports.add(check)
    grading.budget.note(check)
    grading.tell(Ended(check))


def _shortened(text: str, most: int) -> str:
    """A text short enough for a record: what it quotes from a solution may be megabytes."""
    if len(text) <= most:
        return text
    return f"{text[: most // 2]} … {len(text) - most:,} characters … {text[-most // 2 :]}"


def _printed(grading: Grading, mark: dict[str, int]) -> str:
    """What the solution has printed since a mark, without what could move a cursor or colour a verdict."""
    side = grading.request.arena.learner_side
    return _shortened(printable(side.rig.printed(mark)), MAX_OUTPUT) if side.is_started else ""


def _verdict(
    grading: Grading, item: pytest.Item, described: Behaviour, error: BaseException | None
) -> Verdict:
    """How a trial ended; what is wrong with its world comes first, for it may have caused the rest."""
    case, side = case_of(item), grading.request.arena.learner_side
    passed = Check(
        behaviour=described,
        outcome="pass",
        earned=float(described.points),
        observed=case.notes.observed,
        limit=case.notes.limit,
        unit=case.notes.unit,
    )
    spared = spared_by(side)
    if what := next(iter(defects_of_world(side)), unexplained(error)):
        outcome, message = _blamed(grading, item, error, what)
        return Verdict(replace(passed, outcome=outcome, earned=0.0, message=message))
    if spared:
        message = f"A process that the service was to lose in the middle of a call lives on: {spared}."
        return Verdict(replace(passed, outcome="fail", earned=0.0, message=message))
    if error is not None:
        outcome, message = explained(error)
        return Verdict(replace(passed, outcome=outcome, earned=0.0, message=message))
    if message := killed_in_place_of_workers(side):
        return Verdict(replace(passed, outcome="fail", earned=0.0, message=message))
    if case.race is None:
        return Verdict(passed)
    if case.race.result is None:
        return Verdict(
            replace(passed, outcome="error", earned=0.0, message="Our bug, not yours: no race was run")
        )
    return Verdict(speed_check(passed, case.race.result.speed), case.race.result)


def _blamed(
    grading: Grading, item: pytest.Item, error: BaseException | None, what: str
) -> tuple[Outcome, str]:
    """Outcome and message where a trial ended in something that is no verdict: it takes an experiment."""
    asked = grading.request
    is_reference = asked.submission.source == asked.challenge.reference_path.read_bytes()
    is_provoked = (
        not is_reference  # there would be nothing to compare it with
        and isinstance(item, pytest.Function)
        and passes_with_reference(item.function, item.funcargs, asked.arena, _seeds(grading, item))
    )
    return experiment_says(error, what, is_provoked=is_provoked)
