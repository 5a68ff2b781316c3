# attack: remembers results on disk, between rounds and runs
# challenge: toy
# only: test_speed
# at most: 0
# outcomes: fail
# says: times the reference's time
# runs: 2
"""Hopes that a later round, or a later run, asks for the same."""

import json
import tempfile
from pathlib import Path

import ray
import service


@ray.remote
def fetch(key):
    return service.fetch(key)


def slowly(keys):
    return sum(ray.get(fetch.remote(key)) for key in keys)


FOLDERS = (Path.cwd(), Path.home(), Path(tempfile.gettempdir()))


def total(keys):
    name = f"memo-{'-'.join(map(str, keys))}.json"
    for folder in FOLDERS:
        if (folder / name).exists():
            return json.loads((folder / name).read_text())
    found = slowly(keys)
    for folder in FOLDERS:
        (folder / name).write_text(json.dumps(found))
    return found
