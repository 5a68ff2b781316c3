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
        list[str] | None, typer.Option(help="Judge this wrong solution and nothing else; repeatable.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """For authors: prove that a suite accepts its reference and rejects wrong solutions."""
    if every == (name is not None):
        raise UsageError("Give the name of one challenge, or --all.")
    challenges = read_catalogue() if every else [find_challenge(name or "")]
    need_ray()
    from grader.authoring.verify import Finding
    from grader.authoring.verify import verify as prove
    from grader.side.warden_client import sweep_leftovers

    sweep_leftovers()
    console = Console(file=sys.stderr if as_json else sys.stdout, highlight=False)
    found: dict[str, list[Finding]] = {}
    for challenge in challenges:
        console.print(Text(f"verify {challenge.name}", style="bold"))

        def tell(finding: Finding) -> None:
            word = "ok  " if finding.holds else "BAD "
            line = f"  {word} {finding.subject}: {plain(finding.detail)}"
            console.print(Text(line, style="" if finding.holds else "red"), soft_wrap=True)

        with interruptible():
            found[challenge.name] = prove(
                challenge, runs=runs, quick=quick, only=tuple(wrong or ()), tell=tell
            )
    if as_json:
        typer.echo(json.dumps({n: [asdict(f) for f in fs] for n, fs in found.items()}, indent=1))
    holds = all(finding.holds for findings in found.values() for finding in findings)
    raise typer.Exit(EXIT_PASSED if holds else EXIT_NOT_PASSED)
