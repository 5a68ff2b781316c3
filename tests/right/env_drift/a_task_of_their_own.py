"""One task in the shop's environment starts all others: they inherit it, and ask for nothing.

Against the reference: `runtime_env` is named in one place for all work of a shop; a task more, which waits.
"""

import ray


@ray.remote(num_cpus=0)
def foreman(fn, items):
    task = ray.remote(fn)
    return ray.get([task.remote(item) for item in items])


def options(shop):
    if not isinstance(shop, str):
        raise TypeError(f"a shop is text, not {type(shop).__name__}")
    return {"runtime_env": {"env_vars": {"BAKERY_SHOP": shop}}}


def run_for(shop, fn, items):
    return ray.get(foreman.options(**options(shop)).remote(fn, items))


def start_for(shop, actor_class):
    return actor_class.options(**options(shop)).remote()
