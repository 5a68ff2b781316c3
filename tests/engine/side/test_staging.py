"""Whatever somebody does to what has been laid out is seen, also when it has been undone."""

import os

import pytest

from grader.catalogue.challenges import read_challenge
from grader.side.staging import laid_out, stage
from grader.side_spec import SideFolder
from tests.conftest import ROOT

CHALLENGE = ROOT / "challenges" / "slow_gets"


@pytest.fixture
def folder(tmp_path):
    found = SideFolder(tmp_path)
    stage(found, read_challenge("slow_gets", ROOT).submission(CHALLENGE / "stub.py"), CHALLENGE)
    return found


def rewrite_and_restore(folder):
    file = folder.work / "solution.py"
    before, moment = file.read_bytes(), file.stat()
    file.write_bytes(b"raise SystemExit")
    file.write_bytes(before)
    os.utime(file, ns=(moment.st_atime_ns, moment.st_mtime_ns))


def plant_and_remove(folder):
    module = folder.inside / "random.py"
    module.write_text("raise SystemExit")
    module.unlink()


def exchange(folder):
    file = folder.inside / "service_link.py"
    other = folder.inside / "other"
    other.write_bytes(file.read_bytes())
    other.replace(file)


@pytest.mark.parametrize("deed", [rewrite_and_restore, plant_and_remove, exchange])
def test_a_deed_that_was_undone_is_seen(folder, deed):
    before = laid_out(folder)
    deed(folder)
    assert laid_out(folder) != before


def test_to_read_and_import_it_changes_nothing(folder):
    before = laid_out(folder)
    for file in folder.work.iterdir():
        compile(file.read_bytes(), file, "exec")
    assert laid_out(folder) == before
