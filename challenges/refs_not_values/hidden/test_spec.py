"""What the four functions must do. One behaviour per test.

The instruments give another answer to each call. So a right result tells which calls it was made from, and
only these are believed: where they were made is where the work was done.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.suite import SolutionRaised, array, behaviour, close, either, same, teaching

PRECISION = 1e-9
FRAME = array(float, shape=(None, None))
FUNCTIONS = {"level_of": float, "total_level": float, "darkened": FRAME, "filtered": FRAME}  # refs of these
PAGE = "https://docs.ray.io/en/latest/ray-core/objects.html"
LESSONS = {
    "Invalid type of object refs, <class 'numpy.ndarray'>": (
        "Your task called ray.get on an array. In Ray, a ref that is itself an argument of a task is "
        "replaced by its value before the task starts: the task has the frame already. See 'Passing object "
        f"arguments', {PAGE}"
    ),
    "Invalid type of object refs, <class 'tuple'>": (
        "ray.get takes one ref or a list of refs. `*args` is a tuple, and refs that are arguments "
        f"themselves have been replaced by their values. See {PAGE}"
    ),
    "read-only": (
        "A frame from the object store is read-only: other processes read the same memory. Compute a new "
        f"array instead of writing into this one, as in `frame - level`. See {PAGE}"
    ),
    "WRITEABLE": (
        "A frame from the object store cannot be made writeable: other processes read the same memory. "
        f"Compute a new array instead, as in `frame - level`. See {PAGE}"
    ),
    "got ObjectRef": (
        "A ref inside a list stays a ref: Ray replaces only refs that are arguments themselves. Either "
        f"pass each ref as an argument, or get the list in the task. See 'Passing object arguments', {PAGE}"
    ),
}


def result_of(learner: Any, name: str, *args: Any) -> Any:
    """Call a function with refs of these frames, and get the value behind what it returns."""
    with teaching(LESSONS):
        seen = learner.scenario("value_of", function=name, args=list(args), returns=answer_of(name))
    return checked(name, seen)


def answer_of(name: str) -> dict[str, Any]:
    return {"returned": str, "value": either(FUNCTIONS[name], None)}


def checked(name: str, seen: dict[str, Any]) -> Any:
    """The value, once it is known that a ref of it was returned."""
    returned, value = seen["returned"], seen["value"]
    promised = "frame" if FUNCTIONS[name] is FRAME else "float"
    assert returned == "ObjectRef", (
        f"{name} returned {returned}; promised is the ObjectRef of a {promised}. That is what "
        "`task.remote(...)` returns, and what `ray.put` returns: pass it on as it is."
    )
    assert value is not None, (
        f"The ref from {name} leads to None; promised is a {promised}. What does its task return?"
    )
    return value


def check_readings(learner: Any, name: str, frames: list[np.ndarray]) -> float:
    """Check that these frames were read once each, by workers; returns the sum of the readings."""
    told = take_answers(learner, name)
    n_expected = {float(frame.mean()): 0 for frame in frames}
    for frame in frames:
        n_expected[float(frame.mean())] += 1
    for mean, n in n_expected.items():
        n_read = sum(close(answer.mean, mean, rel=PRECISION) for answer in told)
        assert n_read == n, (
            f"{name}: the meter read a frame of mean {mean:.3f} {n_read} times; expected is one reading for "
            "each time it was given."
        )
    assert len(told) == len(frames), (
        f"{name}: the meter was asked {len(told)} times for {len(frames)} frames. One answer was about a "
        f"frame of mean {told[-1].mean:.3f}, which was not given."
    )
    return float(sum(answer.offset for answer in told))


def check_filters(learner: Any, name: str, frame: np.ndarray, names: list[str]) -> np.ndarray:
    """Check that these filters were applied once each, in order, by workers; returns what has to come out."""
    told = take_answers(learner, name)
    applied = [answer.name for answer in told]
    assert applied == names, (
        f"{name} was to apply {names}, in this order; the telescope was asked for {applied}."
    )
    for number, answer in enumerate(told):
        assert close(answer.mean, float(frame.mean()), rel=PRECISION), (
            f"{name}: filter {number + 1} of {names} was given a frame of mean {answer.mean:.3f}; what the "
            f"one before it gave has mean {frame.mean():.3f}."
        )
        frame = frame * answer.gain + answer.offset
    return frame


def take_answers(learner: Any, name: str) -> list[Any]:
    """The instruments' answers since the last look, once it is known that Ray workers got them."""
    told = list(learner.world.answers)
    learner.world.answers.clear()
    strangers = {answer.pid for answer in told} - learner.worker_pids()
    where = "the driver itself" if learner.driver_pid in strangers else "no Ray worker"
    assert not strangers, (
        f"{name} used an instrument in process {min(strangers)}, which is {where}. A function runs in a "
        "worker when you call `task.remote(...)`; a plain call runs where it is made. See "
        "https://docs.ray.io/en/latest/ray-core/tasks.html"
    )
    return told


def check_level(learner: Any, frame: np.ndarray, seen: float) -> None:
    same(seen, check_readings(learner, "level_of", [frame]), "the reading", rel=PRECISION)


def check_total(learner: Any, frames: list[np.ndarray], seen: float) -> None:
    same(
        seen,
        check_readings(learner, "total_level", frames),
        f"the total of {len(frames)} readings",
        rel=PRECISION,
    )


def check_darkened(learner: Any, frame: np.ndarray, seen: np.ndarray) -> None:
    reading = check_readings(learner, "darkened", [frame])
    same(seen, frame - reading, "the darkened frame", within=PRECISION, rel=PRECISION)


def check_filtered(learner: Any, frame: np.ndarray, names: list[str], seen: np.ndarray) -> None:
    expected = check_filters(learner, "filtered", frame, names)
    same(seen, expected, f"the frame after {names}", within=PRECISION, rel=PRECISION)


@behaviour(points=20, category="correctness", required=True)
def test_level_of(learner, rng):
    """A frame is read: a ref that is an argument reaches the task as its value."""
    for large in (False, True):
        frame = learner.world.draw_frame(rng, large=large)
        check_level(learner, frame, result_of(learner, "level_of", frame))


@behaviour(points=15, category="correctness")
def test_total_level(learner, rng):
    """Several frames are read: refs in a list stay refs."""
    for n in (3, 1, 0):
        frames = [learner.world.draw_frame(rng) for _ in range(n)]
        check_total(learner, frames, result_of(learner, "total_level", frames))


@behaviour(points=15, category="correctness")
def test_darkened(learner, rng):
    """A frame is darkened: what comes from the store is read-only."""
    for large in (False, True):
        frame = learner.world.draw_frame(rng, large=large)
        check_darkened(learner, frame, result_of(learner, "darkened", frame))


@behaviour(points=15, category="correctness")
def test_filtered(learner, rng):
    """Each filter gets what the one before it gave."""
    for n in (3, 1, 0):
        frame, names = learner.world.draw_frame(rng, large=n == 1), learner.world.draw_names(rng, n)
        check_filtered(learner, frame, names, result_of(learner, "filtered", frame, names))


@behaviour(points=15, category="performance")
def test_returns_at_once(learner, rng):
    """No function waits: each returns before its frame is there."""
    world = learner.world
    frame = world.draw_frame(rng)
    world.is_exposed = False
    learner.scenario("start_an_exposure", frame=frame)
    for name in FUNCTIONS:
        with teaching(LESSONS):
            learner.scenario("submit", function=name)
        assert not world.ledger.count("expose", "ok"), (
            f"{name} returned only when its frame had been taken: something in it waits. `ray.get` waits "
            "for a value. Pass the ref to the next task instead: Ray starts that task when the value is "
            "there. See https://docs.ray.io/en/latest/ray-core/patterns/unnecessary-ray-get.html"
        )
    world.is_exposed = True
    seen = {}
    for name in FUNCTIONS:  # one after the other is judged elsewhere; here they run side by side
        with teaching(LESSONS):
            seen[name] = checked(name, learner.scenario("collect", function=name, returns=answer_of(name)))
    check_side_by_side(learner, frame, seen)


def check_side_by_side(learner: Any, frame: np.ndarray, seen: dict[str, Any]) -> None:
    """Check what all four gave for one frame, which nobody can tell apart in the books: three readings."""
    told = take_answers(learner, "one of the functions")
    readings = [answer.offset for answer in told if answer.op == "level"]
    assert len(readings) == 3, (
        f"Three functions read the frame, and the meter was asked {len(readings)} times."
    )
    darkened = seen["darkened"]
    darkness = float(frame.mean() - darkened.mean()) if darkened.shape == frame.shape else 0.0
    found = sorted([seen["level_of"], seen["total_level"], darkness])
    same(found, sorted(readings), "the readings that three functions found", within=PRECISION, rel=PRECISION)
    learner.world.answers.extend(answer for answer in told if answer.op == "apply")
    check_filtered(learner, frame, ["double", "warm"], seen["filtered"])


@behaviour(points=10, category="resilience")
def test_unknown_filter(learner, rng):
    """An unknown filter raises its own exception, and the filters after it are not applied."""
    world = learner.world
    name, (frame, names) = "filtered", world.unknown_filter(rng).inputs["args"]
    came = raised = ""
    try:
        seen = learner.scenario("value_of", function=name, args=[frame, names], returns=answer_of(name))
        came = "a frame" if checked(name, seen) is not None else "nothing"
    except SolutionRaised as error:
        came, raised = f"{error.type_name}: {error.text}", error.type_name
    assert raised == "NoSuchFilter", (
        f"{names[1]} is no filter. Whoever gets the result of {name} sees {came}; expected is NoSuchFilter. "
        "Ray raises at `ray.get` what a task raised, also if other tasks were to use its result: leave it "
        "as it is."
    )
    check_filters(learner, name, frame, names[:1])


@behaviour(points=10, category="memory")
def test_nothing_is_left(learner, rng):
    """When the caller's refs are gone, so is everything else."""
    frame, names = learner.world.draw_frame(rng, large=True), learner.world.draw_names(rng, 2)
    check_level(learner, frame, result_of(learner, "level_of", frame))
    check_total(learner, [frame], result_of(learner, "total_level", [frame]))
    check_darkened(learner, frame, result_of(learner, "darkened", frame))
    check_filtered(learner, frame, names, result_of(learner, "filtered", frame, names))
    left = learner.leftovers(within_s=3.0)
    if left:  # the last frame may still be in a worker's hands, until the next one takes its place
        for _ in range(2 * learner.num_cpus):
            small = learner.world.draw_frame(rng)
            check_darkened(learner, small, result_of(learner, "darkened", small))
        left = learner.leftovers()
    assert not left, (
        f"Still there five seconds after the caller dropped its refs: {'; '.join(left)}. An object stays as "
        "long as any ref to it does: look for refs in globals, caches and actors."
    )
