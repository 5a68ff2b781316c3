"""Why a call does not return, in a sentence: rules over a snapshot, the most telling first.

A rule looks only at facts (states, resources, parents, stacks, the ledger) and says nothing when they do not
show its cause. The rules are pure, so each is tested without Ray; each is also tested on a real cluster.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from grader.explain.hang_facts import (
    SOLUTION,
    actor_line,
    at,
    doing,
    evidence_lines,
    find_cycle,
    first,
    fits,
    frames_above_loop,
    held_cpus,
    is_in_ray,
    is_waiting,
    on_an_actor,
    own_frame,
    own_stack,
    resources,
    where,
    without_children,
)
from grader.explain.snapshot import Snapshot

LONG_CALL_S = 0.5
STALLED_S = 2.5
CLUSTER_STALLED = "cluster_stalled"
# Causes that never end by themselves, however long you wait and whatever else the machine does.
STUCK = frozenset(
    {
        "infeasible",
        "actors_keep_an_actor_out",
        "actors_wait_for_each_other",
        "actors_hold_cpus",
        "waits_for_a_signal",
    }
)


@dataclass(frozen=True, slots=True)
class HangCause:
    """A hang's cause.

    Args:
        cause: Short name of the rule that found it.
        sentence: The cause in words, with names and numbers.
        evidence: Further facts, one line each.
    """

    cause: str
    sentence: str
    evidence: tuple[str, ...] = ()

    def text(self) -> str:
        """Sentence and evidence, for the terminal."""
        return "\n".join((self.sentence, *(f"  {line}" for line in self.evidence)))


def explain(seen: Snapshot) -> HangCause:
    """The most telling cause that the snapshot shows."""
    for rule in RULES:
        finding = rule(seen)
        if finding is not None:
            evidence = finding.evidence + tuple(evidence_lines(seen))
            return HangCause(finding.cause, finding.sentence, tuple(dict.fromkeys(evidence)))
    return HangCause("unknown", "No cause for this was found.", tuple(evidence_lines(seen)))


# -- rules ---------------------------------------------------------------------------------------


def _infeasible(seen: Snapshot) -> HangCause | None:
    """A task or actor asks for more than any node has in total."""
    if not seen.nodes:
        return None
    requests = [(t.name, t.required) for t in seen.tasks if t.state == "PENDING_NODE_ASSIGNMENT"]
    requests += [(a.class_name, a.held) for a in seen.actors if not a.alive]
    for name, required in requests:
        if required and not any(fits(required, node.total) for node in seen.nodes):
            most = {r: max((n.total.get(r, 0.0) for n in seen.nodes), default=0.0) for r in required}
            lacking = {r: v for r, v in required.items() if v > most[r]} or required
            return HangCause(
                "infeasible",
                f"`{name}` asks for {resources(lacking)}, but no node has that: the most a node "
                f"offers is {resources({r: most[r] for r in lacking})}. "
                "Such a request waits forever, without an error.",
            )
    return None


def _actors_keep_an_actor_out(seen: Snapshot) -> HangCause | None:
    """An actor cannot be placed because others hold what it asks for, and calls on it wait."""
    unplaced = {
        t.actor_id: t
        for t in seen.tasks
        if t.creates_actor
        and t.state == "PENDING_NODE_ASSIGNMENT"
        and not any(fits(t.required, node.free) for node in seen.nodes)
    }
    called = {t.actor_id for t in seen.tasks if not t.creates_actor} & set(unplaced)
    holders = [a for a in seen.actors if a.alive and a.held.get("CPU", 0.0) > 0]
    if not called or not holders:
        return None
    required = unplaced[min(called)].required
    classes = Counter(a.class_name for a in seen.actors if a.actor_id in called)
    who = ", ".join(f"{n} {name} actor{'s wait' if n > 1 else ' waits'}" for name, n in classes.items())
    return HangCause(
        "actors_keep_an_actor_out",
        f"{who} to be placed and need{'s' * (len(called) == 1)} {resources(required)}, but "
        f"{held_cpus(seen, holders)}. An actor keeps its CPU for as long as it lives.",
    )


def _blocked_event_loop(seen: Snapshot) -> HangCause | None:
    """An async actor's only event loop is stuck in a blocking call."""
    for actor in seen.actors:
        for thread in seen.stacks.get(actor.pid, ()):
            above = frames_above_loop(thread)
            own = first(above, SOLUTION)
            if own is None:
                continue
            return HangCause(
                "blocked_event_loop",
                f"The event loop of async actor {actor.class_name} is blocked: {at(own)} "
                f"{doing(above)} inside a coroutine, so no other coroutine of this actor can run.",
            )
    return None


def _actors_wait_for_each_other(seen: Snapshot) -> HangCause | None:
    """Calls that run on actors wait for calls queued on actors which wait in turn."""
    cycle = find_cycle(_waits_between_actors(seen))
    if not cycle:
        return None
    classes = {a.actor_id: a.class_name for a in seen.actors}
    names = [classes.get(actor_id, "an actor") for actor_id in cycle]
    evidence = tuple(actor_line(seen, actor_id) for actor_id in cycle)
    if len(names) == 1:
        sentence = (
            f"Actor {names[0]} waits for a call on itself, which cannot start until its current one ends."
        )
    else:
        chain = " waits for ".join([*names, names[0]])
        sentence = f"{len(names)} actors wait for each other: {chain}. None can answer while it waits."
    return HangCause("actors_wait_for_each_other", sentence, tuple(e for e in evidence if e))


def _waits_between_actors(seen: Snapshot) -> dict[str, str]:
    """For each actor that is not seen at work outside Ray, one on which a call it submitted is unfinished."""
    waits_for: dict[str, str] = {}
    by_id = {t.task_id: t for t in seen.tasks}
    stacks = {a.actor_id: own_stack(seen.stacks.get(a.pid, ())) for a in seen.actors}
    at_work = {actor_id for actor_id, s in stacks.items() if s is not None and not is_in_ray(s)}
    for task in seen.tasks:
        parent = on_an_actor(task.parent_id, by_id)
        is_own = task.actor_id == parent and task.state.startswith("RUNNING")
        if task.actor_id and parent and not is_own and parent not in at_work:
            waits_for.setdefault(parent, task.actor_id)
    return waits_for


def _actors_hold_cpus(seen: Snapshot) -> HangCause | None:
    """Tasks wait for CPUs that actors hold while waiting for those very tasks."""
    pending = [
        t for t in seen.tasks if t.state == "PENDING_NODE_ASSIGNMENT" and t.required.get("CPU", 0.0) > 0
    ]
    if not pending:
        return None
    actor_ids = {a.actor_id for a in seen.actors}
    by_id = {t.task_id: t for t in seen.tasks}
    blocked = [t for t in pending if not any(fits(t.required, n.free) for n in seen.nodes)]
    waited_for = [t for t in blocked if on_an_actor(t.parent_id, by_id) in actor_ids]
    holders = [a for a in seen.actors if a.alive and a.held.get("CPU", 0.0) > 0]
    if not waited_for or not holders:
        return None
    line = where(seen, [a.pid for a in holders])
    return HangCause(
        "actors_hold_cpus",
        f"{held_cpus(seen, holders)} while waiting in ray.get for "
        f"`{waited_for[0].name}`, which needs {resources(waited_for[0].required)}{line}. "
        "Actors keep their CPU while they wait; tasks release theirs.",
    )


def _call_never_answered(seen: Snapshot) -> HangCause | None:
    """The world has not answered a call, and the caller has not given up on it."""
    late = [call for call in seen.open_calls if call.seconds > LONG_CALL_S]
    if not late:
        return None
    oldest = max(late, key=lambda call: call.seconds)
    running = {t.pid: t.name for t in seen.tasks if t.pid}
    if oldest.pid in running:
        where = f"task `{running[oldest.pid]}`"
    else:
        where = "the driver" if oldest.pid == seen.driver_pid else "a process of the solution"
    own = own_frame(seen.stacks.get(oldest.pid, ()))
    line = f" at {at(own)}" if own else ""
    others = f" ({len(late)} such calls are open)" if len(late) > 1 else ""
    return HangCause(
        "call_never_answered",
        f"service.{oldest.op}({oldest.args}) has not answered for {oldest.seconds:.1f} s{others}; "
        f"{where} waits for it without a deadline{line}.",
    )


def _driver_outside_ray(seen: Snapshot) -> HangCause | None:
    """The driver itself is busy, or waits for something other than Ray."""
    stack = own_stack(seen.stacks.get(seen.driver_pid, ()))
    own = own_frame((stack,)) if stack else None
    if stack is None or own is None or is_in_ray(stack):
        return None
    idle = "no task is unfinished" if not seen.tasks else f"{len(seen.tasks)} tasks are unfinished"
    return HangCause(
        "driver_outside_ray",
        f"The driver is not in a Ray call: it is at {at(own)} ({doing(stack.frames)}); {idle}.",
    )


def _waits_for_a_signal(seen: Snapshot) -> HangCause | None:
    """A running actor call waits in its own process for something that nothing is left to send."""
    for task in (t for t in seen.tasks if t.state.startswith("RUNNING")):
        stack = own_stack(seen.stacks.get(task.pid, ()))
        own = own_frame((stack,)) if stack else None
        if stack is None or own is None or not is_waiting(stack) or is_in_ray(stack):
            continue
        others = [t for t in seen.tasks if t.pid != task.pid and t.state.startswith("RUNNING")]
        if any(t.task_id != task.parent_id for t in others):
            continue
        return HangCause(
            "waits_for_a_signal",
            f"`{task.name}` has waited {task.running_s:.1f} s at {at(own)}, and nothing else "
            "is running that could end this wait.",
        )
    return None


def _runs_too_long(seen: Snapshot) -> HangCause | None:
    """Tasks are running; they take longer than the deadline allows."""
    leaves = without_children(seen.tasks)
    running = [t for t in leaves if t.state.startswith("RUNNING")]
    if not running:
        return None
    longest = max(running, key=lambda t: t.running_s)
    own = own_frame(seen.stacks.get(longest.pid, ()))
    line = f" and is at {at(own)}" if own else ""
    return HangCause(
        "runs_too_long",
        f"Nothing is stuck in Ray: `{longest.name}` has been running for {longest.running_s:.1f} s"
        f"{line}. It simply takes longer than the deadline allows.",
    )


def _cluster_stalled(seen: Snapshot) -> HangCause | None:
    """Resources are free and nothing runs, yet Ray gives a task no worker."""
    placed = {a.actor_id for a in seen.actors if a.alive}
    waiting = [
        t
        for t in seen.tasks
        if t.pending_s > STALLED_S and (not t.actor_id or t.creates_actor or t.actor_id in placed)
    ]
    if not waiting or any(t.state.startswith("RUNNING") for t in seen.tasks):
        return None
    placeable = [t for t in waiting if any(fits(t.required, node.free) for node in seen.nodes)]
    if not placeable:
        return None
    longest = max(placeable, key=lambda t: t.pending_s)
    return HangCause(
        CLUSTER_STALLED,
        f"`{longest.name}` has waited {longest.pending_s:.1f} s for a worker although all it asks for is "
        "free. A runtime_env of its own has to be set up before that, and on a busy machine Ray is slow.",
    )


def _waits_for_nothing(seen: Snapshot) -> HangCause | None:
    """The driver waits in Ray although no task is left that could end the wait."""
    stack = own_stack(seen.stacks.get(seen.driver_pid, ()))
    own = own_frame((stack,)) if stack else None
    if own is None or seen.tasks:
        return None
    return HangCause(
        "waits_for_nothing",
        f"The driver waits in Ray at {at(own)}, but no task is unfinished: what it waits for "
        "will never come. Was a ref dropped, or a result counted twice?",
    )


RULES: tuple[Callable[[Snapshot], HangCause | None], ...] = (
    _infeasible,
    _actors_keep_an_actor_out,
    _cluster_stalled,
    _blocked_event_loop,
    _actors_wait_for_each_other,
    _actors_hold_cpus,
    _call_never_answered,
    _waits_for_a_signal,
    _driver_outside_ray,
    _runs_too_long,
    _waits_for_nothing,
)
