"""Prints what became of every hostile solution as a table: python -m tests.by_hand.hostile_table [NAME ...].

Given names, or the starts of names, it grades only those. All of them take about twenty minutes.
"""

import sys
import tempfile
import time
from pathlib import Path

from tests.support.hostile_corpus import (
    Arenas,
    complaints,
    graded,
    may_leave_something,
    read_attack,
    solutions,
)


def row(attack, documents):
    """One line of the table."""
    checks = [check for document in documents for check in document["checks"]]
    outcomes = ", ".join(sorted({check["outcome"] for check in checks})) or "no verdict"
    points = f"{max((d['score'] for d in documents), default=0):g}"
    asked = sum(check["points"] for check in documents[0]["checks"]) if documents else 0
    return f"| {attack.family} | {attack.title} | {outcomes} | {points} of {asked or '-'} |"


def main():
    chosen = [read_attack(path) for path in solutions()]
    if wanted := tuple(sys.argv[1:]):
        chosen = [attack for attack in chosen if attack.name.startswith(wanted) or attack.family in wanted]
    arenas = Arenas()
    bad = []
    print("| family | what it does | outcome | points |\n|---|---|---|---|")
    try:
        for attack in chosen:
            start = time.monotonic()
            try:
                with tempfile.TemporaryDirectory() as folder:
                    documents = graded(attack, arenas, Path(folder))
                found = complaints(attack, documents)
                if not attack.through and may_leave_something(attack):
                    honest = arenas.honest(attack.challenge)
                    if honest["outcome"] != "pass":
                        found.append(f"afterwards the reference: {honest['outcome']}: {honest['message']}")
            except Exception as error:  # noqa: BLE001 - one row, not the end of the table
                documents, found = [], [f"{type(error).__name__}: {error}"]
            print(row(attack, documents), flush=True)
            seconds = time.monotonic() - start
            print(f"{attack.name}: {seconds:.1f} s", *found, sep="\n    ", file=sys.stderr, flush=True)
            bad += [attack.name] if found else []
    finally:
        print("left:", arenas.close(), file=sys.stderr)
    print(f"{len(chosen)} attacks, otherwise than promised: {', '.join(bad) or 'none'}", file=sys.stderr)
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
