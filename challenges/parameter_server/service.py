"""The accelerator that computes gradients, next to the training data. Not yours to change.

    gradient(weights, shard, step) -> float64 array, normally of the same shape as `weights`

The loss is a sum of squares, one sum for each shard of the data, so there is one best vector of weights and
gradient descent finds it. A call waits for some tens of milliseconds, sometimes for seconds, without using
the CPU. A process has one connection: a second call from the same process (from another thread of
it) waits until the first is answered. Any number of processes may call at the same time.

Now and then an answer is not a gradient: numbers in it are not finite, or its shape is another.

In a grading every call goes to the grader, which keeps the books, makes the delays and may end this process
in the middle of a call or just after it; and one weight per shard is a counter there: the gradient of its
shard is the same number at this place every time, that of all others 0. Imported by your own script, the
module serves itself, without counters, and a shard whose name starts with "broken" answers NaN in step 1.
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

ALONE_S = 0.03  # what a call takes when this module serves itself
_connection = threading.Lock()


def gradient(weights: np.ndarray, shard: str, step: int) -> np.ndarray:
    """The gradient of one shard's loss.

    Args:
        weights: One-dimensional float64 array; it is only read, so a read-only one will do.
        shard: Name of a shard.
        step: Number of the worker's step, from 0.

    Returns:
        An array of your own, normally float64 and of the shape of `weights`.

    Raises:
        ValueError: There is no such shard, or `weights` is not what the loss is a function of.
    """
    if ask is None:
        return _gradient_alone(weights, shard, step)
    try:
        answer, ends_soon = ask("gradient", np.asarray(weights), str(shard), int(step))
    except Refused as refused:
        raise ValueError(refused.detail) from None
    if ends_soon:  # the machine of this process is about to go
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
