"""The pages hold what a teacher asks and what a student may see; hostile text arrives escaped."""

import pytest

from grader.batch.class_page import bins_of, causes_of
from grader.batch.journal import Line
from grader.batch.results import CLASS_PAGE, Results, file_name
from grader.batch.rows import row_of
from tests.support.batches import a_job, graded
from tests.support.examples import a_challenge

HOSTILE = "<script>alert('passed')</script>"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "stub.py").write_text("")
    return tmp_path


def lines_of(results, *gradings):
    for each in gradings:
        results.keep(each)
    return [Line.of(each, tries=1) for each in gradings]


def write(folder, *gradings):
    """All pages of these gradings; the teacher's as text."""
    results = Results(folder / "out")
    challenge = a_challenge(name="toy", title="The toy", folder=folder)
    files = [each.job.file for each in gradings]
    results.write_pages(lines_of(results, *gradings), files, [challenge], seed=7)
    return (folder / "out" / CLASS_PAGE).read_text()


def test_the_teacher_sees_scores_hurdles_causes_and_what_is_open(folder):
    html = write(
        folder,
        graded(a_job("ann")),
        graded(a_job("bob", score=1), score=20),
        graded(a_job("dan", score=2), score=30),
        graded(a_job("eve"), problem="No room."),
    )
    for words in ("1 of 4 passed", "20 to 29", "It was ", "bob, dan", "No room.", "4 gradings · 4 names"):
        assert words in html
    assert "Equal in toy: ann, eve" in html


def test_a_student_sees_what_was_seen_and_nothing_of_the_others(folder):
    write(folder, graded(a_job("ann"), score=20), graded(a_job("bob", score=3), score=30))
    page = (folder / "out" / "students" / f"{file_name('ann')}.html").read_text()
    assert "<title>ann</title>" in page
    assert "It was 20." in page
    assert "bob" not in page
    assert "It was 30." not in page


def test_hostile_names_sources_and_messages_are_escaped(folder):
    done = graded(a_job(HOSTILE), score=20)
    done.document["checks"][0]["message"] = HOSTILE
    source = f"x = '''{HOSTILE}'''\n" + "\n".join(f"print(f({n}), [{n}, x])" for n in range(30))
    alike = [graded(a_job(who, text=source + f"# {who}"), score=20, node=HOSTILE) for who in ("a", "b")]
    html = write(folder, done, *alike)
    assert "a and b" in html
    page = (folder / "out" / "students" / f"{file_name(HOSTILE)}.html").read_text()
    for text in (html, page):
        assert "<script" not in text
        assert "&lt;script&gt;" in text


def test_names_never_lead_out_of_the_folder_or_to_another_persons_page():
    assert "/" not in file_name("../../etc/passwd")
    assert not file_name("..").startswith(".")
    assert file_name("Ann") != file_name("ann")
    assert file_name("a/b") != file_name("a_b")


def test_100_points_have_a_place_of_their_own():
    counts = {each.label: each.n for each in bins_of([0, 9.9, 95, 100, 100])}
    assert (counts["0 to 9"], counts["90 to 99"], counts["100"]) == (2, 1, 2)


def test_messages_that_differ_in_numbers_and_names_are_one_cause():
    rows = []
    for who, n in (("ann", 3), ("bob", 48)):
        done = graded(a_job(who), score=0)
        done.document["checks"][0]["message"] = f"{n} copies of `model{n}` were stored. It rose."
        rows.append(row_of(Line.of(done, tries=1)))
    (cause,) = causes_of(rows)
    assert (cause.n, cause.who, cause.example) == (2, "ann, bob", "3 copies of `model3` were stored.")
