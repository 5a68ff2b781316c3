"""What is on disk before a grading: challenges, questions, hints and the file that is handed in.

Runs in the judge's process. In: folders and TOML files. Out: `Challenge`, `Question`, `Submission`: frozen
values that have been checked, or an error that names the file, the key and what to write there.
"""
