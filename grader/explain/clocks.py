"""Whether a program could wake up by itself: only one that cannot is certain to wait forever.

Read from its text, and careful: a name that smells of a clock, a timed wait, a module that nobody here knows
or code that is made at run time, and the answer is yes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache

_NAMES = re.compile(
    r"timeout|sleep|timer|sched|signal|alarm|select|poll|wait_for|call_later|call_at|barrier"
    r"|^(exec|eval|compile|breakpoint|__import__|import_module|globals|vars|\*)$",
    re.IGNORECASE,
)
# Waits that take a time when they are given anything at all.
_TIMED_BY_ARGUMENT = frozenset({"wait", "result", "exception", "acquire", "get_next", "get_next_unordered"})
_TIMED_BY_SECOND_ARGUMENT = frozenset({"wait", "as_completed"})  # of concurrent.futures
# Modules without a clock of their own, other than those whose names are looked for.
_KNOWN_MODULES = frozenset(
    {
        "__future__", "abc", "array", "ast", "asyncio", "base64", "binascii", "bisect", "builtins",
        "collections", "concurrent", "contextlib", "contextvars", "copy", "csv", "dataclasses",
        "datetime", "decimal", "enum", "fractions", "functools", "gc", "hashlib", "heapq", "inspect",
        "io", "itertools", "json", "logging", "math", "numbers", "numpy", "operator", "os", "pathlib",
        "pickle", "queue", "random", "ray", "re", "secrets", "service", "service_link", "solution",
        "statistics", "string", "struct", "sys", "tempfile", "textwrap", "threading", "time",
        "traceback", "types", "typing", "uuid", "warnings", "weakref", "zlib",
    }
)  # fmt: skip


@lru_cache(maxsize=64)  # asked before each call of a race
def may_wake(source: bytes, start: str | None = None) -> bool:
    """Whether a program has any means to wake up by itself.

    Args:
        source: Its text.
        start: A function of it; then only this one and what it reaches by name counts.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    parts = [tree] if start is None else _reached(tree, start)
    return any(_wakes(node) for part in parts for node in ast.walk(part))


def _reached(tree: ast.Module, start: str) -> Iterator[ast.AST]:
    """What runs at import, and the definitions that a function reaches by name."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    defined = {node.name: node for node in tree.body if isinstance(node, kinds)}
    waiting = [node for node in tree.body if not isinstance(node, kinds)]
    waiting += [defined.pop(start)] if start in defined else []
    while waiting:
        part = waiting.pop()
        yield part
        named = {node.id for node in ast.walk(part) if isinstance(node, ast.Name)}
        waiting += [defined.pop(name) for name in sorted(named & set(defined))]


def _wakes(node: ast.AST) -> bool:
    match node:
        case ast.Import(names=names):
            return not all(_is_known(alias.name) for alias in names)
        case ast.ImportFrom(module=module, names=names):
            return not _is_known(module or "") or any(_NAMES.search(alias.name) for alias in names)
        case ast.Attribute(attr=name) | ast.Name(id=name) | ast.keyword(arg=str(name)):
            return _NAMES.search(name) is not None
        case ast.Call(func=ast.Attribute(value=owner, attr=name)):
            return _is_timed(node, owner, name)
        case ast.Call(func=ast.Name(id=name)):
            return name in _TIMED_BY_SECOND_ARGUMENT and len(node.args) > 1
        case _:
            return False


def _is_known(module: str) -> bool:
    return module.partition(".")[0] in _KNOWN_MODULES and not _NAMES.search(module)


def _is_timed(call: ast.Call, owner: ast.expr, name: str) -> bool:
    """Whether a method call could be a wait with a time, whatever its object is."""
    if isinstance(owner, ast.Name) and owner.id == "ray":
        return False  # Ray's waits take their time by keyword only
    if name in ("get", "put"):  # of a queue; of others, nobody says yes or no first
        return any(map(_is_yes_or_no, call.args)) or any(k.arg == "block" for k in call.keywords)
    is_given = bool(call.args or call.keywords)
    if name == "join":  # of a thread, unless it is a text that joins others
        return is_given and not isinstance(owner, ast.Constant)
    return name in _TIMED_BY_ARGUMENT and is_given


def _is_yes_or_no(given: ast.expr) -> bool:
    return isinstance(given, ast.Constant) and isinstance(given.value, bool)
