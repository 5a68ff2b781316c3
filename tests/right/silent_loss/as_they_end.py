"""At most eight deeds are in flight, and `ray.wait` tells which have ended.

Against the reference: a slow deed holds up nothing, and a million deeds do not need a million refs.
"""

import ray
import service

IN_FLIGHT = 8


@ray.remote
def save(deed, text):
    return service.save(deed, text)


def ingest(deeds):
    stored, failed, waiting, open_refs = {}, {}, list(deeds.items()), {}
    while waiting or open_refs:
        while waiting and len(open_refs) < IN_FLIGHT:
            deed, text = waiting.pop()
            open_refs[save.remote(deed, text)] = deed
        (ref,), _ = ray.wait(list(open_refs))
        deed = open_refs.pop(ref)
        try:
            stored[deed] = ray.get(ref)
        except ray.exceptions.RayError as error:
            original = getattr(error, "cause", error)
            failed[deed] = f"{type(original).__name__}: {original}"
    return {"stored": stored, "failed": failed}
