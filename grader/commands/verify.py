"""The author's verb: verify."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from grader.catalogue.challenges import find_challenge, read_catalogue
from grader.commands.shared import AsJson, interruptible, need_ray
from grader.errors import EXIT_NOT_PASSED, EXIT_PASSED, UsageError
from grader.report.terminal import plain


def verify(
    name: Annotated[str | None, typer.Argument(help="Name of a challenge.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Verify every challenge.")] = False,
    runs: Annotated[int, typer.Option(min=1, help="How often to grade the reference.")] = 5,
    quick: Annotated[
        bool, typer.Option(help="No stub or hollow one; every sixth wrong solution, by one behaviour.")
    ] = False,
    wrong: Annotated[
        list[str] | None, typer.Option(help="Judge this wrong solution and no other solution; repeatable.")
    ] = None,
    right: Annotated[
        list[str] | None, typer.Option(help="Judge this right design and no other solution; repeatable.")
    ] = None,
    show: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="NAME DEFECT", help="Print a wrong solution as it is composed, and stop."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """For authors: prove that a suite accepts its reference and rejects wrong solutions."""
    if show is not None:
        typer.echo(_composed(*show), nl=False)
        return
    if every == (name is not None):
        raise UsageError("Give the name of one challenge, or --all.")
    challenges = read_catalogue() if every else [find_challenge(name or "")]
    need_ray()
    from grader.authoring.paper import Claim
    from grader.authoring.verify import verify as prove
    from grader.side.warden_client import sweep_leftovers

    sweep_leftovers()
    console = Console(file=sys.stderr if as_json else sys.stdout, highlight=False)
    found: dict[str, list[Claim]] = {}
    for challenge in challenges:
        console.print(Text(f"verify {challenge.name}", style="bold"))

        def tell(claim: Claim) -> None:
            word = "ok  " if claim.holds else "BAD "
            line = f"  {word} {claim.subject}: {plain(claim.detail)}"
            console.print(Text(line, style="" if claim.holds else "red"), soft_wrap=True)

        with interruptible():
            found[challenge.name] = prove(
                challenge, runs=runs, quick=quick, wrong=wrong or (), right=right or (), tell=tell
            )
    if as_json:
        typer.echo(json.dumps({n: [asdict(f) for f in fs] for n, fs in found.items()}, indent=1))
    holds = all(claim.holds for claims in found.values() for claim in claims)
    raise typer.Exit(EXIT_PASSED if holds else EXIT_NOT_PASSED)


def _composed(name: str, defect: str) -> str:
    """The program of a wrong solution."""
    from grader.authoring.gallery import chosen, wrong_solutions
    from grader.authoring.paper import behaviour_names

    challenge = find_challenge(name)
    (solution,) = chosen(wrong_solutions(challenge, behaviour_names(challenge)), [defect])
    return solution.source
