"""The verb mock: one module for each verb of `grade.py mock`, named like the verb.

In: words on the command line and the journal of the mock. Out: text, an exit status, and new entries in the
journal. `app` collects the verbs; `attendance`, `grading` and `completion` hold what they share.
"""
