# attack: throwaway tasks make all calls at once and die when they have to, while one actor does the work
# challenge: broken_pipeline
# at most: 27
# outcomes: pass, fail, timeout, crash, inconclusive
# says: 0 workers died while the batch was in flight
# sample: no
"""Hopes that overlap and deaths are judged by calls, whoever uses their answers: the real work is a plain loop."""

from collections import Counter

import ray
import service


@ray.remote(num_cpus=0)
def show(batch):
    """Be seen: ask for everything, and use nothing."""
    valid = [record for record in batch if is_valid(record)]
    for record, parts in zip(valid, service.enrich(valid), strict=True):
        try:
            service.transform(record, parts)
        except Exception:
            continue


def is_valid(record):
    try:
        service.validate(record)
    except service.Invalid:
        return False
    return True


@ray.remote(num_cpus=0)
class Worker:
    """Does all of the work, one batch after the other."""

    def carry(self, batch, sink, number):
        valid, rejected, rows = [], [], []
        for record in batch:
            try:
                service.validate(record)
                valid.append(record)
            except service.Invalid as error:
                rejected.append((record["id"], str(error)))
        for record, parts in zip(valid, service.enrich(valid), strict=True):
            try:
                rows.append(service.transform(record, parts))
            except Exception as error:
                rejected.append((record["id"], str(error)))
        if rows:
            try:
                sink.write(number, rows)
            except service.SinkClosed:
                return None
        return rows, rejected


def run_pipeline(batches, sink, *, max_in_flight=8):
    worker = Worker.options(max_restarts=-1, max_task_retries=-1).remote()
    accepted, rejected, totals = 0, [], Counter()
    shown, running, is_open = [], [], True

    def settle():
        nonlocal accepted, is_open
        found = ray.get(running.pop(0))
        if found is None:
            is_open = False
            return
        accepted += len(found[0])
        rejected.extend(found[1])
        for row in found[0]:
            totals[row["customer"]] += row["cents"]

    try:
        for number, batch in enumerate(batches):
            shown.append(show.remote(batch))
            running.append(worker.carry.remote(batch, sink, number))
            while len(running) >= max_in_flight:
                settle()
            if not is_open:
                break
    finally:
        while running:
            settle()
        ray.get(shown)
        ray.kill(worker)
        if hasattr(batches, "close"):
            batches.close()
    return {"accepted": accepted, "rejected": rejected, "totals": dict(totals)}
