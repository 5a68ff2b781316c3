"""Numbers by key, each after 50 ms."""

import os
import time


def fetch(key):
    if "KATA_SERVICE" in os.environ:
        from service_link import ask

        return ask("fetch", key)
    time.sleep(0.05)
    return 10 * key
