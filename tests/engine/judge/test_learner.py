"""What tests count and what they find left behind, on a real cluster."""

import numpy as np
import pytest

from grader.judge.counting import SILENT
from grader.judge.learner import Learner
from tests.support.sides import EchoWorld, lend

PROGRAM = """
import time
import numpy as np
import ray
import service
from ray.util.placement_group import placement_group

kept = []

@ray.remote
def small(x):
    return x

@ray.remote
class Box:
    def put(self, x):
        return x

@ray.remote
def slow():
    time.sleep(600)

def work(n_tasks, n_calls, megabytes):
    box = Box.remote()
    ray.get([small.remote(i) for i in range(n_tasks)])
    ray.get([box.put.remote(i) for i in range(n_calls)])
    ray.get([ray.put(np.zeros(1_000_000, np.uint8)) for _ in range(megabytes)])

@ray.remote
def outer(n):
    refs = [small.remote(i) for i in range(n)]
    return len(refs) if n % 2 else sum(ray.get(refs))

def nest(sizes):
    return ray.get([outer.options(num_cpus=0).remote(n) for n in sizes])

@ray.remote
def kata_marker():
    pass

def work_under_the_judges_name(n):
    ray.get([kata_marker.remote() for _ in range(n)])

def work_in_silence(n_tasks, n_calls):
    ray.get([small.options(enable_task_events=False).remote(i) for i in range(n_tasks)])
    kept.append(Box.options(enable_task_events=False).remote())
    ray.get([kept[-1].put.remote(i) for i in range(n_calls)])

def stop_boxes():
    kept.clear()

def work_on_boxes_that_are_killed(n):
    box = Box.remote()
    ray.get([box.put.remote(i) for i in range(n)])
    ray.kill(box)

@ray.remote
def numbers(n):
    for i in range(n):
        yield i

def stream(n):
    for ref in numbers.remote(n):
        ray.get(ref)

def keep_actor():
    kept.append(Box.remote())
    ray.get(kept[-1].put.remote(1))

def keep_task():
    kept.append(slow.remote())
    time.sleep(0.3)

def keep_silent_task():
    kept.append(slow.options(num_cpus=0, enable_task_events=False).remote())
    time.sleep(1.5)

def keep_object():
    kept.append(ray.put(np.zeros(8_000_000, np.uint8)))

def keep_group():
    kept.append(placement_group([{"CPU": 1}]))
    ray.get(kept[-1].ready())

def keep_call():
    import threading
    threading.Thread(target=service.never, args=(1,), daemon=True).start()
    time.sleep(0.2)

def keep_cycle():
    cycle = [ray.put(np.zeros(8_000_000, np.uint8))]
    cycle.append(cycle)
"""


@pytest.fixture(scope="module")
def side(shared_side, tmp_path_factory):
    return lend(shared_side, PROGRAM, tmp_path_factory.mktemp("learner"))


@pytest.fixture
def learner(side):
    world = EchoWorld(np.random.default_rng(0))
    side.set_world(world)
    if not side.rig.becomes_clean(within_s=1.0):
        side.recover()
    side.ready()
    return Learner(side, world)


def test_tasks_actors_and_bytes_are_counted_exactly(learner):
    with learner.counting() as counts:
        learner.call("work", 7, 5, 3)
    assert counts.tasks == {"small": 7, "Box.put": 5}
    assert counts.n_tasks == 12
    assert counts.n_actors == 1
    assert 3_000_000 <= counts.stored_bytes < 3_010_000
    assert counts.spilled_bytes == 0


@pytest.mark.parametrize("repeat", range(3))
def test_tasks_that_tasks_submit_are_counted_also_when_nobody_waited_for_them(learner, repeat):
    sizes = [3 + repeat, 4, 1]
    with learner.counting() as counts:
        learner.call("nest", sizes)
    assert counts.tasks == {"outer": 3, "small": sum(sizes)}


def test_tasks_that_bear_the_name_of_the_judges_own_are_counted(learner):
    with learner.counting() as counts:
        learner.call("work_under_the_judges_name", 5)
    assert counts.tasks == {"kata_marker": 5}


def test_tasks_and_calls_that_report_nothing_are_counted_too(learner):
    with learner.counting() as counts:
        learner.call("work_in_silence", 6, 5)
    assert counts.tasks == {SILENT: 11}
    assert counts.n_actors == 1
    learner.call("stop_boxes")


def test_calls_of_a_killed_actor_are_counted_once(learner):
    with learner.counting() as counts:
        learner.call("work_on_boxes_that_are_killed", 7)
    assert counts.tasks == {"Box.put": 7}


def test_only_the_block_is_counted(learner):
    learner.call("work", 3, 0, 1)
    with learner.counting() as counts:
        learner.call("work", 2, 0, 0)
    assert counts.tasks == {"small": 2}
    assert counts.stored_bytes < 100_000


@pytest.mark.parametrize(("name", "args"), [("work", (4, 4, 4)), ("keep_cycle", ()), ("stream", (5,))])
def test_a_clean_call_leaves_nothing(learner, name, args):
    learner.call(name, *args)
    assert learner.leftovers() == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("keep_actor", "1 Box actor(s) still alive"),
        ("keep_task", "1 slow task(s) unfinished"),
        ("keep_silent_task", "1 unreported task(s) unfinished"),
        ("keep_object", "8 MB more in the object store than before"),
        ("keep_group", "placement group created"),
        ("keep_call", "1 service.never call(s) unanswered"),
    ],
)
def test_what_is_left_is_named(learner, name, words):
    learner.call(name)
    assert words in learner.leftovers(within_s=0.5)
    learner.side.recover()


def test_workers_are_known_by_pid_and_the_driver_is_none(learner):
    learner.call("work", 4, 0, 0)
    assert learner.worker_pids()
    assert learner.driver_pid not in learner.worker_pids()


def test_cpus_are_free_again_after_a_call(learner):
    learner.call("work", 4, 0, 0)
    assert learner.side.rig.becomes_clean()
    assert learner.free_cpus() == learner.num_cpus == 4


def test_living_actors_are_listed_with_their_process(learner):
    learner.call("keep_actor")
    (actor,) = learner.actors()
    assert actor.class_name == "Box"
    assert actor.state == "ALIVE"
    assert actor.pid in learner.worker_pids()
    learner.kill(actor.pid)
    learner.side.recover()
    assert learner.actors() == []
