# attack: a right pipeline in threads of the driver, without Ray
# challenge: broken_pipeline
# at most: 27
# outcomes: pass, fail, crash, inconclusive
# says: called outside of Ray's workers
# sample: no
"""Hopes that what comes out right is enough: it keeps every promise but that of working in Ray workers."""

from collections import Counter
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import service


def carry(batch, sink, number):
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
    accepted, rejected, totals = 0, [], Counter()
    running, is_open = set(), True

    def settle():
        nonlocal accepted, running, is_open
        done, running = wait(running, return_when=FIRST_COMPLETED)
        for found in [future.result() for future in done]:
            if found is None:
                is_open = False
                continue
            accepted += len(found[0])
            rejected.extend(found[1])
            for row in found[0]:
                totals[row["customer"]] += row["cents"]

    with ThreadPoolExecutor(max_in_flight) as threads:
        try:
            for number, batch in enumerate(batches):
                running.add(threads.submit(carry, batch, sink, number))
                while len(running) >= max_in_flight:
                    settle()
                if not is_open:
                    break
        finally:
            while running:
                settle()
            if hasattr(batches, "close"):
                batches.close()
    return {"accepted": accepted, "rejected": rejected, "totals": dict(totals)}
