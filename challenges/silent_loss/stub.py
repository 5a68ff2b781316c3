"""The nightly import: copies deeds of property into the land register, a Ray task for each."""

from __future__ import annotations

import ray
import service


@ray.remote(num_cpus=0)
class Log:
    """What has been stored."""

    def __init__(self) -> None:
        self.receipts: dict[str, str] = {}

    def add(self, deed: str, receipt: str) -> None:
        self.receipts[deed] = receipt

    def all(self) -> dict[str, str]:
        return self.receipts


@ray.remote(max_retries=0)  # nothing may be written twice
def save(log: Log, deed: str, text: str) -> None:
    receipt = service.save(deed, text)
    log.add.remote(deed, receipt)


def ingest(deeds: dict[str, str]) -> dict[str, dict[str, str]]:
    """Save all deeds; what was stored, and what was not and why."""
    log = Log.remote()
    failed = {}
    for deed, text in deeds.items():
        try:
            save.remote(log, deed, text)
        except Exception as error:
            failed[deed] = f"{type(error).__name__}: {error}"
    return {"stored": ray.get(log.all.remote()), "failed": failed}
