"""The operating system: processes, their privileges and scheduling, and how busy the machine is.

Runs wherever it is imported: in the judge and in wardens. Knows nothing about Ray or challenges.
"""
