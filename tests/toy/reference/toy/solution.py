import ray
import service


@ray.remote(num_cpus=0.25)
def fetch(key):
    return service.fetch(key)


def total(keys):
    return sum(ray.get([fetch.remote(key) for key in keys]))
