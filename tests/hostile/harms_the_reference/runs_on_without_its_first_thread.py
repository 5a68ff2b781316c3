# attack: computes during the reference's rounds, in a process whose first thread has ended
# challenge: slow_gets
# only: test_speed
# at most: 0
# outcomes: fail, inconclusive
# sample: no, 20 s
# says: times the reference's time | the reference was disturbed
"""To the kernel it is a zombie, and it has left the group that is stopped: hopes that it is taken for dead."""

import mmap
import os
import subprocess
import sys
import tempfile

import ray
import service


def fetch_or_error(record_id):
    try:
        return service.fetch(record_id)
    except service.NotFound:
        return {"id": record_id, "error": "not found"}


def run_stage(step, items, *shared):
    results = []
    for item in items:
        remote_step = ray.remote(num_cpus=1)(step)
        results.append(ray.get(remote_step.remote(item, *shared)))
    return results


def slowly(record_ids, model):
    answers = run_stage(fetch_or_error, record_ids)
    found = [answer for answer in answers if "error" not in answer]
    scores = run_stage(service.score, run_stage(service.features, found), model)
    score_of = iter(scores)
    return [
        answer if "error" in answer else {"id": answer["id"], "score": next(score_of)} for answer in answers
    ]


HELPER = """
import ctypes, hashlib, mmap, os, sys, threading, time

for group in ("/sys/fs/cgroup/freezer/cgroup.procs", "/sys/fs/cgroup/cgroup.procs"):
    try:
        with open(group, "w") as procs:
            procs.write(str(os.getpid()))
    except OSError:
        pass
turn = mmap.mmap(os.open(sys.argv[1], os.O_RDWR), 1)
data, until = bytes(50_000_000), time.monotonic() + 120

def compute():
    while time.monotonic() < until:
        if turn[0]:
            hashlib.sha256(data)
        else:
            time.sleep(0.001)

for _ in range(40):
    threading.Thread(target=compute).start()
exit_of_one_thread = {"x86_64": 60}.get(os.uname().machine, 93)
ctypes.CDLL(None).syscall(exit_of_one_thread, 0)
"""

if "driver.py" in sys.argv[0]:
    file, path = tempfile.mkstemp(dir=os.getcwd())
    os.write(file, b"0")
    theirs = mmap.mmap(file, 1)
    subprocess.Popen([sys.executable, "-c", HELPER, path], start_new_session=True)


def score_all(record_ids, model):
    theirs[0] = 0
    try:
        return slowly(record_ids, model)
    finally:
        theirs[0] = 1
