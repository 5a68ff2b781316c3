# attack: modules written where the next driver looks for its own
# challenge: toy
# only: test_total, test_overlap
# at most: 0
# outcomes: crash
# says: ended with exit status 7
"""Overwrites the driver and what it imports, then ends it: hopes to be the next driver, or the next solution's."""

import os
import sys
from pathlib import Path

TAKEN_OVER = "import os\nos._exit(0)\n"


def total(keys):
    import kata_wire

    for folder in {Path.cwd(), Path(kata_wire.__file__).parent, Path.home()}:
        for name in ("driver", "kata_wire", "service_link", "sitecustomize", "service", "ray", "numpy"):
            try:
                (folder / f"{name}.py").write_text(TAKEN_OVER)
            except OSError:
                sys.stderr.write(f"cannot write to {folder}\n")
    os._exit(7)
