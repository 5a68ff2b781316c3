"""The releases that are supported, as `doctor` and `grade.py` tell them apart."""

import importlib.metadata
import importlib.util
import platform

import pytest

from grader.supported import RAY, Range
from tests.conftest import ROOT

TOOL = Range("Tool", (2, 9), (2, 10))


@pytest.mark.parametrize(
    ("version", "side"),
    [
        ("2.8.99", "below"),
        ("2.9", "within"),
        ("2.10.4", "within"),
        ("2.10.0rc1", "within"),
        ("2.11.0", "above"),
        ("3.0.0.dev0", "above"),
        ("1.99", "below"),
        ("nightly", "unknown"),
    ],
)
def test_minor_versions_are_compared_as_numbers(version, side):
    assert TOOL.side_of(version) == side


def test_a_range_reads_well_and_is_a_requirement():
    assert str(TOOL) == "Tool 2.9 to 2.10"
    assert TOOL.specifier == ">=2.9,<2.11"


def test_the_ray_of_this_environment_is_supported():
    assert RAY.side_of(importlib.metadata.version("ray")) == "within"


def test_an_old_python_is_told_before_anything_it_cannot_import(monkeypatch, capsys):
    spec = importlib.util.spec_from_file_location("entry", ROOT / "grade.py")
    entry = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(entry)
    entry.refuse_old_python()
    monkeypatch.setattr(platform, "python_version", lambda: "3.10.13")
    with pytest.raises(SystemExit) as ended:
        entry.refuse_old_python()
    assert ended.value.code == 2
    assert "Python 3.10.13" in (said := capsys.readouterr().err)
    assert "uv run --python" in said
