"""A file that cannot be written is named, with the system's reason and what to check."""

import pytest

from grader.errors import EXIT_GRADER, EXIT_USAGE, GradingError, UsageError
from grader.system.files import write_for_user, writing


def test_what_the_user_named_is_written(tmp_path):
    write_for_user(tmp_path / "page.html", "<p>grün</p>")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == "<p>grün</p>"


def test_a_path_from_the_command_line_that_cannot_be_written_is_wrong_usage(tmp_path):
    path = tmp_path / "missing" / "page.html"
    with pytest.raises(UsageError) as error:
        write_for_user(path, "")
    assert str(error.value).startswith(f"{path} cannot be written: No such file or directory. Check ")
    assert error.value.exit_status == EXIT_USAGE


def test_a_file_of_ours_that_cannot_be_written_is_the_graders_failure(tmp_path):
    with pytest.raises(GradingError, match=r"cannot be written: .*full") as error, writing(tmp_path):
        raise OSError(28, "No space left on device")
    assert error.value.exit_status == EXIT_GRADER


def test_other_errors_pass_through(tmp_path):
    with pytest.raises(ValueError, match="mine"), writing(tmp_path):
        raise ValueError("mine")
