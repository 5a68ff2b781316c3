"""A sitting's clock and journal: nothing moves the deadline, and no crash loses an entry."""

import dataclasses
import json
import os

import pytest

from grader.errors import GradingError, UsageError
from grader.mock import sitting as sittings_module
from grader.mock.card import make_card
from grader.mock.card_view import card_html, card_lines
from grader.mock.clock import Instant, now, time_in_words
from grader.mock.in_progress import note_hint_in_mock, refuse_during_mock
from grader.mock.journal import Journal
from grader.mock.plan import Plan
from grader.mock.provenance import hash_of
from grader.mock.sitting import all_sittings, current_sitting, start_sitting
from tests.engine.mock.test_mock_draw import a_question
from tests.support.examples import a_challenge, a_document, some_stages

PLAN = Plan(shape="screen", minutes=45, level=0, seed=7, challenges=("slow_gets",), questions=("q1", "q2"))
FACTS = {"ray": "2.60.0", "python": "3.11.7", "suites": {"slow_gets": "ab" * 32}, "questions": "cd" * 32}
START = Instant(wall_s=1000.0, boot_s=50.0, boot="a")
QUESTIONS = [a_question(1), dataclasses.replace(a_question(2, "short", "actors"), choices=(), answer=-1)]


@pytest.fixture
def challenge(tmp_path, monkeypatch):
    folder = tmp_path / "challenges" / "slow_gets"
    folder.mkdir(parents=True)
    (folder / "stub.py").write_text("stub = 1\n")
    (folder / "README.md").write_text("# Brief\n")
    found = a_challenge(folder=folder, reference=folder, wrong=folder)
    monkeypatch.setattr(sittings_module, "find_challenge", lambda _name: found)
    return found


@pytest.fixture
def folders(tmp_path):
    return tmp_path / "journals", tmp_path / "desk"


@pytest.fixture
def sitting(challenge, folders):
    return start_sitting("20260101T000000", PLAN, FACTS, *folders)


def at(monkeypatch, seconds, **changes):
    """Let so many seconds have gone by since the beginning."""

    def later(start):
        return dataclasses.replace(
            start, wall_s=start.wall_s + seconds, boot_s=start.boot_s + seconds, **changes
        )

    monkeypatch.setattr("grader.mock.journal.now", lambda: later(at.start))


def started(monkeypatch, sitting, seconds=0.0, **changes):
    at.start = sitting.journal.start
    at(monkeypatch, seconds, **changes)


# -- the clock -----------------------------------------------------------------------------------


def test_the_wall_clock_cannot_move_the_deadline_before_a_reboot():
    later = Instant(wall_s=1000.0 - 7200, boot_s=110.0, boot="a")
    assert later.since(START) == 60.0
    assert later.clock_change_s(START) == -7260.0


def test_after_a_reboot_the_wall_clock_counts():
    later = Instant(wall_s=1600.0, boot_s=3.0, boot="b")
    assert later.since(START) == 600.0
    assert later.clock_change_s(START) == 0.0


def test_a_second_of_drift_is_no_change():
    assert Instant(wall_s=1061.0, boot_s=110.0, boot="a").clock_change_s(START) == 0.0


def test_this_machine_has_both_clocks():
    first, second = now(), now()
    assert 0 <= second.since(first) < 5
    assert first.boot == second.boot


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59.6, "1 min"), (61, "1 min 01 s"), (3900, "1 h 05 min"), (-30, "30 s")],
)
def test_times_are_said_as_people_say_them(seconds, words):
    assert time_in_words(seconds) == words


# -- the journal ---------------------------------------------------------------------------------


def test_a_journal_says_the_same_after_it_is_read_again(sitting):
    sitting.journal.append("answered", question="q1", choice=1, text="", spent_s=12.0)
    again = Journal(sitting.journal.path)
    assert again.plan == PLAN
    assert again.facts == FACTS
    assert [e.event for e in again.entries] == ["saved", "answered"]
    assert again.is_open


@pytest.mark.parametrize("cut", [2, 5, 20])
def test_a_line_that_a_crash_cut_off_costs_only_itself(sitting, cut):
    journal = sitting.journal
    journal.append("answered", question="q1", choice=1, text="", spent_s=1.0)
    journal.append("answered", question="q2", choice=-1, text="words", spent_s=1.0)
    os.truncate(journal.path, journal.path.stat().st_size - cut)
    again = Journal(journal.path)
    assert [e.facts["question"] for e in again.entries_of("answered")] == ["q1"]
    again.append("submitted")
    assert [e.event for e in Journal(journal.path).entries] == ["saved", "answered", "submitted"]


def test_something_else_is_no_journal(tmp_path):
    path = tmp_path / "journal.jsonl"
    path.write_text(json.dumps({"do": "saved"}) + "\n")
    with pytest.raises(GradingError, match="not the journal of a mock"):
        Journal(path)


# -- the sitting ---------------------------------------------------------------------------------


def test_fresh_stubs_are_laid_out_in_a_folder_of_their_own(sitting, challenge):
    assert sitting.solution_path("slow_gets").read_text() == "stub = 1\n"
    assert (sitting.folder / "slow_gets" / "README.md").exists()
    assert not challenge.solution_path.exists()


def test_what_changes_is_kept_and_what_comes_late_is_kept_apart(sitting, monkeypatch):
    path = sitting.solution_path("slow_gets")
    for seconds, source in ((600, "first = 1\n"), (2600, "second = 2\n"), (2800, "late = 3\n")):
        path.write_text(source)
        began = sitting.journal.start.wall_s
        os.utime(path, (began + seconds, began + seconds))
        started(monkeypatch, sitting, seconds + 10)
        sitting.save_changes()
        sitting.save_changes()
    assert len(sitting.versions("slow_gets")) == 4
    assert sitting.version_on_time("slow_gets").source == "second = 2\n"
    assert sitting.late_version("slow_gets").source == "late = 3\n"


def test_a_stub_that_was_not_touched_is_no_work_on_time(sitting):
    assert sitting.version_on_time("slow_gets") is None
    sitting.solution_path("slow_gets").write_text("mine = 1\n")
    sitting.save_changes()
    assert sitting.version_on_time("slow_gets") is not None


def test_a_file_changed_in_time_but_seen_late_is_on_time(sitting, monkeypatch):
    path = sitting.solution_path("slow_gets")
    path.write_text("mine = 1\n")
    began = sitting.journal.start.wall_s
    os.utime(path, (began + 2600, began + 2600))
    started(monkeypatch, sitting, 9000)
    sitting.save_changes()
    assert sitting.version_on_time("slow_gets").source == "mine = 1\n"
    assert sitting.late_version("slow_gets") is None


def test_each_warning_is_given_once_in_its_time(sitting, monkeypatch):
    seen = []
    for minutes in (1, 23, 24, 41, 42, 46, 47):
        started(monkeypatch, sitting, 60 * minutes)
        seen.append([words.split()[0] for words in sitting.warnings()])
    assert seen == [[], ["Half"], [], ["Five"], [], ["Time"], []]


def test_a_changed_system_clock_is_noticed(sitting, monkeypatch):
    start = sitting.journal.start
    later = dataclasses.replace(start, boot_s=start.boot_s + 60, wall_s=start.wall_s - 3600)
    monkeypatch.setattr("grader.mock.journal.now", lambda: later)
    assert any("clock was moved" in words for words in sitting.warnings())
    assert sitting.journal.elapsed_s() == pytest.approx(60)


def test_the_open_sitting_is_found_until_it_ends(sitting, folders):
    assert current_sitting(*folders).name == sitting.name
    sitting.journal.append("submitted")
    with pytest.raises(UsageError, match="mock start"):
        current_sitting(*folders)
    assert [each.is_submitted for each in all_sittings(*folders)] == [True]


def test_a_mock_in_progress_forbids_its_challenges_and_no_other(sitting, folders, monkeypatch):
    with pytest.raises(UsageError, match="part of the mock"):
        refuse_during_mock("slow_gets", folders[0])
    refuse_during_mock("hanging_tasks", folders[0])
    started(monkeypatch, sitting, 2701)  # time is up
    refuse_during_mock("slow_gets", folders[0])
    started(monkeypatch, sitting, 60)
    sitting.journal.append("submitted")
    refuse_during_mock("slow_gets", folders[0])


def test_hints_are_noted_in_a_mock_that_has_the_challenge_until_it_ends(sitting, folders):
    note_hint_in_mock("hanging_tasks", folders[0])
    note_hint_in_mock("slow_gets", folders[0])
    sitting.journal.append("submitted")  # to the file, which the hint was appended to meanwhile
    note_hint_in_mock("slow_gets", folders[0])
    events = [entry.event for entry in Journal(sitting.journal.path).entries]
    assert events == ["saved", "hinted", "submitted"]


def test_hashes_tell_files_apart(tmp_path):
    a, b = tmp_path / "a", tmp_path / "b"
    a.write_text("x")
    b.write_text("y")
    assert hash_of([a, b]) == hash_of([b, a]) != hash_of([a])


# -- the card ------------------------------------------------------------------------------------


def submitted(sitting, monkeypatch, *, late_answer=False):
    journal = sitting.journal
    started(monkeypatch, sitting, 300)
    journal.append("answered", question="q1", choice=1, text="", spent_s=30.0)
    sitting.solution_path("slow_gets").write_text("mine = 1\n")
    sitting.save_changes()
    journal.append("tried", challenge="slow_gets", counts={"all": "3 of 5"}, score=60)
    started(monkeypatch, sitting, 2800 if late_answer else 2000)
    journal.append("answered", question="q2", choice=-1, text="words", spent_s=90.0)
    journal.append("submitted")
    check = a_document()["checks"][0]
    checks = [check | {"points": 60, "earned": 60, "outcome": "pass"},
              check | {"points": 40, "earned": 0, "category": "performance", "outcome": "fail"}]  # fmt: skip
    record = a_document(score=60, checks=checks)
    journal.append("graded", challenge="slow_gets", late=False, record=record)
    journal.append("scored", question="q2", ticks=[True, True, False, False])
    return sitting


def the_card(sitting, challenge, **changes):
    usual = {"challenges": [challenge], "questions": QUESTIONS, "before": [50.0], "passed": []}
    return make_card(sitting, **(usual | changes))


def test_a_card_adds_up_parts_by_their_minutes(sitting, challenge, monkeypatch):
    card = the_card(submitted(sitting, monkeypatch), challenge)
    coding, choice, short = card.parts
    assert (coding.share, coding.tries, coding.answered) == (0.6, 1, True)
    assert (choice.share, choice.self_scored, choice.spent_s) == (1.0, False, 30.0)
    assert (short.share, short.self_scored) == (0.5, True)
    assert card.overall == round(100 * (30 * 0.6 + 1 * 1.0 + 1 * 0.5) / 32, 1)
    assert card.skills == {"correctness": (60, 60), "performance": (0, 40), "knowledge": (1.5, 2)}
    assert card.before == (50.0,)
    assert card.practise[0][0] == "slow_gets"
    assert not card.late


def test_what_came_late_earns_nothing_and_is_shown_apart(sitting, challenge, monkeypatch):
    card = the_card(submitted(sitting, monkeypatch, late_answer=True), challenge)
    short = card.parts[2]
    assert (short.share, short.late_share) == (0.0, 0.5)
    assert card.late
    assert any("late" in line.plain for line in card_lines(card))


def test_a_card_is_shown_on_the_terminal_as_a_page_and_as_json(sitting, challenge, monkeypatch):
    card = the_card(submitted(sitting, monkeypatch), challenge)
    text = "\n".join(line.plain for line in card_lines(card))
    for words in ("Overall", "performance", "self-scored", "1 try, 0 hints", "reference/slow_gets/NOTES.md"):
        assert words in text
    html = card_html(card)
    assert "<script" not in html
    assert "src=" not in html
    document = json.loads(json.dumps(card.to_json()))
    assert document["plan"]["seed"] == 7
    assert document["facts"]["suites"] == FACTS["suites"]


@pytest.fixture
def staged(challenge, folders, monkeypatch):
    """A mock that asks for the first of three stages, submitted with the second one standing as well."""
    challenge = dataclasses.replace(challenge, stages=some_stages(3))
    monkeypatch.setattr(sittings_module, "find_challenge", lambda _name: challenge)
    found = start_sitting("20260101T000000", dataclasses.replace(PLAN, stages=(1,)), FACTS, *folders)
    submitted(found, monkeypatch)
    check = a_document()["checks"][0]
    checks = [
        check | {"stage": 1, "points": 30, "earned": 30, "outcome": "pass"},
        check | {"stage": 1, "points": 10, "earned": 0, "outcome": "fail"},
        check | {"stage": 1, "points": 10, "earned": 0, "outcome": "inconclusive"},
        check | {"stage": 2, "points": 20, "earned": 20, "outcome": "pass", "category": "memory"},
        check | {"stage": 3, "points": 30, "earned": 5, "outcome": "partial", "category": "performance"},
    ]
    record = a_document(score=55, checks=checks, stood=(False, True, None))
    found.journal.append("graded", challenge="slow_gets", late=False, record=record)
    return found, challenge


def test_a_card_scores_the_stages_that_were_asked_for_and_shows_what_was_reached_beyond(staged):
    card = the_card(*staged)
    coding = card.parts[0]
    assert (coding.minutes, coding.share, coding.label) == (20, 0.75, "slow_gets, stage 1")
    assert (coding.beyond, coding.beyond_points) == ((2,), 25.0)
    assert card.skills == {"correctness": (30, 40), "knowledge": (1.5, 2)}
    shown = "\n".join(line.plain for line in card_lines(card))
    for words in ("slow_gets, stage 1", "beyond that: stage 2 and 25 points"):
        assert words in shown
        assert words in card_html(card)


def test_a_record_from_before_there_were_stages_is_scored_as_a_whole(staged):
    sitting, challenge = staged
    journal = sitting.journal
    journal.plan = dataclasses.replace(PLAN, stages=())
    coding = the_card(sitting, challenge).parts[0]
    assert (coding.asked, coding.beyond, coding.share) == ("", (), 0.55)
