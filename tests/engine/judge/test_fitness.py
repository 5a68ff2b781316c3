"""The doctor says what it finds and what to do."""

import os
import shutil
import sys
from types import SimpleNamespace

import psutil
import pytest

from grader.judge import fitness as doctor
from grader.judge.fitness import examine
from tests.support.examples import a_challenge

SMALL = SimpleNamespace(free=10**7)
LITTLE = SimpleNamespace(available=10**9)


def seen(**changes):
    return {f.subject: f for f in examine([a_challenge(**changes)], [])}


def test_this_machine_can_grade():
    found = seen()
    assert set(found) == {"Python", "Ray", "CPUs", "load", "memory", "shared memory", "disk", "leftovers"}
    assert found["Python"].state == found["Ray"].state == "good"
    assert not [f for f in found.values() if f.state == "bad"]
    assert all(f.advice for f in found.values() if f.state != "good")


@pytest.mark.parametrize(
    ("subject", "target", "name", "value", "state", "words"),
    [
        ("Python", sys, "version_info", (3, 10, 0), "bad", "3.11"),
        ("Ray", doctor, "find_spec", lambda _: None, "bad", "pip install"),
        ("Ray", doctor, "cache_from_source", lambda _: "/nowhere", "warn", "compileall"),
        ("CPUs", os, "cpu_count", lambda: 1, "warn", "inconclusive"),
        ("load", os, "getloadavg", lambda: (99.0, 0, 0), "warn", "Close whatever else"),
        ("memory", psutil, "virtual_memory", lambda: LITTLE, "warn", "GB"),
        (
            "shared memory",
            shutil,
            "disk_usage",
            lambda _: SMALL,
            "bad",
            "--shm",
        ),
        ("disk", shutil, "disk_usage", lambda _: SMALL, "warn", "free some"),
    ],
)
def test_what_is_amiss_is_said_with_advice(monkeypatch, subject, target, name, value, state, words):
    monkeypatch.setattr(target, name, value)
    found = seen()[subject]
    assert found.state == state
    assert words in found.advice


def test_what_was_left_and_removed_is_named(tmp_path):
    found = {f.subject: f for f in examine([], [tmp_path / "kata-x"])}
    assert "kata-x" in found["leftovers"].found
