"""What is a submission, and what is told instead of guessed."""

import zipfile

import pytest

from grader.batch.submissions import MAX_SOURCE_BYTES, find, read_names
from grader.errors import UsageError

NAMES = ("toy", "slow_gets")


@pytest.fixture
def lay(tmp_path):
    """Write files below a folder."""

    def write(*paths, text="x = 1"):
        for path in paths:
            target = tmp_path / "class" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        return tmp_path / "class"

    return write


def seen(found):
    return [(file.who, file.challenge, file.name) for file in found.files]


def test_both_layouts_are_read_and_who_may_be_any_text(lay):
    folder = lay("ann/toy.py", "Bob O'Hara (ü)/toy.py", "slow_gets/ann.py", "slow_gets/=1+1.py")
    found = find(folder, NAMES)
    assert seen(found) == [
        ("=1+1", "slow_gets", "slow_gets/=1+1.py"),
        ("ann", "slow_gets", "slow_gets/ann.py"),
        ("Bob O'Hara (ü)", "toy", "Bob O'Hara (ü)/toy.py"),
        ("ann", "toy", "ann/toy.py"),
    ]
    assert not found.told
    assert found.files[0].source == b"x = 1"


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("ann/tooy.py", "tooy is no challenge; is toy.py meant?"),
        ("ann/essay.py", "essay is no challenge"),
        ("ann/toy.ipynb", "not a .py file"),
        ("ann/deep/toy.py", "neither <who>/<challenge>.py nor <challenge>/<who>.py"),
        ("ann.py", "neither <who>/<challenge>.py nor <challenge>/<who>.py"),
        ("toy/slow_gets.py", "both parts of its name are challenges"),
    ],
)
def test_what_is_no_submission_is_told(lay, path, why):
    found = find(lay(path), NAMES)
    assert not found.files
    (line,) = found.told
    assert line.startswith(f"{path}: ")
    assert why in line


def test_hidden_files_say_nothing_and_links_are_not_followed(lay, tmp_path):
    folder = lay("ann/toy.py", ".git/toy.py", "__MACOSX/toy.py", "ann/.toy.py")
    (tmp_path / "secret.py").write_text("x = 2")
    (folder / "eve").mkdir()
    (folder / "eve" / "toy.py").symlink_to(tmp_path / "secret.py")
    found = find(folder, NAMES)
    assert [file.who for file in found.files] == ["ann"]
    assert found.told == ("eve/toy.py: a link, which is not followed",)


def test_one_wanted_challenge_leaves_the_others_out_and_lets_files_lie_side_by_side(lay):
    folder = lay("ann/toy.py", "ann/slow_gets.py", "bob.py")
    found = find(folder, NAMES, wanted=["toy"])
    assert seen(found) == [("ann", "toy", "ann/toy.py"), ("bob", "toy", "bob.py")]
    assert found.told == ("ann/slow_gets.py: left out: it is for slow_gets",)


def test_two_files_of_one_person_for_one_challenge_are_refused(lay):
    with pytest.raises(UsageError, match=r"ann/toy\.py and toy/ann\.py are both from ann for toy"):
        find(lay("ann/toy.py", "toy/ann.py"), NAMES)


def test_nothing_there_is_said(tmp_path):
    with pytest.raises(UsageError, match="neither a folder nor a zip"):
        find(tmp_path / "nowhere", NAMES)


@pytest.mark.parametrize("top", ["", "class/"])
def test_a_zip_is_read_like_a_folder_also_with_one_folder_around_it(tmp_path, top):
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        archive.writestr(f"{top}ann/toy.py", "x = 1")
        archive.writestr(f"{top}slow_gets/bob.py", "x = 2")
        archive.writestr("__MACOSX/._toy.py", "")
    found = find(tmp_path / "class.zip", NAMES)
    assert [(who, challenge) for who, challenge, _ in seen(found)] == [("bob", "slow_gets"), ("ann", "toy")]


@pytest.mark.parametrize("inner", ["toy.py", "homework/toy.py"])
def test_a_person_may_hand_in_a_zip(lay, inner):
    folder = lay("bob/toy.py")
    with zipfile.ZipFile(folder / "ann.zip", "w") as archive:
        archive.writestr(inner, "x = 3")
    found = find(folder, NAMES)
    assert [(file.who, file.source) for file in found.files] == [("ann", b"x = 3"), ("bob", b"x = 1")]


def test_a_zip_that_leads_out_is_told_and_one_that_is_none_too(lay):
    folder = lay("bad.zip")
    with zipfile.ZipFile(folder / "eve.zip", "w") as archive:
        archive.writestr("../toy.py", "x = 3")
    found = find(folder, NAMES)
    assert not found.files
    assert "leads out of the zip" in found.told[1]
    assert [line.split(": ")[0] for line in found.told] == ["bad.zip", "eve/toy.py"]


def test_no_more_is_unpacked_than_a_solution_may_have(lay):
    folder = lay("bob/toy.py")
    with zipfile.ZipFile(folder / "ann.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("toy.py", "#" * (20 * MAX_SOURCE_BYTES))
    assert len(find(folder, NAMES).files[0].source) == MAX_SOURCE_BYTES + 1


def test_a_table_says_who_is_meant_and_what_it_has_too_many_is_told(lay, tmp_path):
    table = tmp_path / "names.csv"
    table.write_text("name,who\ns17,Ann\ns18,Bob\n")
    found = find(lay("s17/toy.py", "s99/toy.py"), NAMES, names=read_names(table))
    assert [file.who for file in found.files] == ["Ann", "s99"]
    assert found.told == ("s18: in the table of names, and not in the folder",)


def test_a_table_with_other_columns_is_refused(tmp_path):
    table = tmp_path / "names.csv"
    table.write_text("s17,Ann,19\n")
    with pytest.raises(UsageError, match="row 1 has 3 columns"):
        read_names(table)
