"""All that a challenge's hidden files may import from the engine: `from grader.suite import ...`.

`hidden/test_spec.py` marks its tests with `behaviour`, says which form an answer has (`either`, `array`, ...)
and what it has to be (`same`, `close`), and catches what a solution did instead of answering;
`hidden/world.py` derives its `World` from `OutsideWorld`, refuses, delays or kills, and marks with `trouble`
what tests and `grade.py try` set up. The names listed here stay; everything else in the engine may change at
any time.
"""

from grader.judge.behaviour import behaviour, void
from grader.judge.comparison import close, same
from grader.judge.forms import array, either, named, promised, sealed
from grader.judge.lessons import teaching
from grader.side.observation import Observation, SolutionRaised
from grader.world.ledger import Entry, peak
from grader.world.outside import Call, KillWorker, OutsideWorld, Refuse
from grader.world.troubles import Trial, trouble

__all__ = [
    "Call",
    "Entry",
    "KillWorker",
    "Observation",
    "OutsideWorld",
    "Refuse",
    "SolutionRaised",
    "Trial",
    "array",
    "behaviour",
    "close",
    "either",
    "named",
    "peak",
    "promised",
    "same",
    "sealed",
    "teaching",
    "trouble",
    "void",
]
