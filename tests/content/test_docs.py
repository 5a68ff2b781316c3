"""The README's table and claims follow from the code."""

import re
import tomllib

from grader.catalogue.challenges import read_catalogue
from grader.commands.app import app
from grader.commands.list import markdown_table
from grader.supported import PYTHON, RAY
from tests.conftest import ROOT, grade_py


def test_the_readme_lists_the_challenges_there_are():
    readme = (ROOT / "README.md").read_text()
    _, rest = readme.split("checked by tests/content/test_docs.py -->\n")
    table, _ = rest.split("\n<!-- end of challenges -->")
    assert table == markdown_table(read_catalogue())


def test_every_verb_has_a_help_text_and_is_in_the_readme_or_the_guide():
    text = (ROOT / "README.md").read_text() + (ROOT / "CONTRIBUTING.md").read_text()
    for command in app.registered_commands:
        name = command.name or command.callback.__name__
        assert command.callback.__doc__, name
        assert re.search(rf"grade\.py {name}\b|`{name}`", text), name


def test_help_names_every_verb():
    shown = grade_py(ROOT, "--help").out
    for verb in ("list", "start", "run", "verify"):
        assert re.search(rf"^\s+{verb}\b", shown, re.MULTILINE)


def test_every_place_that_names_supported_releases_names_the_same():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["requires-python"] == PYTHON.specifier
    assert f"ray{RAY.specifier}" in project["project"]["dependencies"]
    oldest, newest = (f"{major}.{minor}" for major, minor in (PYTHON.oldest, PYTHON.newest))
    assert project["tool"]["mypy"]["python_version"] == oldest
    assert project["tool"]["ruff"]["target-version"] == f"py{oldest.replace('.', '')}"
    assert f'python: ["{oldest}", "{newest}"]' in (ROOT / ".github" / "workflows" / "ci.yml").read_text()
    readme = (ROOT / "README.md").read_text()
    assert str(PYTHON) in readme
    assert str(RAY) in readme
