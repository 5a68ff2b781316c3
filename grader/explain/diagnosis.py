"""Says in words what Ray did with a program, compared with the reference; pure, from two traces.

Each rule looks for one well-known way to lose time or memory and says nothing unless it is plain to see. The
reference is the yardstick: what a good program does too is not a finding. Without one, only some rules can
speak: see `notice`.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from grader.explain.trace import Span, Trace, Wait, peak
from grader.words import counted

TINY_S = 0.002
MANY_TASKS = 50
BUSY_SHARE = 0.9
BIG_BYTES = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One finding.

    Args:
        rule: Short name.
        fact: What was seen, with numbers.
        beside: What the reference did instead, to be put after the fact.
        look: Where to look for the remedy.
    """

    rule: str
    fact: str
    beside: str = ""
    look: str

    @property
    def sentence(self) -> str:
        """What was seen, beside the reference."""
        return f"{self.fact}{self.beside}."


Rule = Callable[[Trace, Trace], Diagnosis | None]


def diagnose(mine: Trace, reference: Trace) -> list[Diagnosis]:
    """All findings about a round, the most costly kinds first."""
    return [found for rule in RULES if (found := rule(mine, reference)) is not None]


def notice(mine: Trace) -> list[Diagnosis]:
    """What is plain to see of a run by itself.

    Much of it is plain only beside the reference: whether actors have to be called so often and one after the
    other, whether large objects have to be stored again, whether tasks waited while workers were starting.
    """
    has_actors = any(span.kind != "task" for span in mine.spans)
    rules = WITHOUT_REFERENCE + (() if has_actors else OF_TASKS_WITHOUT_REFERENCE)
    return [replace(found, beside="") for rule in rules if (found := rule(mine, NO_REFERENCE)) is not None]


def never_overlapped(mine: Trace, reference: Trace) -> Diagnosis | None:
    """One task at a time, where the reference runs several or makes several calls to the world at once.

    Tasks that were submitted before their turn wait for each other's results: a chain, which submitting them
    otherwise would not shorten. Where workers died, only what ran again is known.
    """
    ran = mine.ran
    if _callers(mine) - {mine.driver_pid, *mine.pids}:
        return None
    if len(ran) < 4 or mine.peak_running() > 1 or _submitted_ahead(ran) > len(ran) / 2:
        return None
    if max(reference.peak_running(), _calls_peak(reference)) < 2 or _calls_peak(mine) > 1:
        return None
    return Diagnosis(
        rule="never_overlapped",
        fact=f"The {len(ran)} tasks never overlapped: each started after the one before had ended",
        look="Submit all of them before the first ray.get, then fetch the results together.",
    )


def waits_one_by_one(mine: Trace, reference: Trace) -> Diagnosis | None:
    """The driver fetches results one at a time and submits in between."""
    if len(mine.waits) < 10 or len(mine.waits) < 4 * max(len(reference.waits), 1):
        return None
    submitted = [span.submitted_s for span in mine.spans]
    between = sum(
        any(a.end_s <= t <= b.start_s for t in submitted)
        for a, b in zip(mine.waits, mine.waits[1:], strict=False)
    )
    if between < len(mine.waits) / 2 or mine.waited_s() < mine.seconds / 4:
        return None
    return Diagnosis(
        rule="waits_one_by_one",
        fact=f"The driver waited {len(mine.waits)} times, for {mine.waited_s():.2f} s of "
        f"{mine.seconds:.2f} s in all, and submitted more work only in between",
        beside=f" (the reference waited {counted(len(reference.waits), 'time')})",
        look="A ray.get inside the loop that submits makes the program sequential.",
    )


def stored_many_times(mine: Trace, reference: Trace) -> Diagnosis | None:
    """Large objects enter the object store again and again."""
    if mine.stored_objects < 4 or mine.stored_bytes < 3 * max(reference.stored_bytes, BIG_BYTES):
        return None
    mean = mine.stored_bytes / mine.stored_objects
    if mean < BIG_BYTES:
        return None
    beside = f"put {reference.stored_objects} there, {reference.stored_bytes / 1e6:.0f} MB in all"
    return Diagnosis(
        rule="stored_many_times",
        fact=f"{mine.stored_objects} objects of {_megabytes(mean)} each were put in the object store, "
        f"{mine.stored_bytes / 1e6:.0f} MB in all",
        beside=f" (the reference {beside})",
        look="Put what many tasks need in the store once, with ray.put outside the loop, and pass its ref.",
    )


def tiny_tasks(mine: Trace, reference: Trace) -> Diagnosis | None:
    """Many tasks that run for less time than it takes to start them."""
    ran = mine.ran
    tiny = [span for span in ran if span.run_s < TINY_S]
    if len(tiny) < MANY_TASKS or len(ran) < 3 * max(len(reference.ran), 1):
        return None
    name, n = Counter(span.name for span in tiny).most_common(1)[0]
    median_ms = 1000 * statistics.median(span.run_s for span in tiny)
    return Diagnosis(
        rule="tiny_tasks",
        fact=f"{len(tiny)} of {len(ran)} tasks ran for about {median_ms:.1f} ms (most often `{name}`, "
        f"{n} times)",
        beside=f"; the reference needs {len(reference.ran)} tasks in all",
        look="Starting a task takes about as long as that: do more in each one.",
    )


def one_worker_does_it_all(mine: Trace, reference: Trace) -> Diagnosis | None:
    """One process is busy nearly all the time while the others idle."""
    found, beside = _busiest(mine), _busiest(reference)
    if found is None or mine.num_cpus < 2:
        return None
    pid, busy, share = found
    spread = beside is None or beside[2] < 0.6
    if share < BUSY_SHARE or busy < mine.seconds / 2 or not spread:
        return None
    kinds = Counter(span.kind for span in mine.spans if span.pid == pid)
    names = Counter(span.name.split(".")[0] for span in mine.spans if span.pid == pid)
    who = f"One actor ({names.most_common(1)[0][0]})" if kinds["actor call"] else "One worker"
    return Diagnosis(
        rule="one_worker_does_it_all",
        fact=f"{who} did {100 * share:.0f} % of all the work; it was busy for "
        f"{100 * busy / mine.seconds:.0f} % of the round while the other CPUs had nothing to do",
        look="Spread the work over tasks or several actors.",
    )


def queued_long(mine: Trace, reference: Trace) -> Diagnosis | None:
    """Tasks wait for a CPU although the machine does little."""
    queued = _queued_s(mine)
    if len(queued) < 4 or statistics.median(queued) < mine.seconds / 4:
        return None
    if _busy_fraction(mine) > 0.5 or statistics.median(queued) < 2 * statistics.median(
        _queued_s(reference) or [0.0]
    ):
        return None
    return Diagnosis(
        rule="queued_long",
        fact=f"Half of the tasks waited {statistics.median(queued):.2f} s or longer before they ran, "
        f"yet the workers were busy only {100 * _busy_fraction(mine):.0f} % of the time",
        look="Work that only waits holds CPUs: reserve fewer for it, or wait for many things in one task.",
    )


def spilled(mine: Trace, _reference: Trace) -> Diagnosis | None:
    """The object store was too small for what was kept in it."""
    if mine.spilled_bytes < BIG_BYTES:
        return None
    return Diagnosis(
        rule="spilled",
        fact=f"{mine.spilled_bytes / 1e6:.0f} MB were written to disk because the object store was full",
        look="Hold fewer refs at a time: Ray frees an object once nothing refers to it.",
    )


def no_ray_at_all(mine: Trace, reference: Trace) -> Diagnosis | None:
    """Nothing ran in Ray.

    What made the world's calls may have been workers of another session, which the program opened itself; and
    a program that makes no call at all may have had nothing to do.
    """
    if mine.n_spans or not reference.n_spans or _callers(mine) - {mine.driver_pid}:
        return None
    if reference is NO_REFERENCE and not mine.calls:
        return None
    return Diagnosis(
        rule="no_ray_at_all",
        fact="Nothing ran in Ray: the driver did it all",
        beside=f" (the reference ran {reference.n_spans} tasks and calls)",
        look="Only what runs in tasks or actors can use the other CPUs.",
    )


RULES: tuple[Rule, ...] = (
    no_ray_at_all,
    never_overlapped,
    waits_one_by_one,
    one_worker_does_it_all,
    stored_many_times,
    spilled,
    tiny_tasks,
    queued_long,
)


# Stands for a reference where there is none: it overlaps, and waits once.
NO_REFERENCE = Trace(
    seconds=1.0,
    num_cpus=2,
    driver_pid=0,
    spans=tuple(
        Span(name="", kind="task", pid=pid, submitted_s=0.0, started_s=0.0, ended_s=1.0) for pid in (1, 2)
    ),
    n_spans=2,
    store=(),
    stored_bytes=0,
    stored_objects=0,
    spilled_bytes=0,
    waits=(Wait(call="ray.get", start_s=0.0, end_s=1.0),),
    calls=(),
)
WITHOUT_REFERENCE: tuple[Rule, ...] = (no_ray_at_all, spilled)
OF_TASKS_WITHOUT_REFERENCE: tuple[Rule, ...] = (never_overlapped, waits_one_by_one, tiny_tasks)


def _busiest(trace: Trace) -> tuple[int, float, float] | None:
    """Worker, its busy seconds, and its share of all busy seconds."""
    busy = trace.busy_s()
    together = sum(busy.values())
    if together <= 0:
        return None
    pid = max(busy, key=lambda each: busy[each])
    return pid, busy[pid], busy[pid] / together


def _busy_fraction(trace: Trace) -> float:
    return min(1.0, sum(trace.busy_s().values()) / max(trace.seconds * trace.num_cpus, 1e-9))


def _queued_s(trace: Trace) -> list[float]:
    return [s.started_s - s.submitted_s for s in trace.ran if s.kind == "task" and s.started_s is not None]


def _submitted_ahead(ran: Sequence[Span]) -> int:
    """How many tasks were submitted before the one that ran before them had ended."""
    in_order = sorted(ran, key=lambda span: span.started_s or 0.0)
    return sum(b.submitted_s < (a.ended_s or 0.0) for a, b in pairwise(in_order))


def _callers(trace: Trace) -> set[int]:
    """Processes that called the world."""
    return {call.pid for call in trace.calls}


def _calls_peak(trace: Trace) -> int:
    return peak((c.start_s, c.end_s) for c in trace.calls)


def _megabytes(n: float) -> str:
    return f"{n / 1e6:.0f} MB" if n >= 10_000_000 else f"{n / 1e6:.1f} MB"
