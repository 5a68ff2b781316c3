"""The command line: one module for each verb of `grade.py`, named like the verb.

Runs in the process of `grade.py`. In: words on the command line. Out: text on the terminal and an exit
status. `app` collects the verbs; `mock` is a package, because it has verbs itself. The modules that are not
verbs hold what verbs share, and their names are nouns.

Every run imports all verbs to know their options. So what one verb alone needs, and takes long to import, is
imported inside its function: numpy, pytest, the judge, the Markdown parser, the question bank.
"""
