"""The file to be judged: read once, never imported, and checked for problems before anything runs."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from grader.errors import UsageError

MAX_SOURCE_BYTES = 1_000_000

SubmissionKind = Literal["solution", "stub", "file"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A solution as it was when handed in.

    Args:
        path: Where it was read.
        kind: "solution" (the learner's own), "stub" (nothing handed in yet) or "file" (named).
        source: Its bytes.
        sha256: Their digest in hex.
        problem: Why it cannot be judged at all, in words for the learner; empty when it can.
    """

    path: Path
    kind: SubmissionKind
    source: bytes
    sha256: str
    problem: str


def read_submission(path: Path, kind: SubmissionKind, names: Sequence[str]) -> Submission:
    """Read a solution and check, without running it, that it could define the public names.

    Args:
        path: The file.
        kind: What the file is to the learner.
        names: Public names that the challenge asks for.

    Raises:
        UsageError: There is no such file, it is a folder, or it cannot be read.
    """
    try:
        if path.is_dir():
            raise UsageError(
                f"{path} is a folder. Give the file to grade, for example {path / 'solution.py'}"
            )
        with path.open("rb") as file:
            source = file.read(MAX_SOURCE_BYTES + 1)
    except FileNotFoundError:
        raise UsageError(f"{path}: there is no such file. Check the path given with --solution") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}. Check its permissions") from None
    return submission_of(source, path, kind, names)


def submission_of(source: bytes, path: Path, kind: SubmissionKind, names: Sequence[str]) -> Submission:
    """The same for a solution whose bytes are already at hand; `path` is only what messages call it."""
    return Submission(
        path=path,
        kind=kind,
        source=source,
        sha256=hashlib.sha256(source).hexdigest(),
        problem=_problem(source, path.name, names),
    )


def _problem(source: bytes, file_name: str, names: Sequence[str]) -> str:
    if len(source) > MAX_SOURCE_BYTES:
        return f"{file_name} is larger than {MAX_SOURCE_BYTES:,} bytes; a solution is a short program"
    try:
        text = source.decode("utf-8-sig")  # some editors start a file with a byte order mark
    except UnicodeDecodeError as error:
        line = source[: error.start].count(b"\n") + 1
        return f"{file_name} is not UTF-8 text (first invalid byte on line {line}). Save it as UTF-8"
    if not text.strip():
        return f"{file_name} is empty. It must define {_listed(names)}"
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        where = (error.text or "").strip()
        place = f" line {error.lineno}" if error.lineno else ""
        return f"{file_name}{place}: {error.msg}" + (f"\n  {where}" if where else "")
    except (ValueError, RecursionError, MemoryError) as error:
        reason = str(error) or "it is nested too deeply"
        return f"{file_name} cannot be parsed: {reason}"
    missing = [name for name in names if name not in _defined(tree)]
    if missing and not _may_define_anything(tree):
        return f"{file_name} does not define {_listed(missing)}. The brief says what each must do"
    return ""


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


_SCOPES = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def _defined(tree: ast.Module) -> set[str]:
    """Names that a module binds at its top level, including inside `if`, `try` and `with`."""
    found: set[str] = set()
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
            continue
        if isinstance(node, _SCOPES):
            continue
        waiting.extend(ast.iter_child_nodes(node))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).split(".")[0])
    return found


def _may_define_anything(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)
        for node in ast.walk(tree)
    )
