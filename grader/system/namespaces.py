"""Keeps a side in the namespaces that it was started in (Linux on x86-64 and ARM64).

Where the kernel lets anybody make a user namespace, a process is root in it: it mounts a tmpfs that nobody
else sees, or has the kernel send packets in a circle while the process itself stands still. So a filter of
system calls (seccomp) refuses new namespaces, as containers do. It also refuses a child that passes for a
sibling (CLONE_PARENT), for the raylet's children are workers. Who asks by `clone3`, whose flags a filter
cannot read, is told that there is no such call, and asks again by `clone`.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
import sys

CLONE_PARENT = 0x8000
# time, mount, control group, host name, messages, users, pids, network
NEW_NAMESPACE = 0x80 | 0x20000 | 0x2000000 | 0x4000000 | 0x8000000 | 0x10000000 | 0x20000000 | 0x40000000
# `clone` keeps the signal of the child's end where one of them would be.
CLONE_FLAGS = (NEW_NAMESPACE & ~0x80) | CLONE_PARENT
# By machine: its name in the kernel's audits, and the numbers of clone, clone3, unshare, setns and seccomp.
_CALLS = {
    "x86_64": (0xC000003E, 56, 435, 272, 308, 317),
    "aarch64": (0xC00000B7, 220, 435, 97, 268, 277),
}
_FIRST_OF_X32 = 0x40000000  # x86-64 has its calls a second time
_SET_MODE_FILTER, _SPECULATION_AS_BEFORE = 1, 4
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000
_NUMBER, _MACHINE, _FIRST_ARGUMENT = 0, 4, 16  # where they are in what a filter sees

Step = tuple[int, int, int, int]  # operation, steps to leave out if so, if not, operand


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def forbid_new_namespaces() -> bool:
    """From now on, neither this process nor what it starts can; whether the kernel sees to it.

    It must have given up gaining privileges before: see `grader.system.privileges`.
    """
    calls = _CALLS.get(platform.machine()) if sys.platform == "linux" else None
    if calls is None:
        return False
    steps = _steps(*calls[:5])
    packed = b"".join(struct.pack("HBBI", *step) for step in steps)
    program = _Program(len(steps), packed)
    libc = ctypes.CDLL(None, use_errno=True)
    return not libc.syscall(calls[5], _SET_MODE_FILTER, _SPECULATION_AS_BEFORE, ctypes.byref(program))


def _steps(machine: int, clone: int, clone3: int, unshare: int, setns: int) -> list[Step]:
    """The filter; each step names those that follow, if what it asks is so and if not."""
    written = [
        ("", _LOAD, "", "", _MACHINE),
        ("", _EQUAL, "", "no such call", machine),
        ("", _LOAD, "", "", _NUMBER),
        ("", _AT_LEAST, "no such call", "", _FIRST_OF_X32),
        ("", _EQUAL, "no such call", "", clone3),
        ("", _EQUAL, "refuse", "", setns),
        ("", _EQUAL, "clone", "", clone),
        ("", _EQUAL, "unshare", "allow", unshare),
        ("clone", _LOAD, "", "", _FIRST_ARGUMENT),
        ("", _ANY_BIT, "refuse", "allow", CLONE_FLAGS),
        ("unshare", _LOAD, "", "", _FIRST_ARGUMENT),
        ("", _ANY_BIT, "refuse", "allow", NEW_NAMESPACE),
        ("no such call", _RETURN, "", "", _REFUSE | errno.ENOSYS),
        ("refuse", _RETURN, "", "", _REFUSE | errno.EPERM),
        ("allow", _RETURN, "", "", _ALLOW),
    ]
    place = {name: at for at, (name, *_) in enumerate(written) if name}

    def left_out(at: int, name: str) -> int:
        return place[name] - at - 1 if name else 0

    return [
        (operation, left_out(at, if_so), left_out(at, if_not), operand)
        for at, (_, operation, if_so, if_not, operand) in enumerate(written)
    ]
