"""Timed mock interviews: a set is drawn, worked on against a clock on disk, graded, and ends in a card.

    draw, fixed_set -> Plan - sitting (journal, clock) - gradings -> parts, practice -> Card - card_view
    journal - in_progress -> which other verbs a mock in progress forbids

Runs in the process of `grade.py`, and depends on no process that keeps running: each command reads the
journal, does its part and appends to it.
"""
