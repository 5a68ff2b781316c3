"""Judges distributed programs: right, robust, and as fast as the reference.

The data flows in one direction; each step has one owner:

    challenge.toml - catalogue -> Challenge - staging -> folder - side (cluster + driver)
    judge (pytest) - calls and scenarios -> observations
    observations - verdict -> checks - score -> record - terminal
"""
