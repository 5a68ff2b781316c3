"""The service behind the order pipeline: the rules, the price server and the sink. Not yours to change.

    validate(record)                  # a few microseconds; raises Invalid
    parts = enrich(records)           # I/O: one request for all records of a batch; waits without using CPU
    row = transform(record, parts[i])  # computing: a few milliseconds per record; works in place
    sink.write(batch_id, rows)        # I/O: one request; waits without using CPU

In your own script this module serves itself: a record with sku "cursed" cannot be transformed, and a sink
is a folder with one file per batch. It does not show a slow batch, a sink that closes, a source that breaks,
or a worker that dies: `python grade.py try broken_pipeline` does.

A record is a dict with a unique string under "id"; everything else may be missing or wrong:

    {"id": "o-48211", "customer": "c-07", "sku": "s-113", "quantity": 3}

You may call all of this from several threads and processes at the same time.

During grading, the grader runs the price server and the sink: it causes the delays and faults and keeps the
books.
"""

import json
import os
import tempfile
import time
import zlib
from pathlib import Path
from urllib.parse import quote

import numpy as np

if "KATA_SERVICE" in os.environ:
    from service_link import Refused, ask
else:
    Refused, ask = None, None

N_PARTS = 4  # parts of a unit price: goods, surcharge, freight, tax
QUOTE = N_PARTS  # the column after them: the number of the quote
WAIT_S = 0.03  # how long a request takes when this module serves itself
TRANSFORM_S = 0.005


class Invalid(Exception):  # noqa: N818 - a verdict, not an error
    """Raised by `validate`: the record breaks a rule, and `str(error)` is the reason."""


class SinkClosed(Exception):  # noqa: N818 - likewise
    """Raised by `Sink.write`: the sink is closed and has not taken this batch."""


class TransformError(Exception):
    """Raised by `transform`: one of the many things that can be wrong with a record."""


def validate(record: dict) -> None:
    """Check one record.

    Raises:
        Invalid: It breaks a rule; the message names the first one.
    """
    customer, sku, quantity = record.get("customer"), record.get("sku"), record.get("quantity")
    if type(customer) is not str or not customer:
        raise Invalid("it has no customer")
    if type(sku) is not str or not sku:
        raise Invalid("it has no sku")
    if type(quantity) is not int:
        raise Invalid(f"its quantity is {quantity!r}")
    if quantity < 1:
        raise Invalid(f"its quantity is {quantity}, expected at least 1")


def enrich(records: list[dict]) -> np.ndarray:
    """Get a quote for the valid records of a batch from the price server (I/O: one request for all of them).

    Returns:
        An int64 array of shape (len(records), N_PARTS + 1): the parts of each record's unit price, in cents,
        and in the last column the number of the quote. Each request gets another quote, with equal prices.
    """
    if not records:
        return np.zeros((0, N_PARTS + 1), np.int64)
    if ask is not None:
        return ask("enrich", [record["id"] for record in records])
    time.sleep(WAIT_S)
    # crc32, not hash(): the price of an article must be the same in every process.
    goods = [100 + zlib.crc32(record["sku"].encode()) % 5000 for record in records]
    quote = time.monotonic_ns()
    return np.array([[cents, 0, 50, cents // 5, quote] for cents in goods], np.int64)


def transform(record: dict, parts: np.ndarray) -> dict:
    """Turn one valid record into the row to be written. This computes, so it keeps its process busy.

    Args:
        record: The record.
        parts: Its line of the array from `enrich`, of shape (N_PARTS + 1,). Its prices are scaled IN PLACE
            from one unit to the quantity ordered, so it has to be writable and cannot be used again.

    Returns:
        `{"id": str, "customer": str, "cents": int, "stamp": int}`. The stamp is a new one with every attempt.

    Raises:
        Exception: Of any type, for a record that cannot be transformed; every attempt raises it again.
    """
    if ask is not None:
        stamp = _ask_transform(record["id"], int(parts[QUOTE]))
    else:
        time.sleep(TRANSFORM_S)
        if record["sku"] == "cursed":
            raise ZeroDivisionError(f"{record['id']} is priced by the dozen, a dozen has no goods")
        stamp = time.monotonic_ns()
    prices = parts[:QUOTE]
    prices *= record["quantity"]
    return {"id": record["id"], "customer": record["customer"], "cents": int(prices.sum()), "stamp": stamp}


class Sink:
    """Where the rows go. Small and picklable: pass it to tasks and actors as it is.

    Args:
        place: The sink's name; when this module serves itself, a folder (None: a new one).
    """

    def __init__(self, place: str | None = None) -> None:
        self.place = place if ask is not None or place else tempfile.mkdtemp(prefix="sink_")

    def write(self, batch_id: int | str, rows: list[dict]) -> None:
        """Write the rows of one batch, all or none (I/O).

        The sink knows a batch only by its `batch_id`. A write under an id that it has already taken is
        acknowledged and changes nothing, whatever the rows are, even if the sink has closed since then.
        1 and "1" are different ids.

        Raises:
            SinkClosed: The sink is closed and has not taken this id; nothing was written.
        """
        if type(batch_id) not in (int, str):
            raise TypeError(f"a batch_id is an int or a str, not {type(batch_id).__name__}")
        if ask is not None:
            _ask_write(self.place, batch_id, rows)
            return
        time.sleep(WAIT_S)
        path = Path(self.place) / f"{type(batch_id).__name__}-{quote(str(batch_id), safe='')}.json"
        draft = path.with_suffix(f".{os.getpid()}-{time.monotonic_ns()}")
        draft.write_text(json.dumps(rows))
        try:
            os.link(draft, path)  # all or nothing, and only the first one
        except FileExistsError:
            pass
        finally:
            draft.unlink()


_ERRORS = {kind.__name__: kind for kind in (ArithmeticError, LookupError, OverflowError, ValueError)}


def _ask_transform(record_id: str, quote: int) -> int:
    try:
        return ask("transform", record_id, quote)
    except Refused as refused:
        raise _ERRORS.get(refused.kind, TransformError)(refused.detail) from None


def _ask_write(place: str | None, batch_id: int | str, rows: list[dict]) -> None:
    try:
        ask("write", place, batch_id, list(rows))
    except Refused as refused:
        raise {"SinkClosed": SinkClosed}.get(refused.kind, ValueError)(refused.detail) from None
