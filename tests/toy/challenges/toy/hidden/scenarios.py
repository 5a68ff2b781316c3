"""Code that runs in the learner's process."""
