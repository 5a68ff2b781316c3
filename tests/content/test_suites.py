"""Whatever of the promised form a solution returns, every behaviour of every suite comes to a verdict.

No cluster is needed: the learner here answers each call with made-up values of the form that the suite asks
for: empty, short, negative, huge, repeated. It never works, so its world's books stay empty.
"""

import contextlib
import inspect
import random
import sys
import types

import numpy as np
import pytest

from grader.authoring.static_checks import behaviour_names
from grader.catalogue.challenges import challenge_names, read_challenge
from grader.catalogue.hidden import import_hidden
from grader.judge import forms
from grader.judge.arena import world_class
from grader.judge.learner import UNREAD
from grader.side.observation import Observation, Void
from tests.conftest import ROOT

ROOTS = dict.fromkeys(challenge_names(ROOT), ROOT) | {"toy": ROOT / "tests" / "toy"}
BEHAVIOURS = [
    (name, behaviour)
    for name, root in ROOTS.items()
    for behaviour in behaviour_names(read_challenge(name, root))
]
TIMES = 2
SCALARS = {
    int: [0, 1, 2, -1, 3, 10**18, -(10**250)],
    float: [0.0, 1.0, -1.0, 5e-324, 1.7e308, -1.7e308],
    str: ["", "x", "done", "\x00", "x" * 300],
    bool: [True, False],
    bytes: [b"", b"x"],
    type(None): [None],
}


class Liar:
    """Makes up values of a form.

    Args:
        seed: Equal seeds make up equal values.
        words: Texts that occur in the inputs, so that some of what is made up fits.
    """

    def __init__(self, seed):
        self.pick = random.Random(seed)
        self.words = []

    def learn(self, value):
        """Remember ids and names that a call was given."""
        match value:
            case str() | int():
                self.words.append(value)
            case list() | tuple():
                for item in value[:50]:
                    self.learn(item)
            case dict():
                self.learn(list(value) + list(value.values()))

    def of(self, form):
        match form:
            case forms._Scalar(kind):
                known = [word for word in self.words if type(word) is kind]
                return self.pick.choice(known if known and self.pick.random() < 0.5 else SCALARS[kind])
            case forms._List(item):
                return [self.of(item) for _ in range(self.pick.choice([0, 0, 1, 2, 5]))]
            case forms._Items(items):
                return tuple(self.of(item) for item in items)
            case forms._Record(fields, _):
                return {key: self.of(field) for key, field in fields.items()}
            case forms._Mapping(key, item):
                return {
                    self.of(forms._Scalar(key)): self.of(item) for _ in range(self.pick.choice([0, 1, 3]))
                }
            case forms._Either(several):
                return self.of(self.pick.choice(list(several)))
            case forms._Array(dtype, shape):
                lengths = [self.pick.choice([0, 1, 7]) if n is None else n for n in shape]
                return np.full(lengths, self.pick.choice(SCALARS[float][:5]), dtype)
            case forms._Named(inner, _):
                return self.of(inner)
        return {"sealed": [1]}


class Nobody:
    """A learner that has no process: it answers at once, and nothing shows in its cluster."""

    driver_pid, num_cpus = 1, 4

    def __init__(self, liar, world):
        self.liar, self.world = liar, world

    def call(self, _name, *args, returns=UNREAD, deadline_s=10.0, **kwargs):
        return self.answer(returns, [*args, *kwargs.values()])

    def scenario(self, _name, *, returns=UNREAD, deadline_s=10.0, **inputs):
        return self.answer(returns, list(inputs.values()))

    def answer(self, form, inputs):
        self.liar.learn(forms.opened(inputs))
        if form is UNREAD:
            return None
        made_up = self.liar.of(forms.form_of(form))
        return forms.promised(made_up, form, "run()")

    def look(self, *_names):
        return types.SimpleNamespace(
            store=types.SimpleNamespace(used_bytes=0), jobs={}, actors=[], tasks=[], workers=[], free_cpus=4.0
        )

    @contextlib.contextmanager
    def counting(self):
        yield types.SimpleNamespace(tasks={}, n_tasks=0, n_actors=0, stored_bytes=0, spilled_bytes=0)

    @contextlib.contextmanager
    def memory(self, limit_bytes=None):
        yield types.SimpleNamespace(grown_bytes={}, driver_bytes=0, peak_bytes=0, peak_store_bytes=0)

    def leftovers(self, within_s=5.0):
        return []

    def actors(self):
        return []

    def worker_pids(self):
        return set()

    def is_crowded(self):
        return False

    def kill(self, pid):
        raise ValueError(f"process {pid} is not a living process of the solution")


class MadeUpRace:
    def __init__(self, learner, make_world):
        self.learner, self.make_world = learner, make_world

    def run(self, name, *, draw, returns, check, naive_ratio, deadline_s=20.0):
        world = self.make_world(np.random.default_rng(1))
        args, kwargs = draw(world, np.random.default_rng(2))
        check(world, args, kwargs, self.learner.answer(returns, [*args, *kwargs.values()]))


class Hasty:
    """A suite's `time`, in which nothing takes long: each look at the clock is a second later."""

    def __init__(self):
        self.now_s = 0.0

    def monotonic(self):
        self.now_s += 1.0
        return self.now_s

    def sleep(self, _seconds):
        pass


def suite_of(challenge):
    """The hidden suite, imported by itself."""
    name = f"made_up_{challenge.name}"
    return sys.modules.get(name) or import_hidden(challenge.suite_path, name)


def run_with_made_up_answers(challenge, suite, name, seed):
    """How a behaviour ends: what it raised, if that is no verdict."""
    make_world = world_class(challenge)
    world = make_world(np.random.default_rng(seed))
    learner = Nobody(Liar(seed), world)
    given = {
        "learner": learner,
        "rng": np.random.default_rng(seed),
        "observe": lambda *_args, **_kwargs: None,
        "race": MadeUpRace(learner, make_world),
    }
    behaviour = getattr(suite, name)
    parameters = inspect.signature(behaviour).parameters
    if "archive" in parameters:  # the one fixture that a suite of ours defines itself
        given["archive"] = world.archive
    try:
        behaviour(**{parameter: given[parameter] for parameter in parameters})
    except (AssertionError, Observation, Void):
        return None
    except Exception as error:  # noqa: BLE001 - what no solution may provoke
        return error
    finally:
        if "archive" in parameters:
            world.archive.remove()
    return None


@pytest.mark.parametrize(("name", "behaviour"), BEHAVIOURS, ids=[f"{n}-{b}" for n, b in BEHAVIOURS])
def test_made_up_answers_of_the_promised_form_lead_to_a_verdict(name, behaviour, monkeypatch, request):
    challenge = read_challenge(name, ROOTS[name])
    suite = suite_of(challenge)
    monkeypatch.setattr(suite, "time", Hasty(), raising=False)
    day = request.config.getoption("--sample-seed")
    for seed in range(TIMES * day, TIMES * (day + 1)):
        error = run_with_made_up_answers(challenge, suite, behaviour, seed)
        if error is not None:
            raise AssertionError(f"seed {seed}: --sample-seed {day} draws it again") from error
