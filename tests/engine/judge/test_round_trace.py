"""What is recorded of a round on a real cluster."""

import numpy as np
import pytest

from grader.judge.round_trace import recorded
from tests.support.sides import EchoWorld, lend

PROGRAM = """
import time
import numpy as np
import ray
import service

@ray.remote
def asks(x):
    return service.echo(x)

@ray.remote
class Box:
    def put(self, x):
        return x

def work(n_tasks, n_calls):
    box = Box.remote()
    ray.get([asks.remote(i) for i in range(n_tasks)])
    model = ray.put(np.zeros(4_000_000, np.uint8))
    ray.wait([box.put.remote(i) for i in range(n_calls)], num_returns=n_calls)
"""


@pytest.fixture(scope="module")
def side(shared_side, tmp_path_factory):
    return lend(shared_side, PROGRAM, tmp_path_factory.mktemp("tracing"))


def record(side, n_tasks, n_calls):
    """One recorded round in a world of its own, as in a race."""
    world = EchoWorld(np.random.default_rng(0))
    go = side.prepare("solution", "work", (n_tasks, n_calls), {})
    side.set_world(world)
    return recorded(side, world, lambda: go(20.0))[1]


def test_a_trace_holds_its_own_round_and_no_other(side):
    sizes = [(3, 2), (5, 1), (2, 4)]
    recordings = [record(side, *size) for size in sizes]
    for (n_tasks, n_calls), recording in zip(sizes, recordings, strict=True):
        trace = recording.trace()
        names = sorted(span.name for span in trace.spans)
        assert names == ["Box.__init__"] + ["Box.put"] * n_calls + ["asks"] * n_tasks
        assert trace.n_spans == n_tasks + n_calls + 1
        assert max(span.ended_s for span in trace.ran) <= trace.seconds
        assert 4_000_000 <= trace.stored_bytes < 4_010_000
        assert [wait.call for wait in trace.waits] == ["ray.get", "ray.wait"]
        assert trace.waited_s() <= trace.seconds
        assert len(trace.calls) == n_tasks


def test_a_trace_that_is_read_at_once_is_complete(side):
    trace = record(side, 6, 3).trace()
    assert sum(span.ended_s is not None for span in trace.spans) == 6 + 3 + 1
