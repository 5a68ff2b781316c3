"""The definitions of a program that a text names: what the reference does for one stage."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

_NAMED = re.compile(r"`(?P<name>[A-Za-z_][\w.]*)(?:\(\))?`")


def excerpts(program: str, text: str) -> list[str]:
    """The source of each function, class and method that a text names in backticks.

    Args:
        program: Python source.
        text: Markdown, in which `name` and `Class.method` may stand.

    Returns:
        They come in the program's order; a method of a class that is named itself comes with its class.
    """
    named = {found["name"] for found in _NAMED.finditer(text)}
    lines = program.splitlines()
    return ["\n".join(lines[first - 1 : last]) for first, last in _places(ast.parse(program), named)]


def _places(tree: ast.Module, named: set[str]) -> Iterator[tuple[int, int]]:
    """First and last line of each definition that is named."""
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if node.name in named:
            yield _first_line(node), node.end_lineno or node.lineno
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if not isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                    continue
                if f"{node.name}.{inner.name}" in named:
                    yield _first_line(inner), inner.end_lineno or inner.lineno


def _first_line(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> int:
    """Where a definition starts, with its decorators."""
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
