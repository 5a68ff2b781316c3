"""Why a call does not return, in a sentence: rules over a snapshot, tried from the most telling on.

A rule looks at facts only (states, resources, parents, stacks, the ledger) and says nothing when they do not
show its cause. The rules are pure, so each is tested without Ray; each is also tested on a real cluster.
"""

from __future__ import annotations

import linecache
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from grader.snapshot import Frame, Node, Snapshot, Task, Thread

LONG_CALL_S = 0.5
_SOLUTION = "solution.py"
_SERVICE = "service.py"
_LOOP_FUNCTIONS = frozenset({"_run_once", "run_forever"})
_WAITS_IN_RAY = frozenset({"get", "wait", "get_objects"})
_EVIDENCE_LINES = 6


@dataclass(frozen=True, slots=True)
class Finding:
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


def explain(seen: Snapshot) -> Finding:
    """The most telling cause that the snapshot shows."""
    for rule in RULES:
        finding = rule(seen)
        if finding is not None:
            evidence = finding.evidence + tuple(_evidence(seen))
            return Finding(finding.cause, finding.sentence, tuple(dict.fromkeys(evidence)))
    return Finding("unknown", "Nothing that would explain it was seen.", tuple(_evidence(seen)))


# -- rules ---------------------------------------------------------------------------------------


def _infeasible(seen: Snapshot) -> Finding | None:
    """A task or actor asks for what no node has in all."""
    if not seen.nodes:
        return None
    requests = [(t.name, t.required) for t in seen.tasks if t.state == "PENDING_NODE_ASSIGNMENT"]
    requests += [(a.class_name, a.held) for a in seen.actors if not a.alive]
    for name, required in requests:
        if required and not any(_fits(required, node.total) for node in seen.nodes):
            most = {r: max((n.total.get(r, 0.0) for n in seen.nodes), default=0.0) for r in required}
            lacking = {r: v for r, v in required.items() if v > most[r]} or required
            return Finding(
                "infeasible",
                f"`{name}` asks for {_resources(lacking)}, but no node has that: the most a node "
                f"offers is {_resources({r: most[r] for r in lacking})}. "
                "Such a request waits for ever, without an error.",
            )
    return None


def _blocked_event_loop(seen: Snapshot) -> Finding | None:
    """An async actor's only loop stands in a blocking call."""
    for actor in seen.actors:
        for thread in seen.stacks.get(actor.pid, ()):
            above = _frames_above_loop(thread)
            own = _first(above, _SOLUTION)
            if own is None:
                continue
            return Finding(
                "blocked_event_loop",
                f"The event loop of async actor {actor.class_name} is blocked: {_at(own)} "
                f"{_doing(above)} inside a coroutine, so no other coroutine of this actor can run.",
            )
    return None


def _actors_wait_for_each_other(seen: Snapshot) -> Finding | None:
    """Calls that run on actors wait for calls queued on actors which wait in turn."""
    waits_for: dict[str, str] = {}
    by_id = {t.task_id: t for t in seen.tasks}
    for task in seen.tasks:
        parent = _on_an_actor(task.parent_id, by_id)
        if task.actor_id and parent and not task.state.startswith("RUNNING"):
            waits_for.setdefault(parent, task.actor_id)
        elif task.actor_id and parent and task.actor_id != parent:
            waits_for.setdefault(parent, task.actor_id)
    cycle = _cycle(waits_for)
    if not cycle:
        return None
    classes = {a.actor_id: a.class_name for a in seen.actors}
    names = [classes.get(actor_id, "an actor") for actor_id in cycle]
    evidence = tuple(_actor_line(seen, actor_id) for actor_id in cycle)
    if len(names) == 1:
        sentence = f"Actor {names[0]} waits for a call on itself, which cannot start before it is done."
    else:
        chain = " waits for ".join([*names, names[0]])
        sentence = f"{len(names)} actors wait for each other: {chain}. None can answer while it waits."
    return Finding("actors_wait_for_each_other", sentence, tuple(e for e in evidence if e))


def _actors_hold_cpus(seen: Snapshot) -> Finding | None:
    """Tasks wait for CPUs that actors hold while they wait for those very tasks."""
    pending = [
        t
        for t in seen.tasks
        if t.state == "PENDING_NODE_ASSIGNMENT" and t.required.get("CPU", 0.0) > 0
    ]
    if not pending:
        return None
    actor_ids = {a.actor_id for a in seen.actors}
    by_id = {t.task_id: t for t in seen.tasks}
    blocked = [t for t in pending if not any(_fits(t.required, n.free) for n in seen.nodes)]
    waited_for = [t for t in blocked if _on_an_actor(t.parent_id, by_id) in actor_ids]
    holders = [a for a in seen.actors if a.alive and a.held.get("CPU", 0.0) > 0]
    held = sum(a.held["CPU"] for a in holders)
    if not waited_for or not holders:
        return None
    total = sum(n.total.get("CPU", 0.0) for n in seen.nodes)
    classes = Counter(a.class_name for a in holders)
    who = ", ".join(f"{n} {name} actor{'s' * (n > 1)}" for name, n in classes.items())
    share = f"all {total:g}" if held >= total else f"{held:g} of {total:g}"
    line = _where(seen, [a.pid for a in holders])
    return Finding(
        "actors_hold_cpus",
        f"{who} hold{'s' * (len(holders) == 1)} {share} CPUs while waiting in ray.get for "
        f"`{waited_for[0].name}`, which needs {_resources(waited_for[0].required)}{line}. "
        "Actors keep their CPU while they wait; tasks lend it.",
    )


def _call_never_answered(seen: Snapshot) -> Finding | None:
    """The outside world has not answered, and nobody gave up on it."""
    late = [call for call in seen.open_calls if call.seconds > LONG_CALL_S]
    if not late:
        return None
    oldest = max(late, key=lambda call: call.seconds)
    running = {t.pid: t.name for t in seen.tasks if t.pid}
    where = f"task `{running[oldest.pid]}`" if oldest.pid in running else "the driver"
    own = _own_frame(seen.stacks.get(oldest.pid, ()))
    line = f" at {_at(own)}" if own else ""
    others = f" ({len(late)} such calls are open)" if len(late) > 1 else ""
    return Finding(
        "call_never_answered",
        f"service.{oldest.op}({oldest.args}) has not answered for {oldest.seconds:.1f} s{others}; "
        f"{where} waits for it without a deadline{line}.",
    )


def _driver_outside_ray(seen: Snapshot) -> Finding | None:
    """The driver itself is busy or waits for something that is not Ray's."""
    stack = _own_stack(seen.stacks.get(seen.driver_pid, ()))
    own = _own_frame((stack,)) if stack else None
    if stack is None or own is None or _is_in_ray(stack):
        return None
    idle = "no task is unfinished" if not seen.tasks else f"{len(seen.tasks)} tasks are unfinished"
    return Finding(
        "driver_outside_ray",
        f"The driver stands outside Ray, at {_at(own)} ({_doing(stack.frames)}); {idle}.",
    )


def _waits_for_a_signal(seen: Snapshot) -> Finding | None:
    """A running actor call waits in its own process for something nobody is left to send."""
    for task in (t for t in seen.tasks if t.state.startswith("RUNNING")):
        stack = _own_stack(seen.stacks.get(task.pid, ()))
        own = _own_frame((stack,)) if stack else None
        if stack is None or own is None or not _is_waiting(stack) or _is_in_ray(stack):
            continue
        others = [t for t in seen.tasks if t.pid != task.pid and t.state.startswith("RUNNING")]
        if any(t.task_id != task.parent_id for t in others):
            continue
        return Finding(
            "waits_for_a_signal",
            f"`{task.name}` has waited {task.running_s:.1f} s at {_at(own)}, and nothing else "
            "is running that could end this wait.",
        )
    return None


def _runs_too_long(seen: Snapshot) -> Finding | None:
    """Tasks are running; they take longer than the deadline allows."""
    leaves = _without_children(seen.tasks)
    running = [t for t in leaves if t.state.startswith("RUNNING")]
    if not running:
        return None
    longest = max(running, key=lambda t: t.running_s)
    own = _own_frame(seen.stacks.get(longest.pid, ()))
    line = f" and is at {_at(own)}" if own else ""
    return Finding(
        "runs_too_long",
        f"Nothing is stuck in Ray: `{longest.name}` has been running for {longest.running_s:.1f} s"
        f"{line}. It simply takes longer than the deadline allows.",
    )


def _waits_for_nothing(seen: Snapshot) -> Finding | None:
    """The driver waits in Ray although no task is left that could end the wait."""
    stack = _own_stack(seen.stacks.get(seen.driver_pid, ()))
    own = _own_frame((stack,)) if stack else None
    if own is None or seen.tasks:
        return None
    return Finding(
        "waits_for_nothing",
        f"The driver waits in Ray at {_at(own)}, but no task is unfinished: what it waits for "
        "will not come. Was a ref dropped or a result counted twice?",
    )


RULES: tuple[Callable[[Snapshot], Finding | None], ...] = (
    _infeasible,
    _blocked_event_loop,
    _actors_wait_for_each_other,
    _actors_hold_cpus,
    _call_never_answered,
    _waits_for_a_signal,
    _driver_outside_ray,
    _runs_too_long,
    _waits_for_nothing,
)


# -- facts ---------------------------------------------------------------------------------------


def _fits(required: dict[str, float], offered: dict[str, float]) -> bool:
    return all(offered.get(name, 0.0) + 1e-6 >= amount for name, amount in required.items())


def _on_an_actor(task_id: str, by_id: dict[str, Task]) -> str:
    """The actor whose call has this id; also known from the id of a call that is no longer listed."""
    if task_id in by_id:
        return by_id[task_id].actor_id
    # A task's id ends in its actor's id (16 bytes); drivers and normal tasks have ones there.
    actor_id = task_id[16:]
    return "" if not actor_id or actor_id.startswith("f" * 24) else actor_id


def _cycle(waits_for: dict[str, str]) -> list[str]:
    """A cycle of a graph in which each node has at most one way out; empty without one."""
    for start in waits_for:
        path: list[str] = []
        node: str | None = start
        while node is not None and node not in path:
            path.append(node)
            node = waits_for.get(node)
        if node is not None:
            return path[path.index(node) :]
    return []


def _without_children(tasks: Sequence[Task]) -> list[Task]:
    parents = {t.parent_id for t in tasks}
    return [t for t in tasks if t.task_id not in parents]


def _is_file(frame: Frame, name: str) -> bool:
    return PurePath(frame.file).name == name


def _first(frames: Iterable[Frame], file_name: str) -> Frame | None:
    return next((f for f in frames if _is_file(f, file_name)), None)


def _own_stack(threads: Sequence[Thread]) -> Thread | None:
    """The thread that runs the solution; a waiting one tells more than a running one."""
    own = [t for t in threads if _first(t.frames, _SOLUTION)]
    return own[-1] if own else None


def _own_frame(threads: Sequence[Thread]) -> Frame | None:
    stack = _own_stack(threads)
    return _first(stack.frames, _SOLUTION) if stack else None


def _is_in_ray(stack: Thread) -> bool:
    """Whether the solution's innermost frame has called into Ray."""
    return any("/ray/" in f.file for f in _above_own(stack))


def _above_own(stack: Thread) -> tuple[Frame, ...]:
    for i, frame in enumerate(stack.frames):
        if _is_file(frame, _SOLUTION):
            return stack.frames[:i]
    return ()


def _is_waiting(stack: Thread) -> bool:
    """Whether the frames above the solution's are a wait of the standard library."""
    waits = frozenset({"wait", "get", "acquire", "join", "_wait_for_tstate_lock", "result", "select"})
    return any(f.function in waits for f in _above_own(stack))


def _frames_above_loop(thread: Thread) -> tuple[Frame, ...]:
    """What an event loop's thread is running right now; empty when it waits for events."""
    for i, frame in enumerate(thread.frames):
        if frame.function in _LOOP_FUNCTIONS and "asyncio" in frame.file:
            return thread.frames[:i]
    return ()


def _doing(frames: Sequence[Frame]) -> str:
    """What the innermost frames of a stack are about, as a verb."""
    if any("/ray/" in f.file and f.function in _WAITS_IN_RAY for f in frames):
        return "waits in ray.get"
    if any(_is_file(f, _SERVICE) for f in frames):
        return "waits for the service"
    if frames and not _is_file(frames[0], _SOLUTION):
        return f"waits in {PurePath(frames[0].file).stem}.{frames[0].function}"
    return "runs"


def _at(frame: Frame) -> str:
    """A frame as the learner knows it: file, line, and the line's text when it can be read."""
    text = linecache.getline(frame.file, frame.line).strip()
    return f"{PurePath(frame.file).name}:{frame.line}" + (f" `{text}`" if text else "")


def _where(seen: Snapshot, pids: Iterable[int]) -> str:
    for pid in pids:
        own = _own_frame(seen.stacks.get(pid, ()))
        if own is not None:
            return f" (at {_at(own)})"
    return ""


def _actor_line(seen: Snapshot, actor_id: str) -> str:
    actor = next((a for a in seen.actors if a.actor_id == actor_id), None)
    own = _own_frame(seen.stacks.get(actor.pid, ())) if actor else None
    return f"{actor.class_name} waits at {_at(own)}" if actor and own else ""


def _resources(amounts: dict[str, float]) -> str:
    parts = []
    for name, amount in sorted(amounts.items()):
        unit = "CPU" if name == "CPU" and amount == 1 else ("CPUs" if name == "CPU" else name)
        parts.append(f"{amount:g} {unit}")
    return " and ".join(parts)


def _evidence(seen: Snapshot) -> list[str]:
    """Where the driver stands, what is unfinished, and what is free."""
    lines = []
    own = _own_frame(seen.stacks.get(seen.driver_pid, ()))
    if own is not None:
        lines.append(f"driver at {_at(own)}")
    counts = Counter((t.name, t.state.lower().replace("_", " ")) for t in seen.tasks)
    for (name, state), n in counts.most_common(_EVIDENCE_LINES - 2):
        lines.append(f"{n} × {name}: {state}")
    if seen.nodes:
        lines.append(f"free now: {_free(seen.nodes)}")
    return lines


def _free(nodes: Sequence[Node]) -> str:
    free = sum(n.free.get("CPU", 0.0) for n in nodes)
    return f"{free:g} of {sum(n.total.get('CPU', 0.0) for n in nodes):g} CPUs"


