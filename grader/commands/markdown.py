"""Markdown on the terminal: briefs, hints, notes and questions."""

from __future__ import annotations

from rich.console import Console


def print_markdown(console: Console, text: str) -> None:
    """Print a Markdown text, rendered."""
    from rich.markdown import Markdown  # its parser takes as long to import as everything else of rich

    console.print(Markdown(text))
