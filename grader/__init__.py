"""Judges whether distributed programs are right, robust, and as fast as the reference.

The data flows in one direction; each step has one owner:

    challenge.toml - catalogue -> Challenge - staging -> folder - side (rig: warden and cluster; driver)
    judge (pytest) - calls and scenarios -> observations; counting -> counts
    observations - verdict -> checks - score -> record
    record - terminal | attempts -> history, compare, report
    races - recording -> trace - diagnosis, gantt, charts, perfetto
    questions and challenges - mock.draw -> plan - mock.sitting -> journal - mock.card -> card

`grader/commands` holds the command line: one module for each thing people do.
"""
