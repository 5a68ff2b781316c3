"""For authors of challenges: a new challenge to start from, and the proof that a suite is right.

Runs in the process of `grade.py`, on top of the judge. In: a challenge with its reference, right designs and
wrong solutions. Out: findings, each of which has to hold.
"""
