"""Says what is wrong with a table of a TOML file, in words an author can act on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo


def defects(error: ValidationError, model: type[BaseModel], *, table: str = "") -> Iterator[str]:
    """Every wrong key with what was found and an example of what to write.

    Args:
        error: What pydantic said about the table.
        model: What the table was read as; the `examples` of its fields are shown.
        table: The table's own name; empty for a whole file.
    """
    for found in error.errors():
        keys = [part for part in found["loc"] if isinstance(part, str)]
        where = "".join(f"[{key}] " for key in keys[:-1]) + (keys[-1] if keys else "it")
        field = _field(model, keys)
        example = _example(keys, field, table) if field else ""
        yield f"{where} {_wrong(found, field)}" + (f"\n    For example  {example}" if example else "")


def _wrong(found: Any, field: FieldInfo | None) -> str:
    """What is wrong with a key, without its name."""
    if found["type"] == "extra_forbidden":
        return "is not a known key here. Remove it or check its spelling."
    if field and _table_model(field):
        if found["type"] == "missing":
            return "is missing."
        if found["type"] == "model_type":
            return "is not a table."
    was = "is missing" if found["type"] == "missing" else f"is {found['input']!r}"
    return f"{was}: {found['msg'][0].lower()}{found['msg'][1:]}."


def _field(model: type[BaseModel], keys: Sequence[str]) -> FieldInfo | None:
    """What the model says of the key at the end of a path; None when it does not know the path."""
    field = None
    inner: type[BaseModel] | None = model
    for key in keys:
        field = inner.model_fields.get(key) if inner else None
        inner = _table_model(field) if field else None
    return field


def _table_model(field: FieldInfo) -> type[BaseModel] | None:
    """What a table at this key, or each table of a list, is read as; None when no table belongs there."""
    for kind in (field.annotation, *get_args(field.annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None


def _example(keys: Sequence[str], field: FieldInfo, table: str) -> str:
    """What could stand at a key, as TOML: a line, or a table of all that it needs; empty when not known."""
    model = _table_model(field)
    if model is None:
        return _line(keys[-1], field)
    name = ".".join([table, *keys]).lstrip(".")
    head = f"[[{name}]]" if get_args(field.annotation) else f"[{name}]"
    needed = {key: inner for key, inner in model.model_fields.items() if inner.is_required()}
    return "\n    ".join([head, *(_line(key, inner) for key, inner in needed.items())])


def _line(key: str, field: FieldInfo) -> str:
    """A key with its example; empty when it has none."""
    if not field.examples:
        return ""
    example = field.examples[0]
    return f"{key} = " + (f'"{example}"' if isinstance(example, str) else str(example).replace("'", '"'))
