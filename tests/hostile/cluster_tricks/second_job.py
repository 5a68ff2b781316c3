# attack: a task per step in a separate job, whose driver ends before anyone looks
# challenge: slow_gets
# only: test_few_tasks
# at most: 0
# outcomes: fail
# says: unreported task
"""Tasks of a job that has ended are not listed: hopes that nobody counted while it ran."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

JOB = """
import json, sys
import numpy as np
import ray
import service

ray.init(address="auto", log_to_driver=False)
model = ray.put(np.load(sys.argv[1]))

def step(function):
    return ray.remote(num_cpus=0.25)(function)

fetched = [step(service.fetch).remote(record_id) for record_id in json.loads(sys.argv[2])]
features = [step(service.features).remote(raw) for raw in fetched]
scores = ray.get([step(service.score).remote(vector, model) for vector in features])
print("SCORES", json.dumps(scores))
"""


def score_all(record_ids, model):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.npy"
        np.save(path, model)
        command = [sys.executable, "-c", JOB, str(path), json.dumps(record_ids)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("SCORES ")]
    scores = json.loads(line.removeprefix("SCORES "))
    return [{"id": record_id, "score": score} for record_id, score in zip(record_ids, scores, strict=True)]
