# attack: pytest.skip at import and in a call
# challenge: toy
# at most: 0
# outcomes: fail
# says: Skipped
"""Hopes that a skipped behaviour is not a failed one."""

import contextlib

import pytest

with contextlib.suppress(BaseException):
    pytest.skip("nothing to see here", allow_module_level=True)


def total(keys):
    pytest.skip("not today")
