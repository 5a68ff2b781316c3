"""What the bakeries need. One behaviour per test.

Every label is a new one, which only the judge knows, and it goes with the shop of the process that printed
it: so a result tells in which environment it was made.
"""

from __future__ import annotations

from typing import Any

from grader.suite import SolutionRaised, behaviour, same, teaching

ENVIRONMENTS = "https://docs.ray.io/en/latest/ray-core/handling-dependencies.html"
TASKS = "https://docs.ray.io/en/latest/ray-core/tasks.html"
NO_SHOP = "no shop"
LESSONS = {
    "Actor methods cannot be called directly": f"Start an actor with `.remote()`. See {ENVIRONMENTS}",
    "Failed to set up runtime environment": (
        "Ray could not make the environment that was asked for. Variables belong into `env_vars`: "
        f'`runtime_env={{"env_vars": {{"NAME": "text"}}}}`. See {ENVIRONMENTS}'
    ),
}
CALL_S = 40.0  # against hangs only: new processes have to start
MOST_PROCESSES = 4


def run(learner: Any, shop: str, breads: list[str], where: str = "in the task") -> None:
    """Print these labels for a shop, and check that they have it."""
    with teaching(LESSONS):
        found = learner.scenario(
            "run", shop=shop, breads=breads, where=where, returns=[str], deadline_s=CALL_S
        )
    check_labels(learner, shop, breads, found)


def check_labels(learner: Any, shop: str, breads: list[str], found: list[str]) -> None:
    """Check that a worker printed each label once, for this shop, and that these are the results."""
    printed = [label for label in learner.world.labels if label.bread in breads]
    strangers = {label.pid for label in printed} - learner.worker_pids()
    assert not strangers, (
        f"Process {min(strangers)} printed a label, and it is no Ray worker. A function runs in a worker "
        f"when you call `task.remote(...)`. See {TASKS}"
    )
    assert len(printed) == len(breads), f"{len(printed)} labels were printed for {len(breads)} items."
    texts = {label.bread: label.text for label in printed}
    same(found, [texts.get(bread, "nothing") for bread in breads], "the results")
    wrong = next((label for label in printed if label.shop != shop), None)
    assert wrong is None, (
        f"A label of {shop!r} was printed by the worker {wrong.pid} for {wrong.shop!r}. A process gets its "
        "environment when it starts, and Ray started this one: it never sees what the driver sets in "
        "`os.environ`, and what a task sets comes after the library was imported. Ask Ray for a worker with "
        f'the variable: `runtime_env={{"env_vars": {{...}}}}`. See {ENVIRONMENTS}'
    )


@behaviour(points=20, category="correctness", required=True)
def test_each_has_its_shop(learner, rng):
    """Labels have the shop that was asked for."""
    trial = learner.world.none(rng, int(rng.integers(2, 5))).inputs
    run(learner, trial["shop"], trial["breads"])


@behaviour(points=15, category="correctness")
def test_shops_take_turns(learner, rng):
    """Two shops take turns, and each gets its own labels."""
    world = learner.world
    one, other = world.draw_shop(rng), f"{world.draw_shop(rng)} at the other end"
    first, second, third = world.draw_breads(rng, 3)
    run(learner, one, [first])
    run(learner, other, [second])
    run(learner, one, [third])


@behaviour(points=15, category="correctness")
def test_children_inherit(learner, rng):
    """Tasks that the function starts print for the same shop."""
    trial = learner.world.child(rng).inputs
    run(learner, trial["shop"], trial["breads"], where="in a child")


@behaviour(points=15, category="correctness")
def test_actor_has_its_shop(learner, rng):
    """An actor prints for its shop."""
    trial = learner.world.actor(rng).inputs
    with teaching(LESSONS):
        found = learner.scenario("sell", **trial, returns=[str], deadline_s=CALL_S)
    check_labels(learner, trial["shop"], trial["breads"], found)


@behaviour(points=15, category="resilience")
def test_nothing_else_changes(learner, rng):
    """Other tasks, and the caller itself, are as they were."""
    world = learner.world
    shop, breads = world.draw_shop(rng), world.draw_breads(rng, 8)
    world.meets = True  # so that both workers have been used
    run(learner, shop, breads[:2])
    own, found = learner.scenario("elsewhere", breads=breads[2:], returns=(str, [str]), deadline_s=CALL_S)
    texts = {label.bread: label.text for label in world.labels}
    same(found, [texts.get(bread, "nothing") for bread in breads[2:]], "labels of other tasks")
    assert own == NO_SHOP, (
        f"After run_for({shop!r}, ...), BAKERY_SHOP is {own!r} in the caller's environment; before, it was "
        "not set. Everything that the caller starts from now on, and every library it imports, sees that."
    )
    for label in world.labels[2:]:
        assert label.shop == NO_SHOP, (
            f"After run_for({shop!r}, ...), a task of the caller's that asked for no shop printed for "
            f"{label.shop!r}, in the worker {label.pid}. Ray uses workers again, and what a task changes in "
            f"its process stays there. An environment of its own keeps them apart. See {ENVIRONMENTS}"
        )


@behaviour(points=10, category="performance")
def test_workers_are_used_again(learner, rng, observe):
    """Eight items of a shop share a few processes."""
    world = learner.world
    run(learner, world.draw_shop(rng), world.draw_breads(rng, 8))
    n = len({label.pid for label in world.labels})
    observe(n, limit=MOST_PROCESSES, unit="processes")
    assert n <= MOST_PROCESSES, (
        f"{n} processes printed 8 labels of one shop; expected are {MOST_PROCESSES} at most. Tasks share "
        "workers if their environments are equal, to the last variable; each new one costs a process. "
        f"See {ENVIRONMENTS}"
    )


@behaviour(points=5, category="correctness")
def test_shop_is_text(learner, rng):
    """A shop that is no text is refused."""
    world = learner.world
    number, breads = int(rng.integers(10, 100)), world.draw_breads(rng, 2)
    for function, scenario in (("run_for", "run"), ("start_for", "sell")):
        raised = ""
        try:
            learner.scenario(scenario, shop=number, breads=breads, returns=[str], deadline_s=CALL_S)
        except SolutionRaised as seen:
            raised = seen.type_name
        assert raised == "TypeError", (
            f"{function}({number}, ...) {f'raised {raised}' if raised else 'returned'}; expected is a "
            "TypeError. Variables are text. Ray checks `env_vars` itself: let it."
        )
    assert not world.labels, f"{len(world.labels)} labels were printed for a shop that is no text."


@behaviour(points=5, category="memory")
def test_nothing_is_left(learner, rng):
    """When results and handles are dropped, nothing is left."""
    trial = learner.world.none(rng, 1).inputs
    run(learner, trial["shop"], trial["breads"])
    left = learner.leftovers()
    assert not left, (
        f"Still there five seconds after run_for returned: {'; '.join(left)}. Look for refs and handles that "
        f"a global keeps. See {TASKS}"
    )
