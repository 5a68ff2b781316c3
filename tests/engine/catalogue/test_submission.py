"""What is wrong with a file is reported before any of it runs."""

import hashlib

import pytest

from grader.catalogue.submission import MAX_SOURCE_BYTES, read_submission
from grader.errors import EXIT_USAGE, UsageError

RUN = ("run",)


def problem_of(tmp_path, source, names=RUN):
    path = tmp_path / "solution.py"
    path.write_bytes(source if isinstance(source, bytes) else source.encode())
    return read_submission(path, "file", names).problem


def test_a_submission_is_the_file_as_it_was(tmp_path):
    path = tmp_path / "mine.py"
    path.write_bytes(b"def run():\r\n    pass\r\n")
    found = read_submission(path, "solution", RUN)
    path.write_bytes(b"changed later")
    assert found.source == b"def run():\r\n    pass\r\n"
    assert found.sha256 == hashlib.sha256(found.source).hexdigest()
    assert (found.path, found.kind, found.problem) == (path, "solution", "")


def test_nothing_of_a_solution_runs(tmp_path):
    mark = tmp_path / "ran"
    assert problem_of(tmp_path, f"open({str(mark)!r}, 'w')\ndef run(): pass\n") == ""
    assert not mark.exists()


@pytest.mark.parametrize(
    "source",
    [
        "def run(): pass",
        "async def run(): pass",
        "class run: pass",
        "run = lambda: 1",
        "run: object = print",
        "a, (run, b) = 1, (2, 3)",
        "from module import run",
        "from module import other as run",
        "import run.inner",
        "try:\n    import fast as run\nexcept ImportError:\n    def run(): pass",
        "import sys\nif sys.platform == 'linux':\n    def run(): pass",
        "with open('x') as run: pass",
        "from module import *",
        "# größe 漢字\ndef run(): pass",
        "\ufeffdef run(): pass",  # as some editors save it; Python runs it
        "# -*- coding: utf-8 -*-\ndef run(): pass",
    ],
)
def test_a_file_that_may_define_the_function_is_judged(tmp_path, source):
    assert problem_of(tmp_path, source) == ""


@pytest.mark.parametrize(
    "source",
    [
        "def walk(): pass",
        "run",
        "print(run)",
        "run()",
        "# def run(): pass",
        "'''def run(): pass'''",
        "import module as runner",
        "class Runner:\n    def run(self): pass",
        "def outer():\n    def run(): pass",
        "def outer():\n    run = 1",
        "values = [run for run in range(3)]",
    ],
)
def test_a_file_without_the_function_is_told_what_is_missing(tmp_path, source):
    problem = problem_of(tmp_path, source)
    assert problem.startswith("solution.py does not define `run`")


def test_only_the_missing_names_are_listed(tmp_path):
    problem = problem_of(tmp_path, "def merge(): pass", ("run", "merge", "split"))
    assert "`run`, `split`" in problem
    assert "merge" not in problem


@pytest.mark.parametrize("source", [b"", b"\n\n  \t\n", "\ufeff\n".encode()])
def test_an_empty_file_is_told_what_it_has_to_define(tmp_path, source):
    problem = problem_of(tmp_path, source)
    assert problem.startswith("solution.py is empty")
    assert "`run`" in problem


@pytest.mark.parametrize(
    ("source", "line", "text"),
    [
        ("def run(:\n    pass\n", 1, "def run(:"),
        ("x = 1\n\nreturn = 2\n", 3, "return = 2"),
        ("def run():\npass\n", 2, "pass"),
        ("x = 'open\n", 1, "x = 'open"),
    ],
)
def test_a_syntax_error_is_told_with_its_line(tmp_path, source, line, text):
    problem = problem_of(tmp_path, source)
    assert problem.startswith(f"solution.py line {line}: ")
    assert text in problem


@pytest.mark.parametrize(
    "source",
    [b"def run(): pass\nx = '\xe9'\n", b"# -*- coding: latin-1 -*-\nx = '\xe9'\n", b"#\n\xff\xfe"],
)
def test_text_that_is_not_utf_8_is_told_with_its_line(tmp_path, source):
    problem = problem_of(tmp_path, source)
    assert "not UTF-8" in problem
    assert "line 2" in problem


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("def run(): pass\nx = '\0'\n", id="NUL byte"),
        pytest.param("(" * 5000, id="parentheses"),
        pytest.param("-" * 200_000 + "1", id="signs"),
        pytest.param("1" + "+1" * 100_000, id="operators"),
        pytest.param("a" + ".b" * 100_000, id="attributes"),
        pytest.param("lambda: " * 5000 + "1", id="lambdas"),
        pytest.param("".join(" " * i + "if 1:\n" for i in range(120)), id="blocks"),
    ],
)
def test_what_the_parser_cannot_stand_is_told_in_a_sentence(tmp_path, source):
    problem = problem_of(tmp_path, source)
    assert problem.startswith("solution.py")
    assert "None" not in problem
    assert not problem.splitlines()[0].rstrip().endswith(":"), "the reason is missing"
    assert len(problem) < 7000


def test_a_huge_file_is_not_parsed(tmp_path):
    comment = "def run(): pass\n#"
    most = comment + "x" * (MAX_SOURCE_BYTES - len(comment))
    assert problem_of(tmp_path, most) == ""
    assert f"larger than {MAX_SOURCE_BYTES:,} bytes" in problem_of(tmp_path, most + "x")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nothing.py", "there is no such file"),
        (".", "is a folder"),
        ("file.txt/solution.py", "cannot be read"),
        ("n" * 300 + ".py", "cannot be read"),
    ],
)
def test_what_is_no_file_is_wrong_usage(tmp_path, name, said):
    (tmp_path / "file.txt").write_text("")
    with pytest.raises(UsageError, match=said) as error:
        read_submission(tmp_path / name, "file", RUN)
    assert str(tmp_path) in str(error.value)
    assert error.value.exit_status == EXIT_USAGE
