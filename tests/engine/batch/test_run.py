"""Each grading counts once, whatever happens on the way."""

import pytest

from grader.batch.journal import Journal
from grader.batch.run import MAX_LOST, jobs_of
from tests.support.batches import PretendedPool, a_job, a_journal, graded, handed_in, outcome, run_of


@pytest.fixture
def journal(tmp_path):
    return a_journal(tmp_path / "out")


def test_every_file_is_graded_as_often_as_asked_with_other_inputs_each_time(tmp_path):
    journal = a_journal(tmp_path / "out", seed=5, repeat=2)
    jobs = jobs_of([handed_in("ann"), handed_in("bob")], journal)
    assert [(job.file.who, job.repeat, job.seed) for job in jobs] == [
        ("ann", 1, 5),
        ("bob", 1, 5),
        ("ann", 2, 6),
        ("bob", 2, 6),
    ]


def test_a_line_is_on_disk_before_it_is_told(journal):
    on_disk = []

    class Told(list):
        def append(self, line):
            on_disk.append(line in list(journal.lines()))

    jobs = [a_job(who) for who in ("ann", "bob", "eve")]
    run_of(jobs, journal, told=Told()).over(PretendedPool(lambda job, _: graded(job, score=60)))
    assert on_disk == [True] * 3


def test_what_is_lost_is_done_again_and_counted_once(journal):
    def script(job, before):
        return graded(job, problem="lost") if job.file.who == "ann" and not before else graded(job)

    pool = PretendedPool(script)
    run_of([a_job("ann"), a_job("bob")], journal).over(pool)
    assert outcome(journal) == {"ann": (100, 2), "bob": (100, 1)}
    assert len(list(journal.lines())) == 2


def test_what_is_lost_every_time_is_one_row_and_the_others_are_graded(journal):
    pool = PretendedPool(lambda job, _: graded(job, problem="lost" if job.file.who == "eve" else ""))
    run = run_of([a_job("eve"), a_job("ann")], journal)
    run.over(pool)
    assert outcome(journal) == {"ann": (100, 1), "eve": (None, MAX_LOST)}
    assert run.n_left == 0
    assert [job.is_alone for job in pool.submitted if job.file.who == "eve"] == [False, False, True]


def test_what_was_left_open_is_judged_again_alone_after_the_others(journal):
    def script(job, before):
        is_open = job.file.who == "ann" and not before
        return graded(job, score=50, outcome="inconclusive") if is_open else graded(job)

    pool = PretendedPool(script)
    run_of([a_job(who) for who in ("ann", "bob", "eve")], journal).over(pool)
    assert [job.file.who for job in pool.submitted] == ["ann", "bob", "eve", "ann"]
    assert pool.beside == [0]
    assert outcome(journal)["ann"] == (100, 1)
    assert len(list(journal.lines())) == 4


def test_of_two_judgements_the_one_that_judged_more_counts(journal):
    def script(job, before):
        return graded(job, problem="lost") if before else graded(job, score=50, outcome="inconclusive")

    run_of([a_job("ann")], journal).over(PretendedPool(script))
    assert outcome(journal)["ann"][0] == 50


def test_a_driver_that_was_killed_goes_on_with_what_is_left(tmp_path, journal):
    jobs = [a_job(who) for who in ("ann", "bob", "eve", "dan")]

    class KilledError(Exception):
        pass

    def dies(job, _):
        if job.file.who == "eve":
            raise KilledError
        is_open = job.file.who == "bob"
        return graded(job, score=10, outcome="inconclusive" if is_open else None)

    with pytest.raises(KilledError):
        run_of(jobs, journal).over(PretendedPool(dies))
    journal.close()

    again = Journal(tmp_path / "out")
    pool = PretendedPool(lambda job, _: graded(job))
    run = run_of(jobs, again)
    assert run.n_left == 3  # ann is done; bob was left open
    run.over(pool)
    assert [(job.file.who, job.is_alone) for job in pool.submitted] == [
        ("eve", False),
        ("dan", False),
        ("bob", True),
    ]
    assert {who: score for who, (score, _) in outcome(again).items()} == {
        "ann": 10, "bob": 100, "eve": 100, "dan": 100,
    }  # fmt: skip


def test_a_file_that_was_changed_since_is_graded_again(tmp_path, journal):
    run_of([a_job("ann", note="old")], journal).over(PretendedPool(lambda job, _: graded(job)))
    run_of([a_job("ann", note="new")], journal).over(PretendedPool(lambda job, _: graded(job, score=20)))
    assert outcome(journal) == {"ann": (20, 1)}


def test_what_could_not_be_graded_is_tried_again_by_the_next_driver(journal):
    run_of([a_job("ann")], journal).over(PretendedPool(lambda job, _: graded(job, problem="No room.")))
    run_of([a_job("ann")], journal).over(PretendedPool(lambda job, _: graded(job, score=70)))
    assert outcome(journal) == {"ann": (70, 1)}
