"""Why a call hangs, whether anything can still happen, and where the time went.

Runs in the judge's process. In: a snapshot of a side that does not answer, or the trace of a round. Out:
causes and findings in sentences. The rules (`hangs`, `standstill`, `diagnosis`) are pure, so each is tested
without Ray; `snapshot` puts together what others have read.
"""
