"""The grading itself: pytest over a hidden suite, two sides, and verdicts from this process alone.

Runs in the process of `grade.py`. In: a challenge and a submission. Out: a `Record`.

    engine     runs a grading            grading    its state: what is asked for, what has been found
    plugin     what pytest calls         events     what it tells while it runs
    arena      holds both sides          behaviour  what an author writes above a test
    case       one behaviour while it is judged     retrial  again, when Ray failed under it
    learner    the fixture of tests; it counts (`counting`), watches memory (`memory`)
    race       compares speed            round_trace  watches what Ray does in one round
    verdict, speed   from what was seen to points            record   the JSON of a grading, on disk
    watcher    grades again on each save                     fitness  whether this machine can grade
"""
