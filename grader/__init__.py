"""Judges distributed programs: right, robust, and as fast as the reference.

The data flows in one direction; each step has one owner:

    challenge.toml - catalogue -> Challenge - staging -> folder - side (site: warden and cluster; driver)
    judge (pytest) - calls and scenarios -> observations; counting -> counts
    observations - verdict -> checks - score -> record
    record - terminal | attempts -> history, compare, report
    races - tracing -> trace - diagnosis, gantt, charts, perfetto
    questions and challenges - mock.draw -> plan - mock.sitting -> journal - mock.card -> card

`grader/verbs` holds the command line, a module for each thing people do.
"""
