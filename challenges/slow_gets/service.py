"""The record store and the credit model: what the nightly scoring uses. Do not change this file.

    raw = fetch(record_id)            # I/O: about 40 ms of waiting, no CPU
    wanted = features(raw)            # a few microseconds of CPU
    value = score(wanted, model)      # a few milliseconds of CPU, reads the whole model

Payments keep coming in and interest rates move, so two fetches of a record differ a little, and so do two
scorings of the same features. A score is right if it comes from a fetch and a scoring of the same call.

In your own script and in `pytest test_examples.py`, this module makes up its own records from a fixed
seed: a fetch sleeps, ids that end in 7 do not exist, and nothing moves. It does not show a store that fails
or queues, a slow record, or a worker that dies: `python grade.py try slow_gets` does.

During a grading, records and interest rates come from the grader, through `service_link`, a module that is
there only then. So it sees every call of `fetch` and `score`. Import `service` wherever you need it, in the
driver and in Ray workers. Every function may be called from several threads and processes at the same time.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

HISTORY_LENGTH = 1024  # numbers in a record's payment history
MODEL_SHAPE = (2048, HISTORY_LENGTH)  # float64: 16 MiB
FETCH_S = 0.04  # how long a fetch takes outside a grading
RATE = 0.05  # the interest rate outside a grading
STANDALONE_SEED = 20


class NotFound(LookupError):  # noqa: N818 - an answer from the store, not a defect
    """The record store has no record with this id."""

    def __init__(self, record_id: int) -> None:
        super().__init__(record_id)
        self.record_id = record_id

    def __str__(self) -> str:
        return f"no record {self.record_id}"


class StoreDown(ConnectionError):  # noqa: N818 - likewise
    """The record store could not answer; nobody knows whether the record exists."""

    def __init__(self, record_id: int) -> None:
        super().__init__(record_id)
        self.record_id = record_id

    def __str__(self) -> str:
        return f"the record store failed while looking for {self.record_id}"


class Features(NamedTuple):
    """What the model sees of one record."""

    record_id: int
    vector: np.ndarray  # float64, shape (HISTORY_LENGTH,), mean 0, standard deviation 1


def fetch(record_id: int) -> dict[str, Any]:
    """Get one raw record from the record store, over the network.

    Returns:
        ``{"id": int, "history": float64 array of shape (HISTORY_LENGTH,)}``, about 8 KB.

    Raises:
        NotFound: there is no such record.
        StoreDown: the store failed.
    """
    if _graded():
        return _ask_store(record_id)
    time.sleep(FETCH_S)
    if record_id % 10 == 7:
        raise NotFound(record_id)
    rng = np.random.default_rng([STANDALONE_SEED, record_id])
    return {"id": record_id, "history": rng.gamma(2.0, 150.0, HISTORY_LENGTH)}


def features(raw: dict[str, Any]) -> Features:
    """Turn a raw record into what the model sees: its history, standardised."""
    history = raw["history"]
    return Features(raw["id"], (history - history.mean()) / history.std())


def score(features: Features, model: np.ndarray) -> float:
    """Score one record.

    Args:
        features: what `features` returned for the record.
        model: float64, shape MODEL_SHAPE; a read-only array will do, since it is only read.

    Returns:
        A plain float. It depends on the record, the model and the interest rate at this moment.
    """

    def at_rate(rate: float) -> float:
        signal = payments = (1.0 + rate) * features.vector
        for _ in range(2):
            hidden = np.tanh(model @ signal)  # (2048,)
            signal = payments + hidden @ model  # (1024,)
        return float(1000.0 * hidden.mean())

    return _at_the_moments_rate(at_rate, features.record_id)


def _graded() -> bool:
    return "KATA_SERVICE" in os.environ


def _ask_store(record_id: int) -> dict[str, Any]:
    from service_link import Refused, ask

    try:
        raw: dict[str, Any] = ask("fetch", record_id)
    except Refused as refusal:
        if refusal.kind == "NotFound":
            raise NotFound(record_id) from None
        if refusal.kind == "StoreDown":
            raise StoreDown(record_id) from None
        raise
    return raw


def _at_the_moments_rate(score_at: Callable[[float], float], record_id: int) -> float:
    """Score at the interest rate of this moment; in a grading the grader sets it, and sees what comes out."""
    if not _graded():
        return score_at(RATE)
    from service_link import witnessed

    value: float = witnessed(score_at, "score", record_id)
    return value
