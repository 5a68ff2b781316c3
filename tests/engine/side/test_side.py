"""Whatever a solution does to its side is one observation, and the side serves the next call."""

import contextlib
import os
import signal
from pathlib import Path

import numpy as np
import psutil
import pytest

from grader.side.observation import (
    NotLoadable,
    NotPlain,
    SolutionCrashed,
    SolutionRaised,
    SolutionTimeout,
)
from grader.side.task_table import settled_tasks
from tests.support.sides import EchoWorld, lend, use

PROGRAM = """
import decimal, os, signal, sys, tempfile, threading, time
import numpy as np
import ray
import service

@ray.remote
def twice(x):
    return 2 * x

def run(x):
    return ray.get(twice.remote(x))

def echo(x):
    return service.echo(x)

@ray.remote
def echo_there(x):
    return service.echo(x)

def echo_in_a_task(x):
    return ray.get(echo_there.remote(x))

@ray.remote
def poll(mark):
    open(mark, "w").close()
    while True:
        time.sleep(0.02)

def cancel_a_running_task():
    mark = tempfile.mktemp()
    ref = poll.remote(mark)
    while not os.path.exists(mark):
        time.sleep(0.02)
    ray.cancel(ref)
    try:
        return ray.get(ref, timeout=8)
    except ray.exceptions.TaskCancelledError:
        return "cancelled"

def leave():
    os._exit(0)

def quit_politely():
    sys.exit(0)

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def fill_descriptors():
    for fd in range(3, 64):
        try:
            os.write(fd, b"passed" * 100)
        except OSError:
            pass

def raise_deep():
    raise KeyError("missing", 3)

@ray.remote
def fail():
    raise ValueError("from a task")

def raise_in_task():
    ray.get(fail.remote())

class Untold(Exception):
    def __str__(self):
        raise Untold

    def __getattribute__(self, name):
        raise Untold

def raise_untold():
    raise Untold

def of_type(kind):
    return {
        "decimal": decimal.Decimal("1.5"),
        "numpy scalar": np.float64(1.5),
        "generator": (i for i in range(3)),
        "ref": [twice.remote(1)],
        "liar": [Liar(3)],
    }[kind]

class Liar(int):
    def __eq__(self, other):
        return True

@ray.remote
class Keeper:
    def ping(self):
        return os.getpid()

def leave_detached_actor():
    return ray.get(Keeper.options(name="keeper", lifetime="detached").remote().ping.remote())

def kill_raylet():
    import contextlib
    import psutil
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):  # others come and go meanwhile
            if process.name() == "raylet" and os.environ["KATA_SIDE"] in " ".join(process.cmdline()):
                process.kill()
    return run(3)

def kill_warden():
    os.kill(os.getppid(), signal.SIGKILL)
    return run(3)

def leave_daemon():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            while True:
                pass
        os._exit(0)
    os.wait()
    return os.getpid()

def flood():
    def write():
        while True:
            os.write(1, b"passed " * 10000)
    threading.Thread(target=write, daemon=True).start()
    return run(4)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("side")


@pytest.fixture(scope="module")
def side(shared_side, folder):
    lend(shared_side, PROGRAM, folder)
    shared_side.set_world(EchoWorld(np.random.default_rng(0)))
    return shared_side


def call(side, name, *args, deadline_s=10.0):
    return side.call("solution", name, args, {}, deadline_s)


def serves(side):
    return call(side, "run", 21) == 42 and call(side, "echo", "here") == "here"


def test_a_world_tells_workers_from_the_driver(side):
    call(side, "echo", "from the driver")
    call(side, "echo_in_a_task", "from a worker")
    callers = {entry.args[0]: entry.pid for entry in side.world.ledger.entries("echo")}
    assert callers["from the driver"] == side.driver_pid
    assert side.world.worker_pids() >= {callers["from a worker"]}
    assert side.driver_pid not in side.world.worker_pids()


def test_a_running_task_can_be_cancelled(side):
    """Without force: KeyboardInterrupt needs SIGINT not to be ignored in workers."""
    assert call(side, "cancel_a_running_task", deadline_s=30.0) == "cancelled"


def test_plain_values_travel_both_ways(side):
    assert call(side, "run", 4) == 8
    array = np.arange(6.0).reshape(2, 3)
    assert np.array_equal(call(side, "echo", array), array)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("leave", "exit status 0"),
        ("die", "killed by signal 9"),
        ("fill_descriptors", "connection"),
    ],
)
def test_a_driver_that_ends_is_a_crash(side, name, words):
    with pytest.raises(SolutionCrashed, match=words):
        call(side, name)
    assert serves(side)


@pytest.mark.parametrize(
    ("name", "type_name", "text"),
    [
        ("quit_politely", "SystemExit", "0"),
        ("raise_deep", "KeyError", "missing"),
        ("raise_in_task", "ValueError", "from a task"),
        ("nowhere", "AttributeError", "nowhere"),
        ("raise_untold", "Untold", ""),
    ],
)
def test_an_exception_arrives_with_type_text_and_own_lines(side, name, type_name, text):
    before = side.driver_pid
    with pytest.raises(SolutionRaised) as seen:
        call(side, name)
    assert seen.value.type_name == type_name
    assert text in seen.value.text
    assert "site-packages" not in seen.value.trace
    if name == "raise_in_task":
        assert 'raise ValueError("from a task")' in seen.value.trace
    assert side.driver_pid == before


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("decimal", "decimal.Decimal"),
        ("numpy scalar", "numpy.float64"),
        ("generator", "generator"),
        ("ref", "ObjectRef"),
        ("liar", "Liar"),
    ],
)
def test_what_is_not_plain_is_named_with_its_place(side, kind, words):
    with pytest.raises(NotPlain, match=words) as seen:
        call(side, "of_type", kind)
    assert "the returned value" in seen.value.message


def test_output_without_end_costs_nothing(side):
    assert call(side, "flood") == 8
    said = side.warden.ask("said")
    assert len(said["tail"]) <= 64 * 1024 < said["total_bytes"]
    side.recover()


def test_a_detached_actor_is_gone_after_a_recovery(side):
    call(side, "leave_detached_actor")
    assert not side.rig.becomes_clean(within_s=0.5)
    side.recover()
    assert side.rig.becomes_clean()
    assert serves(side)


def test_a_daemon_in_a_session_of_its_own_is_ended_with_the_driver(side):
    call(side, "leave_daemon")
    family = {p.pid for p in psutil.Process(os.getpid()).children(recursive=True)}
    daemons = {pid for pid in family if is_daemon(pid)}
    assert daemons
    side.recover()
    assert not any(psutil.pid_exists(pid) for pid in daemons)


def is_daemon(pid):
    """A copy of the driver whose parent is not the driver: it was left behind."""
    process = psutil.Process(pid)
    return (
        "driver.py" in " ".join(process.cmdline())
        and "-m grader.warden" in " ".join(process.parent().cmdline())
        and os.getsid(pid) != pid
    )


@pytest.mark.parametrize("name", ["kill_raylet", "kill_warden"])
def test_a_solution_that_kills_what_carries_it_harms_no_later_call(side, name):
    before = side.rig
    with contextlib.suppress(SolutionCrashed, SolutionRaised, SolutionTimeout):
        call(side, name, deadline_s=3.0)
    if not side.rig.becomes_clean(within_s=1.0):
        side.recover()
    assert serves(side)
    assert side.rig is not before


@pytest.mark.parametrize(
    ("source", "outcome", "words"),
    [
        ("import os\nos._exit(0)\ndef run(x): pass\n", "crash", "exit status 0"),
        ("def run(x: return 1\n", "fail", "line 1"),
        ("import nothing_of_that_name\ndef run(x): pass\n", "fail", "nothing_of_that_name"),
        ("raise SystemExit\ndef run(x): pass\n", "fail", "SystemExit"),
    ],
)
def test_a_solution_that_cannot_be_imported_is_said_so_once_and_for_all(side, folder, source, outcome, words):
    use(side, source, folder)
    messages = set()
    for _ in range(3):
        with pytest.raises(NotLoadable, match=words) as seen:
            call(side, "run", 1)
        messages.add(seen.value.message)
        assert seen.value.outcome == outcome
    assert len(messages) == 1
    use(side, PROGRAM, folder)
    assert serves(side)


def test_nothing_of_an_earlier_solution_is_left_in_the_working_folder(side, folder):
    use(side, "def run(x):\n    open('memo.txt', 'w').write(x)\n", folder)
    call(side, "run", "answer")
    use(side, "import os\ndef run(x):\n    return sorted(os.listdir('.'))\n", folder)
    assert call(side, "run", 0) == ["service.py", "solution.py"]
    use(side, PROGRAM, folder)


def test_a_solution_that_removed_the_folder_of_its_side_harms_no_later_one(side, folder):
    source = (
        "import os, shutil\ndef run(x):\n    shutil.rmtree(os.environ['KATA_SIDE'], ignore_errors=True)\n"
    )
    use(side, source, folder)
    with contextlib.suppress(SolutionCrashed):
        call(side, "run", 0)
    use(side, PROGRAM, folder)
    assert serves(side)


def test_a_side_that_stands_by_serves_the_next_solution_at_once_in_its_workers_too(side, folder):
    source = (
        "import os, ray\nVALUE = {}\n@ray.remote\ndef seen():\n    return [VALUE, os.getpid()]\n"
        "def run(x):\n    return ray.get(seen.remote())\n"
    )
    use(side, source.format(1), folder)
    assert call(side, "run", 0)[0] == 1
    side.refresh()
    driver_pid, standing_by = side.driver_pid, side.look("worker_pids").worker_pids
    use(side, source.format(2), folder)
    value, worker_pid = call(side, "run", 0)
    assert (value, side.driver_pid) == (2, driver_pid)
    assert worker_pid in standing_by
    use(side, PROGRAM, folder)


def test_a_renewed_side_has_a_job_without_earlier_tasks_and_actors(side):
    assert serves(side)
    call(side, "leave_detached_actor")
    assert "twice" in {task.name for task in settled_tasks(side)}
    before = side.driver_pid
    side.restart_driver()
    assert side.driver_pid != before
    names = {task.name for task in settled_tasks(side) if task.kind != "DRIVER_TASK"}
    assert names == {"kata_warm_up"}
    assert not side.look("actors").actors
    before = side.driver_pid
    side.restart_driver()  # it has served nothing since
    assert side.driver_pid == before
    assert serves(side)


def test_a_side_ends_with_its_judge(tmp_path):
    """However the judge dies: here it is killed with SIGKILL in the middle of a call."""
    import subprocess
    import sys

    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from tests.support.sides import side_with\n"
        "with side_with('import time\\ndef run():\\n    time.sleep(600)\\n', Path(sys.argv[1])) as s:\n"
        "    s.ready()\n"
        "    print(s.warden.folder.root, flush=True)\n"
        "    s.call('solution', 'run', (), {}, 500.0)\n"
    )
    judge = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    root = judge.stdout.readline().strip()
    family = psutil.Process(judge.pid).children(recursive=True)
    assert any(p.name() == "raylet" for p in family)
    judge.send_signal(signal.SIGKILL)
    judge.wait()
    _gone, alive = psutil.wait_procs(family, timeout=20)
    assert not alive
    assert root
    assert not Path(root).exists()
