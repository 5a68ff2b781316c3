"""Items are dealt like cards to 24 tasks, and the function travels with the task's own code.

Against the reference: neighbours that are all dear do not share a batch. A remote function that captures `fn`
is exported once, not through the object store; Ray warns from 10 MB on, and refuses 100 MB.
"""

import ray

HANDS = 24


def map_batched(fn, items):
    @ray.remote
    def hand(places, mine):
        results = []
        for place, item in zip(places, mine, strict=True):
            try:
                results.append(fn(item))
            except Exception as error:
                raise RuntimeError(f"item {place}: {type(error).__name__}: {error}") from error
        return results

    items = list(items)
    refs = {}
    for first in range(min(HANDS, len(items))):
        places = range(first, len(items), HANDS)
        refs[first] = hand.remote(places, [items[place] for place in places])
    results = [None] * len(items)
    for first, ref in refs.items():
        results[first::HANDS] = ray.get(ref)
    return results
