"""For authors and teachers: new challenges, the proof that a suite is right, copies for students.

Runs in the process of `grade.py`, on top of the judge. In: a challenge with its reference, right designs and
wrong solutions. Out: findings, each of which has to hold; or a folder that may be handed out (`handout`).
"""
