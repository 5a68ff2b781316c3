"""One exchange with a side's driver, and what it means when no answer comes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from grader.errors import Superseded
from grader.explain.hangs import CLUSTER_STALLED, HangCause
from grader.inside import kata_wire
from grader.side.driver_link import understood
from grader.side.failure_causes import LIMIT_BROKEN, explain_death, explain_hang, take_limits_broken
from grader.side.hopelessness import Hopelessness
from grader.side.observation import (
    ClusterStalled,
    Observation,
    SolutionCrashed,
    SolutionRaised,
    SolutionTimeout,
)
from grader.side.patience import is_stuck
from grader.side.standstill_watch import CallWatch

if TYPE_CHECKING:
    from grader.side.side import Side


def exchange(side: Side, frame: list[Any], deadline_s: float, *, may_wake: bool) -> Any:
    """Send a request and understand the answer; what keeps it from coming becomes an observation.

    Args:
        side: Whose driver is asked; after an observation it can be used again.
        frame: What to send, as `kata_wire.dump` makes it.
        deadline_s: How long to wait, before patience is applied.
        may_wake: Whether what is called could wake up by itself: then no standstill is certain.

    Raises:
        Observation: The solution raised, hung, crashed, or answered with something else than plain data.
        Superseded: Another thread broke the exchange off.
    """
    start_s, patience = time.monotonic(), side.patience
    hope = Hopelessness(
        patience.first_look_s(deadline_s),
        lambda: is_stuck(_why_silent(side)),
        None if may_wake else CallWatch(side, side.world).is_certain,
    )
    try:
        return understood(side.rig.link.exchange(frame, patience.deadline_s(deadline_s), hope.is_vain))
    except SolutionRaised:
        if broken := take_limits_broken(side.warden):  # what it raised is only a consequence
            side.replace()
            raise SolutionCrashed(broken) from None
        raise
    except TimeoutError:
        waited_s = time.monotonic() - start_s
        raise _given_up(side, waited_s, is_certain=hope.is_certain) from None
    except (EOFError, OSError, kata_wire.BrokenFrameError) as error:
        if side.is_superseded:
            raise Superseded("another version of the solution is waiting to be graded") from None
        raise _broken_off(side, error) from None


def _given_up(side: Side, waited_s: float, *, is_certain: bool) -> Observation:
    """What a call that did not return shows; repairs the side."""
    finding = _why_silent(side)
    if finding.cause == CLUSTER_STALLED:
        side.replace()
        return ClusterStalled(finding.text())
    side.patience.note(is_stuck=is_certain or is_stuck(finding))
    _repair(side, limit_broken=finding.cause == LIMIT_BROKEN)
    if is_certain:
        said = f"it would never have returned: after {waited_s:.2g} s nothing was left that could move."
    else:
        said = f"it did not return within {waited_s:.2g} s."
    return SolutionTimeout(f"{said} {finding.text()}")


def _broken_off(side: Side, error: Exception) -> Observation:
    """What a driver that hung up shows; repairs the side."""
    death = explain_death(side.warden, error)
    side.failed_check = death.failed_check
    _repair(side, limit_broken=death.limit_broken)
    return SolutionCrashed(death.message)


def _why_silent(side: Side) -> HangCause:
    """Why the driver does not answer."""
    calls = side.world.open() if side.world is not None else []
    return explain_hang(side.warden, calls, side.driver_pid)


def _repair(side: Side, *, limit_broken: bool) -> None:
    """Make the side usable again; from scratch if what was taken beyond a limit may still be there."""
    if limit_broken:
        side.replace()
    else:
        side.recover()
