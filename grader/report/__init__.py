"""What people see of a grading: terminal, page, pictures, history. Drawn from records, never from Ray.

Runs in the process of `grade.py`. In: records and traces. Out: text, HTML, SVG, CSV.
"""
