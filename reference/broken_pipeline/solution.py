"""The order pipeline: each record once, at most `max_in_flight` batches under way.

The problem. Batches come from a source that may never end. Each record is validated, priced, turned
into a row and written; single records are bad, workers die, and the sink may close.

The obvious program. A stage after the other: validate all batches, then enrich all, then transform,
then write. Every stage waits for the slowest batch of the one before; the day has to fit into memory;
and what goes from task to task arrives as a read-only array, or as a reference that nobody resolved.

The design. One task carries one batch through all stages, so there is nothing to hand over and no
barrier to wait at; that batches overlap is left to having several of them under way:

    source -> [validate > enrich > transform > write]  one batch   |
              [validate > enrich > transform > write]  another     |  at most max_in_flight
              [validate > enrich > transform > write]  a third     |
    driver <- accepted, rejected, totals of each batch, in the order in which they end

A failure belongs to the smallest thing that can fail. A record's exception is caught around the record.
A worker's death is Ray's to repair: it runs the task again, and that is safe because the batch is written
under its number in the source, the same in every attempt. A task reports what it did as its *result*, which
counts once however often it ran; nothing is added up on the way.

The price. A batch that is half done starts again from its first step when its worker dies, and while it
waits for the price server it occupies a worker process and its share of a CPU: see NOTES.md.
"""

from collections import Counter
from collections.abc import Iterable

import ray
import service


@ray.remote
def process(batch: list[dict], sink: service.Sink, number: int) -> dict | None:
    """Carry one batch from validation to the sink.

    Returns:
        The batch's own report; None when the closed sink did not take it.
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
        except Exception as error:  # noqa: BLE001 - one bad record, whatever is bad about it
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
    """Process a source of batches until it ends or the sink is closed.

    Args:
        batches: The source; read one batch at a time, when there is room.
        sink: Takes the rows.
        max_in_flight: How many batches may be under way.

    Returns:
        `{"accepted": int, "rejected": [(record_id, reason)], "totals": {customer: cents}}`.
    """
    # The batches share the CPUs: so many tasks run side by side, no fewer and no more.
    cpus = ray.cluster_resources()["CPU"]
    task = process.options(num_cpus=min(1.0, int(1000 * cpus / max_in_flight) / 1000))
    report = {"accepted": 0, "rejected": [], "totals": Counter()}
    in_flight: list[ray.ObjectRef] = []
    is_open = True
    try:
        for number, batch in enumerate(batches):
            in_flight.append(task.remote(batch, sink, number))
            # Room is made before the loop turns to the source: afterwards there would be one too many.
            while len(in_flight) >= max_in_flight:
                is_open &= settle_one(in_flight, report)
            if not is_open:
                break
    finally:  # also when the source has raised: what it handed over is finished first
        while in_flight:
            settle_one(in_flight, report)
        if hasattr(batches, "close"):
            batches.close()
    return report | {"totals": dict(report["totals"])}


def settle_one(in_flight: list[ray.ObjectRef], report: dict) -> bool:
    """Wait for whichever batch ends first and enter it in the report; False when the sink was closed."""
    (ended,), in_flight[:] = ray.wait(in_flight)
    batch = ray.get(ended)
    if batch is None:
        return False
    report["accepted"] += batch["accepted"]
    report["rejected"] += batch["rejected"]
    report["totals"].update(batch["totals"])  # a Counter adds
    return True
