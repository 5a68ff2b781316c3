"""The author's proof: the suite accepts what is right and rejects each wrong solution for its own defect."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent

from grader.authoring.claim import Claim
from grader.authoring.gallery import WrongSolution, chosen, right_solutions, wrong_solutions
from grader.authoring.static_checks import (
    behaviour_names,
    check_files,
    check_gallery,
    check_suite,
    check_troubles,
    race_names,
)
from grader.catalogue.challenges import Challenge
from grader.errors import UsageError
from grader.judge.arena import Arena
from grader.judge.engine import grade
from grader.judge.record import Record
from grader.judge.selection import shuffled
from grader.judge.verdict import Check

REFERENCE_RUNS = 5
INCONCLUSIVE_RETRIES = 2
QUICK_STEP = 6
_BELOW = " " * 9


def verify(
    challenge: Challenge,
    *,
    runs: int = REFERENCE_RUNS,
    quick: bool = False,
    wrong: Sequence[str] = (),
    right: Sequence[str] = (),
    shuffle: bool = False,
    tell: Callable[[Claim], None] = lambda _claim: None,
) -> list[Claim]:
    """Prove a challenge.

    Args:
        challenge: Whose suite is examined.
        runs: How often the reference is graded; it has to get 100 each time.
        quick: Leave out hollow, stub and right designs; judge every sixth wrong solution by one behaviour.
        wrong: Names of wrong solutions to judge; with `right`, nothing else is judged.
        right: Names of right designs to judge, likewise.
        shuffle: Judge the reference and right designs only, each time in another order of the behaviours.
        tell: Told each claim as soon as it is known.

    Returns:
        All claims; the proof is complete when each of them holds.

    Raises:
        ChallengeError: The suite or the gallery cannot be read.
        UsageError: There is no solution of a name in `wrong` or `right`.
    """
    found: list[Claim] = []

    def note(claims: Iterable[Claim]) -> bool:
        for claim in claims:
            found.append(claim)
            tell(claim)
        return all(claim.holds for claim in found)

    checks = (check_files, check_suite, check_troubles)
    if not all(note(check(challenge)) for check in checks):
        return found
    names = behaviour_names(challenge)
    wrongs, rights = wrong_solutions(challenge, names), right_solutions(challenge)
    note(check_gallery(names, wrongs, list(rights)))
    if strange := sorted(set(right) - set(rights)):
        raise UsageError(f"There is no right design {', '.join(strange)}. There are: {', '.join(rights)}.")
    some = bool(wrong or right)
    wrongs = chosen(wrongs, wrong) if some else wrongs[:: QUICK_STEP if quick else 1]
    wrongs = [] if shuffle else wrongs
    designs = [rights[name] for name in (right if some else () if quick else rights)]
    with tempfile.TemporaryDirectory() as folder:
        arena = Arena(challenge)
        proof = Proof(challenge, arena, Path(folder), quick=quick, in_detail=some, shuffle=shuffle)
        try:
            if not (some or quick or shuffle):
                note([proof.hollow(), proof.stub()])
            note(proof.reference(n + 1) for n in range(0 if some else runs))
            note(proof.right(path) for path in designs)
            note(proof.wrong(solution) for solution in wrongs)
        finally:
            left = arena.close()
    detail = f"processes left: {left}" if left else "no process is left"
    note([Claim(subject="clean-up", holds=not left, detail=detail)])
    return found


@dataclass(frozen=True, slots=True)
class Proof:
    """What is proven by grading, all on the same clusters.

    Args:
        challenge: Whose suite is examined.
        arena: Where solutions are graded.
        folder: For programs that are composed.
        quick: Judge a wrong solution by the first behaviour that rejects it.
        in_detail: Say what a wrong solution was told when it was rejected.
        shuffle: Judge what is right in an order that each seed draws anew.
    """

    challenge: Challenge
    arena: Arena
    folder: Path
    quick: bool
    in_detail: bool
    shuffle: bool = False

    def hollow(self) -> Claim:
        """A solution that does nothing earns nothing: no promise may be kept by leaving the work undone."""
        functions = self.challenge.functions
        source = "".join(f"def {name}(*args, **kwargs):\n    return None\n" for name in functions)
        record = self._graded(self._written("hollow", source))
        kept = ", ".join(c.behaviour.name for c in record.checks if c.earned)
        return Claim(
            subject="hollow",
            holds=record.score.earned == 0,
            detail=f"{record.score.earned:g} points for functions that return None"
            + (f": {kept} must check the result first" if kept else ""),
        )

    def stub(self) -> Claim:
        """The stub as it is handed out stays below its ceiling."""
        record = self._graded(self.challenge.stub_path)
        ceiling = self.challenge.stub_ceiling
        return Claim(
            subject="stub",
            holds=record.score.earned < ceiling and not record.score.passed,
            detail=f"{_scored(record)}; has to stay below {ceiling}",
        )

    def reference(self, number: int) -> Claim:
        """The reference gets all points, run after run."""
        record = self._graded(self.challenge.reference_path)
        lost = [_said(check) for check in record.checks if check.outcome != "pass"]
        return Claim(
            subject=f"reference, run {number}",
            holds=record.score.earned == 100,
            detail=_listed(_scored(record), [*lost, *self._order(record, lost)]),
        )

    def right(self, path: Path) -> Claim:
        """A right design passes every behaviour but those of speed, where any points will do."""
        record = self._graded(path)
        races = race_names(self.challenge)
        fair = ("pass", "partial", "fail", "inconclusive")
        lost = [
            _said(check)
            for check in record.checks
            if check.outcome not in (fair if check.behaviour.name in races else ("pass",))
        ]
        ratios = [f"{race.name} {race.speed.ratio:.2f} times the reference's time" for race in record.races]
        return Claim(
            subject=f"right: {path.stem}",
            holds=not lost,
            detail=_listed("; ".join([_scored(record), *ratios]), [*lost, *self._order(record, lost)]),
        )

    def wrong(self, solution: WrongSolution) -> Claim:
        """A wrong solution is rejected by the behaviours it names and by no other.

        Its speed is measured only where that is what rejects it.
        """
        names, rejected_by = behaviour_names(self.challenge), solution.rejected_by
        if self.quick:
            rejected_by = frozenset([min(rejected_by, key=names.index)])
        slow = race_names(self.challenge) - rejected_by
        only = rejected_by if self.quick else frozenset(names) - slow
        record = self._graded(self._written(solution.name, solution.source), only, matters=rejected_by)
        amiss = list(_misjudged(record.checks, rejected_by))
        told = _rejections(record.checks, rejected_by) if self.in_detail else ()
        return Claim(
            subject=f"wrong: {solution.name}",
            holds=not amiss,
            detail=_listed(_scored(record), [*amiss, *told]),
        )

    def _order(self, record: Record, lost: Sequence[str]) -> list[str]:
        """In which order behaviours were judged, if it is not the suite's and something was lost."""
        names = shuffled([check.behaviour.name for check in record.checks], record.seed)
        return [f"judged in the order {', '.join(names)}"] if self.shuffle and lost else []

    def _written(self, name: str, source: str) -> Path:
        path = self.folder / f"{name}.py"
        path.write_text(source, encoding="utf-8")
        return path

    def _graded(
        self, path: Path, only: frozenset[str] | None = None, matters: frozenset[str] | None = None
    ) -> Record:
        """Grade until everything that matters could be judged, or give up on that."""
        for left in reversed(range(INCONCLUSIVE_RETRIES + 1)):
            submission = self.challenge.submission(path)
            record = grade(self.challenge, submission, arena=self.arena, only=only, is_shuffled=self.shuffle)
            unjudged = {c.behaviour.name for c in record.checks if c.outcome == "inconclusive"}
            if left == 0 or not (unjudged if matters is None else unjudged & matters):
                break
        return record


def _misjudged(checks: Sequence[Check], rejected_by: frozenset[str]) -> Iterator[str]:
    """Where verdicts on a wrong solution are not those it names, in words."""
    for check in checks:
        name = check.behaviour.name
        match check.outcome, name in rejected_by:
            case "pass", True:
                yield f"accepted by {name}"
            case "error", _:
                yield f"our own bug in {_said(check)}"
            case "inconclusive", True:
                yield f"not judged by {_said(check)}"
            case "pass" | "inconclusive", False:
                pass
            case _, False:
                yield f"also rejected by {_said(check)}"


def _rejections(checks: Sequence[Check], rejected_by: frozenset[str]) -> Iterator[str]:
    """What the behaviours that were to reject a wrong solution told it: whether it was for its own defect."""
    for check in checks:
        if check.behaviour.name in rejected_by and check.outcome in ("partial", "fail", "timeout", "crash"):
            yield f"rejected by {_said(check)}"


def _scored(record: Record) -> str:
    return f"{record.score.earned:g} points (seed {record.seed}, {record.seconds:.0f} s)"


def _listed(head: str, lines: Iterable[str]) -> str:
    """A statement with what explains it below: what a solution was told may have several lines itself."""
    return "\n".join([head, *(indent(line, _BELOW) for line in lines)])


def _said(check: Check) -> str:
    return f"{check.behaviour.name} {check.outcome}: {check.message}"
