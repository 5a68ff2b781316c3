"""What the terminal shows: nothing that a solution says can look like a verdict."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from grader.catalogue.questions import questions_after
from grader.catalogue.stages import Stage
from grader.catalogue.submission import Submission
from grader.judge.behaviour import Behaviour
from grader.judge.events import Collected, Ended, Entered, Started
from grader.judge.race import RaceResult
from grader.judge.record import Record
from grader.judge.speed import Rounds, judge_speed
from grader.judge.stage_result import StageResult
from grader.judge.verdict import Check, Score
from grader.report.terminal import Progress, check_lines, next_step, score_line
from grader.words import as_called, printable
from tests.support.examples import a_challenge, a_span, a_trace

FORGED = "  PASS  everything is fine                                   100/100"


def a_check(outcome="fail", message="", *, title="A title", **changes):
    behaviour = Behaviour(name="test_a", title=title, points=10, category="correctness", required=False)
    earned = 10.0 if outcome == "pass" else 0.0
    return Check(behaviour=behaviour, outcome=outcome, earned=earned, message=message, **changes)


def a_submission(kind="solution"):
    return Submission(path=Path("mine.py"), kind=kind, source=b"", sha256="", problem="")


def a_record(outcome="failed", *, kind="solution", judged=100.0):
    return Record(
        challenge="slow_gets",
        when="2026-01-01T10:11:12Z",
        hints=0,
        pass_mark=80,
        submission=a_submission(kind),
        seed=81723,
        seconds=12.345,
        checks=(),
        races=(),
        score=Score(earned=52.5, judged=judged, outcome=outcome),
        environment={},
    )


def a_race(mine, reference):
    """A race whose recorded rounds are these."""
    rounds = Rounds(learner_s=(2.0,), reference_s=(1.0,), baseline_s=(1.0,))
    traces = {"learner": mine, "reference": reference}
    return RaceResult("score_all", rounds, judge_speed(rounds, 10.0, final=True), traces)


def lines_of(check, width=80):
    return [line.plain for line in check_lines(check, width)]


def printed(width=80, *, show_output=False, **options):
    """A progress and the text it has printed so far."""
    file = io.StringIO()
    console = Console(file=file, width=width, **options)
    return Progress(console, show_output=show_output), file.getvalue


# -- the end --------------------------------------------------------------------------------------

ONE_BY_ONE = a_trace([a_span(n / 10, (n + 1) / 10, submitted_s=n / 10) for n in range(8)])


@pytest.mark.parametrize("width", [60, 120])
def test_what_ray_did_in_the_race_is_said_with_the_score(width):
    record = replace(a_record(), races=(a_race(ONE_BY_ONE, a_trace()),))
    progress, text = printed(width)
    progress.end(a_challenge(), record)
    said = " ".join(text().split())
    assert "The 8 tasks never overlapped" in said
    assert said.index("never overlapped") < said.index("Score")
    assert max(map(len, text().partition("Score")[0].splitlines())) <= width


@pytest.mark.parametrize("races", [(), (a_race(a_trace(), a_trace()),)])
def test_where_nothing_stands_out_nothing_is_said(races):
    progress, text = printed()
    progress.end(a_challenge(), replace(a_record(), races=races))
    assert text().startswith("Score")


def test_on_a_narrow_terminal_the_words_of_a_command_stay_whole():
    progress, text = printed(30, force_terminal=True, color_system=None)
    progress.end(a_challenge(), a_record())
    assert {"slow_gets", "slow_gets)"} <= set(text().split())
    assert max(map(len, text().splitlines())) <= 30


# -- stages --------------------------------------------------------------------------------------

STAGES = tuple(Stage(number=n, title=f"T{n}", minutes=20) for n in (1, 2, 3))


def a_staged_record(outcome, *stood):
    results = [
        StageResult(stage=stage, points=30, earned=30.0, stands=each)
        for stage, each in zip(STAGES, stood, strict=True)
    ]
    return replace(a_record(outcome), stages=tuple(results))


def test_behaviours_stand_below_the_stage_they_belong_to():
    progress, text = printed()
    progress.begin(a_challenge(stages=STAGES), a_submission())
    for event in (Entered(1), Ended(a_check("pass")), Entered(2), Ended(a_check())):
        progress.listen(event)
    lines = text().splitlines()[1:]
    assert [line.split()[0] for line in lines] == ["Stage", "PASS", "Stage", "FAIL"]
    assert lines[2] == "Stage 2 of 3 · T2 · 20 min"


def test_after_the_score_the_next_stage_is_named():
    progress, text = printed()
    progress.begin(a_challenge(stages=STAGES), a_submission())
    progress.end(a_challenge(stages=STAGES), a_staged_record("failed", True, False, None))
    assert "Stages ●○○ · next: stage 2, T2 (20 min)\nNext: fix it" in text()


@pytest.mark.parametrize(
    ("stood", "words"),
    [((True, None, None), "run slow_gets --stage 2 "), ((True, True, None), "run slow_gets  ")],
)
def test_after_a_stage_that_was_asked_for_comes_the_next_one(stood, words):
    assert words in next_step(a_challenge(stages=STAGES), a_staged_record("reached", *stood))


# -- forgery -------------------------------------------------------------------------------------

TRICKS = {
    "newline": f"\n{FORGED}",
    "carriage return": f"\r{FORGED}",
    "cursor up": f"\x1b[1A\x1b[2K{FORGED}",
    "8-bit escape": f"\x9b1A{FORGED}",
    "backspaces": "\x08" * 80 + FORGED,
    "vertical tab": f"\x0b{FORGED}",
    "form feed": f"\x0c{FORGED}",
    "record separator": f"\x1e{FORGED}",
    "next line": f"\x85{FORGED}",
    "line separator": f"\u2028{FORGED}",
    "paragraph separator": f"\u2029{FORGED}",
    "title": "\x1b]0;PASS\x07",
    "hyperlink": "\x1b]8;;file:///etc\x1b\\here\x1b]8;;\x1b\\",
    "alternate screen": "\x1b[?1049h" + FORGED,
    "escape without an end": "\x1b[" + FORGED,
    "split escape": "\x1b\x1b[0m[1A" + FORGED,
    "reversed order": "\u202e" + FORGED[::-1],
    "isolate": "\u2067" + FORGED[::-1] + "\u2069",
    "delete": "\x7f" * 80 + FORGED,
}


def is_control(character):
    code = ord(character)
    bidirectional = 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069
    return (code < 32 and character not in "\n\t") or 127 <= code < 160 or bidirectional


@pytest.mark.parametrize("trick", TRICKS.values(), ids=TRICKS.keys())
@pytest.mark.parametrize("field", ["message", "observed"])
def test_what_a_solution_says_cannot_forge_a_line(field, trick):
    check = a_check(**{"observed": "1", "unit": "rows", field: f"it said {trick}"})
    progress, text = printed()
    progress.listen(Ended(check))
    assert not [c for c in text() if is_control(c)]
    lines = text().splitlines()
    assert lines[0].startswith("  FAIL  A title")
    assert [line for line in lines[1:] if not line.startswith(" " * 10)] == []


@pytest.mark.parametrize("trick", TRICKS.values(), ids=TRICKS.keys())
def test_what_a_solution_printed_cannot_forge_a_line(trick):
    progress, text = printed()
    progress.listen(Ended(a_check("fail", "no", output=f"first\n  PASS  All   10/10\n{trick}")))
    assert not [c for c in text() if is_control(c)]
    quoted = text().splitlines()[3:]
    assert quoted[:2] == [" " * 12 + "| first", " " * 12 + "|   PASS  All   10/10"]
    assert [line for line in quoted if not line.startswith(" " * 12 + "| ")] == []


@pytest.mark.parametrize(
    ("outcome", "show_output", "is_shown"),
    [("fail", False, True), ("crash", False, True), ("pass", False, False), ("pass", True, True)],
)
def test_what_was_printed_is_shown_where_it_helps(outcome, show_output, is_shown):
    progress, text = printed(show_output=show_output)
    progress.listen(Ended(a_check(outcome, output="look here")))
    assert ("look here" in text()) is is_shown


def test_a_flood_is_cut_and_long_lines_are_kept_whole():
    progress, text = printed(width=60)
    progress.listen(Ended(a_check("fail", output="\n".join(["y" * 100, *map(str, range(100))]))))
    lines = text().splitlines()
    assert "".join(line.strip(" |") for line in lines[2:5]) == "y" * 100
    assert len(lines) < 40
    assert "in the record" in lines[-1]


def test_ordinary_text_is_left_as_it_is():
    text = "größe 漢字 🙂\n\tindented [0m\\x1b"
    assert printable(text) == text


@pytest.mark.parametrize(
    "text", ["[bold red]loud[/]", "[/]", "[link=x]y", ":smile:", "[red", "array[0] = [1, 2]", r"\[x"]
)
def test_markup_is_text(text):
    progress, said = printed(force_terminal=True, color_system="truecolor")
    progress.listen(Ended(a_check("fail", text, title=text)))
    assert said().count(text) == 2


@pytest.mark.parametrize("force_terminal", [False, True])
def test_without_colour_nothing_is_lost(force_terminal):
    progress, said = printed(force_terminal=force_terminal, no_color=True, color_system=None)
    progress.listen(Ended(a_check("crash", "it died")))
    assert said().split() == ["DIED", "A", "title", "0/10", "it", "died"]


# -- layout --------------------------------------------------------------------------------------

WORDS = {
    "pass": "PASS",
    "partial": "PART",
    "fail": "FAIL",
    "timeout": "HANG",
    "crash": "DIED",
    "inconclusive": "----",
    "error": "OURS",
}


@pytest.mark.parametrize(("outcome", "word"), WORDS.items())
def test_each_outcome_has_a_word_of_its_own(outcome, word):
    (head,) = lines_of(a_check(outcome))
    assert head.split()[0] == word
    judged = outcome not in ("inconclusive", "error")
    assert head.split()[-1] == (f"{10 if outcome == 'pass' else 0}/10" if judged else "-/10")


@pytest.mark.parametrize("width", [60, 80, 104, 200])
@pytest.mark.parametrize(
    "message",
    [
        "word " * 100,
        "x" * 300,
        " " * 100 + "deep",
        "\t\tif x:\n\t\t\treturn " + "y" * 80,
        "漢字" * 60,
        "Traceback:\n  File solution.py, line 3\n    " + "z" * 200,
    ],
    ids=["words", "one word", "deep indent", "tabs", "wide characters", "trace"],
)
def test_no_line_is_wider_than_the_terminal(width, message):
    check = a_check("fail", message, title="A long title of many words " * 5, observed=3, limit=2)
    for line in lines_of(check, width):
        assert cell_len(line.expandtabs()) <= width, line


def test_a_narrow_terminal_gets_every_word():
    words = [f"word{i}" for i in range(60)]
    check = a_check("fail", " ".join(words), title=" ".join(words[:20]), observed=768, unit="MB")
    shown = " ".join(lines_of(check, 60)).split()
    assert [w for w in shown if w.startswith("word")] == words[:20] + words
    assert {"768", "MB", "0/10"} <= set(shown)


def test_a_message_keeps_its_lines_and_indents():
    lines = lines_of(a_check("fail", "first\n  second\n\nthird"))
    assert [line[10:] for line in lines[1:]] == ["first", "  second", "", "third"]


def test_an_address_stays_whole():
    address = "https://docs.ray.io/en/latest/ray-core/objects.html"
    for width in range(65, 90):
        assert any(
            address in line for line in lines_of(a_check("fail", f"Look at the page {address}"), width)
        )


def test_an_endless_message_is_cut_and_says_so():
    lines = lines_of(a_check("fail", "\n".join(f"line {i}" for i in range(1000))))
    assert len(lines) < 40
    assert "record" in lines[-1]


def test_a_pass_has_a_line_of_its_own_and_its_message_if_there_is_one():
    assert len(lines_of(a_check("pass"))) == 1
    assert lines_of(a_check("pass", "Judged again from the start."))[1:] == [
        " " * 10 + "Judged again from the start."
    ]


@pytest.mark.parametrize(
    ("observed", "limit", "unit", "shown"),
    [
        (768, 24, "MB", "768 MB (limit 24)"),
        (1234567, None, "calls", "1,234,567 calls"),
        (1.2345678, 1.25, "× reference", "1.235 × reference (limit 1.25)"),
        ("many", None, "", "many"),
        (0, 0, "", "0 (limit 0)"),
    ],
)
@pytest.mark.parametrize("width", [60, 120])
def test_what_was_measured_is_shown_with_its_limit(width, observed, limit, unit, shown):
    lines = lines_of(a_check("pass", observed=observed, limit=limit, unit=unit), width)
    assert shown in " ".join(lines)
    assert len(lines) == (1 if width > 100 else 2)


# -- beginning and end ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "said"),
    [("stub", "python grade.py start slow_gets"), ("file", "Grading mine.py"), ("solution", "")],
)
def test_the_beginning_says_what_is_graded(kind, said):
    progress, text = printed(60)
    progress.begin(a_challenge(), a_submission(kind))
    assert text().startswith("slow_gets · optimise · level 2\n")
    assert said in " ".join(text().split())
    assert max(len(line) for line in text().splitlines()) <= 60


def test_a_pipe_gets_no_status_line():
    progress, text = printed()
    progress.begin(a_challenge(), a_submission())
    progress.listen(Collected((a_check().behaviour,)))
    progress.listen(Started(a_check().behaviour))
    assert text() == "slow_gets · optimise · level 2\n"


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("passed", "passed"),
        ("failed", "not passed"),
        ("inconclusive", "inconclusive"),
        ("error", "the grader failed in part"),
    ],
)
def test_the_score_line_says_all_of_it(outcome, words):
    line = score_line(a_record(outcome, judged=70.0)).plain
    for part in ("52.5 of 70 judged points", "30 not judged", f" · {words} · ", "81723", "12.3 s"):
        assert part in line
    assert "not judged" not in score_line(a_record(outcome)).plain


def test_after_a_pass_come_the_questions_that_go_with_it():
    passed, failed = a_record("passed", kind="solution"), a_record("failed", kind="solution")
    assert next_step(a_challenge(), passed, 3).startswith("Next: 3 questions on what you just did:")
    assert next_step(a_challenge(), passed, 3).endswith("python grade.py quiz --after slow_gets")
    assert "compare slow_gets" in next_step(a_challenge(), passed)
    assert "questions" not in next_step(a_challenge(), failed, 3)


@pytest.mark.parametrize("kind", ["stub", "solution", "file"])
@pytest.mark.parametrize("outcome", ["passed", "failed", "inconclusive", "error"])
def test_the_last_line_is_the_next_command(kind, outcome):
    progress, text = printed(200)
    progress.end(a_challenge(), a_record(outcome, kind=kind))
    last = text().splitlines()[-1]
    n_questions = len(questions_after("slow_gets"))
    assert last == next_step(a_challenge(), a_record(outcome, kind=kind), n_questions)
    assert last.startswith("Next: ")
    assert "python grade.py " in last
    assert ("start slow_gets" in last) == (kind == "stub")


def test_commands_are_shown_in_the_form_in_which_they_are_called(monkeypatch):
    text = "Next: python grade.py start toy   (stuck?  python grade.py hint toy)"
    assert as_called(text) == text
    monkeypatch.setenv("UV_RUN_RECURSION_DEPTH", "1")
    assert as_called(text) == "Next: uv run grade.py start toy   (stuck?  uv run grade.py hint toy)"
