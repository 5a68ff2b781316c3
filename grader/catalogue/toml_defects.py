"""Says what is wrong with a table of a TOML file, in words an author can act on."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel, ValidationError


def defects(error: ValidationError, model: type[BaseModel]) -> Iterator[str]:
    """Every wrong key, with what was found and an example of what to write.

    Args:
        error: What pydantic said about the table.
        model: What the table was read as; the `examples` of its fields are shown.
    """
    for found in error.errors():
        keys = [part for part in found["loc"] if isinstance(part, str)]
        where = "".join(f"[{key}] " for key in keys[:-1]) + (keys[-1] if keys else "it")
        if found["type"] == "extra_forbidden":
            yield f"{where} is not a known key of its kind. Remove it or check its spelling."
            continue
        was = "is missing" if found["type"] == "missing" else f"is {found['input']!r}"
        example = _example(model, keys)
        yield f"{where} {was}: {found['msg'][0].lower()}{found['msg'][1:]}." + (
            f"\n    For example  {keys[-1]} = {example}" if example else ""
        )


def _example(model: type[BaseModel], keys: list[str]) -> str:
    """What could go at a key, as TOML; empty when no example is known."""
    *tables, last = keys or [""]
    inner = model.model_fields[tables[0]].annotation if tables else model
    fields = inner.model_fields if isinstance(inner, type) and issubclass(inner, BaseModel) else {}
    examples = fields[last].examples if last in fields else None
    if not examples:
        return ""
    return f'"{examples[0]}"' if isinstance(examples[0], str) else str(examples[0]).replace("'", '"')
