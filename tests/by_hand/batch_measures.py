"""Measures batches on real Ray clusters of several nodes; each part takes up to nine minutes on two CPUs.

    python -m tests.by_hand.batch_measures faults       # 200 real gradings; a node and the driver are killed
    python -m tests.by_hand.batch_measures cost         # what spreading costs beside the grading itself
    python -m tests.by_hand.batch_measures simulation   # 1,000 gradings that sleep, on 100 logical CPUs

`faults` grades the toy challenge by its first behaviour alone, and a handful of programs many times over: 200
whole gradings would take an hour here. It compares every row with a direct grading of the same program.
"""

import argparse
import atexit
import contextlib
import csv
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

os.environ["RAY_ENABLE_UV_RUN_RUNTIME_ENV"] = "0"
os.environ["KATA_ROOT"] = str(Path(__file__).parents[2] / "tests" / "toy")

import psutil
from ray.cluster_utils import Cluster

from grader import find_challenge, grade
from grader.batch.cluster import ClusterPool
from grader.batch.here import LocalPool
from grader.batch.results import Results
from grader.batch.run import Run
from grader.side.warden_client import sweep_leftovers
from tests.conftest import ROOT
from tests.support.batches import PRETENDED, a_job, a_journal, outcome

SEED = 11
ONLY = "test_total"
STORE = 100_000_000
RECORD_BYTES = 60_000  # of a record with traces


def a_cluster(*cpus):
    """A cluster with a node for each number; the nodes after the first too."""
    head, *others = cpus
    usual = {"object_store_memory": STORE}
    cluster = Cluster(
        initialize_head=True, head_node_args=usual | {"num_cpus": head, "include_dashboard": False}
    )
    return cluster, [cluster.add_node(num_cpus=n, **usual) for n in others]


def programs():
    """A few programs that are right, wrong, broken and hostile."""
    toy = find_challenge("toy")
    reference = toy.reference_path.read_text()
    return {
        "right": reference,
        "stub": toy.stub_path.read_text(),
        "off_by_one": reference.replace("return sum(ray.get", "return 1 + sum(ray.get"),
        "merged": reference.replace("keys = list(keys)", "keys = sorted(set(keys))"),
        "raises": "def total(keys):\n    raise ValueError(keys)\n",
        "exits": "import os\n\ndef total(keys):\n    os._exit(0)\n",
        "kills_its_parent": "import os\n\ndef total(keys):\n    os.kill(os.getppid(), 9)\n",
        "broken": "def total(keys:\n",
        "empty": "",
        "misnamed": "def totals(keys):\n    return 0\n",
    }


def n_ended(out):
    """How many gradings the journal has."""
    with contextlib.suppress(OSError):
        return (out / "journal.jsonl").read_text().count('{"graded"')
    return 0


def started(address, folder, out, *more):
    """The driver, as a user starts it."""
    command = [sys.executable, str(ROOT / "grade.py"), "batch", str(folder), "--out", str(out)]
    command += ["--address", address, *more]
    driver = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    atexit.register(driver.terminate)
    return driver


def await_ended(out, n, driver):
    while n_ended(out) < n and driver.poll() is None:
        time.sleep(0.1)


def judges():
    return [
        p.pid for p in psutil.process_iter(["cmdline"]) if "grader.batch.judging" in (p.info["cmdline"] or [])
    ]


def faults(n, at):
    """Grade many while a node and the driver are killed, then compare; what is at `at` already is resumed."""
    folder, out = at / "class", at / "out"
    if n_ended(out):
        cluster, _ = a_cluster(2, 2, 2)
    else:
        cluster = killed(n, folder, out)
    start = time.monotonic()
    status = started(cluster.address, folder, out, "--resume").wait()
    print(f"resumed: status {status} after {time.monotonic() - start:.0f} s, judges left {judges()}")
    cluster.shutdown()
    compare(list(csv.DictReader((out / "results.csv").open())), at)
    print("leftovers:", sweep_leftovers())


def killed(n, folder, out):
    """Half of the gradings; the cluster that they ran on, without the node that was killed."""
    texts = programs()
    for k in range(n):
        name = list(texts)[k % len(texts)]
        target = folder / f"{k:03}-{name}" / "toy.py"
        target.parent.mkdir(parents=True)
        target.write_text(texts[name])
    cluster, nodes = a_cluster(2, 2, 2)
    start = time.monotonic()
    driver = started(cluster.address, folder, out, "--seed", str(SEED), "--only", ONLY)
    await_ended(out, n // 4, driver)
    cluster.remove_node(nodes[0], allow_graceful=False)
    print(f"a node was killed after {n_ended(out)} gradings, {time.monotonic() - start:.0f} s", flush=True)
    cluster.add_node(num_cpus=2, object_store_memory=STORE)
    await_ended(out, n // 2, driver)
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    end = time.monotonic()
    print(f"the driver was killed after {n_ended(out)} gradings, {end - start:.0f} s", flush=True)
    while judges() and time.monotonic() - end < 90:
        time.sleep(0.1)
    print(f"its judges had ended {time.monotonic() - end:.1f} s later", flush=True)
    return cluster


def compare(rows, at):
    """Say what is in the rows, and whether it is what direct gradings say."""
    toy = find_challenge("toy")
    print(f"{len(rows)} rows of {len({(r['who'], r['challenge'], r['repeat']) for r in rows})} gradings")
    print(f"seconds each: median {statistics.median(float(r['seconds']) for r in rows):.2f}")
    for column in ("node", "tries", "outcome"):
        print(f"{column}: {dict(Counter(row[column] for row in rows))}")
    odd = 0
    for name, text in programs().items():
        path = at / f"{name}.py"
        path.write_text(text)
        alone = grade(toy, toy.submission(path), seed=SEED, only=frozenset([ONLY])).to_json()
        expected = f"{alone['score']:g} {alone['checks'][0]['outcome']}"
        own = [
            f"{float(r['score'] or -1):g} {r[f'toy.{ONLY}']}" for r in rows if r["who"].endswith(f"-{name}")
        ]
        odd += len(own) - own.count(expected)
        print(f"  {name}: one by one {expected}, the same in {own.count(expected)} of {len(own)}", flush=True)
    print("otherwise than one by one:", odd)


def cost():
    sleep, n = 0.3, 40
    text = {"sleep": sleep, "pad": RECORD_BYTES}
    toy = find_challenge("toy")
    cluster, _ = a_cluster(2, 2, 2)
    pools = {
        "on the cluster": lambda: ClusterPool(
            cluster.address, [toy], 2, module=PRETENDED, extra=[ROOT / "tests" / "support"]
        ),
        "on this machine": lambda: LocalPool(1, "", 2, PRETENDED),
    }
    for where, make in pools.items():
        start = time.monotonic()
        pool = make()
        connected = time.monotonic() - start
        seconds = []
        for k in range(n):
            job = a_job(f"who{k}", **text)
            start = time.monotonic()
            pool.submit(job)
            while (done := pool.next_done(10)) is None:
                pass
            seconds.append(time.monotonic() - start - done.seconds)
        warm = sorted(seconds[n // 4 :])
        print(
            f"{where}: ready after {connected:.1f} s, first grading + {seconds[0]:.2f} s, then each"
            f" + {1000 * statistics.median(warm):.1f} ms (worst {1000 * warm[-1]:.1f})",
            flush=True,
        )
        pool.close()
    cluster.shutdown()


def simulation(n, sleep):
    toy = find_challenge("toy")
    cluster, _ = a_cluster(40, 30, 30)
    with tempfile.TemporaryDirectory() as temporary:
        start = time.monotonic()
        pool = ClusterPool(cluster.address, [toy], 2, module=PRETENDED, extra=[ROOT / "tests" / "support"])
        print(f"{pool.where}; ready after {time.monotonic() - start:.1f} s", flush=True)
        journal = a_journal(Path(temporary))
        me, results, ended = psutil.Process(), Results(Path(temporary)), []
        start = time.monotonic()

        def listen(progress):
            if progress.line is not None:
                ended.append(time.monotonic() - start)
                if len(ended) % 250 == 0:
                    print(
                        f"{len(ended)} after {ended[-1]:.1f} s, {me.memory_info().rss / 1e6:.0f} MB",
                        flush=True,
                    )

        before = me.memory_info().rss
        jobs = [a_job(f"who{k:04}", sleep=sleep, pad=RECORD_BYTES) for k in range(n)]
        Run(jobs, journal, keep=results.keep, listen=listen).over(pool)
        ideal = n * sleep / pool.n_places
        first, last = ended[pool.n_places - 1], ended[-pool.n_places]
        steady = (n - 2 * pool.n_places + 1) * sleep / pool.n_places / (last - first)
        share = ideal / ended[-1]
        print(f"{len(outcome(journal))} gradings in {ended[-1]:.1f} s, ideal {ideal:.1f} s: {share:.3f}")
        print(f"without the first and the last round: {steady:.3f}")
        now = me.memory_info().rss
        print(f"driver: {now / 1e6:.0f} MB at {n} results, {(now - before) / 1e6:.0f} MB more than before")
        pool.close()
        lines = list(journal.lines())
        results.write_pages(lines, [job.file for job in jobs], [toy], SEED)
        print(f"with all pages written: {me.memory_info().rss / 1e6:.0f} MB; {len(lines)} lines")
    cluster.shutdown()


def main():
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("part", choices=["faults", "cost", "simulation"])
    asked.add_argument("-n", type=int, help="gradings")
    asked.add_argument("--sleep", type=float, default=12.0)
    asked.add_argument(
        "--at", type=Path, help="for `faults`: where to work, and to go on if it was cut short"
    )
    given = asked.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that Ray ends its nodes
    if given.part == "faults":
        with tempfile.TemporaryDirectory() as temporary:
            faults(given.n or 200, given.at or Path(temporary))
    elif given.part == "cost":
        cost()
    else:
        simulation(given.n or 1000, given.sleep)


if __name__ == "__main__":
    main()
