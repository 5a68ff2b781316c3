"""The long-term archive, where every accepted sample goes. Not yours to change.

A sample is `(metric, source, seq, timestamp, value)`. In a grading every write goes to the grader, which
makes the delay and keeps the books: what came, in which order, and from which process. Imported by your own
script, the module serves itself.
"""

import os
import time

if "KATA_SERVICE" in os.environ:
    from service_link import ask
else:
    ask = None

WRITE_S = 0.002


def archive(samples: list[tuple]) -> None:
    """Append samples to the archive, in this order (I/O; about 2 ms however many, now and then much more).

    Any number of threads and processes may write at the same time. The archive recognises a sample by its
    source and number: one that it has already changes nothing.
    """
    lines = "\n".join([f"{metric} {source} {seq}" for metric, source, seq, _, _ in samples])
    if ask is None:
        time.sleep(WRITE_S)
    else:
        ask("archive", lines)
