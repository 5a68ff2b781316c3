"""The judge's books: every operation is recorded, closes once, and overlap is counted from them."""

import threading

import pytest

from grader.world import ledger as ledger_module
from grader.world.ledger import Ledger, peak
from tests.support.seeds import seeded

SEED = 20


@pytest.fixture
def clock(monkeypatch):
    """The ledger's time, set by hand."""

    class Clock:
        now_s = 0.0

        def monotonic(self):
            return self.now_s

    found = Clock()
    monkeypatch.setattr(ledger_module, "time", found)
    return found


def test_entries_keep_arrival_order_and_what_was_asked(clock):
    ledger = Ledger()
    clock.now_s = 5.0
    ledger.begin("fetch", (1, "a"), 11)
    ledger.begin("store", (), 12)
    first, second = ledger.entries()
    assert (first.number, first.op, first.args, first.pid) == (0, "fetch", (1, "a"), 11)
    assert (second.number, second.op, second.args, second.pid) == (1, "store", (), 12)
    assert (first.start_s, first.end_s, first.outcome) == (5.0, None, "open")


@pytest.mark.parametrize("outcome", ["ok", "refused", "killed", "dropped"])
def test_an_operation_closes_once(clock, outcome):
    ledger = Ledger()
    entry = ledger.begin("fetch", (), 1)
    clock.now_s = 2.0
    ledger.end(entry, outcome)
    clock.now_s = 3.0
    ledger.end(entry, "dropped")
    ledger.end(entry, "ok")
    (closed,) = ledger.entries()
    assert (closed.outcome, closed.end_s) == (outcome, 2.0)


def test_entries_are_found_by_operation_and_outcome():
    ledger = Ledger()
    for op, outcome in [("a", "ok"), ("a", "refused"), ("b", "ok"), ("a", None)]:
        entry = ledger.begin(op, (), 1)
        if outcome:
            ledger.end(entry, outcome)
    assert [e.number for e in ledger.entries("a")] == [0, 1, 3]
    assert [e.number for e in ledger.entries(outcome="ok")] == [0, 2]
    assert [e.number for e in ledger.entries("a", "open")] == [3]
    counts = (ledger.count(), ledger.count("a"), ledger.count("a", "ok"), ledger.count("c"))
    assert counts == (4, 3, 1, 0)


def test_what_was_read_does_not_change_later():
    ledger = Ledger()
    entry = ledger.begin("a", (), 1)
    before = ledger.entries()
    ledger.end(entry, "ok")
    assert before[0].outcome == "open"


def test_peak_of_an_empty_ledger_is_zero():
    assert Ledger().peak() == 0


def test_an_end_at_the_instant_of_a_start_is_no_overlap(clock):
    ledger = Ledger()
    first = ledger.begin("a", (), 1)
    clock.now_s = 1.0
    second = ledger.begin("a", (), 1)
    ledger.end(first, "ok")
    clock.now_s = 2.0
    ledger.end(second, "ok")
    assert ledger.peak() == 1


def test_open_operations_overlap_with_what_comes_later(clock):
    ledger = Ledger()
    for now_s in range(3):
        clock.now_s = float(now_s)
        ledger.begin("a", (), 1)
    ledger.begin("b", (), 1)
    assert (ledger.peak("a"), ledger.peak("b"), ledger.peak()) == (3, 1, 4)


def test_peak_agrees_with_counting_at_every_moment(clock):
    rng = seeded(SEED)
    for _ in range(30):
        ledger, running, highest = Ledger(), [], 0
        for now_s in range(40):
            clock.now_s = float(now_s)
            if running and rng.random() < 0.5:
                ledger.end(running.pop(int(rng.integers(len(running)))), "ok")
            else:
                running.append(ledger.begin("a", (), 1))
            highest = max(highest, len(running))
        assert ledger.peak() == highest


def test_threads_lose_no_entry():
    ledger = Ledger()
    start = threading.Barrier(4)

    def work():
        start.wait()
        for _ in range(200):
            ledger.end(ledger.begin("a", (), 1), "ok")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [e.number for e in ledger.entries()] == list(range(800))
    assert ledger.count(outcome="ok") == 800


def test_calls_that_are_left_out_overlap_nothing(clock):
    ledger = Ledger()
    used, for_show = ledger.begin("fetch", (1,), 11), ledger.begin("fetch", (1,), 12)
    clock.now_s = 1.0
    ledger.end(used, "ok")
    ledger.end(for_show, "ok")
    later = ledger.begin("fetch", (2,), 11)
    assert ledger.peak("fetch") == 2
    chosen = [entry for entry in ledger.entries() if entry.number in (used.number, later.number)]
    assert peak(chosen) == 1
    assert peak([]) == 0
