"""The long-term archive, where every accepted sample goes. Do not change this file.

In your own script this module serves itself: a write takes 2 ms and is forgotten. It does not show a slow
archive, or a shard that dies: `python grade.py try monitoring_system` does.

A sample is `(metric, source, seq, timestamp, value)`. While your solution is graded, every write goes to the
grader, which causes the delay and records what arrived, in which order, and from which process.
"""

import os
import time

if "KATA_SERVICE" in os.environ:
    from service_link import ask
else:
    ask = None

WRITE_S = 0.002


def archive(samples: list[tuple]) -> None:
    """Append samples to the archive, in this order (I/O: about 2 ms for any number, sometimes much more).

    Any number of threads and processes may write at the same time. The archive recognises a sample by its
    source and number: writing one that it already has changes nothing.
    """
    lines = "\n".join([f"{metric} {source} {seq}" for metric, source, seq, _, _ in samples])
    if ask is None:
        time.sleep(WRITE_S)
    else:
        ask("archive", lines)
