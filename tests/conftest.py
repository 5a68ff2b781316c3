"""What the tests share: a copy of the toy challenge, and grade.py run as a user runs it."""

import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.samples import day, hand

ROOT = Path(__file__).parent.parent
SIDE_BY_SIDE = 2
DRAWN = pytest.StashKey()
os.environ.pop(
    "UV_RUN_RECURSION_DEPTH", None
)  # commands are shown as `python grade.py`, however pytest was called
# A shell starts what runs in its background with SIGINT ignored, and children would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser):
    parser.addoption("--matrix", action="store_true", help="also run what takes an hour")
    parser.addoption(
        "--sample-seed", type=int, default=day(), metavar="N",
        help="what the default tests take of the matrix; without it, that of the day",
    )  # fmt: skip


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """All the default tests run in two processes, a file in one of them; a part runs as it was asked."""
    if hasattr(config, "workerinput"):  # this is one of the two
        return
    option = config.option
    is_all = (
        config.args_source is config.ArgsSource.TESTPATHS
        and not option.matrix
        and not getattr(option, "lf", False)
    )
    if config.pluginmanager.hasplugin("xdist") and is_all and option.numprocesses is None:
        option.numprocesses, option.dist = SIDE_BY_SIDE, "loadfile"


def pytest_collection_modifyitems(config, items):
    _draw_a_few(items, config.getoption("--sample-seed"))
    if not config.getoption("--matrix"):
        skip = pytest.mark.skip(reason="part of the full matrix: pytest --matrix -m matrix")
        for item in items:
            if item.get_closest_marker("matrix") and not item.get_closest_marker("sample"):
                item.add_marker(skip)


def _draw_a_few(items, seed):
    """Of a test's parameters the default run takes as many as its mark says, others on other days."""
    tables = {}
    for item in items:
        if item.get_closest_marker("few"):
            tables.setdefault((item.path, item.originalname), []).append(item)
    for table in tables.values():
        (size,) = table[0].get_closest_marker("few").args
        drawn = hand([[item] for item in table], seed, size)
        for item in table:
            item.add_marker("matrix")
            if item in drawn:
                item.add_marker("sample")


def pytest_report_collectionfinish(config, items):
    """Say what the default tests take of the long tables, and how to take it again."""
    return _drawn(config, items)


def pytest_collection_finish(session):
    if hasattr(session.config, "workeroutput"):  # one of two processes: the one that started it prints
        session.config.workeroutput["drawn"] = _drawn(session.config, session.items)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error):
    if drawn := getattr(node, "workeroutput", {}).get("drawn"):
        node.config.stash[DRAWN] = drawn


def pytest_terminal_summary(terminalreporter, config):
    for line in config.stash.get(DRAWN, []):
        terminalreporter.write_line(line)


def _drawn(config, items):
    drawn = {}
    for item in items:
        if item.get_closest_marker("sample"):
            drawn.setdefault(item.path.name, {})[item.callspec.id] = None
    if config.getoption("--matrix") or not drawn:
        return []
    seed = config.getoption("--sample-seed")
    lines = [f"  {name}: {', '.join(taken)}" for name, taken in drawn.items()]
    return [f"samples, which --sample-seed {seed} draws again:", *lines]


@dataclasses.dataclass
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def document(self):
        """The one JSON document on stdout."""
        return json.loads(self.out)


def command(*args):
    return [sys.executable, str(ROOT / "grade.py"), *map(str, args)]


def environment(root, **more):
    """As a user's shell has it: nothing of the pytest that runs the tests."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return own | {"KATA_ROOT": str(root), "COLUMNS": "100"} | more


def grade_py(root, *args, **more):
    """Run grade.py to its end on the challenges below `root`."""
    done = subprocess.run(
        command(*args), capture_output=True, text=True, env=environment(root, **more), check=False
    )
    return Ended(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def toy_root(tmp_path):
    """A root of its own with the toy challenge."""
    ignored = shutil.ignore_patterns(".grade")  # of gradings by hand
    shutil.copytree(ROOT / "tests" / "toy", tmp_path / "root", ignore=ignored)
    return tmp_path / "root"


@pytest.fixture(scope="session")
def shared_side(tmp_path_factory):
    """A warm side that modules borrow one after the other: see tests/support/sides.py."""
    from tests.support.sides import side_with  # most runs of a few tests need no cluster

    with side_with("", tmp_path_factory.mktemp("shared")) as started:
        yield started
