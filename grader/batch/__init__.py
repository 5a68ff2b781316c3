"""Many solutions: a class, a cohort, or one program a hundred times, graded side by side.

    submissions -> Job - pool (here, cluster) -> Graded - journal -> rows -> results.csv, pages
    node_task - judge_process - judging: the grading itself, in a separate process

Three kinds of process take part:

    driver     `grade.py batch`: finds the submissions, hands them out, writes the journal and the pages. It
               reads strangers' files as bytes and never parses or runs them
    Ray task   with a cluster, one for each grading, on the node that reserved the CPUs: `node_task`
    judge      one for each place, on this machine or below a Ray task: what `grade.py run` is, without its
               terminal; a grading starts its two small clusters below it, and they end with it

A judge knows nothing of the cluster that its task runs on: no address, token, session folder or port.
"""
