"""The command line: one module for each verb of `grade.py`, named like the verb.

Runs in the process of `grade.py`. In: words on the command line. Out: text on the terminal and an exit
status. `app` collects the verbs; modules that are no verb say in their first line what verbs share.
"""
