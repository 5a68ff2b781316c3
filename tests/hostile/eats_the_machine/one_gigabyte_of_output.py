# attack: prints a gigabyte, from the driver and from a worker
# challenge: toy
# only: test_total
# at most: 0
# outcomes: fail, crash, timeout
# says: the total of | the limit is
"""Hopes that something keeps all of it."""

import sys

import ray


def print_much(megabytes):
    line = "passed " * 142_857 + "\n"
    for _ in range(megabytes):
        sys.stdout.write(line)
    sys.stdout.flush()
    return 0


def total(keys):
    noise = ray.remote(num_cpus=0.5)(print_much).remote(200)
    return print_much(800) + ray.get(noise)
