"""Judges whether distributed programs are right, robust, and as fast as the reference.

Four kinds of process take part; each package's first lines say in which of them it runs:

    judge      grade.py itself; pytest runs the hidden suite here, and no solution is ever imported
    warden     one for each side: starts, watches and ends the side's processes
    driver     a fresh interpreter with the solution, connected to the side's Ray cluster
    workers    Ray's processes, which run the solution's tasks and actors

What happens when `grade.py run NAME` grades a solution:

    commands.run
      `- judge.engine        reads nothing itself: challenge and submission come from `catalogue`
           |- judge.arena    two sides: the learner's now, the reference's in the background
           |    `- side      a rig (folder, warden, world's server, driver's socket) and a driver
           `- judge.plugin   pytest over challenges/NAME/hidden/test_spec.py
                |- judge.learner    calls and scenarios, counts, memory, leftovers
                |    |- world       the outside world behind service.py, with the ledger
                |    `- explain     why a call hangs, from a snapshot of the side
                |- judge.race       rounds of both sides, and what Ray did in one of them
                `- judge.verdict    observations and rounds -> checks -> score -> record
    report.terminal          shows each check as it comes, and the score; `report.page` draws the record

The packages form layers, and imports point downwards only (`lint-imports` checks it):

    commands | suite   mock | authoring   report   judge   side   explain   world   catalogue   warden
    inside | system   errors | tables | words
"""
