"""Finds out why a solution did not answer: why it hangs, how its driver died, which limit it broke."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from grader.errors import ClusterError
from grader.explain.hangs import HangCause, explain
from grader.explain.snapshot import CLUSTER_TABLES, take_snapshot
from grader.side.driver_link import describe_death
from grader.side.warden_client import WardenClient, WardenLostError
from grader.tables import Tables
from grader.world.ledger import Entry

LIMIT_BROKEN = "limit_broken"


def explain_hang(warden: WardenClient, calls: Sequence[Entry], driver_pid: int) -> HangCause:
    """Why the driver does not answer, from cluster, stacks and the world's open calls."""
    if broken := take_limits_broken(warden):
        return HangCause(cause=LIMIT_BROKEN, sentence=f"Before that, {broken}.", evidence=())
    try:
        seen = Tables(warden.ask("look", list(CLUSTER_TABLES)))
        return explain(take_snapshot(seen, calls, driver_pid, partial(stacks_of, warden)))
    except ClusterError as error:
        return HangCause(
            cause="cluster_lost",
            sentence="The cluster itself no longer answers: was a Ray process killed?",
            evidence=(str(error).strip().splitlines()[-1],),
        )


def stacks_of(warden: WardenClient, pids: list[int]) -> dict[int, str]:
    """What processes of the side are doing, as `faulthandler` writes it."""
    return {int(pid): text for pid, text in warden.ask("stacks", pids).items()}


def take_limits_broken(warden: WardenClient) -> str:
    """Which limits the solution broke since the last time, in a sentence; empty if it kept to them."""
    with contextlib.suppress(ClusterError):
        return "; ".join(warden.ask("limits_broken"))
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """How a driver died.

    Args:
        message: In a sentence, with the driver's last words.
        limit_broken: Whether it was ended for a limit that the solution broke.
        failed_check: The check in Ray's own code that ended it; empty if something else did.
    """

    message: str
    limit_broken: bool = False
    failed_check: str = ""


def explain_death(warden: WardenClient, error: Exception) -> Death:
    """Why the connection to the driver broke."""
    if broken := take_limits_broken(warden):
        return Death(message=broken, limit_broken=True)
    try:
        status, said = warden.ask("driver_status"), warden.ask("said")
        failed_check = str(warden.ask("driver_failed_check"))
    except WardenLostError:
        return Death(message="it took down the process that guards its cluster; the cluster was replaced")
    if failed_check:
        how = "a check that failed inside Ray ended its driver process in the middle of a call"
        return Death(message=f"{how}: {failed_check}", failed_check=failed_check)
    return Death(message=describe_death(error, status, said))
