"""How a card looks: lines for the terminal, and one page that loads nothing."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined
from rich.text import Text

from grader.mock.card import Card
from grader.mock.clock import time_in_words
from grader.mock.parts import Part

_BAR_WIDTH = 24


def card_lines(card: Card) -> list[Text]:
    """The card for a terminal."""
    lines = [
        Text(f"Mock {card.name} · {card.plan['shape']} · {card.plan['minutes']} min", style="bold"),
        Text(f"  {_overall(card)}"),
        *_section("By part", [_part_line(part) for part in card.parts]),
        *_section("By skill", [_skill_line(skill, *points) for skill, points in card.skills.items()]),
        *_section(
            "Practise next",
            [f"{name}: {why}" for name, why in card.practise] or ["whatever you like: nothing stands out"],
        ),
    ]
    if card.clock_change_s:
        lines.append(Text(f"  The system clock was set by {card.clock_change_s:+.0f} s during the mock."))
    notes = ", ".join(f"reference/{part.name}/NOTES.md" for part in card.parts if part.kind == "coding")
    return [
        *lines,
        Text(""),
        Text(f"You may now read {notes}"),
        Text("Next: python grade.py mock card --html card.html"),
    ]


def _overall(card: Card) -> str:
    earlier = ", ".join(f"{each:g}" for each in card.before[-3:])
    comparison = f"(before: {earlier})" if earlier else "(your first mock)"
    late = " · part of it came late" if card.late else ""
    return f"Overall {card.overall:g} % {comparison} · took {time_in_words(card.spent_s)}{late}"


def _section(heading: str, lines: list[str]) -> list[Text]:
    return [Text(""), Text(f"  {heading}", style="bold"), *(Text(f"    {line}") for line in lines)]


def _part_line(part: Part) -> str:
    share = f"{100 * part.share:3.0f} %"
    spent = time_in_words(part.spent_s) if part.spent_s else "-"
    return f"{share}  {part.kind:<7} {part.label:<34} {spent:<12} {part.remarks()}".rstrip()


def _skill_line(skill: str, earned: float, points: float) -> str:
    filled = round(earned / points * _BAR_WIDTH)
    return f"{skill:<12} {'█' * filled}{'░' * (_BAR_WIDTH - filled)} {100 * earned / points:3.0f} %"


def card_html(card: Card) -> str:
    """The card as a page that loads nothing."""
    environment = Environment(
        loader=PackageLoader("grader.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("card.html.j2").render(card=card, shown=time_in_words)
