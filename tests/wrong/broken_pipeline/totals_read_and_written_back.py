# rejected-by: test_totals_are_exact, test_speed
"""Defect left in: two tasks read the same total, and the later one wins."""

from collections import Counter

import ray
import service


@ray.remote(num_cpus=0)
class Totals:
    def __init__(self):
        self.cents = {}

    def get(self, customer):
        return self.cents.get(customer, 0)

    def set(self, customer, cents):
        self.cents[customer] = cents

    def all(self):
        return self.cents


@ray.remote
def process(batch, sink, number, total):
    valid, rejected = [], []
    for record in batch:
        try:
            service.validate(record)
            valid.append(record)
        except service.Invalid as error:
            rejected.append((record["id"], str(error)))
    rows = []
    for record, parts in zip(valid, service.enrich(valid)):
        try:
            rows.append(service.transform(record, parts))
        except Exception as error:
            rejected.append((record["id"], str(error)))
    if rows:
        try:
            sink.write(number, rows)
        except service.SinkClosed:
            return None
    for row in rows:
        before = ray.get(total.get.remote(row["customer"]))
        ray.get(total.set.remote(row["customer"], before + row["cents"]))
    return len(rows), rejected


def run_pipeline(batches, sink, *, max_in_flight=8):
    task = process.options(num_cpus=min(1, int(4000 / max_in_flight) / 1000))
    accepted, rejected, total = 0, [], Totals.remote()
    in_flight, closed = [], False

    def settle_one():
        nonlocal accepted, closed
        (ended,), in_flight[:] = ray.wait(in_flight)
        found = ray.get(ended)
        if found is None:
            closed = True
            return
        accepted += found[0]
        rejected.extend(found[1])

    try:
        for number, batch in enumerate(batches):
            in_flight.append(task.remote(batch, sink, number, total))
            while len(in_flight) >= max_in_flight:
                settle_one()
            if closed:
                break
    finally:
        while in_flight:
            settle_one()
        if hasattr(batches, "close"):
            batches.close()
    return {"accepted": accepted, "rejected": rejected, "totals": ray.get(total.all.remote())}
