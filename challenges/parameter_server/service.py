"""The accelerator that computes gradients, next to the training data. Not yours to change.

    gradient(weights, shard, step) -> float64 array, normally of the same shape as `weights`

In your own script this module serves itself: a call takes 30 ms, equal calls have equal answers, and a shard
whose name starts with "broken" answers NaN in step 1. It does not show a slow worker, one that dies, or a
gradient that never comes: `python grade.py try parameter_server` does.

The loss is a sum of squares, one sum per shard of the data, so there is one best vector of weights and
gradient descent finds it. A call waits for some tens of milliseconds, sometimes for seconds, without using
the CPU. A process has one connection: a second call from the same process (on another thread) waits until
the first is answered. Any number of processes may call at the same time.

Now and then an answer is not a gradient: some of its numbers are not finite, or it has the wrong shape.

In a grading every call goes to the grader, which keeps the books, adds the delays and may end this process in
the middle of a call or just after it. There, each call draws its own samples of the shard's data, so equal
calls have slightly different answers. And one weight per shard is a counter: the gradient of its own shard
has the same number in this place every time, that of every other shard has 0. So any weights show which
gradients they contain.
"""

import os
import threading
import time
import zlib

import numpy as np

if "KATA_SERVICE" in os.environ:
    from service_link import Refused, ask
else:
    Refused, ask = None, None

ALONE_S = 0.03  # how long a call takes when this module serves itself
_connection = threading.Lock()


def gradient(weights: np.ndarray, shard: str, step: int) -> np.ndarray:
    """The gradient of one shard's loss.

    Args:
        weights: One-dimensional float64 array; it may be read-only, since it is only read.
        shard: Name of a shard.
        step: Number of the worker's step, counting from 0.

    Returns:
        A new array, normally float64 and with the shape of `weights`.

    Raises:
        ValueError: There is no such shard, or `weights` lacks the dtype and shape that the loss needs.
    """
    if ask is None:
        return _gradient_alone(weights, shard, step)
    try:
        answer, ends_soon = ask("gradient", np.asarray(weights), str(shard), int(step))
    except Refused as refused:
        raise ValueError(refused.detail) from None
    if ends_soon:  # the machine under this process goes within a tenth of a second
        threading.Thread(target=ask, args=("end", str(shard), int(step)), daemon=True).start()
    return answer


def _gradient_alone(weights: np.ndarray, shard: str, step: int) -> np.ndarray:
    with _connection:
        time.sleep(ALONE_S)
    # crc32, not hash(): a shard must be the same in every process.
    rng = np.random.default_rng(zlib.crc32(shard.encode()))
    curvature = rng.uniform(0.8, 1.6, len(weights))
    best = np.arange(len(weights)) + rng.normal(0.0, 0.2, len(weights))
    found = curvature * (weights - best)
    if shard.startswith("broken") and step == 1:
        found[-1] = np.nan
    return found
