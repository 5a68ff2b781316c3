"""The verbs of mock practice: mock start, status, ask, try, submit, abandon, card; and quiz."""

from __future__ import annotations

import json
import secrets
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.live import Live
from rich.text import Text

from grader.catalogue.challenges import ROOT, Challenge, find_challenge, read_catalogue
from grader.catalogue.questions import QUESTIONS, read_questions
from grader.commands.asking import Enough, ask, self_score
from grader.commands.shared import AsJson, interruptible, need_ray
from grader.errors import UsageError
from grader.mock.card import Card, make_card
from grader.mock.clock import shown
from grader.mock.draw import Plan, draw
from grader.mock.fixed_set import read_set
from grader.mock.sitting import Sitting, begin, hash_of, open_sitting, sittings
from grader.report.attempts import own, read_attempts
from grader.report.terminal import say
from grader.system.files import write_for_user

app = typer.Typer(no_args_is_help=True, help="Timed mock interviews.")
_SAVE_INTERVAL_S = 5.0


@app.command("start")
def start(
    shape: Annotated[str, typer.Option(help="screen, debugging or onsite.")] = "screen",
    minutes: Annotated[int | None, typer.Option(min=1, help="Instead of the shape's own.")] = None,
    level: Annotated[int, typer.Option(min=0, max=5, help="About this level; 0 for any.")] = 0,
    seed: Annotated[int | None, typer.Option(min=0, help="Draw the same set again.")] = None,
    fixed: Annotated[Path | None, typer.Option("--set", help="Take the set of this file.")] = None,
) -> None:
    """Draw a set, lay out its stubs and start the clock."""
    going_on = [sitting for sitting in sittings() if sitting.journal.is_open]
    if going_on:
        raise UsageError(
            f"The mock {going_on[-1].name} goes on. End it first:  python grade.py mock submit  or  "
            "python grade.py mock abandon"
        )
    challenges, questions = read_catalogue(), read_questions()
    if fixed is not None:
        plan = read_set(fixed, challenges, questions)
    else:
        passed = {a.challenge for a in own(read_attempts()[0]) if a.passed}
        plan = draw(
            shape=shape, minutes=minutes, level=level,
            seed=secrets.randbelow(2**31) if seed is None else seed,
            challenges=challenges, questions=questions, solved=passed,
        )  # fmt: skip
    name = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
    sitting = begin(name, plan, _facts(plan))
    _show_rules(sitting)


def _facts(plan: Plan) -> dict[str, Any]:
    """Versions and hashes, so that two cards tell whether they can be compared."""
    suites = {}
    for name in plan.challenges:
        folder = find_challenge(name).folder
        suites[name] = hash_of([folder / "stub.py", folder / "README.md", *folder.glob("hidden/*.py")])
    return {
        "ray": version("ray"),
        "python": ".".join(map(str, sys.version_info[:3])),
        "suites": suites,
        "questions": hash_of(sorted(QUESTIONS.glob("*.toml"))),
    }


def _show_rules(sitting: Sitting) -> None:
    plan = sitting.plan
    folder = sitting.folder.relative_to(ROOT)
    say(f"Mock {sitting.name} · {plan.shape} · {plan.minutes} min · seed {plan.seed}. The clock runs.\n")
    for challenge in sitting.challenges():
        say(f"  {folder}/{challenge.name}/   {challenge.kind}, {challenge.minutes} min: {challenge.title}")
    if plan.questions:
        say(f"  {len(plan.questions)} questions:  python grade.py mock ask")
    say(
        "\nRules\n"
        "  Each folder holds the brief and solution.py. Its examples give detail:\n"
        f"    pytest challenges/NAME/test_examples.py --solution {folder}/NAME/solution.py\n"
        "  A trial grading tells counts by category, and is recorded:  python grade.py mock try NAME\n"
        "  The clock is on disk: closing the terminal or a reboot neither stops nor loses it.\n"
        "  What changes after the time is graded apart, and marked late.\n"
        "\nNext: python grade.py mock status --live    (in a second terminal)\n"
        "At the end: python grade.py mock submit"
    )


@app.command("status")
def status(
    live: Annotated[bool, typer.Option("--live", help="Count down until interrupted.")] = False,
) -> None:
    """Show the time that is left, and what was done."""
    sitting = open_sitting()
    _attend(sitting)
    if not live:
        for line in _status_lines(sitting):
            say(line)
        return
    console = Console(highlight=False)
    saved_at = time.monotonic()
    with interruptible(), Live(console=console, refresh_per_second=2) as shown_now:
        while sitting.journal.is_open:
            shown_now.update(Text("\n".join(_status_lines(sitting))))
            time.sleep(0.5)
            if time.monotonic() - saved_at > _SAVE_INTERVAL_S:
                sitting = Sitting(sitting.name)  # what other commands have noted meanwhile
                _attend(sitting, console)
                saved_at = time.monotonic()


def _attend(sitting: Sitting, console: Console | None = None) -> None:
    """What every command does first: keep what has changed, and warn about the time."""
    sitting.save()
    for words in sitting.warnings():
        if console is not None:
            console.bell()
            console.print(Text(words, style="bold"))
        else:
            say(words)


def _status_lines(sitting: Sitting) -> list[str]:
    journal, left_s = sitting.journal, sitting.journal.left_s
    time_left = f"{shown(left_s)} left" if left_s > 0 else f"{shown(left_s)} over time"
    lines = [f"Mock {sitting.name} · {sitting.plan.shape} · {time_left} of {sitting.plan.minutes} min"]
    for name in sitting.plan.challenges:
        versions, tries = (
            sitting.versions(name),
            [e for e in journal.all("tried") if e.facts["challenge"] == name],
        )
        state = f"changed {shown(versions[-1].at_s)} after the start" if len(versions) > 1 else "untouched"
        last = f", last try {tries[-1].facts['counts']['all']}" if tries else ""
        lines.append(f"  {name}: {state}, {len(tries)} tries{last}")
    if sitting.plan.questions:
        lines.append(f"  questions: {len(sitting.answers())} of {len(sitting.plan.questions)} answered")
    return lines


@app.command("ask")
def ask_questions(
    again: Annotated[bool, typer.Option(help="Also those answered before.")] = False,
) -> None:
    """Ask the questions of the mock one by one."""
    sitting = open_sitting()
    _attend(sitting)
    by_id = {q.id: q for q in read_questions()}
    answered = sitting.answers()
    console = Console(highlight=False)
    asked = [each for each in sitting.plan.questions if again or each not in answered]
    if not asked:
        say("All questions are answered.")
    for each in asked:
        place = f"{sitting.plan.questions.index(each) + 1} of {len(sitting.plan.questions)}"
        console.print(Text(f"{shown(sitting.journal.left_s)} left", style="dim"))
        try:
            answer = ask(console, by_id[each], place, sitting.plan.seed)
        except Enough:
            break
        if answer is not None:
            sitting.journal.note(
                "answered", question=each, choice=answer.choice, text=answer.text, spent_s=answer.spent_s
            )
        for words in sitting.warnings():
            say(words)
    say("Next: python grade.py mock status")


@app.command("try")
def try_solution(name: Annotated[str, typer.Argument(help="One of the mock's challenges.")]) -> None:
    """Grade a solution of the mock: counts by category, no detail; it is recorded."""
    sitting = open_sitting()
    _attend(sitting)
    if name not in sitting.plan.challenges:
        raise UsageError(f"{name} is not part of this mock: {', '.join(sitting.plan.challenges)}")
    need_ray()
    record = _graded(find_challenge(name), sitting.path_of(name))
    counts = _counts(record)
    sitting.journal.note("tried", challenge=name, counts=counts, score=record["score"])
    for category, words in counts.items():
        say(f"  {category:<12} {words}")
    for words in sitting.warnings():
        say(words)
    say(f"{shown(sitting.journal.left_s)} left. Next: python grade.py mock status")


def _graded(challenge: Challenge, path: Path) -> dict[str, Any]:
    """Grade a file without showing any behaviour."""
    from grader.judge.engine import grade
    from grader.side.warden_client import sweep_leftovers

    console = Console(file=sys.stderr, highlight=False)
    sweep_leftovers()
    with interruptible(), console.status(f"grading {challenge.name}"):
        record = grade(challenge, challenge.submission(path))
    return record.to_json()


def _counts(record: dict[str, Any]) -> dict[str, str]:
    found: dict[str, list[bool]] = {"all": []}
    for check in record["checks"]:
        found.setdefault(check["category"], []).append(check["outcome"] == "pass")
        found["all"].append(check["outcome"] == "pass")
    return {category: f"{sum(passed)} of {len(passed)}" for category, passed in found.items()}


@app.command("submit")
def submit(
    as_json: AsJson = False,
    html: Annotated[Path | None, typer.Option(help="Write the card to this file too.")] = None,
) -> None:
    """End the mock: grade what there is, score the answers in words, show the card."""
    sitting = open_sitting()
    _attend(sitting)
    need_ray()
    sitting.journal.note("submitted")
    _finish(sitting)
    _show_card(sitting, as_json=as_json, html=html)


def _finish(sitting: Sitting) -> None:
    """Grade every challenge that is not graded yet, then have answers in words scored."""
    done = {(e.facts["challenge"], e.facts["late"]) for e in sitting.journal.all("graded")}
    for challenge in sitting.challenges():
        for late, found in ((False, sitting.on_time(challenge.name)), (True, sitting.late(challenge.name))):
            if found is None or (challenge.name, late) in done:
                continue
            path = sitting.records / f"{challenge.name}{'_late' if late else ''}.py"
            path.write_text(found.source, encoding="utf-8")
            record = _graded(challenge, path)
            sitting.journal.note("graded", challenge=challenge.name, late=late, record=record)
    scored = {entry.facts["question"] for entry in sitting.journal.all("scored")}
    answers, by_id = sitting.answers(), {q.id: q for q in read_questions()}
    console = Console(file=sys.stderr, highlight=False)
    for each in sitting.plan.questions:
        question = by_id[each]
        if question.kind == "choice" or each not in answers or each in scored or not sys.stdin.isatty():
            continue
        ticks = self_score(console, question, answers[each]["text"])
        sitting.journal.note("scored", question=each, ticks=ticks)


@app.command("abandon")
def abandon(yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """End the mock without a card; its files stay."""
    sitting = open_sitting()
    if not yes and not typer.confirm(f"Abandon the mock {sitting.name}?"):
        say("It goes on.")
        return
    sitting.save()
    sitting.journal.note("abandoned")
    say(f"Your files stay in {sitting.folder.relative_to(ROOT)}. Next: python grade.py list")


@app.command("card")
def card(
    name: Annotated[str | None, typer.Argument(help="Of a mock; the last one without.")] = None,
    as_json: AsJson = False,
    html: Annotated[Path | None, typer.Option(help="Write it to this file.")] = None,
) -> None:
    """Show the card of a mock that was submitted."""
    submitted = [s for s in sittings() if s.journal.all("submitted") and name in (None, s.name)]
    if not submitted:
        raise UsageError("No mock was submitted yet." if name is None else f"No mock {name} was submitted.")
    sitting = submitted[-1]
    need_ray()
    _finish(sitting)  # what an interrupted submission has left to do
    _show_card(sitting, as_json=as_json, html=html)


def _show_card(sitting: Sitting, *, as_json: bool, html: Path | None) -> None:
    from grader.mock.show import card_html, card_lines

    found = _card(sitting, before=[_card(s, []).overall for s in _earlier(sitting)])
    if html is not None:
        write_for_user(html, card_html(found))
    if as_json:
        typer.echo(json.dumps(found.to_json(), indent=1, ensure_ascii=False))
        return
    console = Console(highlight=False)
    for line in card_lines(found):
        console.print(line, soft_wrap=True)


def _earlier(sitting: Sitting) -> list[Sitting]:
    start_s = sitting.journal.start.wall_s
    return [s for s in sittings() if s.journal.all("submitted") and s.journal.start.wall_s < start_s]


def _card(sitting: Sitting, before: list[float]) -> Card:
    passed = [a.challenge for a in own(read_attempts()[0]) if a.passed]
    return make_card(sitting, read_catalogue(), read_questions(), before, passed)
