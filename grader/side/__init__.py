"""One side of a grading, as the judge holds it: a cluster, a driver with the solution, and their world.

Runs in the judge's process. In: a submission and calls. Out: plain values; an `Observation` is raised that
says what the solution did instead of answering.

    side            calls, and repairs after whatever a solution does
    exchange        one question to the driver, and what it means when no answer comes
    rig             what a side stands on: folder, warden, the world's server, the driver's socket
    driver_link     the judge's end of the socket to the driver      warden_client     ... and to the warden
    staging         what is copied into a side                       patience          how long to wait
    failure_causes  why it did not answer, or died                   standstill_watch  whether it still can
    hopelessness    when waiting has become vain
    cleanliness, task_table, sampler    is anything left; is the table complete; look again and again

What runs on the other end lies in `grader.warden` and `grader.inside`.
"""
