"""The environment in which experiments run Ray: nothing of the user's, nothing left behind."""

import contextlib
import os
import secrets
import tempfile
from collections.abc import Iterator

from ray._raylet import Config

# Ray reads a token once for each process, so that all clusters of a process share it.
TOKEN = secrets.token_hex(32)


@contextlib.contextmanager
def quiet_ray() -> Iterator[str]:
    """Set Ray's environment for the block and give a folder for its sessions."""
    before = dict(os.environ)
    for name in ("RAY_ADDRESS", "OMP_NUM_THREADS"):
        os.environ.pop(name, None)
    os.environ |= {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": TOKEN,
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    }
    Config.initialize("")  # the mode was read when Ray was imported
    # The path is short, because sockets lie below it.
    with tempfile.TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True) as folder:
        try:
            yield folder
        finally:
            os.environ.clear()
            os.environ.update(before)
