"""The journal outlives its driver: what was told is on disk."""

import json

import pytest

from grader.batch.journal import NAME, Journal, Line
from grader.errors import GradingError, UsageError
from tests.support.batches import a_job, a_journal, graded


def a_line(who="ann", tries=1, **changes):
    return Line.of(graded(a_job(who), **changes), tries=tries)


def test_what_is_written_is_read_back(tmp_path):
    journal = a_journal(tmp_path / "out", seed=11, repeat=3, only=("test_a",))
    lines = [a_line("ann", score=60), a_line("bob", problem="No room.")]
    for line in lines:
        journal.write(line)
    journal.close()
    again = Journal(tmp_path / "out")
    assert (again.order.seed, again.order.repeat, again.order.only) == (11, 3, ("test_a",))
    assert list(again.lines()) == lines


def test_it_holds_the_seed_and_only_its_owner_may_read_it(tmp_path):
    journal = a_journal(tmp_path / "out")
    assert journal.path.stat().st_mode & 0o077 == 0


def test_a_line_that_was_cut_off_is_no_grading_and_the_next_one_is_whole(tmp_path):
    journal = a_journal(tmp_path / "out")
    journal.write(a_line("ann"))
    with journal.path.open("a") as file:
        file.write(json.dumps({"graded": {"who": "bob"}})[:-9])
    journal.write(a_line("eve"))
    assert [line.who for line in journal.lines()] == ["ann", "eve"]


def test_a_folder_that_holds_a_batch_is_not_overwritten(tmp_path):
    a_journal(tmp_path / "out")
    with pytest.raises(UsageError, match="--resume"):
        a_journal(tmp_path / "out")


def test_one_driver_at_a_time_writes_it(tmp_path):
    journal = a_journal(tmp_path / "out")
    with pytest.raises(UsageError, match="another batch"):
        Journal(tmp_path / "out")
    journal.close()
    Journal(tmp_path / "out").close()


def test_a_file_that_is_no_journal_is_refused(tmp_path):
    (tmp_path / NAME).write_text('{"plan": {}}\n')
    with pytest.raises(GradingError, match="not the journal of a batch"):
        Journal(tmp_path)


def test_traces_are_kept_with_the_record_alone(tmp_path):
    done = graded(a_job())
    done.document["benchmark"] = [{"name": "total", "ratio": 1.0, "traces": {"learner": [1] * 1000}}]
    assert Line.of(done, tries=1).document["benchmark"] == [{"name": "total", "ratio": 1.0}]
