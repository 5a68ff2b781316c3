"""Gradings on a Ray cluster of three nodes; the judges are real processes that grade nothing."""

import json

import psutil
import pytest
import ray

from grader.batch.run import Run
from grader.catalogue.challenges import find_challenge
from tests.conftest import ROOT
from tests.support.batches import PRETENDED, a_job, a_journal, outcome, wait_for

pytestmark = pytest.mark.matrix
TOY = ROOT / "tests" / "toy"
STORE = 100_000_000


@pytest.fixture(scope="module")
def cluster():
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 2, "object_store_memory": STORE, "include_dashboard": False}
    started = Cluster(initialize_head=True, head_node_args=head)
    yield started
    started.shutdown()


@pytest.fixture
def pool(cluster):
    from grader.batch.cluster import ClusterPool

    used = ClusterPool(
        cluster.address,
        [find_challenge("toy", TOY)],
        cpus=1,
        module=PRETENDED,
        extra=[ROOT / "tests" / "support"],
    )
    yield used
    used.close()


def test_a_node_that_is_killed_costs_no_grading_and_counts_none_twice(cluster, pool, tmp_path):
    nodes = [cluster.add_node(num_cpus=2, object_store_memory=STORE) for _ in range(2)]
    wait_for(lambda: pool.next_done(0.1) is None and pool.n_places == 6)
    journal = a_journal(tmp_path / "out")
    lines = []

    def listen(progress):
        if progress.line is not None:
            lines.append(progress.line)
            if len(lines) == 8:
                cluster.remove_node(nodes.pop(), allow_graceful=False)
                cluster.add_node(num_cpus=2, object_store_memory=STORE)  # it unpacks the code again

    jobs = [a_job(f"who{n}", sleep=1, score=n) for n in range(30)]
    run = Run(jobs, journal, keep=lambda _: None, listen=listen)
    run.over(pool)
    assert run.n_left == 0
    assert len(list(journal.lines())) == 30
    assert {who: score for who, (score, _) in outcome(journal).items()} == {f"who{n}": n for n in range(30)}
    assert len({line.node for line in lines}) >= 3


def test_a_judge_knows_nothing_of_the_cluster_it_runs_on(cluster, pool, tmp_path):
    told = tmp_path / "environment.json"
    pool.submit(a_job("ann", environment=str(told)))
    wait_for(lambda: pool.next_done(0.5))
    environment = json.loads(told.read_text())
    assert not [name for name in environment if name.startswith("RAY")]
    assert not [value for value in environment.values() if cluster.address in value]


def test_leaving_ends_what_runs_on_all_nodes(pool, tmp_path):
    notes = [tmp_path / str(n) for n in range(2)]
    for note in notes:
        pool.submit(a_job(note.name, sleep=600, note=str(note)))
    wait_for(lambda: all(note.exists() and note.read_text().strip() for note in notes))
    judges = [psutil.Process(int(note.read_text())) for note in notes]
    pool.close()
    wait_for(lambda: not any(judge.is_running() for judge in judges))


def test_a_job_that_has_to_be_alone_waits_for_no_node_that_others_hold(cluster, pool, monkeypatch):
    monkeypatch.setattr("grader.batch.cluster.ALONE_WITHIN_S", 1.0)
    holders = [ray.remote(Holder).options(num_cpus=1).remote() for _ in range(pool.n_places // 2)]
    ray.get([holder.hold.remote() for holder in holders])
    pool.submit(a_job("ann", is_alone=True, score=60))
    done = []
    wait_for(lambda: done.append(pool.next_done(0.5)) or done[-1])
    assert done[-1].document["score"] == 60
    for holder in holders:
        ray.kill(holder)


class Holder:
    """Keeps a CPU for as long as it lives."""

    def hold(self):
        return True
