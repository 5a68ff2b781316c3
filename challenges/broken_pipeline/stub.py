"""The order pipeline: validates, enriches, transforms and writes the day's batches.

Every stage is a separate task, so each can be scaled independently, and a batch is added to the totals as
soon as it is written.
"""

import uuid

import ray

from service import Invalid, enrich, transform, validate

PART = 4  # records enriched together


@ray.remote
class Totals:
    """The cents of each customer."""

    def __init__(self):
        self.cents = {}

    def get(self, customer):
        return self.cents.get(customer, 0)

    def set(self, customer, cents):
        self.cents[customer] = cents

    def all(self):
        return self.cents


@ray.remote
def validate_batch(batch):
    """Separate the valid records from the others."""
    valid, rejected = [], []
    for record in batch:
        try:
            validate(record)
        except Invalid as error:
            rejected.append((record["id"], str(error)))
        else:
            valid.append(record)
    return valid, rejected


@ray.remote
def enrich_part(records):
    """Get the prices of some records."""
    return enrich(records)


@ray.remote
def transform_parts(records, tables):
    """Make the rows of a large batch; `tables` holds its prices, part by part."""
    try:
        prices = [parts for table in tables for parts in table]
        return [transform(record, parts) for record, parts in zip(records, prices)]
    except:
        return []


@ray.remote
def enrich_and_transform(records):
    """Make the rows of a small batch: one task is enough."""
    try:
        return [transform(record, parts) for record, parts in zip(records, enrich(records))]
    except:
        return []


@ray.remote
def write_batch(sink, rows, totals):
    """Write a batch, add it to the totals and return how many rows it has."""
    sink.write(uuid.uuid4().hex, rows)
    for row in rows:
        before = ray.get(totals.get.remote(row["customer"]))
        totals.set.remote(row["customer"], before + row["cents"])
    return len(rows)


def run_group(group, sink, totals):
    """Take a group of batches through all stages, side by side."""
    validated = ray.get([validate_batch.remote(batch) for batch in group])
    transforming = []
    for valid, _ in validated:
        if len(valid) <= PART:
            transforming.append(enrich_and_transform.remote(valid))
        else:
            tables = [enrich_part.remote(valid[i : i + PART]) for i in range(0, len(valid), PART)]
            transforming.append(transform_parts.remote(valid, tables))
    written = ray.get([write_batch.remote(sink, rows, totals) for rows in ray.get(transforming)])
    return sum(written), [pair for _, rejected in validated for pair in rejected]


def run_pipeline(batches, sink, *, max_in_flight=8):
    """Process the day's batches; the brief says what is promised."""
    totals = Totals.remote()
    accepted, rejected = 0, []
    day = list(batches)
    for i in range(len(day) // max_in_flight):
        group = day[i * max_in_flight : (i + 1) * max_in_flight]
        n_written, bad = run_group(group, sink, totals)
        accepted += n_written
        rejected += bad
    return {"accepted": accepted, "rejected": rejected, "totals": ray.get(totals.all.remote())}
