"""What a trial looks like on the screen and as JSON, from values as a trial gives them."""

import io
import json

import numpy as np
import pytest
from rich.console import Console

from grader.catalogue.submission import Submission
from grader.explain.service_calls import Mishap
from grader.judge.tryout import Tryout
from grader.report.tryout import MAX_LINES, MAX_MISHAPS, Screen, document, mishap_lines
from grader.report.values import as_json, call_text, value_text
from grader.world.ledger import Entry
from grader.world.troubles import Trial, Trouble
from tests.support.examples import a_challenge, a_span, a_trace

TROUBLE = Trouble(name="stuck", title="One call never returns", parameters={}, hints={})
TRIAL = Trial.call("run", [1, 2, 3]).noting("fetch(2) is never answered")
ENTRIES = tuple(
    Entry(number=k, op="fetch", args=(k,), pid=40 + k % 2, start_s=100.0 + k / 10, end_s=101.0, outcome=end)
    for k, end in enumerate(["ok", "ok", "killed"])
)


def a_submission(tmp_path, kind="solution"):
    return Submission(path=tmp_path / "solution.py", kind=kind, source=b"", sha256="0" * 64, problem="")


def a_tryout(**changes):
    usual = {
        "trouble": TROUBLE,
        "seed": 7,
        "trial": TRIAL,
        "ending": "returned",
        "value": {"done": 3},
        "seconds": 1.25,
        "began_s": 100.0,
        "entries": ENTRIES,
        "driver_pid": 40,
        "trace": a_trace([a_span(0.1, 0.9, pid=41), a_span(0.1, 0.9, pid=42)]),
    }
    return Tryout(**(usual | changes))


@pytest.fixture
def shown(tmp_path):
    """Shows a trial; returns the screen's text."""

    def show(seen, *, printed=(), kind="solution"):
        console = Console(file=io.StringIO(), width=100, highlight=False)
        screen = Screen(console, a_challenge(), a_submission(tmp_path, kind))
        screen.begins(seen.trouble)
        if seen.began_s:
            screen.calls(seen.trial, seen.seed)
        for pid, text in printed:
            screen.printed(pid, text)
        screen.end(seen)
        return console.file.getvalue()

    return show


def test_a_trial_that_returned_shows_all_in_order(shown):
    text = shown(a_tryout(), printed=[(0, "hello\n"), (41, "one\ntwo\n")])
    wanted = [
        "slow_gets · stuck: One call never returns",
        "Nothing is judged or recorded",
        "run([1, 2, 3])",
        "fetch(2) is never answered · seed 7",
        "  driver      | hello",
        "  pid 41      | one",
        "  pid 41      | two",
        "It returned {'done': 3} after 1.25 s",
        "What the outside world saw",
        "1 killed",
        "at 1.00 s, driver: fetch(2) killed its caller",
        "What Ray did: 2 tasks and calls on 2 workers",
        "pid 42 ",
        "Next: python grade.py run slow_gets",
    ]
    places = [text.index(words) for words in wanted]
    assert places == sorted(places)


def test_a_hang_is_told_with_its_cause_and_how_to_see_it_again(shown):
    text = shown(
        a_tryout(ending="hung", message="it did not return within 10 s. Two actors wait.", value=None)
    )
    assert "Hung after 1.25 s\n  It did not return within 10 s. Two actors wait." in text
    assert "--trouble stuck --seed 7" in text.splitlines()[-1]
    assert "It returned" not in text


def test_a_solution_that_could_not_be_loaded_shows_why_and_nothing_else(shown):
    text = shown(
        a_tryout(ending="not loadable", message="solution.py is empty", began_s=0.0, entries=(), trace=None)
    )
    assert "Not loaded\n  solution.py is empty" in text
    assert "outside world" not in text
    assert "What Ray did" not in text


def test_what_is_not_known_of_ray_is_said_and_what_was_left_is_listed(shown):
    text = shown(a_tryout(trace=None, left=("1 Box actor(s) still alive",)))
    assert "What Ray did is not known" in text
    assert "5 s later: 1 Box actor(s) still alive" in text


def test_the_stub_is_named_as_such(shown):
    assert "this tries the stub" in shown(a_tryout(), kind="stub")


def test_nothing_that_was_printed_moves_the_cursor_or_floods_the_screen(shown):
    flood = "".join(f"line {n}\n" for n in range(MAX_LINES + 500))
    text = shown(a_tryout(), printed=[(0, "\x1b[2Jclear\n"), (0, "x" * 5000 + "\n"), (41, flood)])
    assert "\x1b" not in text
    assert "| clear" in text
    assert max(map(len, text.splitlines())) < 400
    assert text.count("| line") == MAX_LINES - 2
    assert text.count("more than is shown") == 1


def test_of_many_mishaps_the_first_are_told():
    found = [Mishap(at_s=n / 10, pid=9, what=f"fetch({n}) was refused") for n in range(MAX_MISHAPS + 5)]
    lines = mishap_lines(found, driver_pid=9)
    assert lines[0] == "at 0.00 s, driver: fetch(0) was refused"
    assert lines[-1] == "and 5 more"
    assert len(lines) == MAX_MISHAPS + 1


def test_the_document_is_json_and_holds_what_was_shown(tmp_path):
    seen = a_tryout(value={"a": np.arange(3), "nan": float("nan"), "raw": b"123", 5: (1, 2)})
    told = document(a_challenge(), a_submission(tmp_path), seen, [(0, "hello"), (41, "one")])
    again = json.loads(json.dumps(told, allow_nan=False))
    assert again["value"] == {"a": [0, 1, 2], "nan": "nan", "raw": "3 bytes", "5": [1, 2]}
    assert again["printed"] == [{"pid": 40, "line": "hello"}, {"pid": 41, "line": "one"}]
    assert again["world"][0]["endings"] == {"ok": 2, "killed": 1}
    assert again["mishaps"] == [{"at_s": 1.0, "pid": 40, "what": "fetch(2) killed its caller"}]
    assert again["call"]["args"] == [[1, 2, 3]]
    assert again["trace"]["n_spans"] == 2


def test_a_short_call_is_one_line_and_a_long_one_is_cut():
    assert call_text("run", ([1, 2],), {"n": 3}, 80) == "run([1, 2], n=3)"
    long = call_text("run", (list(range(5000)),), {"orders": [{"id": k} for k in range(500)]}, 80)
    lines = long.splitlines()
    assert lines[0] == "run("
    assert lines[-1] == ")"
    assert len(lines) < 30
    assert all(len(line) <= 90 for line in lines)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (np.zeros((300, 4)), "<float64 array of shape (300, 4)>"),
        (np.array([1.5, 2.5]), "array([1.5, 2.5])"),
        ({"b": 1, "a": 2}, "{'b': 1, 'a': 2}"),
        ("\x1b[31mred", r"'\x1b[31mred'"),
    ],
)
def test_values_are_laid_out_for_people(value, words):
    assert value_text(value, 80) == words


def test_a_large_array_is_told_in_json_by_its_shape():
    assert as_json([np.zeros(1_000_000)]) == ["float64 array of shape (1000000,)"]
