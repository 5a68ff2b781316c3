"""Judges whether distributed programs are right, robust, and as fast as the reference.

Each package's first lines say in which process it runs:

    judge      grade.py itself; pytest runs the hidden suite here, and no solution is ever imported
    warden     one for each side: starts, watches and ends the side's processes, and reads Ray's tables
    driver     a fresh interpreter with the solution; it talks to the judge directly, over a socket
    workers    Ray's processes, which run the solution's tasks and actors
    Ray's own  GCS, raylet and agents, below the warden as well

What happens when `grade.py run NAME` grades a solution, all of it in the judge unless it says otherwise:

    commands.run                 finds the challenge and reads the submission (`catalogue`)
      `- judge.engine.grade      makes a `judge.grading.Grading`: what is asked for and what is found
           |- judge.arena        the learner's side now; the reference's in a thread, if a test races
           |    `- side.Side     over a `Rig`: folder, warden, the world's server, the driver's socket
           `- judge.plugin       what pytest calls for each test of challenges/NAME/hidden/test_spec.py
                |- selection         which tests, in which order: stage by stage, or the stage at hand first
                |- fixture learner   calls -> driver; answers read by `forms`; counts, leftovers -> warden
                |    `- world        answers service.py in driver and workers, from a thread; the ledger
                |- fixture race      rounds of both sides in turn; `round_trace` watches one of them
                |- side              no answer: `failure_causes` asks `explain` why, then repairs the side
                |- control          an exception that is no verdict: the behaviour again, with the reference
                `- how it ended -> check; told to report.terminal and kept on disk at once
      `- judge.verdict.total     checks -> score -> record; report.terminal prints the score

`grade.py try` runs one call on a learner's side and its world, without suite, reference or record:
`commands.try_` -> `judge.tryout`, shown by `report.tryout`. The warden reads what is printed.

`grade.py batch` runs many gradings side by side, here or as tasks of a Ray cluster: see `grader.batch`.

For programs that build on it, two functions are meant to stay:

    from pathlib import Path
    from grader import find_challenge, grade

    challenge = find_challenge("slow_gets")
    record = grade(challenge, challenge.submission(Path("solution.py")), seed=7)
    print(record.score.earned, record.outcome, record.to_json())

`grader.judge.engine.grade` says what else it takes and what it raises. It runs pytest in the process that
calls it, from the main thread, one grading at a time; its two clusters end with the call.

The packages form layers, and imports point from one line to those below it only (`lint-imports` checks it):

    commands | suite
    mock | authoring | batch
    report
    judge
    side
    explain
    world
    catalogue | warden
    inside | system
    errors | tables | words | side_spec | supported
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grader.catalogue.challenges import find_challenge
    from grader.judge.engine import grade

__all__ = ["find_challenge", "grade"]


def __getattr__(name: str) -> Any:
    """The public functions, imported when they are asked for: nothing else pays for them."""
    if name == "grade":
        from grader.judge.engine import grade

        return grade
    if name == "find_challenge":
        from grader.catalogue.challenges import find_challenge

        return find_challenge
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
