"""The verbs that need no Ray, as a user runs them."""

import csv
import io
import json
import re

import pytest

from tests.conftest import grade_py
from tests.support.examples import a_document, a_trace


@pytest.fixture
def keep(toy_root):
    """Puts a record of the toy where a grading would."""

    def put(name, **changes):
        folder = toy_root / ".grade" / "records" / "toy"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.json").write_text(json.dumps(a_document(challenge="toy", **changes)))

    return put


def test_show_renders_the_brief_and_says_what_next(toy_root):
    shown = grade_py(toy_root, "show", "toy")
    assert shown.status == 0
    assert "total" in shown.out
    assert shown.out.splitlines()[-1] == "Next: python grade.py start toy"


def test_show_names_the_stages_and_shows_the_part_of_one(toy_root, keep):
    keep("a", stood=(True, False))
    shown = grade_py(toy_root, "show", "toy").out
    assert "● 1. The waits overlap · 10 min" in shown
    assert "○ 2. A worker may die, and speed · 5 min   next" in shown
    part = grade_py(toy_root, "show", "toy", "--stage", "2").out
    assert part.startswith("Stage 2 of 2 · A worker may die, and speed · 5 min")
    assert "Situation" not in part
    assert "stages 1 to 2" in grade_py(toy_root, "show", "toy", "--stage", "3").err


def test_hints_come_one_at_a_time_and_are_counted(toy_root):
    seen = [grade_py(toy_root, "hint", "toy").out.splitlines() for _ in range(4)]
    assert [lines[0] for lines in seen] == ["Stage 1: The waits overlap"] * 4
    assert [lines[1][:11] for lines in seen] == ["Hint 1 of 3", "Hint 2 of 3", "Hint 3 of 3", "Hint 3 of 3"]
    assert seen[2][-1].startswith("That was the last hint for stage 1.")
    again = grade_py(toy_root, "hint", "toy", "--again").out
    assert again.count("Hint") == 3
    (listed,) = grade_py(toy_root, "list", "--json").document
    assert listed["hints_read"] == 3


def test_hints_are_those_of_the_stage_at_hand(toy_root, keep):
    grade_py(toy_root, "hint", "toy")
    keep("a", stood=(True, False))
    assert grade_py(toy_root, "hint", "toy").out.splitlines()[:2] == [
        "Stage 2: A worker may die, and speed",
        "Hint 1 of 2: Nudge",
    ]
    assert "Hint 2 of 3" in grade_py(toy_root, "hint", "toy", "--stage", "1").out


def test_list_shows_state_and_best_score_and_what_next(toy_root, keep):
    assert "[ ] toy" in grade_py(toy_root, "list").out
    grade_py(toy_root, "start", "toy")
    started = grade_py(toy_root, "list").out
    assert "[.] toy" in started
    assert started.splitlines()[-1] == "Next: python grade.py run toy"
    keep("a", score=55)
    assert "[~] toy" in grade_py(toy_root, "list").out
    keep("b", score=90, outcome="passed")
    done = grade_py(toy_root, "list").out
    assert "[x] toy" in done
    assert "90.0" in done
    assert grade_py(toy_root, "list", "--state", "new", "--json").document == []


def test_next_starts_what_fits_and_names_what_is_unfinished_first(toy_root, keep):
    begun = grade_py(toy_root, "next")
    assert begun.status == 0
    assert begun.out.startswith("The toy\na report that waits for one number")
    assert begun.out.splitlines()[-1] == "Next: python grade.py run toy"
    assert (toy_root / "challenges" / "toy" / "solution.py").exists()
    again = grade_py(toy_root, "next").out
    assert again.startswith("You have started toy: nothing was graded yet.")
    assert again.splitlines()[-1] == "Next: python grade.py watch toy"
    keep("a", score=55)
    assert "your best is 55 of 100" in grade_py(toy_root, "next").out
    assert "You have started every challenge" in grade_py(toy_root, "next", "--skip").out
    keep("b", score=90, outcome="passed")
    assert "You have started every challenge" in grade_py(toy_root, "next").out


def test_list_says_how_much_of_a_track_is_done(toy_root, keep):
    assert grade_py(toy_root, "list").out.splitlines()[0] == "fundamentals  0 of 1"
    keep("b", score=90, outcome="passed")
    assert grade_py(toy_root, "list").out.splitlines()[0] == "fundamentals  1 of 1"


def test_list_shows_stages_as_dots_and_names_the_next_one(toy_root, keep):
    assert "15 min  ○○" in grade_py(toy_root, "list").out
    keep("a", stood=(True, None))
    shown = grade_py(toy_root, "list").out
    assert "15 min  ●○" in shown
    assert "next: stage 2, A worker may die, and speed (5 min)" in shown
    (listed,) = grade_py(toy_root, "list", "--json").document
    assert listed["stages"] == [
        {"number": 1, "title": "The waits overlap", "minutes": 10, "stands": True},
        {"number": 2, "title": "A worker may die, and speed", "minutes": 5, "stands": None},
    ]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["list", "--track", "cooking"], "Choose one of: fundamentals"),
        (["list", "--state", "bored"], "new, started, tried, passed"),
        (["hint", "toy", "--again"], "not read a hint for toy for stage 1"),
        (["hint", "toy", "--stage", "3"], "toy has stages 1 to 2"),
        (["run", "toy", "--stage", "3"], "toy has stages 1 to 2"),
        (["reset", "toy"], "There is no challenges/toy/solution.py"),
        (["compare", "toy"], "--give-up"),
        (["report", "--html", "r.html"], "no attempts yet"),
        (["history", "toi"], "Did you mean toy?"),
        (["watch"], "No challenge has been started"),
        (["quiz", "--topic", "cooking"], "Choose one of: actors"),
        (["quiz", "--after", "cooking"], "--after cooking is unknown"),
        (["mock", "status"], "mock start"),
        (["mock", "start", "--shape", "lunch"], "warm_up, junior, screen, debugging, onsite"),
        (["mock", "card"], "No mock was submitted"),
    ],
)
def test_what_cannot_be_done_is_said_with_status_2(toy_root, args, words):
    ended = grade_py(toy_root, *args)
    assert ended.status == 2
    assert words in ended.err
    assert "Traceback" not in ended.err


def test_history_shows_and_exports_what_was_kept(toy_root, keep):
    assert "no attempts" in grade_py(toy_root, "history").out
    keep("a", score=40, when="2026-01-01T00:00:00Z")
    keep("b", score=80, when="2026-01-02T00:00:00Z")
    shown = grade_py(toy_root, "history", "toy").out
    assert "2026-01-01 00:00:00" in shown
    assert "▄▇" in shown
    keep("z", when="2026-01-03T00:00:00Z", stood=(True, False))
    staged = grade_py(toy_root, "history", "toy").out
    assert "●○" in staged
    assert "next: stage 2, A worker may die, and speed" in staged
    (toy_root / ".grade" / "records" / "toy" / "z.json").unlink()
    rows = list(csv.DictReader(io.StringIO(grade_py(toy_root, "history", "--csv", "-").out)))
    assert [row["score"] for row in rows] == ["40.0", "80.0"]
    (toy_root / ".grade" / "records" / "toy" / "c.json").write_text("{")
    broken = grade_py(toy_root, "history")
    assert broken.status == 0
    assert "c.json" in broken.err


def test_reset_asks_and_keeps_a_backup(toy_root):
    grade_py(toy_root, "start", "toy")
    solution = toy_root / "challenges" / "toy" / "solution.py"
    solution.write_text("mine = 1\n")
    grade_py(toy_root, "reset", "toy")  # nobody answers: it stays
    assert solution.read_text() == "mine = 1\n"
    assert grade_py(toy_root, "reset", "toy", "--yes").status == 0
    assert solution.read_text() == (solution.parent / "stub.py").read_text()
    (backup,) = (toy_root / ".grade" / "backups" / "toy").glob("*.py")
    assert backup.read_text() == "mine = 1\n"


def test_report_and_compare_are_drawn_from_records(toy_root, keep, tmp_path):
    traces = {"learner": a_trace([]).to_json(), "reference": a_trace().to_json()}
    keep("a", score=90, outcome="passed", traces=traces)
    page = tmp_path / "r.html"
    assert grade_py(toy_root, "report", "toy", "--html", page).status == 0
    assert "<svg" in page.read_text()
    trace = tmp_path / "t.json"
    compared = grade_py(toy_root, "compare", "toy", "--trace", trace, COLUMNS="130")
    assert compared.status == 0, compared.err
    for words in ("yours (stub.py)", "2.00 times the reference's time", "driver waits", "Nothing ran in Ray"):
        assert words in compared.out
    assert json.loads(trace.read_text())["traceEvents"]


def test_giving_up_shows_the_reference_and_is_recorded(toy_root):
    shown = grade_py(toy_root, "compare", "toy", "--give-up")
    assert shown.status == 0, shown.err
    assert (toy_root / ".grade" / "given_up" / "toy").exists()
    assert grade_py(toy_root, "compare", "toy").status == 0


def test_the_reference_is_shown_for_a_stage_that_stands_or_is_given_up(toy_root, keep):
    refused = grade_py(toy_root, "compare", "toy", "--stage", "1")
    assert refused.status == 2
    assert "compare toy --stage 1 --give-up" in refused.err
    keep("a", stood=(True, False))
    shown = grade_py(toy_root, "compare", "toy", "--stage", "1").out
    for words in ("What the reference does for stage 1", "def total(", "def share_total("):
        assert words in shown
    assert "You have not passed stage 2" in grade_py(toy_root, "compare", "toy", "--stage", "2").err
    assert grade_py(toy_root, "compare", "toy", "--stage", "2", "--give-up").status == 0
    assert grade_py(toy_root, "compare", "toy", "--stage", "2").status == 0
    assert grade_py(toy_root, "compare", "toy").status == 2  # the rest of it is not given up


def test_the_doctor_looks_at_the_machine(toy_root):
    seen = grade_py(toy_root, "doctor")
    assert seen.status == 0
    for subject in ("Python", "Ray", "CPUs", "memory", "leftovers"):
        assert subject in seen.out


def test_a_mock_goes_on_without_a_process_and_ends_when_it_is_told(toy_root, tmp_path):
    fixed = tmp_path / "set.toml"
    fixed.write_text('minutes = 30\nchallenges = ["toy"]\nseed = 3\n')
    begun = grade_py(toy_root, "mock", "start", "--set", fixed)
    assert begun.status == 0, begun.err
    assert "seed 3" in begun.out
    assert "still in progress" in grade_py(toy_root, "mock", "start", "--set", fixed).err
    assert re.search(r"30 min · .* left", grade_py(toy_root, "mock", "status").out)
    for verb in ("run", "watch", "compare"):
        assert "part of the mock" in grade_py(toy_root, verb, "toy").err
    assert grade_py(toy_root, "hint", "toy").status == 0
    (path,) = (toy_root / "mock").glob("*/toy/solution.py")
    path.write_text("def total(keys):\n    return 0\n")
    assert "changed" in grade_py(toy_root, "mock", "status").out
    assert grade_py(toy_root, "mock", "abandon", "--yes").status == 0
    assert path.exists()
    assert grade_py(toy_root, "mock", "status").status == 2


def test_a_mock_says_how_far_one_is_expected_to_come(toy_root, tmp_path):
    fixed = tmp_path / "set.toml"
    fixed.write_text('minutes = 30\nchallenges = ["toy"]\nstages = { toy = 1 }\n')
    begun = grade_py(toy_root, "mock", "start", "--set", fixed).out
    assert "/toy/   optimise, The toy, stage 1: 10 min\n      1. The waits overlap\n" in begun
    assert "2. A worker may die" not in begun
    assert "toy, stage 1: untouched" in grade_py(toy_root, "mock", "status").out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("minutes = 30\n", "challenges"),
        ('minutes = "long"\nchallenges = ["toy"]\n', "minutes"),
        ('minutes = 30\nchallenges = ["toi"]\n', "named toi"),
        ("minutes = ", "cannot be read"),
    ],
)
def test_a_broken_set_is_refused_with_what_to_write(toy_root, tmp_path, text, words):
    fixed = tmp_path / "set.toml"
    fixed.write_text(text)
    ended = grade_py(toy_root, "mock", "start", "--set", fixed)
    assert ended.status == 2
    assert words in ended.err
    assert not (toy_root / "mock").exists()
