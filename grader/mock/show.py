"""Shows a card: on the terminal and as one self-contained page."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined
from rich.text import Text

from grader.mock.card import Card, Part
from grader.mock.clock import shown

_BAR = 24


def card_lines(card: Card) -> list[Text]:
    """The card for a terminal."""
    late = " · something came late" if card.late else ""
    lines = [
        Text(f"Mock {card.name} · {card.plan['shape']} · {card.plan['minutes']} min", style="bold"),
        Text(f"  Overall {card.overall:g} %{_compared(card)} · took {shown(card.spent_s)}{late}"),
        Text(""),
        Text("  By part", style="bold"),
    ]
    lines += [Text(f"    {_part_line(part)}") for part in card.parts]
    lines += [Text(""), Text("  By skill", style="bold")]
    for skill, (earned, points) in card.skills.items():
        filled = round(earned / points * _BAR)
        lines.append(
            Text(f"    {skill:<12} {'█' * filled}{'░' * (_BAR - filled)} {100 * earned / points:3.0f} %")
        )
    lines += [Text(""), Text("  Practise next", style="bold")]
    lines += [Text(f"    {name}: {why}") for name, why in card.practise] or [Text("    nothing is left here")]
    if card.clock_change_s:
        lines.append(Text(f"  The system clock was set by {card.clock_change_s:+.0f} s meanwhile."))
    lines.append(Text(""))
    lines.append(Text(_next(card)))
    return lines


def _compared(card: Card) -> str:
    if not card.before:
        return " (your first mock)"
    return f" (before: {', '.join(f'{each:g}' for each in card.before[-3:])})"


def _part_line(part: Part) -> str:
    share = f"{100 * part.share:3.0f} %"
    spent = shown(part.spent_s) if part.spent_s else "-"
    return f"{share}  {part.kind:<7} {part.name:<34} {spent:<12} {part.remarks()}".rstrip()


def _next(card: Card) -> str:
    unlocked = ", ".join(f"reference/{p.name}/NOTES.md" for p in card.parts if p.kind == "coding")
    return f"Unlocked: {unlocked}\nNext: python grade.py mock card --html card.html"


def card_html(card: Card) -> str:
    """The card as a page that loads nothing."""
    environment = Environment(
        loader=PackageLoader("grader.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("card.html.j2").render(card=card, shown=shown)
