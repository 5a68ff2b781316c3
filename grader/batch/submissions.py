"""Finds what was handed in below a folder. Files are read as bytes, and what is no submission is told."""

from __future__ import annotations

import csv
import difflib
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from grader.batch.job import HandedIn
from grader.catalogue.submission import MAX_SOURCE_BYTES
from grader.errors import UsageError

MAX_FILES = 20_000
_WAYS = "it is neither <who>/<challenge>.py nor <challenge>/<who>.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What lies below the folder.

    Args:
        files: Submissions, by challenge and who.
        told: For each other file, what it is and why it is not graded.
    """

    files: tuple[HandedIn, ...]
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _File:
    """A file below the folder, or in a zip: where it is, and how to read it; a problem if one should not."""

    path: PurePosixPath
    read: Callable[[], bytes]
    problem: str = ""


def find(
    folder: Path,
    challenges: Collection[str],
    *,
    wanted: Sequence[str] = (),
    names: Mapping[str, str] | None = None,
) -> Found:
    """All submissions below a folder, or in a zip of one.

    Args:
        folder: Holds `<who>/<challenge>.py` or `<challenge>/<who>.py`; also `<who>.zip` with
            `<challenge>.py` in it; with one wanted challenge also `<who>.py`.
        challenges: Names of all that there are.
        wanted: Names of those to grade; empty for all.
        names: Who is meant by what the folder says; None if it says it itself.

    Raises:
        UsageError: There is no such folder, or two files are from the same person for the same challenge.
    """
    files: dict[tuple[str, str], HandedIn] = {}
    told: list[str] = []
    used: set[str] = set()
    for file in _files(folder):
        called, challenge, problem = _meaning(file.path, challenges, wanted)
        if problem := file.problem or problem:
            told.append(f"{file.path}: {problem}")
            continue
        used.add(called)
        who = (names or {}).get(called, called)
        if before := files.get((who, challenge)):
            raise UsageError(
                f"{folder}: {before.name} and {file.path} are both from {who} for {challenge}. Keep one."
            )
        files[who, challenge] = HandedIn.of(who, challenge, str(file.path), file.read())
    told += [
        f"{name}: in the table of names, and not in the folder" for name in names or () if name not in used
    ]
    in_order = sorted(files.values(), key=lambda file: (file.challenge, file.who))
    return Found(files=tuple(in_order), told=tuple(told))


def read_names(path: Path) -> dict[str, str]:
    """A CSV of two columns: what the folder says, and who that is. A first line `name,who` is a heading.

    Raises:
        UsageError: It cannot be read, or a line does not have two columns.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.reader(file) if any(cell.strip() for cell in row)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path} cannot be read as CSV: {error}") from None
    if rows and [cell.strip().lower() for cell in rows[0]] == ["name", "who"]:
        del rows[0]
    for number, row in enumerate(rows, 1):
        if len(row) != 2:
            raise UsageError(
                f"{path}: row {number} has {len(row)} columns. Give two: name in the folder, who"
            )
    return {name.strip(): who.strip() for name, who in rows}


def _meaning(path: PurePosixPath, challenges: Collection[str], wanted: Sequence[str]) -> tuple[str, str, str]:
    """Who it is from, which challenge it is for, and why neither can be told."""
    match path.parts:
        case _ if path.suffix != ".py":
            return "", "", "not a .py file"
        case (_,) if len(wanted) == 1:
            return path.stem, wanted[0], ""
        case (first, _):
            is_last, is_first = path.stem in challenges, first in challenges
            if is_last and is_first:
                return "", "", "both parts of its name are challenges"
            if is_last or is_first:
                who, challenge = (first, path.stem) if is_last else (path.stem, first)
                left_out = wanted and challenge not in wanted
                return who, challenge, f"left out: it is for {challenge}" if left_out else ""
            close = difflib.get_close_matches(path.stem.lower(), challenges, n=1, cutoff=0.7)
            hint = f"; is {close[0]}.py meant?" if close else ""
            return "", "", f"{path.stem} is no challenge{hint}"
    return "", "", _WAYS


def _files(folder: Path) -> Iterator[_File]:
    """All files that are not hidden, in order.

    Raises:
        UsageError: There is nothing to read, or far too much.
    """
    if folder.is_file() and zipfile.is_zipfile(folder):
        found = _zipped(folder, PurePosixPath())
    elif folder.is_dir():
        found = _on_disk(folder)
    else:
        raise UsageError(f"{folder} is neither a folder nor a zip file. Give what holds the submissions.")
    for number, file in enumerate(found):
        if number == MAX_FILES:
            raise UsageError(f"{folder} has more than {MAX_FILES:,} files. Give the folder of one class.")
        yield file


def _on_disk(folder: Path) -> Iterator[_File]:
    for path in sorted(folder.rglob("*")):
        shown = PurePosixPath(path.relative_to(folder).as_posix())
        if _is_hidden(shown):
            continue
        if path.is_symlink():
            yield _File(shown, bytes, "a link, which is not followed")
        elif path.is_file():
            if len(shown.parts) == 1 and path.suffix == ".zip":
                yield from _zipped(path, PurePosixPath(path.stem))
            else:
                yield _File(shown, lambda path=path: _read(path))  # type: ignore[misc]
        elif not path.is_dir():
            yield _File(shown, bytes, "not a file")


def _zipped(path: Path, above: PurePosixPath) -> Iterator[_File]:
    """The files of a zip; one folder that holds all of them counts for nothing. Nothing is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()][: MAX_FILES + 1]
    except (OSError, zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError) as error:
        yield _File(above.with_suffix(".zip"), bytes, f"cannot be read: {error}")
        return
    shown = [(PurePosixPath(entry.filename.replace("\\", "/")), entry) for entry in entries]
    shown = [(name, entry) for name, entry in shown if not _is_hidden(name)]
    depth = 1 if above.parts else 2
    tops = {name.parts[0] for name, _ in shown}
    skip = int(len(tops) == 1 and all(len(name.parts) == depth + 1 for name, _ in shown))
    for name, entry in shown:
        inner = above.joinpath(*name.parts[skip:])
        is_odd = ".." in name.parts or name.is_absolute()
        problem = "its name leads out of the zip" if is_odd else "encrypted" if entry.flag_bits & 1 else ""
        yield _File(inner, lambda entry=entry: _read_zipped(path, entry), problem)  # type: ignore[misc]


def _is_hidden(path: PurePosixPath) -> bool:
    return any(part.startswith((".", "__")) and part != ".." for part in path.parts)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_SOURCE_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}. Check its permissions") from None


def _read_zipped(path: Path, entry: zipfile.ZipInfo) -> bytes:
    """No more than a solution may have, however much it would unpack to."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(entry) as file:
            return file.read(MAX_SOURCE_BYTES + 1)
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise UsageError(f"{path}: {entry.filename} cannot be read: {error}") from None
