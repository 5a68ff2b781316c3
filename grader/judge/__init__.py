"""The grading itself: pytest over a hidden suite, two sides, and verdicts from this process alone.

Runs in the process of `grade.py`. In: a challenge and a submission. Out: a `Record`. `engine` runs it all,
`plugin` is the part that pytest calls, `arena` holds both sides, `learner` and `race` are what tests use,
`verdict`, `speed` and `record` turn what was seen into points.
"""
