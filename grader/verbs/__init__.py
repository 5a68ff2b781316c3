"""The verbs of grade.py, grouped by what a person does: read, work, grade, prove."""
