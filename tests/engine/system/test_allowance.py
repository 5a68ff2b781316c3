"""A container's quota counts, not what its host has."""

import pytest

from grader.system import allowance
from grader.system.allowance import usable_cpus, usable_memory


@pytest.fixture
def group(monkeypatch, tmp_path):
    monkeypatch.setattr(allowance, "_GROUP", tmp_path)
    monkeypatch.setattr(allowance.os, "sched_getaffinity", lambda _: set(range(16)), raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("quota", "n"), [("400000 100000", 4), ("max 100000", 16), ("50000 100000", 1), ("", 16), (None, 16)]
)
def test_cpus_are_those_of_the_quota(group, quota, n):
    if quota is not None:
        (group / "cpu.max").write_text(quota)
    assert usable_cpus() == n


def test_memory_is_what_the_container_has_left(group):
    without_limit = usable_memory()
    (group / "memory.current").write_text("600000\n")
    (group / "memory.max").write_text("1000000\n")
    assert usable_memory() == 400_000
    (group / "memory.max").write_text("max\n")
    assert usable_memory() == pytest.approx(without_limit, rel=0.2)
