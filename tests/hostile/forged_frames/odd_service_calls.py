# attack: asks the service for nonsense, so that it fails
# challenge: toy
# only: test_total, test_overlap, test_worker_killed
# at most: 0
# outcomes: fail
# says: fetch
"""Hopes that a service that fails voids the behaviour, as a defect of the grader."""

import contextlib

import service_link

ODD = ((), (1, 2, 3), ("one",), (None,), ([1],), (10**30,), (1.5,), (-1000,), (1000,))


def total(keys):
    for arguments in ODD:
        with contextlib.suppress(service_link.Refused):
            service_link.ask("fetch", *arguments)
    for operation in ("until", "open", "ledger", "__init__", ""):
        with contextlib.suppress(service_link.Refused, ConnectionError):
            service_link.ask(operation)
    return service_link.ask("fetch", "everything")
