"""The world of a challenge: the server behind `service.py`, and its books.

Runs in a thread of the judge's process. In: calls from the side's processes, over a Unix socket. Out:
answers, delays and faults, and a ledger that says who asked for what, from which process, and when.
"""
