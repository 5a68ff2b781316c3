"""Timed mock interviews: a set is drawn, worked on against a clock on disk, graded, and ends in a card.

    draw, fixed_set -> Plan - sitting (journal, clock) - gradings -> parts, practice -> Card - card_view
    journal - in_progress -> what a mock in progress forbids to other verbs

Nothing here depends on a running process: each command reads the journal, does its part and appends to it.
"""
