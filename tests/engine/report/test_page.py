"""The page is drawn from records alone and holds everything it shows."""

import re

import pytest

from grader.report.attempts import read_attempts
from grader.report.page import render
from tests.engine.report.test_attempts import keep
from tests.support.examples import a_challenge, a_document, a_span, a_trace

FORGED = "<script>alert('passed')</script>"


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def page(folder, *challenges):
    return render(challenges or [a_challenge()], read_attempts(folder=folder)[0])


def test_scores_behaviours_pictures_and_findings_are_there(folder):
    slow = a_trace([a_span(n, n + 0.9, submitted_s=n) for n in range(6)], seconds=6.0)
    keep(folder, "a.json", score=40, when="2026-01-01T00:00:00Z")
    keep(folder, "b.json", score=70, traces={"learner": slow.to_json(), "reference": a_trace().to_json()})
    html = page(folder)
    assert html.count("<svg") == html.count('role="img" aria-label="') - 1 == 5  # one bar is no svg
    for words in (
        "Slow gets",
        "A title",
        "It was &lt;b&gt;not&lt;/b&gt; right.",
        "The 6 tasks never overlapped",
    ):
        assert words in html
    assert "Scores, oldest first: 40, 70." in html
    legends = [figure.count('class="legend') for figure in html.split("<figure>")[1:]]
    assert legends == [1, 1, 1, 1, 0]  # two timelines, the store, the rounds; attempts are one line
    for colour in re.findall(r"var\(--(\w+)\)\"></b>", html):
        assert f"--{colour}:" in html
    assert "Recorded in the last warm-up round" in html


def test_nothing_is_loaded_from_elsewhere_and_nothing_runs(folder):
    keep(folder, traces={"learner": a_trace().to_json(), "reference": a_trace().to_json()})
    html = page(folder)
    assert not re.findall(r"(?:src|href)=\"(?!#)", html)
    assert "<script" not in html
    assert "@import" not in html
    assert "url(" not in html


def test_what_a_solution_says_cannot_become_part_of_the_page(folder):
    check = a_document()["checks"][0] | {"message": FORGED, "title": FORGED, "unit": FORGED}
    forged = a_trace([a_span(0.0, 1.0, name=FORGED)])
    keep(folder, checks=[check], traces={"learner": forged.to_json(), "reference": forged.to_json()})
    html = page(folder)
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_several_challenges_share_a_page_and_those_without_attempts_are_left_out(folder):
    keep(folder)
    keep(folder, challenge="hanging_tasks", ratio=None)
    html = page(folder, a_challenge(), a_challenge(name="hanging_tasks"), a_challenge(name="other"))
    assert html.count("<section") == 2
    assert 'href="#hanging_tasks"' in html
    assert "other" not in html
