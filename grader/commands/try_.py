"""The verb try: runs a solution once, as it will be run, under a trouble of the brief; nothing is judged."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from grader.catalogue.challenges import Challenge, find_challenge
from grader.commands.interruption import interruptible
from grader.commands.options import AsJson, Name
from grader.commands.prerequisites import need_ray
from grader.errors import EXIT_NOT_PASSED, EXIT_PASSED, UsageError
from grader.mock.in_progress import refuse_during_mock
from grader.report.terminal import say

if TYPE_CHECKING:  # it imports numpy
    from grader.world.troubles import Trouble


def try_solution(
    name: Name,
    trouble: Annotated[str, typer.Option(help="What goes wrong; --list shows what can.")] = "none",
    list_troubles: Annotated[bool, typer.Option("--list", help="List the troubles and stop.")] = False,
    solution: Annotated[Path | None, typer.Option(help="Try this file instead of solution.py.")] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Repeat the inputs of the trial that printed this seed.")
    ] = None,
    given: Annotated[
        Path | None,
        typer.Option(
            "--input", help="A JSON file with an object: what to vary, by the names that --list shows."
        ),
    ] = None,
    debug: Annotated[
        bool,
        typer.Option("--debug", help="Attach this terminal to breakpoint() in the driver; no deadline."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Run your solution once, as it will be run, under a trouble of the brief. Nothing is judged or recorded.

    It shows what is printed, the result, what the outside world saw, what Ray did, and why it hangs. Exit
    status 0 means that the call returned, and 1 that it raised, hung or died.
    """
    challenge = find_challenge(name)
    refuse_during_mock(challenge.name)
    if list_troubles:
        _list(challenge, as_json=as_json)
        return
    inputs = _read(given) if given is not None else {}
    need_ray()
    from grader.system.privileges import keep_memory_private

    keep_memory_private()
    with interruptible():
        status = _try(challenge, solution, trouble, seed, inputs, debug=debug, as_json=as_json)
    raise typer.Exit(status)


def _try(
    challenge: Challenge,
    path: Path | None,
    trouble: str,
    seed: int | None,
    inputs: Mapping[str, Any],
    *,
    debug: bool,
    as_json: bool,
) -> int:
    """Run the trial and show it; the exit status."""
    from grader.judge.debugger import attached
    from grader.judge.plugin import new_seed
    from grader.judge.tryout import try_out
    from grader.report.tryout import Screen, document, new_console
    from grader.side.warden_client import sweep_leftovers

    seed = new_seed() if seed is None else seed
    submission = challenge.submission(path)
    sweep_leftovers()
    screen = Screen(new_console(as_json=as_json), challenge, submission)
    seen = try_out(
        challenge,
        submission,
        trouble,
        seed=seed,
        given=inputs,
        audience=screen,
        debugger=attached if debug else None,
    )
    screen.end(seen)
    if as_json:
        shown = document(challenge, submission, seen, screen.lines)
        typer.echo(json.dumps(shown, indent=1, ensure_ascii=False))
    return EXIT_PASSED if seen.ending == "returned" else EXIT_NOT_PASSED


def _read(path: Path) -> dict[str, Any]:
    """The values that the user varies."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(f"{path} is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise UsageError(f'{path} has to hold an object, such as {{"n": 12}}; `--list` shows the names')
    return found


def _list(challenge: Challenge, *, as_json: bool) -> None:
    from grader.judge.tryout import troubles_of

    found = troubles_of(challenge)
    if as_json:
        typer.echo(json.dumps([_row(each) for each in found.values()], indent=1))
        return
    width = max((len(name) for name in found), default=0)
    for each in found.values():
        say(f"  {each.name:<{width}}  {each.title}")
        if each.parameters:
            say(f"  {'':<{width}}  --input {json.dumps(dict(each.parameters))}")
    say(f"Next: python grade.py try {challenge.name} --trouble {list(found)[-1] if found else 'none'}")


def _row(each: Trouble) -> dict[str, Any]:
    return {"name": each.name, "title": each.title, "parameters": dict(each.parameters)}
