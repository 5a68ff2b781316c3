"""Facts that the rules about hangs draw from a snapshot: who waits where, what fits, how to say it."""

from __future__ import annotations

import linecache
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath

from grader.explain.snapshot import Actor, Frame, Node, Snapshot, Task, Thread, actor_of

SOLUTION = "solution.py"
SERVICE = "service.py"
_LOOP_FUNCTIONS = frozenset({"_run_once", "run_forever"})
_WAITS_IN_RAY = frozenset({"get", "wait", "get_objects"})
_EVIDENCE_LINES = 6


def fits(required: Mapping[str, float], offered: Mapping[str, float]) -> bool:
    """Whether the resources offered cover what is required."""
    return all(offered.get(name, 0.0) + 1e-6 >= amount for name, amount in required.items())


def on_an_actor(task_id: str, by_id: dict[str, Task]) -> str:
    """The actor whose call has this id, even if the call is no longer listed."""
    if task_id in by_id:
        return by_id[task_id].actor_id
    return actor_of(task_id)


def find_cycle(waits_for: dict[str, str]) -> list[str]:
    """A cycle in a graph where each node has at most one edge out; empty if there is none."""
    for start in waits_for:
        path: list[str] = []
        node: str | None = start
        while node is not None and node not in path:
            path.append(node)
            node = waits_for.get(node)
        if node is not None:
            return path[path.index(node) :]
    return []


def without_children(tasks: Sequence[Task]) -> list[Task]:
    """The tasks that submitted none of the others."""
    parents = {t.parent_id for t in tasks}
    return [t for t in tasks if t.task_id not in parents]


def is_file(frame: Frame, name: str) -> bool:
    """Whether a frame is in a file of this name."""
    return PurePath(frame.file).name == name


def first(frames: Iterable[Frame], file_name: str) -> Frame | None:
    """The innermost frame in a file of this name."""
    return next((f for f in frames if is_file(f, file_name)), None)


def own_stack(threads: Sequence[Thread]) -> Thread | None:
    """The thread that runs the solution; a waiting one says more than a running one."""
    own = [t for t in threads if first(t.frames, SOLUTION)]
    return own[-1] if own else None


def own_frame(threads: Sequence[Thread]) -> Frame | None:
    """The solution's innermost frame, over all threads."""
    stack = own_stack(threads)
    return first(stack.frames, SOLUTION) if stack else None


def is_in_ray(stack: Thread) -> bool:
    """Whether the solution's innermost frame has called into Ray."""
    return any("/ray/" in f.file for f in above_own(stack))


def waits_in_ray(frame: Frame) -> bool:
    """Whether an innermost frame is a wait in Ray, and not for instance the unpacking of what has arrived."""
    return "/ray/" in frame.file and frame.function in _WAITS_IN_RAY


def above_own(stack: Thread) -> tuple[Frame, ...]:
    """The frames that the solution's innermost frame has called."""
    for i, frame in enumerate(stack.frames):
        if is_file(frame, SOLUTION):
            return stack.frames[:i]
    return ()


def is_waiting(stack: Thread) -> bool:
    """Whether the frames above the solution's are a wait in the standard library."""
    waits = frozenset({"wait", "get", "acquire", "join", "_wait_for_tstate_lock", "result", "select"})
    return any(f.function in waits for f in above_own(stack))


def frames_above_loop(thread: Thread) -> tuple[Frame, ...]:
    """What an event loop's thread is running right now; empty when it waits for events."""
    for i, frame in enumerate(thread.frames):
        if frame.function in _LOOP_FUNCTIONS and "asyncio" in frame.file:
            return thread.frames[:i]
    return ()


def doing(frames: Sequence[Frame]) -> str:
    """What the innermost frames of a stack are doing, as a verb."""
    if any(map(waits_in_ray, frames)):
        return "waits in ray.get"
    if any(is_file(f, SERVICE) for f in frames):
        return "waits for the service"
    if frames and not is_file(frames[0], SOLUTION):
        return f"waits in {PurePath(frames[0].file).stem}.{frames[0].function}"
    return "runs"


def at(frame: Frame) -> str:
    """A frame as the learner knows it: file, line, and the line's text when it can be read."""
    linecache.checkcache(frame.file)  # another solution may have been in the same place before
    text = linecache.getline(frame.file, frame.line).strip()
    return f"{PurePath(frame.file).name}:{frame.line}" + (f" `{text}`" if text else "")


def where(seen: Snapshot, pids: Iterable[int]) -> str:
    """Where the first process with a frame in the solution is, in brackets."""
    for pid in pids:
        own = own_frame(seen.stacks.get(pid, ()))
        if own is not None:
            return f" (at {at(own)})"
    return ""


def actor_line(seen: Snapshot, actor_id: str) -> str:
    """Where an actor's process is, as a line of evidence; empty when that is not known."""
    actor = next((a for a in seen.actors if a.actor_id == actor_id), None)
    own = own_frame(seen.stacks.get(actor.pid, ())) if actor else None
    return f"{actor.class_name} waits at {at(own)}" if actor and own else ""


def held_cpus(seen: Snapshot, holders: Sequence[Actor]) -> str:
    """Which actors hold how many CPUs, in words."""
    held = sum(a.held["CPU"] for a in holders)
    total = sum(n.total.get("CPU", 0.0) for n in seen.nodes)
    classes = Counter(a.class_name for a in holders)
    who = ", ".join(f"{n} {name} actor{'s' * (n > 1)}" for name, n in classes.items())
    share = f"all {total:g}" if held >= total else f"{held:g} of {total:g}"
    return f"{who} hold{'s' * (len(holders) == 1)} {share} CPUs"


def resources(amounts: Mapping[str, float]) -> str:
    """Resource amounts in words."""
    parts = []
    for name, amount in sorted(amounts.items()):
        unit = "CPU" if name == "CPU" and amount == 1 else ("CPUs" if name == "CPU" else name)
        parts.append(f"{amount:g} {unit}")
    return " and ".join(parts)


def evidence_lines(seen: Snapshot) -> list[str]:
    """Where the driver is, what is unfinished, and what is free."""
    lines = []
    own = own_frame(seen.stacks.get(seen.driver_pid, ()))
    if own is not None:
        lines.append(f"driver at {at(own)}")
    counts = Counter((t.name, t.state.lower().replace("_", " ")) for t in seen.tasks)
    for (name, state), n in counts.most_common(_EVIDENCE_LINES - 2):
        lines.append(f"{n} × {name}: {state}")
    if seen.nodes:
        lines.append(f"free now: {free(seen.nodes)}")
    return lines


def free(nodes: Sequence[Node]) -> str:
    """Free CPUs of all nodes, in words."""
    free = sum(n.free.get("CPU", 0.0) for n in nodes)
    return f"{free:g} of {sum(n.total.get('CPU', 0.0) for n in nodes):g} CPUs"
