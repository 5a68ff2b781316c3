"""What scoring must do. One behaviour per test.

Each score comes from a line of the model that the judge names at that moment. So a right score was made by
somebody who had the whole model then, and the books tell who. How often the model was stored, the object
store tells.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.suite import behaviour, close, either, named, peak, same, teaching

PRECISION = 1e-9
BY_VALUE = "https://docs.ray.io/en/latest/ray-core/patterns/pass-large-arg-by-value.html"
CAPTURE = "https://docs.ray.io/en/latest/ray-core/patterns/closure-capture-large-objects.html"
OBJECTS = "https://docs.ray.io/en/latest/ray-core/objects.html"
SCORED = {"returned": str, "value": either(float, None)}
FORMS = {"score_all": [float], "score": SCORED, "score in a task": SCORED}
LESSONS = {
    "Calling 'put' on an ray.ObjectRef is not allowed": (
        "ray.put got a ref. What it stands for is in the store already: use the ref as it is, and put "
        f"only what is no ref yet. See {OBJECTS}"
    ),
    "score got ObjectRef": (
        "The model is still a ref. Ray puts the value in place of a ref only where the ref is an argument "
        "of `task.remote(...)` itself; in a closure or in a list it stays a ref. Pass it as an argument, "
        f"or get it in the task. See 'Passing object arguments', {OBJECTS}"
    ),
    "is ObjectRef": (
        "The arrays in the model are still refs: Ray does not look for refs inside a dict. Put the whole "
        f"dict, which gives one ref, and pass that. See 'Passing object arguments', {OBJECTS}"
    ),
    "list index out of range": (
        "Something is not there in this process. If your code set a global in the driver: a worker has a "
        "copy of the module as it was imported. Hand over what it needs, as an argument or in a closure. See "
        "https://docs.ray.io/en/latest/ray-core/patterns/global-variables.html"
    ),
    "'NoneType' object": (
        "Something is None in this process. If your code set a global in the driver: a worker has a copy "
        "of the module as it was imported. Hand over what it needs, as an argument or in a closure. See "
        "https://docs.ray.io/en/latest/ray-core/patterns/global-variables.html"
    ),
}
CALL_S = 20.0  # against hangs only


def run(learner: Any, *steps: list[Any], keep: bool = False) -> list[Any]:
    """Do this one after the other; the answers of those steps that have one."""
    forms = tuple(named(FORMS.get(step[0]), step[0]) for step in steps)
    with teaching(LESSONS):
        answers = learner.scenario("script", steps=list(steps), keep=keep, returns=forms, deadline_s=CALL_S)
    return [answer for step, answer in zip(steps, answers, strict=True) if step[0] in FORMS]


def value_of(scored: dict[str, Any]) -> float:
    """The score behind what a scorer returned."""
    assert scored["returned"] == "ObjectRef", (
        f"scorer(batch) returned {scored['returned']}; promised is the ObjectRef of the score. That is what "
        "`task.remote(...)` returns: pass it on as it is."
    )
    assert scored["value"] is not None, "The ref from scorer(batch) leads to None; promised is a float."
    return float(scored["value"])


def check_scores(
    learner: Any,
    model: dict[str, np.ndarray],
    batches: list[list[float]],
    scores: list[float],
    other: tuple[str, dict[str, np.ndarray]] | None = None,
) -> None:
    """Check that workers scored each batch once, with this model and no other."""
    readings = taken_readings(learner)
    assert len(scores) == len(batches), f"{len(batches)} batches were given; {len(scores)} scores came back."
    assert len(readings) == len(batches), (
        f"{len(batches)} batches were given, and `service.score` ran {len(readings)} times; expected is "
        "once for each batch."
    )
    expected = []
    for batch, seen in zip(batches, scores, strict=True):
        own = [reading for reading in readings if close(reading.total, float(sum(batch)), rel=PRECISION)]
        assert len(own) == 1, f"A batch was scored {len(own)} times; expected is once."
        expected.append(own[0].total * weight(model, own[0].line))
        if other is not None:
            assert not close(seen, own[0].total * weight(other[1], own[0].line), rel=PRECISION), (
                f"A batch was scored with {other[0]}. Where does the program remember a model? A global "
                "holds the one that was put last, or first; a cache by id() or by name does not see a "
                "change. `ray.put` stores a value as it is at that moment: put at each call, and hand on "
                f"the ref. See {OBJECTS}"
            )
    same(scores, expected, "the scores", rel=PRECISION)


def weight(model: dict[str, np.ndarray], line: int) -> float:
    return float(sum(array[line].mean() for array in model.values()))


def taken_readings(learner: Any) -> list[Any]:
    """The scorings since the last look, once it is known that Ray workers made them."""
    readings = list(learner.world.readings)
    learner.world.readings.clear()
    strangers = {reading.pid for reading in readings} - learner.worker_pids()
    where = "the driver itself" if learner.driver_pid in strangers else "no Ray worker"
    assert not strangers, (
        f"Process {min(strangers)} scored a batch, and it is {where}. A function runs in a worker when you "
        "call `task.remote(...)`; a plain call runs where it is made. See "
        "https://docs.ray.io/en/latest/ray-core/tasks.html"
    )
    return readings


def models_stored(counts: Any, model: dict[str, np.ndarray]) -> float:
    """How many times the model's size was written into the object store."""
    return float(counts.stored_bytes / sum(array.nbytes for array in model.values()))


def check_carried(n_stored: float, what: str) -> None:
    """Check that the model went through the object store at all."""
    assert n_stored >= 0.5, (
        f"{what} did not put the model into the object store, and yet workers had it: a function carried "
        "it along. Ray pickles what a function captures, keeps that for good, and each worker unpickles "
        f"its own copy. Put the model, and hand on the ref. See {CAPTURE}"
    )


@behaviour(points=15, category="correctness", required=True)
def test_scores(learner, rng):
    """Every batch gets its score, in order, from a worker."""
    world = learner.world
    for n in (int(rng.integers(3, 6)), 1, 0):
        model, batches = world.draw_model(rng), world.draw_batches(rng, n)
        (scores,) = run(learner, ["model", "m", model], ["score_all", "m", batches])
        check_scores(learner, model, batches, scores)


@behaviour(points=25, category="memory", required=True)
def test_stored_once(learner, rng, observe):
    """`score_all` stores the model once for all batches."""
    world = learner.world
    steps = world.none(rng, int(rng.integers(6, 9))).inputs["steps"]
    model, batches = steps[0][2], steps[1][2]
    with learner.counting() as counts:
        (scores,) = run(learner, *steps)
    check_scores(learner, model, batches, scores)
    n_stored = models_stored(counts, model)
    observe(round(n_stored, 1), limit=1.5, unit="models stored")
    assert n_stored <= 1.5, (
        f"{len(batches)} batches, and {n_stored:.1f} models were written into the object store: a model of "
        "4 MB travels with each batch. An argument above 100 KB is stored anew by each `.remote(...)`. "
        f"`ray.put` it once, in front of the loop, and pass the ref. See {BY_VALUE}"
    )
    check_carried(n_stored, "score_all")


@behaviour(points=15, category="memory")
def test_takes_a_ref(learner, rng, observe):
    """A model that comes as a ref is not stored again, and the ref stays good."""
    world = learner.world
    model, put, score_all, make_scorer, score = world.comes_as_a_ref(rng).inputs["steps"]
    more = world.draw_batches(rng, 3)
    run(learner, model, put, keep=True)
    with learner.counting() as counts:
        first, second, third = run(learner, score_all, make_scorer, score, ["score_all", "r", more])
    readings = list(world.readings)
    for batches, scores in ((score_all[2], first), ([score[2]], [value_of(second)]), (more, third)):
        world.readings[:] = readings[: len(batches)]
        readings = readings[len(batches) :]
        check_scores(learner, model[2], batches, scores)
    assert not readings, f"`service.score` ran {len(readings)} times more than there were batches."
    n_stored = models_stored(counts, model[2])
    observe(round(n_stored, 1), limit=0.5, unit="models stored")
    assert n_stored <= 0.5, (
        f"The model was in the store and came as a ref, and {n_stored:.1f} models were written into it. "
        "`ray.get` makes a value of the ref, and handing on the value stores it again. Pass on the ref "
        f"that you got. See {BY_VALUE}"
    )


@behaviour(points=10, category="correctness")
def test_scorer(learner, rng):
    """A scorer returns refs of right scores, whether its model came as a dict or as a ref."""
    world = learner.world
    model, batches = world.draw_model(rng), world.draw_batches(rng, 4)
    steps = [["model", "m", model], ["put", "r", "m"], ["make_scorer", "a", "m"], ["make_scorer", "b", "r"]]
    steps += [["score", name, batch] for name, batch in zip("abab", batches, strict=True)]
    scores = [value_of(scored) for scored in run(learner, *steps)]
    check_scores(learner, model, batches, scores)


@behaviour(points=15, category="memory")
def test_scorer_is_small(learner, rng, observe):
    """A scorer is handed to tasks, and its model is stored once."""
    world = learner.world
    model, batches = world.draw_model(rng), world.draw_batches(rng, 4)
    steps = [["model", "m", model], ["make_scorer", "s", "m"]]
    steps += [["score in a task", "s", batch] for batch in batches]
    with learner.counting() as counts:
        scored = run(learner, *steps)
    check_scores(learner, model, batches, [value_of(one) for one in scored])
    n_stored = models_stored(counts, model)
    observe(round(n_stored, 1), limit=1.5, unit="models stored")
    assert n_stored <= 1.5, (
        f"A scorer was made and handed to {len(batches)} tasks, and {n_stored:.1f} models were written "
        "into the object store. The scorer takes the model along: a function's closure is pickled with it. "
        f"`ray.put` the model in make_scorer and let the scorer hold the ref. See {CAPTURE}"
    )
    check_carried(n_stored, "make_scorer")


@behaviour(points=10, category="correctness")
def test_models_do_not_mix(learner, rng):
    """Each call and each scorer has its own model, as it was at that moment."""
    world = learner.world
    trial = world.changes(rng).inputs["steps"]
    old, first, then, single = trial[0][2], trial[2][2], trial[4][2], trial[5][2]
    new = {name: array + 1.0 for name, array in old.items()}
    (scores,) = run(learner, *trial[:3], keep=True)
    check_scores(learner, old, first, scores, ("the model as it was changed later", new))
    (scores,) = run(learner, *trial[3:5], keep=True)
    check_scores(learner, new, then, scores, ("the model as it was before the caller changed it", old))
    (scored,) = run(learner, ["make_scorer", "t", "m"], trial[5], keep=True)
    check_scores(learner, old, [single], [value_of(scored)], ("another model than its scorer's", new))
    batch = world.draw_batches(rng, 1)
    (scored,) = run(learner, ["score", "t", batch[0]])
    check_scores(learner, new, batch, [value_of(scored)], ("another model than its scorer's", old))


@behaviour(points=5, category="performance")
def test_side_by_side(learner, rng, observe):
    """Two batches are scored at the same time, and the scores stay in order."""
    world = learner.world
    steps = world.slow_batch(rng).inputs["steps"]
    (scores,) = run(learner, *steps)
    check_scores(learner, steps[0][2], steps[1][2], scores)
    n = peak(world.ledger.entries("line", "ok"))
    observe(n, limit=2, unit="scored at once")
    assert n >= 2, (
        "No two batches were scored at the same time, though there are 2 CPUs. `ray.get` right after "
        "`.remote()` waits for each task before the next: start all, then get. See "
        "https://docs.ray.io/en/latest/ray-core/patterns/ray-get-loop.html"
    )


@behaviour(points=5, category="memory")
def test_nothing_is_left(learner, rng):
    """When the caller has dropped everything, the model is gone from the store."""
    world = learner.world
    model, batches, ones = world.draw_model(rng), world.draw_batches(rng, 2), world.draw_batches(rng, 3)
    steps = [["model", "m", model], ["score_all", "m", batches]]
    for name, batch in zip(
        "abc", ones, strict=True
    ):  # three, so that a leak is larger than what is still freed
        steps += [["make_scorer", name, "m"], ["score", name, batch]]
    scores, *scored = run(learner, *steps)
    readings, n = list(world.readings), len(batches)
    world.readings[:] = readings[:n]
    check_scores(learner, model, batches, scores)
    world.readings[:] = readings[n:]
    check_scores(learner, model, ones, [value_of(one) for one in scored])
    left = learner.leftovers()
    assert not left, (
        f"Still there five seconds after the caller dropped its scorers: {'; '.join(left)}. A stored value "
        "stays as long as any ref to it does: look for refs in globals, caches and actors. See "
        f"{OBJECTS}"
    )
