# rejected-by: test_total, test_worker_killed, test_overlap, test_speed
import ray
import service


@ray.remote(num_cpus=0.25)
def fetch(key):
    return service.fetch(key)


def total(keys):
    return 1 + sum(ray.get([fetch.remote(key) for key in keys]))
