"""One side of a grading, as the judge sees it: a cluster, a driver with the solution, and their world.

Runs in the judge's process. In: a submission and calls. Out: plain values, or an `Observation` that says what
the solution did instead of answering. What runs at the other end is in `grader.warden` and `grader.inside`.
"""
