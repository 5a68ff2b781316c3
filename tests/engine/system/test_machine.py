"""What counts as a crowded machine."""

import os
import re
from pathlib import Path

import pytest

from grader.system import machine

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
def test_load_or_pressure_make_a_machine_crowded(looks_like, load, pressure, crowded):
    looks_like(load, pressure)
    assert machine.is_crowded() is crowded
    assert machine.stretched(3.0) == (3.0 * machine.CROWDED_FACTOR if crowded else 3.0)


def test_this_machine_tells_its_pressure_in_the_form_that_is_read():
    try:
        text = Path("/proc/pressure/cpu").read_text()
    except OSError as error:
        pytest.skip(f"this system does not tell: {error}")
    assert re.match(r"some avg10=\d+\.\d+ ", text)
