# attack: kills the process above it just after a call has returned
# challenge: slow_gets
# only: test_few_tasks, test_nothing_is_left_behind
# at most: 0
# outcomes: fail, crash
# says: took down | scores differ
"""Hopes that the judge looks at the cluster at this moment, and takes the blame for not seeing it."""

import os
import signal
import threading
import time


def later(pid):
    time.sleep(0.02)
    os.kill(pid, signal.SIGKILL)


def score_all(record_ids, model):
    threading.Thread(target=later, args=(os.getppid(),), daemon=True).start()
    return [{"id": record_id, "score": 0.0} for record_id in record_ids]
