"""Fails loudly when Ray changes the private tables that the probes read, or how a cluster starts."""

import dataclasses

import psutil
import pytest
from ray._private.node import Node

from grader.side.task_table import settled_tasks
from tests.support.sides import side_with, use

PROGRAM = """
import ray

@ray.remote
class Box:
    def put(self, x):
        return ray.get_runtime_context().get_actor_id()

box = None

@ray.remote(num_cpus=3)
def big():
    return 1

def run():
    global box
    box = Box.options(num_cpus=2, name="box").remote()
    actor_id = ray.get(box.put.remote(1))
    pending = big.remote()
    return actor_id, ray.wait([pending], timeout=1.0)[1] != []
"""


@pytest.fixture(scope="module")
def side(tmp_path_factory):
    """One of its own, so that there is nothing in the tables but what these tests put there."""
    with side_with(PROGRAM, tmp_path_factory.mktemp("state")) as started:
        yield started


@pytest.fixture(scope="module")
def tables(side):
    actor_id, is_pending = side.call("solution", "run", (), {}, 20.0)
    assert is_pending
    parts = (
        "nodes",
        "available",
        "tasks",
        "actors",
        "placement_groups",
        "worker_pids",
        "store",
        "workers",
    )
    return actor_id, side.look(*parts)


@pytest.mark.usefixtures("tables")
def test_a_cluster_starts_without_the_dashboards_server():
    assert callable(Node.start_api_server)
    started = [" ".join(p.cmdline()) for p in psutil.Process().children(recursive=True)]
    assert any("raylet" in command for command in started)
    assert not any("dashboard/dashboard.py" in command for command in started)


def test_tasks_have_name_state_needs_parent_and_process(tables):
    actor_id, seen = tables
    by_name = {task.name: task for task in seen.tasks}
    big, put = by_name["big"], by_name["Box.put"]
    assert big.kind == "NORMAL_TASK"
    assert big.state == "PENDING_NODE_ASSIGNMENT"
    assert big.required == {"CPU": 3.0}
    assert big.pid == 0
    assert put.kind == "ACTOR_TASK"
    assert put.actor_id == actor_id
    assert put.pid in seen.worker_pids
    assert put.times_s["RUNNING"] > 1e9
    assert by_name["Box.__init__"].kind == "ACTOR_CREATION_TASK"
    assert big.parent_id == put.parent_id


def test_actors_have_class_state_process_and_what_they_hold(tables):
    actor_id, seen = tables
    (actor,) = seen.actors
    assert actor.actor_id == actor_id
    assert (actor.class_name, actor.state, actor.name) == ("Box", "ALIVE", "box")
    assert actor.held == {"CPU": 2.0}
    assert actor.pid in seen.worker_pids
    assert actor.detached is False


def test_nodes_have_resources_and_what_is_free(tables):
    _, seen = tables
    (node,) = seen.nodes
    assert node.resources["CPU"] == 4.0
    assert seen.available[node.node_id]["CPU"] == 2.0


def test_workers_say_what_they_executed_and_what_runs(tables):
    _, seen = tables
    (actor,) = seen.actors
    (box,) = [worker for worker in seen.workers if worker.pid == actor.pid]
    assert box.executed == 2  # its creation and one call
    assert sum(worker.executed for worker in seen.workers) == 2
    assert sum(worker.running for worker in seen.workers) == 0


def test_store_counters_are_numbers(tables):
    _, seen = tables
    assert all(type(value) is int for value in dataclasses.asdict(seen.store).values())
    assert seen.placement_groups == []


MANY = """
import ray

@ray.remote
class Box:
    def small(self, i):
        return i

def run(n):
    box = Box.remote()
    return sum(ray.get([box.small.remote(i) for i in range(n)]))
"""


def test_tasks_are_those_of_the_living_driver_however_many(side, tmp_path):
    use(side, MANY, tmp_path)
    for n in (500, 11_000):  # Ray itself lists ten thousand
        assert side.call("solution", "run", (n,), {}, 120.0) == n * (n - 1) // 2
        settled_tasks(side, side.look)
        names = [task.name for task in side.look("tasks").tasks]
        assert names.count("Box.small") == n
        side.recover()
