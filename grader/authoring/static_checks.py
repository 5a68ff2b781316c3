"""What can be said about a challenge without grading: files, hints, messages, imports, points, coverage."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Sequence
from inspect import Parameter
from pathlib import Path

from grader.authoring.claim import Claim, stated
from grader.authoring.gallery import WrongSolution
from grader.authoring.stage_checks import check_stages
from grader.catalogue.challenges import Challenge
from grader.catalogue.hidden import import_hidden
from grader.errors import ChallengeError
from grader.inside import kata_wire
from grader.judge.arena import world_class
from grader.judge.behaviour import Behaviour
from grader.judge.tryout import set_up, troubles_of
from grader.world.troubles import PLAIN, Trial

AUTHORS_MODULE = "grader.suite"
MIN_RIGHT = 2
_HINT_LEVELS = ("nudge", "approach", "sketch")


def check_files(challenge: Challenge) -> list[Claim]:
    """Whether all files are there, and say what they have to.

    Raises:
        ChallengeError: One of the hidden files is not Python.
    """
    wanted = [
        challenge.reference_path,
        challenge.reference / "NOTES.md",
        challenge.folder / "hidden" / "scenarios.py",
    ]
    missing = [str(path.relative_to(challenge.folder.parents[1])) for path in wanted if not path.is_file()]
    hints = (challenge.folder / "hints.md").read_text(encoding="utf-8").lower()
    lacking = [level for level in _HINT_LEVELS if level not in hints]
    silent = silent_asserts(challenge.suite_path)
    unread = unread_answers(challenge.suite_path)
    strange = engine_imports(sorted((challenge.folder / "hidden").glob("*.py")))
    return [
        stated("files", not missing, "complete", f"missing: {', '.join(missing)}"),
        stated("hints", not lacking, "three levels", f"hints.md lacks: {', '.join(lacking)}"),
        stated(
            "messages",
            not silent,
            "every assert tells the learner what was seen",
            f"test_spec.py has asserts without a message in lines {silent}",
        ),
        stated(
            "answers",
            not unread,
            "every answer is read in a promised form",
            f"test_spec.py uses answers of learner.call or .scenario; add returns=… in lines {unread}",
        ),
        stated(
            "imports",
            not strange,
            f"of the engine only {AUTHORS_MODULE}",
            f"import from {AUTHORS_MODULE} and nothing else of the engine: {'; '.join(strange)}",
        ),
    ]


def check_suite(challenge: Challenge) -> list[Claim]:
    """Whether each test is a behaviour, their points add up, and stages are as they have to be.

    Raises:
        ChallengeError: The suite cannot be imported.
    """
    name = f"grader_suites.{challenge.name}"
    suite = import_hidden(challenge.suite_path, name)
    del sys.modules[name]  # a grading imports it by itself
    tests = {test: _behaviour(getattr(suite, test)) for test in behaviour_names(challenge)}
    marked = [described for described in tests.values() if described is not None]
    points = sum(described.points for described in marked)
    unmarked = [test for test, described in tests.items() if described is None]
    wanted = [f"write @behaviour(points=…, category=…) above {', '.join(unmarked)}"] if unmarked else []
    wanted += [f"the points add up to {points}, not 100"] if points != 100 else []
    claim = stated(
        "suite", not wanted, f"{len(tests)} behaviours, 100 points", f"test_spec.py: {'; '.join(wanted)}"
    )
    return [claim, *check_stages(challenge, marked, race_names(challenge))]


def check_troubles(challenge: Challenge) -> list[Claim]:
    """Whether the world declares troubles, and each can be set up as `grade.py try` does.

    Raises:
        ChallengeError: The world cannot be imported.
    """
    if world_class(challenge) is None:
        return [Claim(subject="troubles", holds=True, detail="there is no world, so nothing to try under")]
    found = troubles_of(challenge)
    amiss = [f"declare {PLAIN}, in which nothing goes wrong"] if PLAIN not in found else []
    amiss += ["declare at least one beside it"] if not set(found) - {PLAIN} else []
    for trouble in found.values():
        if not trouble.title:
            amiss.append(f"{trouble.name} has no docstring, which is its title")
        if lacking := [name for name, usual in trouble.parameters.items() if usual is Parameter.empty]:
            amiss.append(f"{trouble.name} has no usual value for {', '.join(lacking)}")
        elif reason := _not_set_up(challenge, trouble.name):
            amiss.append(reason)
    return [stated("troubles", not amiss, f"{', '.join(found)}: each can be set up", "; ".join(amiss))]


def _not_set_up(challenge: Challenge, name: str) -> str:
    """Why a trouble cannot be set up; empty when it can."""
    try:
        trial: Trial | None = set_up(challenge, name, 0, {})
    except ChallengeError as error:
        return str(error)
    while trial is not None:
        there = challenge.functions if trial.module == "solution" else _scenarios(challenge)
        if trial.name not in there:
            return f"{name} calls {trial.name}, which is not in {trial.module}.py"
        try:
            kata_wire.dump([list(trial.args), dict(trial.inputs)])
        except kata_wire.NotPlainError as error:
            return f"{name} calls {trial.name} with something that is not plain data: {error}"
        trial = trial.before
    return ""


def _scenarios(challenge: Challenge) -> list[str]:
    body = _tree(challenge.folder / "hidden" / "scenarios.py").body
    return [node.name for node in body if isinstance(node, ast.FunctionDef)]


def _behaviour(test: object) -> Behaviour | None:
    marks = [mark for mark in getattr(test, "pytestmark", ()) if mark.name == "behaviour"]
    return marks[0].args[0] if marks else None


def check_gallery(names: Iterable[str], wrong: Iterable[WrongSolution], right: Sequence[str]) -> list[Claim]:
    """Whether each behaviour is failed by some wrong solution, and whether right designs are there.

    Args:
        names: Of the suite's behaviours.
        wrong: The wrong solutions.
        right: Names of the right designs beside the reference.
    """
    rejecting = {name for solution in wrong for name in solution.rejected_by}
    idle = [name for name in names if name not in rejecting]
    return [
        stated(
            "coverage",
            not idle,
            "every behaviour is failed by a wrong solution",
            f"no wrong solution fails {', '.join(idle)}",
        ),
        stated(
            "designs",
            len(right) >= MIN_RIGHT,
            f"right designs beside the reference: {', '.join(right)}",
            f"right designs beside the reference: {len(right)}; tests/right needs {MIN_RIGHT}, unlike it",
        ),
    ]


def silent_asserts(suite: Path) -> list[int]:
    """Lines of a suite with an assert that tells the learner nothing."""
    return [node.lineno for node in ast.walk(_tree(suite)) if isinstance(node, ast.Assert) and not node.msg]


def unread_answers(suite: Path) -> list[int]:
    """Lines of a suite that use an answer without saying which form was promised: they get None."""
    tree = _tree(suite)
    unused = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and id(node) not in unused]
    return sorted(call.lineno for call in calls if _promises_nothing(call))


def _promises_nothing(call: ast.Call) -> bool:
    """Whether it is a call of the solution that does not say what it returns."""
    match call.func:
        case ast.Attribute(value=ast.Name(id="learner"), attr="call" | "scenario"):
            return not any(keyword.arg in ("returns", None) for keyword in call.keywords)
    return False


def engine_imports(paths: Iterable[Path]) -> list[str]:
    """Where hidden files import something of the engine that is not meant for authors."""
    return [
        f"{path.name} line {line}: {name}"
        for path in paths
        for node in ast.walk(_tree(path))
        for line, name in _imported(node)
        if name.split(".")[0] == "grader" and name != AUTHORS_MODULE
    ]


def _imported(node: ast.AST) -> list[tuple[int, str]]:
    """The modules that an import names, each with its line."""
    match node:
        case ast.Import(names=names):
            return [(node.lineno, alias.name) for alias in names]
        case ast.ImportFrom(module="grader", names=names):
            return [(node.lineno, f"grader.{alias.name}") for alias in names]
        case ast.ImportFrom(module=str(module), level=0):
            return [(node.lineno, module)]
    return []


def behaviour_names(challenge: Challenge) -> list[str]:
    """Names of a suite's tests, in order, without running it."""
    return [test.name for test in _tests(challenge)]


def race_names(challenge: Challenge) -> frozenset[str]:
    """Names of a suite's tests that compare speed."""
    return frozenset(t.name for t in _tests(challenge) if "race" in {a.arg for a in t.args.args})


def _tests(challenge: Challenge) -> list[ast.FunctionDef]:
    body = _tree(challenge.suite_path).body
    return [node for node in body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]


def _tree(path: Path) -> ast.Module:
    """A file of the challenge, parsed.

    Raises:
        ChallengeError: It is not Python.
    """
    try:
        return ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError as error:
        text = (error.text or "").strip()
        raise ChallengeError(
            f"{path} line {error.lineno}: {error.msg}" + (f"\n  {text}" if text else "")
        ) from None
    except ValueError as error:  # not UTF-8, or null bytes
        raise ChallengeError(f"{path} is not Python text: {error}. Save it as UTF-8") from None
