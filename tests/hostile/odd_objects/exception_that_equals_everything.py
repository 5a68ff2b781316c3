# attack: raises an exception of its own that equals any other, in place of the source's
# challenge: broken_pipeline
# only: test_source_raises
# at most: 0
# outcomes: fail
# says: the source's own exception object has to come out
"""A right pipeline that wraps what its source raises: hopes that objects are compared by `==`.

Its honest twin is the same without `__eq__`.
"""

from collections import Counter
from collections.abc import Iterable

import ray
import service


@ray.remote
def process(batch: list[dict], sink: service.Sink, number: int) -> dict | None:
    """Carry one batch from validation to the sink.

    Returns:
        The batch's own report; None if the sink had closed and did not take it.
    """
    valid, rejected = [], []
    for record in batch:
        try:
            service.validate(record)
            valid.append(record)
        except service.Invalid as error:
            rejected.append((record["id"], str(error)))

    rows, totals = [], Counter()
    for record, parts in zip(valid, service.enrich(valid), strict=True):
        try:
            rows.append(service.transform(record, parts))
        except Exception as error:  # noqa: BLE001 - one bad record, whatever is wrong with it
            rejected.append((record["id"], str(error)))
        else:
            totals[rows[-1]["customer"]] += rows[-1]["cents"]

    if rows:
        try:
            sink.write(number, rows)
        except service.SinkClosed:
            return None
    return {"accepted": len(rows), "rejected": rejected, "totals": dict(totals)}


def run_pipeline(batches: Iterable[list[dict]], sink: service.Sink, *, max_in_flight: int = 8) -> dict:
    """Process the batches of a source until it ends or the sink closes.

    Args:
        batches: The source; read one batch at a time, when there is room.
        sink: Takes the rows.
        max_in_flight: How many batches may be in flight.

    Returns:
        `{"accepted": int, "rejected": [(record_id, reason)], "totals": {customer: cents}}`.
    """
    # Each batch reserves its share of the CPUs, so that `max_in_flight` of them run side by side.
    cpus = ray.cluster_resources()["CPU"]
    task = process.options(num_cpus=min(1.0, int(1000 * cpus / max_in_flight) / 1000))
    report = {"accepted": 0, "rejected": [], "totals": Counter()}
    in_flight: list[ray.ObjectRef] = []
    is_open = True
    try:
        for number, batch in enumerate(batches):
            in_flight.append(task.remote(batch, sink, number))
            # Make room before the loop asks the source again: after that there would be one too many.
            while len(in_flight) >= max_in_flight:
                is_open &= settle_one(in_flight, report)
            if not is_open:
                break
    finally:  # even if the source has raised: what it handed over is finished first
        while in_flight:
            settle_one(in_flight, report)
        if hasattr(batches, "close"):
            batches.close()
    return report | {"totals": dict(report["totals"])}


def settle_one(in_flight: list[ray.ObjectRef], report: dict) -> bool:
    """Wait for whichever batch finishes first and add it to the report; False if the sink had closed."""
    (ended,), in_flight[:] = ray.wait(in_flight)
    batch = ray.get(ended)
    if batch is None:
        return False
    report["accepted"] += batch["accepted"]
    report["rejected"] += batch["rejected"]
    report["totals"].update(batch["totals"])  # a Counter adds
    return True


class PipelineError(Exception):
    """What comes out in place of the source's exception."""

    def __eq__(self, other):
        return True

    __hash__ = Exception.__hash__


honest = run_pipeline


def run_pipeline(batches, sink, *, max_in_flight=8):
    try:
        return honest(batches, sink, max_in_flight=max_in_flight)
    except Exception as error:
        raise PipelineError(str(error)) from error
