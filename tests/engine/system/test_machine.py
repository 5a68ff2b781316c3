"""What counts as a crowded machine."""

import os
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from grader.system import machine
from grader.system.neighbours import CpuUse

QUIET = "some avg10=27.56 avg60=20.10 avg300=9.00 total=123\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"
PRESSED = QUIET.replace("avg10=27.56", "avg10=58.88")


@pytest.fixture
def looks_like(monkeypatch, tmp_path):
    """Set the load for each CPU and what Linux says of pressure; None where there is no such file."""

    def look(load, pressure):
        monkeypatch.setattr("os.getloadavg", lambda: (load * (os.cpu_count() or 1), 0.0, 0.0))
        monkeypatch.setattr(machine, "_PRESSURE", tmp_path / "cpu")
        if pressure is not None:
            (tmp_path / "cpu").write_text(pressure)

    return look


@pytest.mark.parametrize(
    ("load", "pressure", "crowded"),
    [
        (0.5, QUIET, False),
        (0.5, PRESSED, True),  # busy since a few seconds: the load has not risen yet
        (9.0, QUIET, True),
        (9.0, None, True),
        (0.5, None, False),
        (0.5, "", False),
        (0.5, "some avg10=lots", False),
        (0.5, "something else\n", False),
    ],
)
def test_load_or_pressure_make_a_machine_lack_cpus(looks_like, load, pressure, crowded):
    looks_like(load, pressure)
    assert machine.lacks_cpus() is crowded


@pytest.mark.parametrize(
    ("pressure", "share", "crowded"),
    [
        (PRESSED, 0.5, True),
        (PRESSED, None, True),  # too early to tell whose doing it is
        (PRESSED, 0.05, False),  # what the grading itself uses is no excuse
        (QUIET, 0.5, False),  # others are busy, and there are CPUs enough
    ],
)
def test_only_others_make_it_crowded(looks_like, monkeypatch, pressure, share, crowded):
    looks_like(0.5, pressure)
    monkeypatch.setattr(machine, "_NEIGHBOURS", SimpleNamespace(share=lambda: share))
    assert machine.is_crowded() is crowded
    assert machine.stretched(3.0) == (3.0 * machine.CROWDED_FACTOR if crowded else 3.0)


@pytest.mark.parametrize(("busy_s", "own_s", "crowded"), [(120, 20, True), (120, 110, False), (0, 0, False)])
def test_whether_it_was_crowded_is_told_by_what_others_used_since(
    looks_like, monkeypatch, busy_s, own_s, crowded
):
    looks_like(0.5, PRESSED)
    before = CpuUse(passed_s=1000.0, busy_s=500.0, own_s=100.0)
    after = CpuUse(passed_s=1200.0, busy_s=500.0 + busy_s, own_s=100.0 + own_s)
    monkeypatch.setattr(machine, "cpu_use", lambda: after)
    assert machine.was_crowded(since=before) is crowded


def test_this_machine_tells_its_pressure_in_the_form_that_is_read():
    try:
        text = Path("/proc/pressure/cpu").read_text()
    except OSError as error:
        pytest.skip(f"this system does not tell: {error}")
    assert re.match(r"some avg10=\d+\.\d+ ", text)
