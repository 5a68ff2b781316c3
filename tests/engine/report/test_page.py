"""The page is drawn from records alone and holds everything it shows."""

import re
from html.parser import HTMLParser

import pytest

from grader.explain.trace import Wait
from grader.report.attempts import read_attempts
from grader.report.charts import Bar, Chart, Dot, Line, Words
from grader.report.page import environment, render
from tests.engine.report.test_attempts import keep
from tests.support.examples import a_challenge, a_document, a_span, a_trace, some_stages

HOSTILE = """</style></title></svg><script>alert('passed')</script>" onload="alert(1)" '&lt;' <b>"""
TEXTS = {"harmless": "Harmless.", "hostile": HOSTILE}


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


def test_behaviours_stand_below_their_stage_and_the_next_stage_is_named(folder):
    check = a_document()["checks"][0]
    checks = [
        check | {"name": f"test_{n}", "title": f"Of stage {n}", "stage": n, "outcome": outcome}
        for n, outcome in ((2, "fail"), (1, "pass"))
    ]
    keep(folder, checks=checks, stood=(True, False, None))
    html = page(folder, a_challenge(stages=some_stages(3)))
    places = [
        html.index(text)
        for text in ("Stage 1 of 3 · T1 · 20 min", "Of stage 1", "Stage 2 of 3", "Of stage 2")
    ]
    assert places == sorted(places)
    assert "Stages ●○○ · next: stage 2, T2 (20 min)" in html
    assert "<td>●○·</td>" in html
    assert html.count(" open>") == 1
    assert "Stages" not in page(folder, a_challenge())


def test_nothing_is_loaded_from_elsewhere_and_nothing_runs(folder):
    keep(folder, traces={"learner": a_trace().to_json(), "reference": a_trace().to_json()})
    html = page(folder)
    assert not re.findall(r"(?:src|href)=\"(?!#)", html)
    assert "<script" not in html
    assert "@import" not in html
    assert "url(" not in html


def test_hostile_text_changes_no_tag_and_no_attribute_and_is_shown_as_it_is(folder):
    harmless, hostile = (_page_that_says(folder / name, text) for name, text in TEXTS.items())
    assert hostile.tags == harmless.tags
    assert [text for text in hostile.texts if HOSTILE in text] == [
        text.replace(TEXTS["harmless"], HOSTILE) for text in harmless.texts if TEXTS["harmless"] in text
    ]
    assert sum(HOSTILE in text for text in hostile.texts) >= 10  # titles, message, unit, tips, the time


def test_hostile_text_stays_inside_the_attributes_and_elements_of_a_picture():
    chart = Chart(
        title=HOSTILE,
        text=HOSTILE,
        height=10,
        bars=(Bar(x=0, y=0, width=1, height=1, kind=HOSTILE, tip=HOSTILE),),
        lines=(Line(points=((0, 0), (1, 1)), kind=HOSTILE),),
        dots=(Dot(x=0, y=0, kind=HOSTILE, tip=HOSTILE),),
        words=(Words(x=0, y=0, text=HOSTILE),),
        legend=((HOSTILE, HOSTILE),),
    )
    picture = Seen(environment().get_template("chart.html.j2").module.figure(chart))
    expected = {"figure", "h3", "div", "svg", "title", "polyline", "rect", "circle", "text", "p", "span", "b"}
    assert {tag for tag, _ in picture.tags} == expected | {"figcaption"}
    assert picture.attributes["aria-label"] == f"{HOSTILE}. {HOSTILE}"
    assert picture.attributes["style"] == f"background: var(--{HOSTILE})"
    assert [text for text in picture.texts if text != HOSTILE] == []


def _page_that_says(folder, text):
    """A page that holds `text` wherever a challenge, a suite or a solution can write to it."""
    check = a_document()["checks"][0] | {"message": text, "title": text, "unit": text, "category": text}
    trace = a_trace([a_span(0.0, 1.0, name=text)], waits=[Wait(call=text, start_s=0.0, end_s=0.5)])
    traces = {"learner": trace.to_json(), "reference": trace.to_json()}
    keep(folder, "a.json", checks=[check], traces=traces, when=f"2026-01-01 {text}")
    keep(folder, "b.json", checks=[check], traces=traces, when=f"2026-01-02 {text}")
    return Seen(page(folder, a_challenge(title=text)))


class Seen(HTMLParser):
    """A page as a browser reads it: its tags with their attributes' names, the attributes, the texts."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.texts = [], {}, []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, [name for name, _ in attrs]))
        self.attributes |= dict(attrs)

    def handle_data(self, data):
        if data.strip():
            self.texts.append(data)


def test_several_challenges_share_a_page_and_those_without_attempts_are_left_out(folder):
    keep(folder)
    keep(folder, challenge="hanging_tasks", ratio=None)
    html = page(folder, a_challenge(), a_challenge(name="hanging_tasks"), a_challenge(name="other"))
    assert html.count("<section") == 2
    assert 'href="#hanging_tasks"' in html
    assert "other" not in html
