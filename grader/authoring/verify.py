"""The author's proof: the suite accepts the reference and rejects each wrong solution for its own defect."""

from __future__ import annotations

import ast
import re
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.catalogue.challenges import Challenge
from grader.errors import ChallengeError, UsageError
from grader.judge.arena import Arena
from grader.judge.engine import grade
from grader.judge.record import Record

REFERENCE_RUNS = 5
INCONCLUSIVE_RETRIES = 2
QUICK_STEP = 6
_HEADER = re.compile(r"#\s*rejected-by:\s*(?P<names>\S.*)")
_HINT_LEVELS = ("nudge", "approach", "sketch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One statement of the proof.

    Args:
        subject: What was examined.
        holds: Whether it is as it must be.
        detail: What was seen; where it does not hold, what to do.
    """

    subject: str
    holds: bool
    detail: str


@dataclass(frozen=True, slots=True)
class WrongSolution:
    """A solution that must be rejected, and by which behaviours."""

    path: Path
    rejected_by: frozenset[str]


def verify(
    challenge: Challenge,
    *,
    runs: int = REFERENCE_RUNS,
    quick: bool = False,
    only: Sequence[str] = (),
    tell: Callable[[Finding], None] = lambda _finding: None,
) -> list[Finding]:
    """Prove a challenge.

    Args:
        challenge: Whose suite is examined.
        runs: How often the reference is graded; it has to get 100 each time.
        quick: Leave out hollow and stub, and judge every sixth wrong solution by one behaviour only.
        only: Names of wrong solutions to judge and nothing else; empty for the whole proof.
        tell: Told of each finding as it is made.

    Returns:
        All findings; the proof is complete when each of them holds.

    Raises:
        UsageError: There is no wrong solution of a name in `only`.
    """
    found: list[Finding] = []

    def note(findings: Iterable[Finding]) -> None:
        for finding in findings:
            found.append(finding)
            tell(finding)

    note(check_files(challenge))
    if not all(finding.holds for finding in found):
        return found
    names = behaviour_names(challenge)
    wrong = wrong_solutions(challenge)
    note(check_coverage(names, wrong))
    chosen = _chosen(wrong, only)
    arena = Arena(challenge)
    try:
        if not quick and not only:
            note([_hollow(challenge, arena), _stub(challenge, arena)])
        if not only:
            note(_reference(challenge, arena, n + 1) for n in range(runs))
        sample = chosen[::QUICK_STEP] if quick else chosen
        note(_wrong(challenge, arena, solution, names, quick=quick) for solution in sample)
    finally:
        left = arena.close()
    note([Finding(subject="clean-up", holds=not left, detail=_left(left))])
    return found


def _chosen(wrong: Sequence[WrongSolution], only: Sequence[str]) -> list[WrongSolution]:
    """The wrong solutions of these names; all of them without any name."""
    known = {solution.path.stem: solution for solution in wrong}
    if strange := sorted(set(only) - set(known)):
        raise UsageError(f"There is no wrong solution {', '.join(strange)}. There are: {', '.join(known)}.")
    return [known[name] for name in only] if only else list(wrong)


# -- on paper ------------------------------------------------------------------------------------


def check_files(challenge: Challenge) -> list[Finding]:
    """What can be said without running anything: files, hints, messages."""
    wanted = [
        challenge.reference_path,
        challenge.reference / "NOTES.md",
        challenge.folder / "hidden" / "scenarios.py",
    ]
    missing = [str(path.relative_to(challenge.folder.parents[1])) for path in wanted if not path.is_file()]
    hints = (challenge.folder / "hints.md").read_text(encoding="utf-8").lower()
    lacking = [level for level in _HINT_LEVELS if level not in hints]
    silent = silent_asserts(challenge.suite_path)
    return [
        _stated("files", not missing, "complete", f"missing: {', '.join(missing)}"),
        _stated("hints", not lacking, "three levels", f"hints.md lacks: {', '.join(lacking)}"),
        _stated(
            "messages",
            not silent,
            "every assert tells the learner what was seen",
            f"test_spec.py has asserts without a message in lines {silent}",
        ),
    ]


def silent_asserts(suite: Path) -> list[int]:
    """Lines of a suite with an assert that tells the learner nothing."""
    tree = ast.parse(suite.read_text(encoding="utf-8"))
    return [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assert) and node.msg is None]


def behaviour_names(challenge: Challenge) -> list[str]:
    """Names of a suite's tests, in order, without running it."""
    tree = ast.parse(challenge.suite_path.read_text(encoding="utf-8"))
    return [
        node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]


def race_names(challenge: Challenge) -> frozenset[str]:
    """Names of a suite's tests that compare speed."""
    tree = ast.parse(challenge.suite_path.read_text(encoding="utf-8"))
    return frozenset(
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and "race" in {argument.arg for argument in node.args.args}
    )


def wrong_solutions(challenge: Challenge) -> list[WrongSolution]:
    """The gallery of a challenge's wrong solutions.

    Raises:
        ChallengeError: One does not say by which behaviours it is rejected, or names one that is not there.
    """
    known = set(behaviour_names(challenge))
    found = []
    for path in sorted(challenge.wrong.glob("*.py")):
        first = path.read_text(encoding="utf-8").split("\n", 1)[0]
        match = _HEADER.match(first)
        if match is None:
            raise ChallengeError(
                f"{path}: the first line is {first!r}. "
                "Name the behaviours that reject it:  # rejected-by: test_a, test_b"
            )
        names = frozenset(name.strip() for name in match["names"].split(","))
        if names - known:
            raise ChallengeError(f"{path}: there is no behaviour {', '.join(sorted(names - known))}")
        found.append(WrongSolution(path, names))
    return found


def check_coverage(names: Iterable[str], wrong: Iterable[WrongSolution]) -> list[Finding]:
    """Whether each behaviour is failed by some wrong solution."""
    rejecting = {name for solution in wrong for name in solution.rejected_by}
    idle = [name for name in names if name not in rejecting]
    return [
        _stated(
            "coverage",
            not idle,
            "every behaviour is failed by a wrong solution",
            f"no wrong solution fails {', '.join(idle)}",
        )
    ]


def _stated(subject: str, holds: bool, good: str, bad: str) -> Finding:
    return Finding(subject=subject, holds=holds, detail=good if holds else bad)


# -- by grading ----------------------------------------------------------------------------------


def _graded(
    challenge: Challenge,
    arena: Arena,
    path: Path,
    only: frozenset[str] | None = None,
    matters: frozenset[str] | None = None,
) -> Record:
    """Grade until everything that matters could be judged, or give up on that."""
    for _ in range(INCONCLUSIVE_RETRIES):
        record = grade(challenge, challenge.submission(path), arena=arena, only=only)
        unjudged = {c.behaviour.name for c in record.checks if c.outcome == "inconclusive"}
        if not (unjudged if matters is None else unjudged & matters):
            return record
    return grade(challenge, challenge.submission(path), arena=arena, only=only)


def _hollow(challenge: Challenge, arena: Arena) -> Finding:
    """A solution that does nothing earns nothing: no behaviour may be kept by leaving the work undone."""
    source = "".join(f"def {name}(*args, **kwargs):\n    return None\n" for name in challenge.functions)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hollow.py"
        path.write_text(source, encoding="utf-8")
        record = _graded(challenge, arena, path)
    kept = ", ".join(c.behaviour.name for c in record.checks if c.earned)
    return Finding(
        subject="hollow",
        holds=record.score.earned == 0,
        detail=f"{record.score.earned:g} points for functions that return None"
        + (f": {kept} must check the result first" if kept else ""),
    )


def _stub(challenge: Challenge, arena: Arena) -> Finding:
    record = _graded(challenge, arena, challenge.stub_path)
    earned, ceiling = record.score.earned, challenge.stub_ceiling
    return Finding(
        subject="stub",
        holds=earned < ceiling and not record.score.passed,
        detail=f"{earned:g} points, has to stay below {ceiling} (seed {record.seed}, {record.seconds:.0f} s)",
    )


def _reference(challenge: Challenge, arena: Arena, number: int) -> Finding:
    record = _graded(challenge, arena, challenge.reference_path)
    lost = "; ".join(
        f"{c.behaviour.name} {c.outcome}: {c.message}" for c in record.checks if c.outcome != "pass"
    )
    return Finding(
        subject=f"reference, run {number}",
        holds=record.score.earned == 100,
        detail=f"{record.score.earned:g} points (seed {record.seed}, {record.seconds:.0f} s)"
        + (f": {lost}" if lost else ""),
    )


def _wrong(
    challenge: Challenge, arena: Arena, solution: WrongSolution, names: list[str], *, quick: bool
) -> Finding:
    """Whether a wrong solution is rejected as it says; quickly, by the first of its behaviours.

    Its speed is measured only where that is what rejects it.
    """
    rejected_by = solution.rejected_by
    if quick:
        rejected_by = frozenset([min(rejected_by, key=names.index)])
    only = rejected_by if quick else frozenset(names) - (race_names(challenge) - rejected_by)
    record = _graded(challenge, arena, solution.path, only=only, matters=rejected_by)
    seen = {c.behaviour.name: c for c in record.checks if c.outcome != "pass"}
    unjudged = {name: c for name, c in seen.items() if c.outcome == "inconclusive"}
    accepted = sorted(rejected_by - set(seen))
    surplus = [
        f"{name} {c.outcome}: {c.message}"
        for name, c in seen.items()
        if name not in rejected_by and name not in unjudged
    ]
    open_ones = [f"{name}: {c.message}" for name, c in unjudged.items() if name in rejected_by]
    ours = [name for name, c in seen.items() if c.outcome == "error"]
    parts = [f"{record.score.earned:g} points (seed {record.seed}, {record.seconds:.0f} s)"]
    parts += [f"accepted by {name}" for name in accepted]
    parts += [f"not judged by {text}" for text in open_ones]
    parts += [f"also rejected by {text}" for text in surplus]
    parts += [f"our own defect in {name}: {seen[name].message}" for name in ours]
    return Finding(
        subject=f"wrong: {solution.path.stem}",
        holds=not (accepted or open_ones or surplus or ours),
        detail="; ".join(parts),
    )


def _left(left: list[int]) -> str:
    return f"processes left: {left}" if left else "no process is left"
