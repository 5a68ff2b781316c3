"""Nothing of this suite has to run in the learner's process beside the solution."""
