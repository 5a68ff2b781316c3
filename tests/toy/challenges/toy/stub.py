import ray
import service


@ray.remote
def fetch(key):
    return service.fetch(key)


def total(keys):
    return sum(ray.get(fetch.remote(key)) for key in keys)
