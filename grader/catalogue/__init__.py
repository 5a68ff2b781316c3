"""What is on disk before a grading: challenges, questions, hints and the file handed in.

Runs in the judge's process. In: folders and TOML files. Out: a checked, frozen `Challenge`,
`Question` or `Submission`, or an error that names the file, the key and what to write there.
"""
