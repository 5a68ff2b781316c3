"""Why a call hangs and where the time went: pure functions over what was seen.

Runs in the judge's process. In: a snapshot of a side that does not answer, or a trace of a round. Out: causes
in sentences. Nothing here starts, asks or waits for anything, so every rule is tested without Ray.
"""
