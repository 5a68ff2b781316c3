"""The doctor says what it finds and what to do."""

import os
import platform
import shutil
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from grader.errors import GradingError
from grader.judge import fitness as doctor
from grader.judge.engine import grade
from grader.judge.fitness import check_shared_memory, examine
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
        ("Python", platform, "python_version", lambda: "3.10.13", "bad", "Python 3.11 to 3.13"),
        ("Python", platform, "python_version", lambda: "3.14.0", "warn", "uv run --python 3.13"),
        ("Ray", doctor, "version", lambda _: "2.54.1", "bad", "pip install 'ray>=2.55,<2.61'"),
        ("Ray", doctor, "version", lambda _: "2.61.0", "warn", "Ray 2.55 to 2.60"),
        ("Ray", doctor, "version", lambda _: "nightly", "warn", "Ray 2.55 to 2.60"),
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


def has_free(monkeypatch, n_bytes):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=n_bytes))


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="this system has no /dev/shm")
def test_without_room_for_both_object_stores_nothing_is_started_and_the_doctors_advice_is_given(monkeypatch):
    challenge = a_challenge()
    has_free(monkeypatch, challenge.shared_memory_bytes - 1)
    with pytest.raises(GradingError, match=r"shared memory: 0\.22 GB free in /dev/shm") as refusal:
        grade(challenge, submission=None)
    assert str(refusal.value).endswith(seen()["shared memory"].advice)
    assert "slow_gets: two object stores need up to 0.22 GB" in str(refusal.value)
    assert "--shm-size=1g" in str(refusal.value)


def test_just_enough_shared_memory_is_enough_and_a_system_without_that_folder_is_not_asked(monkeypatch):
    challenge = a_challenge()
    has_free(monkeypatch, challenge.shared_memory_bytes)
    check_shared_memory(challenge)
    has_free(monkeypatch, 0)
    monkeypatch.setattr(doctor, "_SHARED", Path("/nowhere"))
    check_shared_memory(challenge)
