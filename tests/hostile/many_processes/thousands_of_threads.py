# attack: thousands of threads
# challenge: toy
# only: test_total, test_overlap
# at most: 0
# outcomes: crash, fail
# says: threads (the limit is | can't start new thread
"""Hopes that nobody counts threads. At most 4000 of them."""

import threading
import time


def total(keys):
    threading.stack_size(64 * 1024)
    for _ in range(4000):
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    time.sleep(5)
    return 0
