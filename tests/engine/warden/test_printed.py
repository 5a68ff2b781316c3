"""What a solution prints is kept in part, counted in full, and read without trusting where it lies."""

import os
import re

import pytest

from grader.warden.output import OUTPUT_KEPT_BYTES, Output, Transcript
from grader.warden.printed import DRIVER, WORKERS_READ_BYTES, Printed
from tests.support.sides import lend


def test_a_transcript_gives_what_came_after_a_mark():
    transcript = Transcript()
    transcript.add(b"before\n")
    mark = transcript.total_bytes
    assert transcript.since(mark) == ""
    transcript.add(b"after 1\n")
    transcript.add(b"after 2\n")
    assert transcript.since(mark) == "after 1\nafter 2\n"
    assert transcript.tail() == "before\nafter 1\nafter 2\n"


def test_of_a_flood_the_end_is_kept_and_all_is_counted():
    transcript = Transcript()
    for n in range(200):
        transcript.add(b"%04d" % n * 1000)
    assert transcript.total_bytes == 800_000
    assert len(transcript.since(0)) <= OUTPUT_KEPT_BYTES
    assert transcript.since(0).endswith("0199")


def test_what_a_process_prints_is_kept_for_it_and_for_all():
    reading, writing = os.pipe()
    shared = Transcript()
    shared.add(b"an earlier driver\n")
    with os.fdopen(reading, "rb") as pipe:
        output = Output(pipe, shared)
        os.write(writing, b"hello\n")
        os.close(writing)
        output._thread.join(10)
    assert (output.tail(), output.total_bytes) == ("hello\n", 6)
    assert shared.tail() == "an earlier driver\nhello\n"


@pytest.fixture
def logs(tmp_path):
    folder = tmp_path / "session_latest" / "logs"
    folder.mkdir(parents=True)
    return folder


def test_workers_lines_are_read_from_the_mark_on_and_rays_own_are_left_out(tmp_path, logs):
    printed = Printed(tmp_path)
    (logs / "worker-a-01-7.out").write_text("old\n")
    (logs / "python-core-worker-a.log").write_text("Ray's\n")
    mark = printed.mark()
    with (logs / "worker-a-01-7.out").open("a") as file:
        file.write(":job_id:01000000\n:task_name:score\nnew\n:actor_name:Box\n")
    (logs / "worker-b-01-8.err").write_text(
        "[2026-01-01 10:00:00,123 E 8 9] core_worker.cc:1: Ray says\n"
        "2026-01-01 10:00:00,123\tINFO worker.py:1 -- Ray says\n"
        "Traceback: mine\n"
    )
    printed.driver.add(b"driver\n")
    assert printed.since(mark) == "driver\nnew\nTraceback: mine"
    assert printed.since(printed.mark()) == ""


def test_news_come_line_by_line_with_the_process_that_printed_them(tmp_path, logs):
    printed = Printed(tmp_path)
    (logs / "worker-ab-01-77.out").write_text("old\n")
    printed.driver.add(b"old\n")
    mark = printed.mark()
    with (logs / "worker-ab-01-77.out").open("a") as file:
        file.write(":task_name:score\none\ntw")
    printed.driver.add(b"first\nsec")
    pieces, mark = printed.news(mark, to_the_end=False)
    assert pieces == [(DRIVER, "first\n"), (77, "one\n")]
    assert printed.news(mark, to_the_end=False) == ([], mark)
    printed.driver.add("ond \u00e9\n".encode())
    with (logs / "worker-ab-01-77.out").open("a") as file:
        file.write("o")
    pieces, mark = printed.news(mark, to_the_end=True)
    assert pieces == [(DRIVER, "second \u00e9\n"), (77, "two\n")]
    assert printed.news(mark, to_the_end=True) == ([], mark)


def test_news_of_a_flood_start_where_the_kept_end_does(tmp_path, logs):
    printed = Printed(tmp_path)
    for n in range(200):
        printed.driver.add(b"%04d\n" % n * 200)
    pieces, mark = printed.news({}, to_the_end=False)
    assert pieces[0][1].endswith("0199\n")
    assert mark[""] == printed.driver.total_bytes
    printed.driver.add(b"then\n")
    assert printed.news(mark, to_the_end=False)[0] == [(DRIVER, "then\n")]


def test_a_line_that_never_ends_is_news_all_the_same(tmp_path, logs):
    printed = Printed(tmp_path)
    (logs / "worker-a-01-5.out").write_text("x" * (3 * WORKERS_READ_BYTES))
    pieces, mark = printed.news({}, to_the_end=False)
    assert len(pieces[0][1]) == WORKERS_READ_BYTES + 1  # and the end of the line
    assert mark["worker-a-01-5.out"] == WORKERS_READ_BYTES


def test_links_pipes_and_floods_in_the_logs_cost_little(tmp_path, logs):
    printed = Printed(tmp_path)
    (tmp_path / "secret").write_text("secret\n")
    (logs / "worker-a.out").symlink_to(tmp_path / "secret")
    os.mkfifo(logs / "worker-b.out")
    (logs / "worker-c.out").write_text("x" * (10 * WORKERS_READ_BYTES))
    assert set(printed.since({})) == {"x"}
    assert len(printed.since({})) == WORKERS_READ_BYTES


PROGRAM = """
import sys
import ray

@ray.remote
def work(i):
    print("task", i)
    print("error", i, file=sys.stderr)
    return i

@ray.remote
class Box:
    def put(self, i):
        print("actor", i)
        return i

def run(i):
    print("driver", i)
    return ray.get(work.remote(i)) + ray.get(Box.remote().put.remote(i))
"""


def test_driver_tasks_and_actors_of_a_real_side_are_heard(shared_side, tmp_path):
    side = lend(shared_side, PROGRAM, tmp_path)
    side.call("solution", "run", (1,), {}, 20.0)
    mark = side.rig.printed_mark()
    assert side.call("solution", "run", (2,), {}, 20.0) == 4
    said = [
        line for line in side.rig.printed(mark).splitlines() if re.match("(driver|task|error|actor) ", line)
    ]
    assert sorted(said) == ["actor 2", "driver 2", "error 2", "task 2"]
    side.replace()
    assert side.rig.printed(mark) == ""
