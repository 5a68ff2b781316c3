"""What the end of a trial means: exceptions, complaints of the world, and excuses.

Whatever a solution can bring about is no excuse. What may be Ray's or the machine's doing just as well is
judged again (`grader.judge.retrial`); if it comes again, it counts, unless others crowd the machine.
"""

from __future__ import annotations

from grader.errors import GraderError
from grader.judge.race import RaceResult, ReferenceFailed
from grader.side.observation import Doubtful, Observation, Outcome, Void
from grader.side.side import Side

# Exceptions that say what was seen; any other has to be explained by an experiment: `grader.judge.control`.
_MEANT = (Observation, AssertionError, GraderError)
_NOT_FIRED = "the fault that it is about did not happen"
_PROVOKED = (
    "What it answered, or asked of the service, could not be judged, and with the reference the same "
    "behaviour passes."
)
_DISTURBED = "the reference ran slower next to it than alone"


def explained(error: BaseException) -> tuple[Outcome, str]:
    """What an exception that ended a behaviour means, and what to say about it."""
    match error:
        case Observation():
            message = error.message
            return error.outcome, f"I{message[1:]}" if message.startswith("it ") else message
        case AssertionError():
            return "fail", str(error)
        case _:
            return "error", f"Our bug, not yours: {type(error).__name__}: {error}"


def unexplained(error: BaseException | None) -> str:
    """What has to be explained by an experiment; empty if an exception is a verdict, or there is none."""
    if isinstance(error, Void):
        return f"{_NOT_FIRED}: {error}"
    if isinstance(error, ReferenceFailed):
        return str(error)
    if isinstance(error, Exception) and not isinstance(error, _MEANT):
        return f"{type(error).__name__}: {error}"
    return ""


def experiment_says(error: BaseException | None, what: str, *, is_provoked: bool) -> tuple[Outcome, str]:
    """Outcome and message once the same behaviour has been run with the reference.

    Args:
        error: The exception that ended the behaviour.
        what: What was seen: see `unexplained`.
        is_provoked: Whether it passes with the reference.
    """
    match error, is_provoked:
        case Void(), True:
            return "fail", f"{what[0].upper()}{what[1:]}. With the reference it happens."
        case Void(), False:
            return "error", f"Not judged: {what}. Run it again."
        case _, True:
            return "fail", f"{_PROVOKED} What was seen: {what}"
    return "error", f"Our bug, not yours: {what}"


def excuse_of(error: BaseException | None, race: RaceResult | None) -> str:
    """Why a behaviour is judged again, "at first, ..."; empty if it is not, for what this shows."""
    match error:
        case Doubtful():
            return error.what
        case Void():
            return _NOT_FIRED
        case ReferenceFailed():
            return "the reference gave a wrong answer"
    return _DISTURBED if race is not None and race.speed.state == "disturbed" else ""


def defects_of_world(side: Side) -> list[str]:
    """Defects of a side's world since the last behaviour."""
    if not side.has_world:
        return []
    found = list(side.server.defects)
    side.server.defects.clear()
    return found


def spared_by(side: Side) -> str:
    """Why a process of a side that was to be killed has not been, since the last behaviour."""
    if not side.has_world:
        return ""
    found = list(side.server.spared)
    side.server.spared.clear()
    return "; ".join(found)


def killed_in_place_of_workers(side: Side) -> str:
    """Which process was killed that is no Ray worker, in a sentence; empty if there is none.

    An order to die is meant for a worker. A child that asks in its place takes the order and leaves nothing
    to recover from: neither a task to run again nor an actor to restart.
    """
    world = side.world if side.has_world else None
    killed = {entry.pid for entry in world.ledger.entries(outcome="killed")} if world else set()
    strangers = killed - world.worker_pids() if world and killed else set()
    if not strangers:
        return ""
    return (
        f"A worker was to be lost in the middle of a call. Process {min(strangers)}, which made that call "
        "and was killed, is no Ray worker: in a worker's place, another process takes no risk."
    )
