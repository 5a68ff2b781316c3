"""Loads the judge, so that `pytest challenges/slow_gets` runs a challenge's suites."""

pytest_plugins = ["grader.judge.plugin"]
