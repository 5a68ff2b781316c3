"""Sides for tests that need a real cluster, programs from `programs`.

Most modules share one warm side (the fixture `shared_side`): a cluster takes three seconds to start, and to
give a side another solution is what the engine does all day. A module that needs other limits, or a cluster
on which nothing has run, starts its own with `side_with`.
"""

import contextlib
import shutil
from pathlib import Path

from grader.catalogue.submission import read_submission
from grader.side.side import Side
from grader.side_spec import ClusterNeeds
from grader.world.outside import OutsideWorld

PROGRAMS = Path(__file__).parent / "programs"
FOUR_CPUS = ClusterNeeds(num_cpus=4, object_store_mb=100, resources={})


class EchoWorld(OutsideWorld):
    """`echo` answers with its argument, `never` does not answer."""

    async def echo(self, call, x):
        return x

    async def never(self, call, x):
        await call.never()


@contextlib.contextmanager
def side_with(source, folder, *, needs=FOUR_CPUS, limits=None, private=False):
    """A started side with `source` (text, or a file of tests/support/programs) as its solution."""
    side = Side(needs, limits=limits, private=private)
    use(side, source, folder)
    side.start()
    try:
        yield side
    finally:
        assert side.close() == []


def use(side, source, folder):
    """Give a side another solution."""
    challenge = folder / "challenge"
    challenge.mkdir(exist_ok=True)
    shutil.copyfile(PROGRAMS / "service.py", challenge / "service.py")
    path = PROGRAMS / source if source.endswith(".py") else folder / "handed_in.py"
    if not source.endswith(".py"):
        path.write_text(source)
    side.use(read_submission(path, "file", []), challenge)


def lend(side, source, folder):
    """Give a module the shared side, as if it had just been started with this solution."""
    use(side, source, folder)
    side.set_world(None)
    return side
