"""The hostile solutions of tests/hostile: what each claims in its header, and what a grading makes of it.

A solution says in its first lines which attack it is, on which challenge, what it may earn at most, how its
checks may end and which words its author has to read. Where the solution itself cannot hold a header (an
empty file), `about.txt` next to it does.
"""

import contextlib
import dataclasses
import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import psutil

from grader.authoring.static_checks import behaviour_names
from grader.authoring.verify import INCONCLUSIVE_RETRIES
from grader.catalogue.challenges import read_challenge
from grader.judge.arena import Arena
from grader.judge.engine import grade
from grader.side_spec import Limits
from grader.system.processes import MARKER
from tests.conftest import ROOT, command, environment

HOSTILE = ROOT / "tests" / "hostile"
SOUND = {  # what an honest solution is asked in between
    "toy": "test_total",
    "slow_gets": "test_any_list_of_ids",
    "broken_pipeline": "test_every_record_once",
    "hanging_tasks": "test_express_order",
    "monitoring_system": "test_duplicates",
    "oom_actor": "test_recent_mean",
    "parameter_server": "test_push_and_pull",
}
ROOTS = dict.fromkeys(SOUND, ROOT) | {"toy": ROOT / "tests" / "toy"}
# Families whose solutions can leave something behind, although all that was seen is a wrong answer.
RECKLESS = frozenset(
    {
        "planted_modules", "forged_frames", "around_the_clock", "harms_the_reference", "other_rounds",
        "immune_to_ends", "never_ends", "many_processes", "eats_the_machine", "cluster_tricks", "kills",
    }
)  # fmt: skip
LIMITS = Limits(memory_bytes=1_500_000_000, processes=120, threads=2_500, disk_bytes=1_000_000_000)
COMMAND_WITHIN_S = 240
_KEYS = {"attack", "challenge", "only", "at most", "outcomes", "says", "runs", "through", "status", "sample"}
_LINE = re.compile(r"# (?P<key>[a-z ]+): (?P<value>\S.*)")


@dataclasses.dataclass(frozen=True)
class Attack:
    """A hostile solution.

    Attributes:
        path: The file that is handed in.
        family: The folder that it lies in: see tests/hostile/README.md.
        title: What it does.
        at_most: Points that it may earn.
        outcomes: How its checks may end.
        says: For each line, words of which some must stand in some check's message.
        only: The behaviours to judge; None for the whole suite.
        runs: How often it is graded, one after the other.
        through: How it is graded: "" on a warm arena, else by the command line, with its file "in the
            challenge's folder" or "from the attack's folder".
        status: What the command line has to end with.
        sample: Whether the default tests may take it; the header says why not.
    """

    path: Path
    family: str
    title: str
    challenge: str
    at_most: float
    outcomes: frozenset
    says: tuple
    only: frozenset | None
    runs: int
    through: str
    status: int
    sample: bool

    @property
    def name(self):
        """Its file's or folder's name."""
        return self.path.parent.name if self.path.name == "solution.py" else self.path.stem


def solutions():
    """Every file that is handed in."""
    return sorted([*HOSTILE.glob("*/*.py"), *HOSTILE.glob("*/*/solution.py")])


def read_attack(path):
    """The attack that a file's header describes."""
    about = path.with_name("about.txt")
    has_about = path.name == "solution.py" and about.exists()
    text = (about if has_about else path).read_text(encoding="utf-8")
    found = {}
    for line in text.splitlines():
        if not (match := _LINE.fullmatch(line)):
            break
        assert match["key"] in _KEYS, f"{path}: there is no key {match['key']!r}"
        found.setdefault(match["key"], []).append(match["value"])
    return Attack(
        path=path,
        family=path.relative_to(HOSTILE).parts[0],
        title=found["attack"][0],
        challenge=found["challenge"][0],
        at_most=float(found["at most"][0]),
        outcomes=_names(found["outcomes"][0]),
        says=tuple(found.get("says", ())),
        only=_names(found["only"][0]) if "only" in found else None,
        runs=int(found.get("runs", ["1"])[0]),
        through=found.get("through", [""])[0].removeprefix("command, "),
        status=int(found.get("status", ["1"])[0]),
        sample="sample" not in found,
    )


def _names(text):
    return frozenset(name.strip() for name in text.split(","))


class Arenas:
    """One warm arena for each challenge, with limits that a test machine can bear."""

    def __init__(self):
        self._arenas = {}

    def grade(self, name, path, only):
        """The document of one grading, as `--json` would print it."""
        challenge = read_challenge(name, ROOTS[name])
        if name not in self._arenas:
            self._arenas[name] = Arena(challenge, limits=LIMITS)
        record = grade(challenge, challenge.submission(path), arena=self._arenas[name], only=only)
        return record.to_json()

    def honest(self, name):
        """How one behaviour of the reference ends now: what an attack left behind must not harm it."""
        path = read_challenge(name, ROOTS[name]).reference_path
        (check,) = self.grade(name, path, frozenset([SOUND[name]]))["checks"]
        return check

    def close(self):
        """End them; pids that could not be ended."""
        return [pid for arena in self._arenas.values() for pid in arena.close()]


def graded(attack, arenas, folder):
    """What became of an attack: a document for each run, none where the judge was killed.

    Args:
        attack: What is graded.
        arenas: Warm ones.
        folder: Where a root of its own can be made for the command line.
    """
    if not attack.through:
        return [_judged(attack, arenas) for _ in range(attack.runs)]
    document = by_command(attack, folder)
    return [document] if document is not None else []


def _judged(attack, arenas):
    """Graded until the machine was quiet enough to tell, or given up on that."""
    for _ in range(INCONCLUSIVE_RETRIES):
        document = arenas.grade(attack.challenge, attack.path, attack.only)
        if "inconclusive" in attack.outcomes or all(
            check["outcome"] != "inconclusive" for check in document["checks"]
        ):
            return document
    return arenas.grade(attack.challenge, attack.path, attack.only)


def by_command(attack, folder):
    """Grade as a user does; the document printed is the one kept, or there is neither."""
    root, arguments, cwd = laid_out(attack, folder)
    done = subprocess.run(
        command("run", attack.challenge, *arguments, "--json"),
        capture_output=True,
        text=True,
        env=environment(root),
        cwd=cwd,
        check=False,
        timeout=COMMAND_WITHIN_S,
    )
    assert done.returncode == attack.status, done.stderr
    kept = [json.loads(path.read_text()) for path in (root / ".grade").rglob("*.json")]
    if not attack.outcomes - {"none"}:
        assert not kept
        assert not done.stdout
        return None
    document = json.loads(done.stdout)
    assert kept == [document]
    return document


def laid_out(attack, folder):
    """A root of its own for the command line: (root, arguments, working directory)."""
    root = folder / "root"
    for part in ("challenges", "reference"):
        shutil.copytree(ROOTS[attack.challenge] / part / attack.challenge, root / part / attack.challenge)
    if attack.through == "in the challenge's folder":
        own = root / "challenges" / attack.challenge
        for path in attack.path.parent.iterdir():
            shutil.copy(path, own / path.name)
        return root, (), own
    cwd = folder / "handed_in"
    if attack.path.name == "solution.py":
        shutil.copytree(attack.path.parent, cwd)
    else:
        cwd.mkdir()
        shutil.copy(attack.path, cwd / "solution.py")
    return root, ("--solution", "solution.py"), cwd


def complaints(attack, documents):
    """In what the runs differ from what the header promises; empty when all is well."""
    found = []
    for document in documents:
        checks = document["checks"]
        known = behaviour_names(read_challenge(attack.challenge, ROOTS[attack.challenge]))
        judged = [check["name"] for check in checks]
        if judged != [name for name in known if attack.only is None or name in attack.only]:
            found.append(f"judged were {judged}")
        if document["score"] > attack.at_most:
            found.append(f"it earned {document['score']:g} points, at most {attack.at_most:g} were allowed")
        if document["passed"]:
            found.append("it passed")
        strange = [c for c in checks if c["outcome"] not in attack.outcomes]
        found += [f"{c['name']}: {c['outcome']}: {c['message'][:600]}" for c in strange]
        messages = [check["message"] for check in checks]
        found += [
            f"no message says {words!r}, but: {[m[:600] for m in messages]}"
            for words in attack.says
            if not any(part.strip() in message for part in words.split("|") for message in messages)
        ]
    return found


def may_leave_something(attack):
    """Whether it is worth asking an honest solution afterwards: not where all that happened was an answer."""
    return attack.outcomes != {"fail"} or attack.family in RECKLESS


# -- what is left --------------------------------------------------------------------------------


def leftovers():
    """Processes and folders of this process's gradings, or of nobody's, that are there now."""
    return _folders() | _processes()


def _folders():
    bases = {tempfile.gettempdir(), "/tmp"}
    found = {str(path) for base in bases for path in Path(base).glob("kata-*")}
    return {path for path in found if not _is_others(path)}


def _processes():
    found = set()
    for process in psutil.process_iter(["pid", "name", "cmdline", "environ"]):
        side = (process.info["environ"] or {}).get(MARKER, "")
        if side == "warden":
            with contextlib.suppress(psutil.Error):
                if process.ppid() not in (1, os.getpid()):
                    continue
        words = " ".join(process.info["cmdline"] or ())
        left = (side and not _is_others(side)) or "hostile-daemon" in words
        if left and process.pid != os.getpid():
            found.add(f"{process.pid} {process.info['name']}: {words[:120]}")
    return found


def _is_others(path):
    """Whether a side's folder belongs to another process that lives."""
    with contextlib.suppress(OSError, ValueError, KeyError, psutil.Error):
        owner = json.loads(Path(path, "owner.json").read_text())
        same = abs(psutil.Process(owner["pid"]).create_time() - owner["created"]) < 1.0
        return same and owner["pid"] != os.getpid()
    return False
