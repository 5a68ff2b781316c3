"""Two actors work for a shop and end with the call: children of an actor inherit its environment too.

Against the reference: never more than two processes for a shop, and each has to start for each call.
"""

import ray
from ray.runtime_env import RuntimeEnv
from ray.util.actor_pool import ActorPool


@ray.remote(num_cpus=0)
class Hand:
    def apply(self, fn, item):
        return fn(item)


def in_shop(shop, actor_class):
    return actor_class.options(runtime_env=RuntimeEnv(env_vars={"BAKERY_SHOP": shop})).remote()


def run_for(shop, fn, items):
    hands = ActorPool([in_shop(shop, Hand) for _ in range(min(2, len(items)))])
    return list(hands.map(lambda hand, item: hand.apply.remote(fn, item), items))


def start_for(shop, actor_class):
    return in_shop(shop, actor_class)
