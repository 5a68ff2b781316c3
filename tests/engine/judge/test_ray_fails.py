"""Ray's own checks fail in a real driver and a real worker: whom it costs what.

`peek_object_ref_stream` of a stream that was never made fails one of Ray's checks, always: it stands for the
races within Ray that do so now and then.
"""

import time

import pytest

from grader.catalogue.challenges import read_challenge
from grader.judge.arena import Arena
from grader.judge.engine import grade
from grader.side.observation import SolutionCrashed, SolutionRaised
from tests.conftest import ROOT
from tests.support.sides import side_with

PROGRAM = """
import os
import ray

def fail():
    from ray._private.worker import global_worker
    global_worker.core_worker.peek_object_ref_stream(ray.ObjectRef.from_random())

def twice(x):
    return 2 * x

def run(x):
    return ray.get(ray.remote(twice).remote(x))

def fail_in_a_worker():
    ray.get(ray.remote(max_retries=0)(fail).remote())

def print_and_exit():
    print("[2026-11-25 19:42:01,157 C %d 1] a.cc:1:  Check failed: a" % os.getpid(), flush=True)
    print("*** StackTrace Information ***", flush=True)
    os._exit(1)

def abort():
    os.abort()

def raylet_pid():
    return os.getppid()

def kill_raylet_and_fail():
    os.kill(ray.get(ray.remote(raylet_pid).remote()), 9)
    fail()
"""
FAILS = """
    marker = pathlib.Path(MARKER)
    if not marker.exists():
        marker.touch()
        from ray._private.worker import global_worker
        global_worker.core_worker.peek_object_ref_stream(ray.ObjectRef.from_random())
"""


@pytest.fixture(scope="module")
def side(tmp_path_factory):
    with side_with(PROGRAM, tmp_path_factory.mktemp("side")) as started:
        yield started


def call(side, name, *args):
    side.failed_check = ""
    return side.call("solution", name, args, {}, 15.0)


def test_a_check_that_fails_in_the_driver_is_told_as_rays(side):
    with pytest.raises(
        SolutionCrashed, match=r"inside Ray ended its driver.*task_manager.cc:\d+: Check failed"
    ):
        call(side, "fail")
    assert "object_ref_streams_" in side.failed_check
    assert call(side, "run", 4) == 8


@pytest.mark.parametrize(
    ("name", "words"), [("print_and_exit", "exit status 1"), ("abort", "killed by signal 6")]
)
def test_printing_a_check_and_aborting_is_an_end_like_any_other(side, name, words):
    with pytest.raises(SolutionCrashed, match=words):
        call(side, name)
    assert side.failed_check == ""


def test_a_check_that_fails_in_a_worker_is_seen_from_then_on(side):
    start_s = time.time()
    with pytest.raises(SolutionRaised, match="WorkerCrashedError"):
        call(side, "fail_in_a_worker")
    assert "Check failed" in side.rig.workers_failed_check(start_s)
    assert side.rig.workers_failed_check(time.time()) == ""
    assert side.failed_check == ""


def test_who_takes_down_the_cluster_cannot_blame_ray(side):
    with pytest.raises(SolutionCrashed):
        call(side, "kill_raylet_and_fail")
    assert side.failed_check == ""
    assert call(side, "run", 4) == 8


# -- a whole behaviour ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def challenge():
    return read_challenge("toy", ROOT / "tests" / "toy")


@pytest.fixture(scope="module")
def arena(challenge):
    warm = Arena(challenge)
    yield warm
    assert warm.close() == []


@pytest.fixture
def fails_once(challenge, tmp_path):
    """The reference, except that a check of Ray's ends the first process that gets there."""

    def write(where):
        source = challenge.reference_path.read_text()
        before, after = source.split(where)
        path = tmp_path / "solution.py"
        marker = f"import pathlib\n\nMARKER = {str(tmp_path / 'failed')!r}\n"
        path.write_text(f"{before}{where}{FAILS}{after}".replace("import ray\n", f"import ray\n{marker}", 1))
        return challenge.submission(path)

    return write


IN_DRIVER, IN_WORKER = "    keys = list(keys)\n", 'reading twice does no harm."""\n'


def test_a_right_program_under_which_ray_fails_once_gets_its_points(challenge, arena, fails_once):
    record = grade(challenge, fails_once(IN_DRIVER), arena=arena, only=frozenset(["test_total"]))
    (check,) = record.checks
    assert (check.outcome, check.earned) == ("pass", check.behaviour.points), check.message
    assert "Judged again from the start, with the same inputs, then with others" in check.message
    assert "Check failed" in check.message


def test_a_race_under_which_ray_fails_once_is_run_again_and_recorded_once(challenge, arena, fails_once):
    record = grade(challenge, fails_once(IN_DRIVER), arena=arena, only=frozenset(["test_speed"]))
    (check,) = record.checks
    assert check.outcome in ("pass", "partial", "inconclusive"), check.message
    assert "Judged again" in check.message
    assert len(record.races) == 1


def test_a_worker_that_ray_runs_again_needs_no_second_trial(challenge, arena, fails_once):
    record = grade(challenge, fails_once(IN_WORKER), arena=arena, only=frozenset(["test_total"]))
    (check,) = record.checks
    assert (check.outcome, check.message) == ("pass", "")


def test_a_worker_that_ray_does_not_run_again_gets_a_second_trial(challenge, arena, fails_once):
    submission = fails_once(IN_WORKER)
    submission.path.write_text(
        submission.path.read_text().replace("@ray.remote", "@ray.remote(max_retries=0)")
    )
    submission = challenge.submission(submission.path)
    record = grade(challenge, submission, arena=arena, only=frozenset(["test_total"]))
    (check,) = record.checks
    assert check.outcome == "pass", check.message
    assert "Judged again" in check.message
