"""The outside world of a challenge: the server behind `service.py`, and its books.

Runs in the judge's process: the server and the operations of a world in a thread, while tests set a world's
attributes and read its ledger from the main thread. In: calls from the side's processes, over a Unix
socket. Out: answers, delays and faults, and a ledger that says who asked for what, from which process, and
when.
"""
