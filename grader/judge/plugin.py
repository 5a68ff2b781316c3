"""The pytest plugin that runs a challenge's suites against a solution in a separate side.

Loaded by the root conftest.py, so `pytest challenges/slow_gets` works, and by `grader.judge.engine` for a
grading. No solution is ever imported here: it is read, staged and talked to over a socket.
"""

from __future__ import annotations

import math
import time
import zlib
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.catalogue.challenges import ROOT, read_challenge
from grader.errors import GraderError, Superseded
from grader.judge.arena import Arena
from grader.judge.behaviour import Behaviour
from grader.judge.control import passes_with_reference
from grader.judge.events import Ended, Started
from grader.judge.grading import Grading, GradingRequest
from grader.judge.learner import Learner
from grader.judge.race import Race, ReferenceFailed
from grader.judge.selection import behaviour_of, end_or_go_on, select
from grader.judge.verdict import Check, speed_check
from grader.side.observation import Observation, Outcome, Void
from grader.words import printable


@dataclass(slots=True)
class Notes:
    """What a behaviour wants shown next to its line."""

    observed: float | str | None = None
    limit: float | str | None = None
    unit: str = ""


# Exceptions that say what was seen; any other has to be explained.
_MEANT = (Observation, AssertionError, Void, GraderError, ReferenceFailed)
EXAMPLE_WITHIN_S = 30.0
MAX_MESSAGE = 8000
MAX_OUTPUT = 4000
GRADING = pytest.StashKey[Grading]()
EXAMPLE_RUNS = pytest.StashKey[dict[tuple[str, bool], Grading]]()
NOTES = pytest.StashKey[Notes]()
RACE = pytest.StashKey[Race]()
STARTED = pytest.StashKey[float]()
PRINTED = pytest.StashKey[dict[str, int]]()


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


def _seeds(grading: Grading, behaviour: str) -> list[int]:
    return [grading.request.seed, zlib.crc32(behaviour.encode())]


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """Source of a behaviour's inputs: the run's seed and the behaviour's name."""
    grading = _grading(request, with_world=True)
    if GRADING not in request.config.stash:
        print(f"seed {grading.request.seed}")  # noqa: T201 - shown by pytest when the test fails
    return np.random.default_rng([*_seeds(grading, request.node.name), 0])


@pytest.fixture
def learner(request: pytest.FixtureRequest) -> Learner:
    """The side that is judged, with a new world and an empty ledger."""
    grading = _grading(request, with_world=True)
    return grading.request.arena.learner(np.random.default_rng([*_seeds(grading, request.node.name), 1]))


@pytest.fixture
def observe(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Show a measured value and its limit next to the behaviour; the last call counts."""

    def note(observed: Any, limit: Any = None, unit: str = "") -> None:
        plain = [v.item() if isinstance(v, np.generic) else v for v in (observed, limit)]
        shown = [str(v) if type(v) is float and not math.isfinite(v) else v for v in plain]
        request.node.stash[NOTES] = Notes(shown[0], shown[1], unit)

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
        zlib.crc32(repr(_seeds(grading, request.node.name)).encode()),
    )
    request.node.stash[RACE] = found
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


# -- verdicts ------------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, object, object]:
    """Tell the listener that a behaviour starts, and start its clock; after it, see whether to go on."""
    grading = item.config.stash.get(GRADING, None)
    described = behaviour_of(item)
    item.stash[STARTED] = time.monotonic()
    if grading is not None and described is not None:
        grading.enter(described)
        grading.tell(Started(described))
        side = grading.request.arena.learner_side
        item.stash[PRINTED] = side.rig.printed_mark() if side.is_started else {}
    result = yield
    if grading is not None:
        end_or_go_on(grading, item, nextitem)
    return result


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
    check = _check(grading, item, described, error)
    seconds = round(time.monotonic() - item.stash[STARTED], 3)
    check = replace(
        check,
        message=_shortened(check.message, MAX_MESSAGE),
        seconds=seconds,
        output=_printed(grading, item.stash.get(PRINTED, {})),
    )
    grading.reports.add(check)
    grading.tell(Ended(check))
    return report


def _shortened(text: str, most: int) -> str:
    """A text short enough for a record: what it quotes from a solution may be megabytes."""
    if len(text) <= most:
        return text
    return f"{text[: most // 2]} … {len(text) - most:,} characters … {text[-most // 2 :]}"


def _printed(grading: Grading, mark: dict[str, int]) -> str:
    """What the solution has printed since a mark, without what could move a cursor or colour a verdict."""
    side = grading.request.arena.learner_side
    return _shortened(printable(side.rig.printed(mark)), MAX_OUTPUT) if side.is_started else ""


def _check(grading: Grading, item: pytest.Item, described: Behaviour, error: BaseException | None) -> Check:
    """How a behaviour ended; what is wrong with its world comes first, for it may have caused the rest."""
    notes = item.stash.get(NOTES, Notes())
    passed = Check(
        behaviour=described,
        outcome="pass",
        earned=float(described.points),
        observed=notes.observed,
        limit=notes.limit,
        unit=notes.unit,
    )
    if faults := _world_defects(grading):
        return replace(passed, **_blamed(grading, item, faults[0]), earned=0.0)
    if isinstance(error, Exception) and not isinstance(error, _MEANT):
        return replace(passed, **_blamed(grading, item, f"{type(error).__name__}: {error}"), earned=0.0)
    if error is not None:
        outcome, message = _explained(error)
        return replace(passed, outcome=outcome, earned=0.0, message=message)
    race = item.stash.get(RACE, None)
    if race is None:
        return passed
    if race.result is None:
        return replace(passed, outcome="error", earned=0.0, message="Our bug, not yours: no race was run")
    grading.races.append(race.result)
    return speed_check(passed, race.result.speed)


def _blamed(grading: Grading, item: pytest.Item, what: str) -> dict[str, Any]:
    """Outcome and message where the suite or the world raised something that is no verdict."""
    asked = grading.request
    is_reference = asked.submission.source == asked.challenge.reference_path.read_bytes()
    provoked = (
        not is_reference  # there would be nothing to compare it with
        and isinstance(item, pytest.Function)
        and passes_with_reference(item.function, item.funcargs, asked.arena, _seeds(grading, item.name))
    )
    if not provoked:
        return {"outcome": "error", "message": f"Our bug, not yours: {what}"}
    return {
        "outcome": "fail",
        "message": "What it answered, or asked of the service, could not be judged, and with the reference "
        f"the same behaviour passes. What was seen: {what}",
    }


def _explained(error: BaseException) -> tuple[Outcome, str]:
    """What an exception that ended a behaviour means, and what to say about it."""
    match error:
        case Observation():
            message = error.message
            return error.outcome, f"I{message[1:]}" if message.startswith("it ") else message
        case AssertionError():
            return "fail", str(error)
        case Void():
            return "error", f"Not judged: {error}. Run it again."
        case _:
            return "error", f"Our bug, not yours: {type(error).__name__}: {error}"


def _world_defects(grading: Grading) -> list[str]:
    """Defects of the learner's world since the last behaviour."""
    side = grading.request.arena.learner_side
    if not side.has_world:
        return []
    found = list(side.server.defects)
    side.server.defects.clear()
    return found
