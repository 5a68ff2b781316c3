"""End a session only if you started it: whoever finds one open borrows it and leaves it open.

The problem. A process has one Ray session at most, and everybody in the process shares it. `ray.shutdown()`
ends that one session, whoever started it, with all its tasks, actors and objects.

The obvious program calls `ray.init(ignore_reinit_error=True)`, which works whether or not a session is open,
and so hides which of the two it was. Then it shuts down what was never its own. After an exception it shuts
down nothing.

The design. Look first. If a session is open, check that it fits and do nothing else, at the end either.
If not, start one, and end it in `finally`.

    no session:     init | block | shutdown      whether the block succeeds or raises
    session open:   fits?| block |               never init, never shutdown

An inner block finds the session of the outer one open, so it borrows it: nobody has to count.

The price. Each call without a session starts one and ends it, which takes seconds, and new workers have to
start. Whoever calls often opens a `ray_session` around all calls.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import ray
import service


@contextmanager
def ray_session(namespace: str | None = None) -> Iterator[None]:
    """Have Ray running in the block: the open session if there is one, else a session of its own.

    Raises:
        ValueError: The open session has another namespace than the one asked for.
    """
    if ray.is_initialized():
        check_namespace(namespace)
        yield
        return
    ray.init(namespace=namespace)
    try:
        yield
    finally:
        ray.shutdown()


def check_namespace(wanted: str | None) -> None:
    """Refuse a session in which actors would not be found by the names that the caller knows."""
    found = ray.get_runtime_context().namespace
    if wanted not in (None, found):
        raise ValueError(f"the open session has the namespace {found!r}, not {wanted!r}")


@ray.remote
def read(gauge: str) -> float:
    """Read one gauge."""
    return service.level(gauge)


def levels(gauges: Sequence[str]) -> dict[str, float]:
    """How high the water is at each of these gauges, in metres."""
    with ray_session():
        refs = [read.remote(gauge) for gauge in gauges]
        return dict(zip(gauges, ray.get(refs), strict=True))
