"""The operating system: processes, their rights, their scheduling, and how busy the machine is.

Runs wherever it is imported: in the judge and in wardens. Knows nothing of Ray or of challenges.
"""
