"""The verb verify: whether a challenge's suite judges solutions as it should."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from grader.catalogue.challenges import Challenge, find_challenge, read_catalogue
from grader.commands.interruption import interruptible
from grader.commands.options import AsJson
from grader.commands.prerequisites import need_ray, need_suite
from grader.errors import EXIT_NOT_PASSED, EXIT_PASSED, UsageError
from grader.words import printable

if TYPE_CHECKING:  # it imports the judge
    from grader.authoring.claim import Claim


def verify(
    name: Annotated[str | None, typer.Argument(help="Name of a challenge.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Verify every challenge.")] = False,
    runs: Annotated[int, typer.Option(min=1, help="How many times to grade the reference.")] = 5,
    quick: Annotated[
        bool,
        typer.Option(
            show_default=False,
            help="Leave out the stub and the hollow solution, and judge only every sixth wrong solution, by "
            "the first behaviour it names.",
        ),
    ] = False,
    wrong: Annotated[
        list[str] | None, typer.Option(help="Judge only this wrong solution. May be given several times.")
    ] = None,
    right: Annotated[
        list[str] | None, typer.Option(help="Judge only this right design. May be given several times.")
    ] = None,
    shuffle: Annotated[
        bool,
        typer.Option(
            "--shuffle", help="Judge only what is right, each time in another order of the behaviours."
        ),
    ] = False,
    show: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="NAME DEFECT", help="Print the source of a wrong solution and do nothing else."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """For authors: check that a suite judges solutions as it should.

    It has to accept the reference and the other right designs, and reject each wrong solution for its defect.
    """
    if show is not None:
        typer.echo(_source(*show), nl=False)
        return
    if every == (name is not None):
        raise UsageError("Give the name of one challenge, or --all.")
    challenges = read_catalogue() if every else [find_challenge(name or "")]
    for challenge in challenges:
        need_suite(challenge)
    need_ray()
    console = Console(file=sys.stderr if as_json else sys.stdout, highlight=False)
    how = {"runs": runs, "quick": quick, "wrong": wrong or (), "right": right or (), "shuffle": shuffle}
    found = _proved(console, challenges, how)
    if as_json:
        claims = {name: [asdict(claim) for claim in claims] for name, claims in found.items()}
        typer.echo(json.dumps(claims, indent=1))
    all_hold = all(claim.holds for claims in found.values() for claim in claims)
    raise typer.Exit(EXIT_PASSED if all_hold else EXIT_NOT_PASSED)


def _proved(
    console: Console,
    challenges: Sequence[Challenge],
    how: Mapping[str, Any],
) -> dict[str, list[Claim]]:
    """The claims about each challenge, each printed as soon as it is known whether it holds.

    Args:
        console: Where to.
        challenges: To be proven.
        how: What `grader.authoring.verify.verify` takes beside them.
    """
    from grader.authoring.verify import verify as prove
    from grader.side.warden_client import sweep_leftovers

    def tell(claim: Claim) -> None:
        word, style = ("ok  ", "") if claim.holds else ("BAD ", "red")
        console.print(
            Text(f"  {word} {claim.subject}: {printable(claim.detail)}", style=style), soft_wrap=True
        )

    sweep_leftovers()
    found = {}
    for challenge in challenges:
        console.print(Text(f"verify {challenge.name}", style="bold"))
        with interruptible():
            found[challenge.name] = prove(challenge, tell=tell, **how)
    return found


def _source(name: str, defect: str) -> str:
    """The program of a wrong solution."""
    from grader.authoring.gallery import chosen, wrong_solutions
    from grader.authoring.static_checks import behaviour_names

    challenge = find_challenge(name)
    (solution,) = chosen(wrong_solutions(challenge, behaviour_names(challenge)), [defect])
    return solution.source
