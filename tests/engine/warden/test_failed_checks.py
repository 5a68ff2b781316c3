"""A check that failed inside Ray is read from Ray's own log, not from what a solution prints."""

import os

import pytest

from grader.warden.failed_checks import FAILED_CHECK_STATUS, RayLogs, failed_check

# What Ray 2.60 wrote, with fewer frames.
CHECK = """\
[2026-11-25 19:42:00,921 I 6604 6654] core_worker.cc:2745: Connected to raylet
[2026-11-25 19:42:01,157 C 6604 6604] id.h:435:  An unexpected system state has occurred. You have likely \
discovered a bug in Ray. Please report this issue at https://github.com/ray-project/ray/issues and we'll \
work with you to fix it. Check failed: binary.size() == T::Size() expected size is 24, but got data size is 3
*** StackTrace Information ***
/site-packages/ray/_raylet.so(+0x1812b9a) [0x7fd325c12b9a] ray::operator<<()
/site-packages/ray/_raylet.so(_ZN3ray6RayLogD1Ev+0x469) [0x7fd325c151c9] ray::RayLog::~RayLog()

"""
SHOWN = "id.h:435: Check failed: binary.size() == T::Size() expected size is 24, but got data size is 3"
ABORT = """\
[2026-11-25 19:42:06,253 E 6604 6604] logging.cc:474: *** SIGABRT received at time=1795635726 on cpu 0 ***
[2026-11-25 19:42:06,254 E 6604 6604] logging.cc:474: PC: @     0x7f73356a8eec  (unknown)  (unknown)
[2026-11-25 19:42:06,254 E 6604 6604] logging.cc:474:     @     0x7f733565a050   66672400  (unknown)
"""
LATER = "[2026-11-25 19:42:01,158 I 6604 6700] core_worker.cc:859: Exit signal received\n"


def test_the_check_is_shown_with_its_place():
    assert failed_check(CHECK, 6604) == SHOWN


def test_the_check_may_have_failed_in_any_thread():
    """As it did in four of four drivers that cancelled tasks by force as soon as they had submitted them."""
    log = CHECK.replace("C 6604 6604", "C 6604 6711").replace("id.h:435", "reference_counter.cc:624")
    before, _ = log.split("binary.size()")
    log = before + "it->second.submitted_task_ref_count > 0 \n*** StackTrace Information ***\n"
    shown = "reference_counter.cc:624: Check failed: it->second.submitted_task_ref_count > 0"
    assert failed_check(log, 6604) == shown


def test_another_thread_may_have_written_after_it():
    assert failed_check(CHECK + LATER, 6604) == SHOWN


def test_of_a_log_only_the_end_may_be_there():
    assert failed_check(CHECK[30:], 6604) == SHOWN


def test_a_long_check_is_shortened():
    assert len(failed_check(CHECK.replace("expected", "expected" * 1000), 6604)) < 300


@pytest.mark.parametrize(
    "log",
    [
        "",
        ABORT,
        CHECK.replace(" C ", " E "),
        CHECK.replace("*** StackTrace Information ***", ""),
        CHECK.replace("Check failed: ", ""),
        CHECK.replace("[2026", "I saw: [2026"),
        CHECK.replace("\n", " "),
        LATER,
    ],
)
def test_nothing_else_is_taken_for_one(log):
    assert failed_check(log, 6604) == ""


def test_a_record_of_another_process_does_not_count():
    assert failed_check(CHECK, 6605) == ""


# -- where it is looked for ----------------------------------------------------------------------


@pytest.fixture
def logs(tmp_path):
    folder = tmp_path / "session_latest" / "logs"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def found(tmp_path):
    return RayLogs(tmp_path)


def test_a_drivers_check_is_in_the_drivers_own_log(logs, found):
    (logs / "python-core-driver-01ff_16604.log").write_text(CHECK)
    (logs / "worker-ab-01-6604.err").write_text(CHECK)
    (logs / "python-core-worker-ab_6604.log").write_text(CHECK)
    assert found.of_driver(6604) == ""
    (logs / "python-core-driver-01ff_6604.log").write_text(LATER * 10_000 + CHECK)
    assert found.of_driver(6604) == SHOWN


def test_workers_checks_are_those_written_meanwhile(logs, found):
    for pid, written_s in ((6603, 50), (6604, 150), (6605, 150), (6606, 250)):
        path = logs / f"python-core-worker-ab_{pid}.log"
        path.write_text(CHECK if pid == 6605 else CHECK.replace("6604", str(pid)))
        os.utime(path, (written_s, written_s))
    assert dict(found.of_workers(100.0, 200.0)) == {6604: SHOWN}


@pytest.mark.parametrize("put", ["pipe", "link", "folder"])
def test_what_is_no_plain_file_is_not_read(logs, found, tmp_path, put):
    (tmp_path / "elsewhere").write_text(CHECK)
    path = logs / "python-core-driver-01ff_6604.log"
    match put:
        case "pipe":
            os.mkfifo(path)
        case "link":
            path.symlink_to(tmp_path / "elsewhere")
        case "folder":
            path.mkdir()
    assert found.of_driver(6604) == ""


def test_without_a_session_there_is_none(tmp_path):
    assert RayLogs(tmp_path / "nothing").of_driver(1) == ""
    assert list(RayLogs(tmp_path / "nothing").of_workers(0.0, 1.0)) == []


def test_the_status_is_not_one_of_a_signal():
    assert FAILED_CHECK_STATUS > 0
