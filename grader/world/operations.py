"""Which operations a world offers, and whether a call matches one of them.

An operation is a public async method of a challenge's `World`; its annotations are its contract. A caller's
mistakes are reported to the caller; anything else an operation trips over is the challenge's defect.
"""

from __future__ import annotations

import inspect
import types
import typing
from typing import Any

_SHOWN = 100


Operations = dict[str, tuple[inspect.Signature, dict[str, Any]]]


def declared(world: type, base: type) -> Operations:
    """Signature and annotations of each operation, by name.

    Args:
        world: The world's class.
        base: The base class of all worlds: its own methods are not operations.
    """
    return {
        name: (inspect.signature(method), hints_of(method))
        for name, method in inspect.getmembers(world, inspect.iscoroutinefunction)
        if not name.startswith("_") and not hasattr(base, name)
    }


def hints_of(method: Any) -> dict[str, Any]:
    """Types of a method's parameters; none when only a type checker understands them."""
    try:
        return typing.get_type_hints(method)
    except NameError:  # an annotation that only a type checker understands
        return {}


def misuse(operations: Operations, op: str, args: tuple[Any, ...]) -> list[str]:
    """Why a call makes no sense to a world: kind and detail; empty when it does."""
    if op not in operations:
        return ["NoSuchOperation", op[:_SHOWN]]
    signature, hints = operations[op]
    names = list(signature.parameters)[2:]  # without self and call
    try:
        bound = signature.bind(None, None, *args).arguments
    except TypeError as error:
        return ["WrongArguments", f"{op}({', '.join(names)}): {error}"]
    for name in names:
        if name in bound and not suits(bound[name], hints.get(name, Any)):
            has_name = isinstance(hints[name], type) and not typing.get_args(hints[name])
            wanted = hints[name].__name__ if has_name else str(hints[name])
            return ["WrongArguments", f"{op}: {name} must be {wanted}, not {repr(bound[name])[:_SHOWN]}"]
    return []


def suits(value: Any, hint: Any) -> bool:
    """Whether a plain value is of an annotated type, with all that it holds."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return any(suits(value, member) for member in typing.get_args(hint))
    kind = typing.get_origin(hint) or hint
    if kind is Any or kind is object or not isinstance(kind, type):
        return True
    if kind is float:
        return type(value) in (float, int)
    is_of_kind = type(value) is kind or (kind not in (int, float) and isinstance(value, kind))
    return is_of_kind and _suits_inside(value, typing.get_args(hint))


def _suits_inside(value: Any, hints: tuple[Any, ...]) -> bool:
    """Whether what a container holds is of the types between its brackets, if there are any."""
    match value, hints:
        case list(), (item,):
            return all(suits(held, item) for held in value)
        case tuple(), (item, types.EllipsisType()):
            return all(suits(held, item) for held in value)
        case tuple(), (_, *_):
            return len(value) == len(hints) and all(map(suits, value, hints))
        case dict(), (key, item):
            return all(suits(k, key) and suits(held, item) for k, held in value.items())
    return True
