"""Files that are alike: copies, also renamed ones, and not those that only start from the same stub."""

from grader.batch.alike import equal, near
from tests.conftest import ROOT
from tests.support.batches import handed_in

REFERENCE = (ROOT / "tests" / "toy" / "reference" / "toy" / "solution.py").read_text()
STUB = (ROOT / "tests" / "toy" / "challenges" / "toy" / "stub.py").read_text()
OTHER = (ROOT / "reference" / "slow_gets" / "solution.py").read_text()


def test_equal_files_of_one_challenge_are_one_group():
    files = [handed_in("ann", text=STUB), handed_in("bob", text=OTHER), handed_in("eve", text=STUB)]
    other = handed_in("eve", "slow_gets", text=STUB)
    assert [[file.who for file in group] for group in equal([*files, other])] == [["ann", "eve"]]


def test_a_copy_with_other_names_and_comments_is_near():
    copied = REFERENCE.replace("share_total", "part").replace("keys", "numbers").replace("#", "# mine:")
    (pair,) = near([handed_in("ann", text=REFERENCE), handed_in("bob", text=copied)], {})
    assert {pair.one.who, pair.other.who} == {"ann", "bob"}
    assert pair.share == 1.0


def test_different_programs_and_what_the_stub_has_are_not():
    files = [handed_in("ann", text=OTHER), handed_in("bob", text=REFERENCE)]
    assert not near(files, {})
    little = [handed_in("ann", text=OTHER + "\nx = 1\n"), handed_in("bob", text=OTHER + "\ny = f(2)\n")]
    assert near(little, {})
    assert not near(little, {"toy": OTHER.encode()})


def test_bytes_that_are_no_text_and_endless_words_are_compared_too():
    noise = handed_in("eve", text='"' * 200_000 + "a " * 200_000)
    assert near([noise, handed_in("ann", text=REFERENCE)], {}) == []
