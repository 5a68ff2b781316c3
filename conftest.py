"""Loads the judge, so that `pytest challenges/slow_gets` runs a challenge's suites."""

from pathlib import Path

pytest_plugins = ["grader.judge"]
_TESTS = Path(__file__).parent / "tests"
_WORKERS = 2  # each grading has clusters of its own; they mostly wait


def pytest_xdist_auto_num_workers(config):
    """The project's own tests run side by side; a challenge's suite, which measures speed, does not."""
    paths = [Path(config.invocation_params.dir, arg.split("::")[0]) for arg in config.args]
    own = [path for path in paths if path.resolve().is_relative_to(_TESTS)]
    side_by_side = len(own) == len(paths) and not any("benchmarks" in path.parts for path in own)
    return _WORKERS if side_by_side else 0
