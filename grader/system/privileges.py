"""What a side cannot do although its user could: the kernel forbids it to everything a warden starts (Linux).

Otherwise a process of the same user may read and write the judge's memory, and root may lift its own limits
or set the clock. Where the system has no means to prevent this, nothing is done.
"""

from __future__ import annotations

import ctypes
import sys

_PR_SET_DUMPABLE = 4
_PR_CAPBSET_DROP = 24
_PR_SET_NO_NEW_PRIVS = 38
# Numbers as in the kernel's headers. What root keeps is roughly what a container leaves it.
FORBIDDEN = {
    "CAP_LINUX_IMMUTABLE": 9,
    "CAP_NET_ADMIN": 12,
    "CAP_NET_RAW": 13,
    "CAP_SYS_MODULE": 16,
    "CAP_SYS_RAWIO": 17,
    "CAP_SYS_PTRACE": 19,
    "CAP_SYS_ADMIN": 21,
    "CAP_SYS_BOOT": 22,
    "CAP_SYS_NICE": 23,
    "CAP_SYS_RESOURCE": 24,
    "CAP_SYS_TIME": 25,
    "CAP_MKNOD": 27,
    "CAP_SYSLOG": 34,
    "CAP_PERFMON": 38,
    "CAP_BPF": 39,
    "CAP_CHECKPOINT_RESTORE": 40,
}


def forbid_to_children() -> None:
    """From now on, nothing that this process starts has these capabilities or gains any through sudo."""
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in FORBIDDEN.values():
        libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)  # refused if there is none to lose
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def keep_memory_private() -> None:
    """From now on, no other process of this user may look into this one; root still may."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
