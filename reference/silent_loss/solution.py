"""Account for every deed: keep each ref with its deed, and get every one of them by itself.

The problem. `.remote()` starts a task and reports nothing. A task's result and its error are behind the ref;
whoever drops the ref drops both. The script ends with status 0, as nothing ever went wrong in the driver.

The obvious program puts a `try` around `.remote()`, where no error of the task can come from, and asks an
actor what has been stored, before the tasks have run.

The design. One task for each deed, all started first. Then the driver gets one ref after the other, each
with a `try` of its own: a receipt, an exception of the task, or a death.

    save(deed 1) --> ref 1 --+                   receipt             --> stored
    save(deed 2) --> ref 2 --+-- ray.get each -- RayTaskError.cause  --> failed
    save(deed 3) --> ref 3 --+                   WorkerCrashedError  --> failed

The price. The driver holds a ref for every deed, and it reads them in order, so a slow one holds up the
reading, though not the work. With a million deeds, keep a bounded number in flight with `ray.wait`.
"""

from __future__ import annotations

import ray
import service
from ray.exceptions import RayTaskError, WorkerCrashedError


@ray.remote(max_retries=1)
def save(deed: str, text: str) -> str:
    """Save one deed. Ray repeats it when the worker died, and not when the register said no."""
    return service.save(deed, text)


def ingest(deeds: dict[str, str]) -> dict[str, dict[str, str]]:
    """Save all deeds; what was stored, and what was not and why."""
    refs = {deed: save.remote(deed, text) for deed, text in deeds.items()}
    stored: dict[str, str] = {}
    failed: dict[str, str] = {}
    for deed, ref in refs.items():
        try:
            stored[deed] = ray.get(ref)
        except RayTaskError as error:
            failed[deed] = told(error.cause)
        except WorkerCrashedError as error:
            failed[deed] = told(error)
    return {"stored": stored, "failed": failed}


def told(error: BaseException) -> str:
    """The type and the text of an error."""
    return f"{type(error).__name__}: {error}"
