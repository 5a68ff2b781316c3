"""The author's first verb: new."""

from __future__ import annotations

from typing import Annotated

import typer

from grader.authoring.scaffold import lay_out
from grader.catalogue.challenges import ROOT


def new(
    name: Annotated[str, typer.Argument(help="Name of the new challenge, like slow_gets.")],
) -> None:
    """For authors: lay out a new challenge that verifies as it stands, to be changed step by step."""
    steps = lay_out(name, ROOT)
    width = max(len(str(step.path)) for step in steps)
    typer.echo(f"Laid out a small, complete challenge below {ROOT}. Change its files in this order:\n")
    for step in steps:
        typer.echo(f"  {step.path!s:<{width}}  {step.purpose}")
    typer.echo("\nCONTRIBUTING.md explains each step. Verify after each change.")
    typer.echo(f"Next: python grade.py verify {name}")
