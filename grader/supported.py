"""Which Python and which Ray the grader is tested with: the one place in code where the bounds stand.

pyproject.toml, the README and the workflow of continuous integration say the same to those who cannot ask
this module; a test keeps them together. An older Python has to be able to import it, so that `grade.py` says
that it is too old: nothing newer than Python 3.9 is used.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Range:
    """Releases of one program, both ends included.

    Args:
        name: The program.
        oldest: Its first release that is supported, as (major, minor).
        newest: Its last one.
    """

    name: str
    oldest: "tuple[int, int]"
    newest: "tuple[int, int]"

    def __str__(self) -> str:
        return f"{self.name} {self.oldest[0]}.{self.oldest[1]} to {self.newest[0]}.{self.newest[1]}"

    @property
    def specifier(self) -> str:
        """The same as a requirement, for example ">=3.11,<3.14"."""
        return f">={self.oldest[0]}.{self.oldest[1]},<{self.newest[0]}.{self.newest[1] + 1}"

    def side_of(self, version: str) -> str:
        """Where a version lies: "within", "below" or "above"; "unknown" if it is not a number."""
        found = re.match(r"(\d+)\.(\d+)", version)
        if found is None:
            return "unknown"
        release = int(found[1]), int(found[2])
        return "below" if release < self.oldest else "above" if release > self.newest else "within"


PYTHON = Range("Python", (3, 11), (3, 13))
RAY = Range("Ray", (2, 55), (2, 60))
