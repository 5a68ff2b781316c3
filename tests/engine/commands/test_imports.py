"""What the command line imports: a verb does not pay for what only other verbs need."""

import subprocess
import sys

from tests.conftest import ROOT

BANK = "grader.catalogue.questions"
MOCKS = ("grader.mock.card", "grader.mock.draw", "grader.mock.fixed_set", "grader.mock.sitting", BANK)


def imported_by(statement):
    """Names of the modules that a fresh Python holds after a statement."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {statement}; print(*sys.modules)"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return set(done.stdout.split())


def test_whether_a_mock_forbids_a_grading_is_asked_without_what_makes_a_mock():
    imported = imported_by("from grader.commands.run import run")
    assert "grader.mock.in_progress" in imported
    assert not imported & set(MOCKS)


def test_the_command_line_starts_without_what_only_some_verbs_need():
    heavy = "numpy ray pytest psutil jinja2 markdown_it watchfiles grader.judge.engine"
    assert not imported_by("import grader.commands.app") & {*heavy.split(), BANK}


def test_programs_that_build_on_the_engine_import_two_functions_and_pay_when_they_do():
    assert "grader.judge.engine" not in imported_by("import grader")
    assert "grader.judge.engine" not in imported_by("from grader import find_challenge")
    assert "grader.judge.engine" in imported_by("from grader import grade")


def test_what_runs_on_a_node_of_a_cluster_needs_nothing_but_ray():
    third = {name.split(".")[0] for name in imported_by("import grader.batch.node_task")}
    assert third.isdisjoint(
        {"numpy", "pytest", "pydantic", "psutil", "msgpack", "grpc", "typer", "rich", "jinja2"}
    )
