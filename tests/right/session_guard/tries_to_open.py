"""Does not ask before it opens: it tries `ray.init`, and the exception says that a session is open.

Against the reference: nobody can come between looking and opening; but any other `RuntimeError` of `ray.init`
has to be told apart.
"""

from contextlib import contextmanager

import ray
import service


@contextmanager
def ray_session(namespace=None):
    try:
        ray.init(namespace=namespace)
        is_mine = True
    except RuntimeError:
        if not ray.is_initialized():
            raise
        is_mine = False
    if namespace is not None and ray.get_runtime_context().namespace != namespace:
        raise ValueError(namespace)
    try:
        yield
    finally:
        if is_mine:
            ray.shutdown()


@ray.remote(num_cpus=0)
def read(gauge):
    return gauge, service.level(gauge)


def levels(gauges):
    with ray_session():
        return dict(ray.get([read.remote(gauge) for gauge in gauges]))
