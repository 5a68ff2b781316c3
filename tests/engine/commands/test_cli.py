"""The command line as people use it: what is printed, and the exit status."""

import json
import os
import shutil
import signal
import subprocess

import psutil
import pytest

from tests.conftest import ROOT, command, environment, grade_py


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["run", "toi"], "Did you mean toy?"),
        (["run", "quicksort"], "python grade.py list"),
        (["run", "toy", "--solution", "nowhere.py"], "there is no such file"),
        (["run", "toy", "--solution", "."], "is a folder"),
        (["run", "toy", "--against", "teacher"], "solution, stub, reference"),
        (["run", "toy", "--against", "stub", "--solution", "x.py"], "not both"),
        (["run"], "name of one challenge, or --all"),
        (["run", "toy", "--all"], "name of one challenge, or --all"),
        (["run", "--all"], "No challenge has been started"),
        (["run", "toy", "--seed", "minus"], "--seed"),
        (["dance"], "dance"),
        (["verify"], "name of one challenge"),
    ],
)
def test_what_cannot_be_done_is_said_with_status_2(toy_root, args, words):
    ended = grade_py(toy_root, *args)
    assert ended.status == 2
    assert words in ended.err
    assert "Traceback" not in ended.err
    assert ended.out == ""


def test_a_broken_challenge_is_named_with_file_and_key(toy_root):
    toml = toy_root / "challenges" / "toy" / "challenge.toml"
    toml.write_text(toml.read_text().replace("num_cpus = 2", 'num_cpus = "two"'))
    ended = grade_py(toy_root, "run", "toy")
    assert ended.status == 2
    assert "challenges/toy/challenge.toml" in ended.err
    assert "num_cpus" in ended.err
    assert "num_cpus = 4" in ended.err


def test_a_suite_whose_points_do_not_add_up_is_refused(toy_root):
    suite = toy_root / "challenges" / "toy" / "hidden" / "test_spec.py"
    suite.write_text(suite.read_text().replace("points=40", "points=50"))
    ended = grade_py(toy_root, "run", "toy")
    assert ended.status == 2
    assert "add up to 110, not 100" in ended.err


def test_list_shows_what_there_is(toy_root):
    assert "toy" in grade_py(toy_root, "list").out
    (listed,) = grade_py(toy_root, "list", "--json").document
    assert listed["name"] == "toy"
    assert listed["started"] is False


def test_start_lays_out_the_stub_once_and_never_overwrites(toy_root):
    folder = toy_root / "challenges" / "toy"
    first = grade_py(toy_root, "start", "toy")
    assert first.status == 0
    assert first.out.splitlines()[-1] == "Next: python grade.py run toy"
    assert (folder / "solution.py").read_text() == (folder / "stub.py").read_text()
    (folder / "solution.py").write_text("mine")
    second = grade_py(toy_root, "start", "toy")
    assert second.status == 2
    assert (folder / "solution.py").read_text() == "mine"


def test_without_ray_the_way_to_install_it_is_shown(toy_root, tmp_path):
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "sitecustomize.py").write_text(
        "import importlib.util as u\n"
        "find = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'ray' else find(name, *a)\n"
    )
    ended = grade_py(toy_root, "run", "toy", PYTHONPATH=str(hidden))
    assert ended.status == 3
    assert "Ray is not installed" in ended.err
    assert "pip install" in ended.err


def test_the_stub_is_graded_when_there_is_no_solution(toy_root):
    ended = grade_py(toy_root, "run", "toy", "--stage", "1")
    assert ended.status == 1
    assert "this grades the stub" in ended.out
    assert ended.out.splitlines()[-1] == "Next: python grade.py start toy"
    (record,) = (toy_root / ".grade" / "records" / "toy").glob("*.json")
    kept = json.loads(record.read_text())
    assert kept["solution"]["kind"] == "stub"
    assert kept["passed"] is False


def test_json_is_the_only_thing_on_stdout_and_the_reference_passes(toy_root):
    ended = grade_py(toy_root, "run", "toy", "--against", "reference", "--json", "--seed", "7")
    assert ended.status == 0, ended.err
    record = ended.document
    assert record["schema"] == 1
    assert (record["passed"], record["outcome"], record["seed"]) == (True, "passed", 7)
    assert record["score"] == record["judged_points"] >= 80
    # Speed may be left open on a busy machine, and nothing else.
    assert {c["outcome"] for c in record["checks"] if c["name"] != "test_speed"} == {"pass"}
    assert {c["outcome"] for c in record["checks"]} <= {"pass", "inconclusive"}
    assert sum(check["points"] for check in record["checks"]) == 100
    (race,) = record["benchmark"]
    assert len(race["learner_s"]) == len(race["reference_s"]) == race["rounds"] >= 3
    assert "PASS" in ended.err


def test_a_run_up_to_a_stage_judges_no_more_and_says_how_to_go_on(toy_root):
    ended = grade_py(toy_root, "run", "toy", "--against", "reference", "--stage", "1")
    assert ended.status == 0, ended.err
    assert "Stage 1 of 2" in ended.out
    assert "Stage 2 of 2" not in ended.out
    assert "Stages ●○ · next: stage 2" in ended.out
    assert ended.out.splitlines()[-1].startswith("Next: python grade.py run toy ")
    (record,) = (toy_root / ".grade" / "records" / "toy").glob("*.json")
    kept = json.loads(record.read_text())
    assert (kept["passed"], kept["outcome"], kept["score"], kept["judged_points"]) == (
        False,
        "reached",
        60,
        60,
    )
    assert [stage["stands"] for stage in kept["stages"]] == [True, None]
    assert {check["stage"] for check in kept["checks"]} == {1}


STOPPED = "Interrupted. Both clusters have been stopped."
FAILS_THEN_HANGS = """
import time
calls = []
def total(keys):
    calls.append(keys)
    if len(calls) > 1:
        time.sleep(600)
"""


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGKILL])
def test_what_was_judged_before_the_end_is_recorded(toy_root, signum):
    solution = toy_root / "fails_then_hangs.py"
    solution.write_text(FAILS_THEN_HANGS)
    run = subprocess.Popen(
        command("run", "toy", "--solution", solution),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(toy_root, PYTHONUNBUFFERED="1"),
    )
    family = []
    for line in run.stdout:
        if "FAIL" in line:
            family = psutil.Process(run.pid).children(recursive=True)
            run.send_signal(signum)
            break
    said, err = run.communicate(timeout=60)
    is_told = signum == signal.SIGINT
    assert run.returncode == (130 if is_told else -signum)
    assert ("Broken off after 1 of 4 behaviours" in said) == is_told
    assert (STOPPED in err) == is_told
    (path,) = (toy_root / ".grade" / "records" / "toy").glob("*.json")
    record = json.loads(path.read_text())
    assert (record["outcome"], record["passed"], record["score"]) == ("interrupted", False, 0)
    assert [check["outcome"] for check in record["checks"]] == ["fail"]
    _, alive = psutil.wait_procs(family, timeout=30)
    assert not alive, "what a grading started ends with it"


def test_a_signal_while_clusters_start_ends_both_with_status_130(toy_root):
    hanging = toy_root / "hanging.py"
    hanging.write_text("import time\ndef total(keys):\n    time.sleep(600)\n")
    run = subprocess.Popen(
        command("run", "toy", "--solution", hanging),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(toy_root),
    )
    family = await_processes(run.pid, "raylet", 2)
    run.send_signal(signal.SIGTERM)
    _, err = run.communicate(timeout=60)
    assert run.returncode == 130
    assert STOPPED in err
    _, alive = psutil.wait_procs(family, timeout=20)
    assert not alive


def await_processes(pid, name, count):
    """All descendants of a process once `count` of them are called `name`."""
    process = psutil.Process(pid)
    while process.is_running():
        family = process.children(recursive=True)
        if sum(is_called(p, name) for p in family) >= count:
            return family
        if process.status() == psutil.STATUS_ZOMBIE:
            break
    raise AssertionError("the run ended before its clusters were up")


def is_called(process, name):
    try:
        return process.name() == name
    except psutil.NoSuchProcess:
        return False


def test_leftovers_of_a_killed_run_are_removed_by_the_next(toy_root):
    from grader.side.warden_client import new_folder, sweep_leftovers

    mine, dead = new_folder(), new_folder()
    gone = subprocess.Popen(["true"])
    gone.wait()
    (dead.root / "owner.json").write_text(json.dumps({"pid": gone.pid, "created": 1.0}))
    marked = subprocess.Popen(["sleep", "600"], env=os.environ | {"KATA_SIDE": str(dead.root)})
    try:
        removed = sweep_leftovers()
        assert dead.root in removed
        assert not dead.root.exists()
        assert mine.root.exists()
        assert marked.wait(10) is not None
    finally:
        shutil.rmtree(mine.root)


def test_plain_pytest_runs_a_challenges_suites(toy_root):
    shutil.copy(ROOT / "conftest.py", toy_root)
    shutil.copy(ROOT / "tests/toy/reference/toy/solution.py", toy_root / "challenges" / "toy")
    done = subprocess.run(
        [*command()[:1], "-m", "pytest", "--import-mode=importlib", "-q", "challenges/toy"],
        cwd=toy_root,
        env=environment(toy_root, PYTHONPATH=str(ROOT)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "6 passed" in done.stdout


def test_a_mock_is_tried_submitted_and_shown_on_a_card(toy_root, tmp_path):
    fixed = tmp_path / "set.toml"
    fixed.write_text('minutes = 30\nchallenges = ["toy"]\nseed = 3\n')
    assert grade_py(toy_root, "mock", "start", "--set", fixed).status == 0
    (path,) = (toy_root / "mock").glob("*/toy/solution.py")
    path.write_text("def total(keys:\n")  # cannot be imported: it is judged without clusters
    tried = grade_py(toy_root, "mock", "try", "toy")
    assert tried.status == 0, tried.err
    assert "  all          0 of 4 passed" in tried.out
    assert "FAIL" not in tried.out + tried.err, "no behaviour is shown by itself"
    assert "1 try, the last with 0 of 4 passed" in grade_py(toy_root, "mock", "status").out
    page = tmp_path / "card.html"
    submitted = grade_py(toy_root, "mock", "submit", "--json", "--html", page)
    assert submitted.status == 0, submitted.err
    (part,) = submitted.document["parts"]
    assert (part["share"], part["tries"], part["answered"]) == (0.0, 1, True)
    assert "Mock interview" in page.read_text()
    shown = grade_py(toy_root, "mock", "card")
    assert "toy: not finished here" in shown.out
    assert grade_py(toy_root, "mock", "card", "--json").document == submitted.document


def test_verify_says_of_every_claim_whether_it_holds(toy_root):
    harmless = toy_root / "tests" / "wrong" / "toy" / "keys_are_a_list.toml"
    harmless.write_text(harmless.read_text().replace("new = ''", "new = '''\n    keys = [*keys]\n'''"))
    wrong = ("--wrong", "keys_are_a_list", "--wrong", "off_by_one")
    ended = grade_py(toy_root, "verify", "toy", "--quick", *wrong, "--json")
    claims = {claim["subject"]: claim for claim in ended.document["toy"]}
    broken = claims.pop("wrong: keys_are_a_list")
    assert not broken["holds"]
    assert "accepted by test_total" in broken["detail"]
    assert [claim for claim in claims.values() if not claim["holds"]] == []
    assert {"suite", "coverage", "wrong: off_by_one", "clean-up"} <= set(claims)
    assert ended.status == 1
    assert "BAD  wrong: keys_are_a_list" in ended.err
    assert "ok   wrong: off_by_one" in ended.err
