"""Makes a hand-out: a copy for students, with everything that they may see and nothing that gives away more.

It holds the briefs, stubs, services and examples of some challenges, the engine, and of the folder `hidden`
the outside world, which `try` needs. It holds no suite, no reference, no notes, no right or wrong solutions
and no questions: what would have to be sealed is not there.
"""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import jinja2

from grader.catalogue.challenges import HANDOUT, Challenge
from grader.errors import GradingError, UsageError

ENGINE = Path(__file__).parents[1]
TEMPLATES = Path(__file__).with_name("templates")
# Relative to the folder that holds the package.
ENTRY = ("grade.py", "conftest.py", "pyproject.toml", "LICENSE")
OF_A_CHALLENGE = ("README.md", "challenge.toml", "stub.py", "service.py", "test_examples.py")
OF_TRY = ("hidden/world.py", "hidden/scenarios.py")
HINTS = "hints.md"
_LEFT_OUT = ("__pycache__", "solution.py")


def hand_out(challenges: Sequence[Challenge], out: Path, *, with_hints: bool, as_zip: bool) -> Path:
    """Write a hand-out.

    Args:
        challenges: What students work on.
        out: The folder to make; it must not be there yet.
        with_hints: Whether students get the hints, which end with a sketch of the solution.
        as_zip: Pack it into `out`.zip instead.

    Returns:
        The folder or the zip file.

    Raises:
        UsageError: It is there already, or two challenges are the same.
        GradingError: It cannot be written. Nothing is left of it.
    """
    target = out.with_name(f"{out.name}.zip") if as_zip else out
    if target.exists() or target.is_symlink():
        raise UsageError(f"{target} is there already and was not changed. Choose another name with --out")
    if out.exists() and as_zip:
        raise UsageError(f"{out} is in the way of the files to be packed. Choose another name with --out")
    try:
        out.mkdir(parents=True)
        _write(challenges, out, with_hints=with_hints)
        if as_zip:
            _pack(out, target)
    except OSError as error:
        if as_zip:
            target.unlink(missing_ok=True)
        raise GradingError(
            f"{error.filename or out} cannot be written: {error.strerror}. Nothing was kept of the hand-out"
        ) from None
    finally:
        if as_zip or not (out / HANDOUT).exists():
            shutil.rmtree(out, ignore_errors=True)
    return target


def _write(challenges: Sequence[Challenge], out: Path, *, with_hints: bool) -> None:
    for challenge in challenges:
        visible = (*OF_A_CHALLENGE, *OF_TRY, *((HINTS,) if with_hints else ()))
        _copy(challenge.folder, visible, out / "challenges" / challenge.name)
    _copy(ENGINE.parent, ENTRY, out)
    for path in _sources(ENGINE):
        _copy(ENGINE.parent, (str(path.relative_to(ENGINE.parent)),), out)
    readme = _template("handout.md.j2").render(challenges=challenges, with_hints=with_hints)
    (out / "README.md").write_text(readme, encoding="utf-8")
    names = [challenge.name for challenge in challenges]
    (out / HANDOUT).write_text(json.dumps({"schema": 1, "challenges": names}) + "\n", encoding="utf-8")


def _copy(source: Path, names: Iterable[str], target: Path) -> None:
    """Copy those that are there."""
    for name in names:
        if (source / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / name, target / name)


def _sources(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not set(path.parts) & set(_LEFT_OUT):
            yield path


def _template(name: str) -> jinja2.Template:
    loader = jinja2.FileSystemLoader(TEMPLATES)
    environment = jinja2.Environment(  # noqa: S701 - Markdown, from texts of ours
        loader=loader, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True,
    )  # fmt: skip
    return environment.get_template(name)


def _pack(folder: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                packed.write(path, f"{folder.name}/{path.relative_to(folder)}")
