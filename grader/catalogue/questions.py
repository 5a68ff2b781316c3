"""Reads the question bank; errors name the file, the question and the key."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from grader.catalogue.challenges import challenge_names, is_handout
from grader.catalogue.toml_defects import defects
from grader.errors import QuestionError

QUESTIONS = Path(__file__).parents[2] / "questions"
TOPICS = (
    "tasks", "objects_and_memory", "actors", "fault_tolerance", "scheduling", "debugging",
    "performance", "architecture", "design",
)  # fmt: skip
Kind = Literal["choice", "short", "design"]
Text = Annotated[str, Field(min_length=1)]
Stage = Annotated[list[Text], Field(min_length=2, max_length=4, examples=[["who reads it", "how fresh"]])]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, str_strip_whitespace=True)


class _Asked(_Part):
    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", examples=["retries_by_default"])]
    kind: Annotated[Kind, Field(examples=["choice"])]
    level: Annotated[int, Field(ge=1, le=5, examples=[2])]
    text: Annotated[Text, Field(examples=["What does ray.wait return here?"])]
    explanation: Annotated[Text, Field(examples=["Why this is right, and why the others are not."])]
    source: Annotated[Text, Field(examples=["Ray docs: Task Fault Tolerance"])]
    check: Annotated[Text, Field(examples=["retries_by_default"])] = ""
    after: Annotated[Text, Field(examples=["slow_gets"])] = ""


class _Choice(_Asked):
    choices: Annotated[list[Text], Field(min_length=4, max_length=4, examples=[["0", "1", "3", "no end"]])]
    answer: Annotated[int, Field(ge=0, le=3, examples=[2])]
    minutes: Annotated[int, Field(ge=1, le=10, examples=[1])] = 1


class _Short(_Asked):
    rubric: Annotated[list[Text], Field(min_length=3, max_length=6, examples=[["what", "why", "its price"]])]
    minutes: Annotated[int, Field(ge=1, le=30, examples=[4])] = 4


class _Stages(_Part):
    clarifying: Stage
    simple_first: Stage
    bottleneck: Stage
    failure: Stage
    trade_offs: Stage
    measuring: Stage


class _Design(_Asked):
    rubric: _Stages
    minutes: Annotated[int, Field(ge=10, le=90, examples=[30])]


class _Unknown(BaseModel):
    kind: Annotated[Kind, Field(examples=["choice"])]


_MODELS: dict[Any, type[BaseModel]] = {"choice": _Choice, "short": _Short, "design": _Design}


@dataclass(frozen=True, slots=True, kw_only=True)
class RubricGroup:
    """What one part of an answer is judged by.

    Args:
        name: "points" for a short answer; for a design prompt, a stage of the discussion such as "failure".
        points: Statements that an answer either makes or does not, each ticked separately.
    """

    name: str
    points: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question of the bank.

    Args:
        id: Stable name, unique in the bank.
        topic: Name of its file, such as "actors".
        level: 1 (anyone who has used Ray) to 5 (someone who has run it for years).
        text: The question; code is in fenced blocks.
        choices: What to choose from; empty unless kind is "choice".
        answer: Index of the right choice; -1 unless kind is "choice".
        rubric: What a written answer is judged by; empty for a choice.
        minutes: Time allowed for the answer.
        explanation: Why the answer is right; for a design prompt, a worked answer.
        check: Experiment in tests/experiments that shows the answer on the running Ray; empty if none does.
        after: The challenge that it goes with; empty if none does.
    """

    id: str
    topic: str
    kind: Kind
    level: int
    text: str
    choices: tuple[str, ...]
    answer: int
    rubric: tuple[RubricGroup, ...]
    minutes: int
    explanation: str
    source: str
    check: str
    after: str = ""


def read_questions(folder: Path = QUESTIONS) -> tuple[Question, ...]:
    """All questions, by topic and then in the order of their file.

    Raises:
        QuestionError: A file is not TOML, or questions are incomplete or contradict themselves. All defects
            are reported at once, each with what was found and what to write instead.
    """
    paths = sorted(folder.glob("*.toml"), key=lambda path: (_rank(path.stem), path.stem))
    if not paths and is_handout(folder.parent):
        return ()
    if not paths:
        raise QuestionError(f"{folder}: there are no questions. Put them in files like {TOPICS[0]}.toml")
    questions: list[Question] = []
    problems: list[str] = []
    used: dict[str, str] = {}
    challenges = challenge_names(folder.parent)
    for path in paths:
        shown = f"{folder.name}/{path.name}"
        for number, table in enumerate(_tables(path, shown), 1):
            name = table.get("id") if isinstance(table, dict) else None
            where = f"{shown}: {name}" if name and isinstance(name, str) else f"{shown}: question {number}"
            found = _question(table, path.stem, challenges)
            if isinstance(found, list):
                problems += [f"{where}: {line}" for line in found]
            elif found.id in used:
                problems.append(f"{where}: id is also used in {used[found.id]}. Give it a unique one.")
            else:
                used[found.id] = shown
                questions.append(found)
    if problems:
        raise QuestionError("\n".join(problems))
    return tuple(questions)


def questions_after(challenge: str) -> list[Question]:
    """The questions that go with a challenge.

    Raises:
        QuestionError: The bank is broken.
    """
    return [question for question in read_questions() if question.after == challenge]


def shuffled(question: Question, rng: random.Random) -> tuple[tuple[str, ...], int]:
    """The choices in random order, and the index of the right one among them.

    Raises:
        ValueError: The question has no choices.
    """
    if not question.choices:
        raise ValueError(f"{question.id} is a {question.kind} question: it has no choices")
    order = rng.sample(range(len(question.choices)), k=len(question.choices))
    return tuple(question.choices[place] for place in order), order.index(question.answer)


def _rank(topic: str) -> int:
    return TOPICS.index(topic) if topic in TOPICS else len(TOPICS)


def _tables(path: Path, shown: str) -> list[Any]:
    try:
        toml = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise QuestionError(f"{shown} is not valid TOML: {error}") from None
    tables = toml.get("question")
    if set(toml) != {"question"} or not isinstance(tables, list):
        keys = ", ".join(sorted(toml)) or "nothing"
        raise QuestionError(f"{shown} holds {keys}. Write  [[question]]  tables and nothing else.")
    return tables


def _question(table: Any, topic: str, challenges: Collection[str]) -> Question | list[str]:
    """One question, or what is wrong with it; it may go with one of these challenges."""
    kind = table.get("kind") if isinstance(table, dict) else None
    model = _MODELS.get(kind if isinstance(kind, str) else None, _Unknown)
    try:
        keys = model.model_validate(table).model_dump()
    except ValidationError as error:
        return list(defects(error, model, table="question"))
    choices = tuple(keys.pop("choices", ()))
    if len(set(choices)) < len(choices):
        return ["choices has two that are the same. Give four different ones."]
    if keys["after"] and keys["after"] not in challenges:
        return [f"after is {keys['after']!r}, which is no challenge. Write the name of one, or leave it out."]
    rubric = keys.pop("rubric", {})
    groups = rubric if isinstance(rubric, dict) else {"points": rubric}
    return Question(
        topic=topic,
        choices=choices,
        rubric=tuple(RubricGroup(name=name, points=tuple(points)) for name, points in groups.items()),
        **{"answer": -1} | keys,
    )
