"""Timed mock interviews: a set is drawn, sat against a clock on disk, graded, and ends in a card.

    draw -> Plan - sitting (journal on disk, clock) - gradings -> card - terminal | html | json

Nothing here depends on a running process: each command reads the journal, does its part and appends to it.
"""
