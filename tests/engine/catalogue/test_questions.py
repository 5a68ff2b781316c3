"""The question bank is complete and fair; each defect of a bank is reported with file, question and key."""

import random
import re
from collections import Counter
from inspect import getmembers, isfunction

import pytest

from grader.catalogue.questions import TOPICS, read_questions, shuffled
from grader.errors import EXIT_USAGE, QuestionError

BANK = read_questions()
CHOICES = [question for question in BANK if question.kind == "choice"]
DESIGNS = [question for question in BANK if question.kind == "design"]
STAGES = ("clarifying", "simple_first", "bottleneck", "failure", "trade_offs", "measuring")

each = pytest.mark.parametrize("question", BANK, ids=lambda question: question.id)
each_choice = pytest.mark.parametrize("question", CHOICES, ids=lambda question: question.id)

# -- the bank itself -----------------------------------------------------------------------------


def test_the_bank_is_large_enough():
    kinds = Counter(question.kind for question in BANK)
    assert len(BANK) >= 90
    assert kinds["choice"] >= 50
    assert kinds["short"] >= 30
    assert kinds["design"] >= 8


def test_every_topic_has_questions_of_several_levels_and_kinds():
    assert tuple(dict.fromkeys(question.topic for question in BANK)) == TOPICS
    for topic in TOPICS:
        questions = [question for question in BANK if question.topic == topic]
        levels = {question.level for question in questions}
        assert len(levels) >= (2 if topic == "design" else 3), topic
        kinds = {question.kind for question in questions}
        assert kinds == ({"design"} if topic == "design" else {"choice", "short"}), topic
    assert {question.level for question in BANK} == {1, 2, 3, 4, 5}


def test_ids_are_unique():
    assert [name for name, n in Counter(question.id for question in BANK).items() if n > 1] == []


@each
def test_a_question_is_explained_and_says_where_the_answer_comes_from(question):
    assert len(question.explanation) >= 60
    assert len(question.source) >= 8
    assert len(question.text) >= 20
    assert question.text.count("```") % 2 == 0


@each_choice
def test_a_choice_has_four_distinct_choices_and_no_way_out(question):
    assert len({choice.casefold() for choice in question.choices}) == 4
    for choice in question.choices:
        assert not any(
            words in choice.casefold() for words in ("of the above", "none of these", "all of these")
        )


@each_choice
def test_a_choice_does_not_name_the_place_of_another(question):
    ordinals = r"\b(first|second|third|fourth|last|other) (choice|answer)s?\b"
    place = re.compile(rf"{ordinals}|\b(choice|answer) [a-d]\b", re.IGNORECASE)
    for text in (*question.choices, question.explanation):
        assert not place.search(text)


def test_right_answers_are_spread_over_the_places():
    places = Counter(question.answer for question in CHOICES)
    for place in range(4):
        assert 0.15 <= places[place] / len(CHOICES) <= 0.35, places


@pytest.mark.parametrize("extreme", [max, min])
def test_the_right_choice_is_not_known_by_its_length(extreme):
    known = [q.id for q in CHOICES if extreme(q.choices, key=len) == q.choices[q.answer]]
    assert len(known) <= 0.4 * len(CHOICES), known


@pytest.mark.parametrize("question", DESIGNS, ids=lambda question: question.id)
def test_a_design_prompt_is_judged_by_stages_and_has_a_worked_answer(question):
    assert tuple(group.name for group in question.rubric) == STAGES
    assert all(2 <= len(group.points) <= 4 for group in question.rubric)
    assert 20 <= question.minutes <= 60
    assert 20 <= len(question.explanation.splitlines()) <= 40


def test_rubric_points_are_not_repeated_within_a_question():
    for question in BANK:
        points = [point for group in question.rubric for point in group.points]
        assert len(set(points)) == len(points), question.id


def test_checks_are_experiments_and_experiments_are_checks():
    pytest.importorskip("ray")
    from tests.experiments import MODULES

    experiments = [
        name
        for module in MODULES
        for name, function in getmembers(module, isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    ]
    assert [name for name, n in Counter(experiments).items() if n > 1] == []
    assert {question.check for question in BANK if question.check} == set(experiments)
    assert len({question.id for question in CHOICES if question.check}) >= 30


# -- what is done with questions -----------------------------------------------------------------


def test_shuffling_keeps_the_choices_and_follows_the_right_one():
    question = CHOICES[0]
    seen = set()
    for seed in range(200):
        choices, right = shuffled(question, random.Random(seed))
        assert sorted(choices) == sorted(question.choices)
        assert choices[right] == question.choices[question.answer]
        seen.add(choices)
    assert len(seen) == 24


def test_shuffling_is_repeated_by_its_seed():
    assert shuffled(CHOICES[1], random.Random(7)) == shuffled(CHOICES[1], random.Random(7))


def test_only_choices_can_be_shuffled():
    with pytest.raises(ValueError, match=f"{DESIGNS[0].id} is a design question"):
        shuffled(DESIGNS[0], random.Random(1))


# -- reading -------------------------------------------------------------------------------------

COMMON = {
    "id": '"one"',
    "level": "2",
    "text": '"What is it?"',
    "explanation": '"Because it is."',
    "source": '"a page"',
}
KEYS = {
    "choice": COMMON | {"kind": '"choice"', "choices": '["a", "b", "c", "d"]', "answer": "2"},
    "short": COMMON | {"kind": '"short"', "rubric": '["x", "y", "z"]'},
    "design": COMMON
    | {
        "kind": '"design"',
        "minutes": "30",
        "rubric": "{ " + ", ".join(stage + ' = ["p", "q"]' for stage in STAGES) + " }",
    },
}
OPTIONAL = {"minutes", "check"}


def toml_of(keys):
    return "\n".join(["[[question]]", *(f"{key} = {value}" for key, value in keys.items())])


def write(tmp_path, *questions, topic="tasks"):
    folder = tmp_path / "questions"
    folder.mkdir(exist_ok=True)
    (folder / f"{topic}.toml").write_text("\n\n".join(map(toml_of, questions)), encoding="utf-8")
    return folder


def complaint(folder):
    with pytest.raises(QuestionError) as error:
        read_questions(folder)
    assert error.value.exit_status == EXIT_USAGE
    return str(error.value)


def test_a_choice_is_read_as_it_stands(tmp_path):
    (one,) = read_questions(
        write(tmp_path, KEYS["choice"] | {"check": '"shown"', "text": '"""\nWhat\nis it?\n"""'})
    )
    assert (one.id, one.topic, one.kind, one.level) == ("one", "tasks", "choice", 2)
    assert (one.choices, one.answer, one.rubric) == (("a", "b", "c", "d"), 2, ())
    assert (one.text, one.explanation, one.source) == ("What\nis it?", "Because it is.", "a page")
    assert (one.minutes, one.check) == (1, "shown")


def test_a_short_answer_has_one_group_of_points(tmp_path):
    (one,) = read_questions(write(tmp_path, KEYS["short"]))
    assert [(group.name, group.points) for group in one.rubric] == [("points", ("x", "y", "z"))]
    assert (one.choices, one.answer, one.minutes, one.check) == ((), -1, 4, "")


def test_a_design_prompt_has_a_group_for_each_stage(tmp_path):
    (one,) = read_questions(write(tmp_path, KEYS["design"]))
    assert [group.name for group in one.rubric] == list(STAGES)
    assert one.minutes == 30


def test_topics_stand_in_teaching_order_and_unknown_ones_at_the_end(tmp_path):
    for topic in ("zebra", "design", "actors", "tasks", "apple"):
        folder = write(tmp_path, KEYS["short"] | {"id": f'"{topic}_one"'}, topic=topic)
    assert [question.topic for question in read_questions(folder)] == [
        "tasks",
        "actors",
        "design",
        "apple",
        "zebra",
    ]


@pytest.mark.parametrize(("kind", "key"), [(kind, key) for kind in KEYS for key in sorted(KEYS[kind])])
def test_a_missing_key_is_told_with_an_example(tmp_path, kind, key):
    said = complaint(write(tmp_path, {k: v for k, v in KEYS[kind].items() if k != key}))
    assert said.startswith(
        f"questions/tasks.toml: {'question 1' if key == 'id' else 'one'}: {key} is missing"
    )
    is_table = (kind, key) == ("design", "rubric")
    assert f"For example  {'[question.rubric]' if is_table else f'{key} = '}" in said


@pytest.mark.parametrize(
    ("kind", "key", "value", "found"),
    [
        ("choice", "id", '"With Space"', "'With Space'"),
        ("choice", "kind", '"guess"', "'guess'"),
        ("choice", "level", "0", "0"),
        ("choice", "level", "6", "6"),
        ("choice", "level", '"two"', "'two'"),
        ("choice", "text", '"  "', "'  '"),
        ("choice", "choices", '["a", "b", "c"]', "['a', 'b', 'c']"),
        ("choice", "choices", '["a", "b", "c", 4]', "4"),
        ("choice", "answer", "4", "4"),
        ("choice", "answer", "-1", "-1"),
        ("choice", "answer", '"a"', "'a'"),
        ("choice", "explanation", '""', "''"),
        ("choice", "source", "3", "3"),
        ("choice", "check", '""', "''"),
        ("short", "rubric", '["x", "y"]', "['x', 'y']"),
        ("short", "rubric", '"x"', "'x'"),
        ("short", "minutes", "0", "0"),
        ("design", "minutes", "5", "5"),
    ],
)
def test_a_wrong_value_is_told_with_what_was_found(tmp_path, kind, key, value, found):
    said = complaint(write(tmp_path, KEYS[kind] | {key: value}))
    assert said.startswith("questions/tasks.toml: ")
    assert f"{key} is {found}" in said
    assert f"For example  {key} = " in said


@pytest.mark.parametrize("rubric", [None, "3"])
def test_stages_that_are_missing_or_no_table_are_told_with_all_of_them(tmp_path, rubric):
    keys = {k: v for k, v in (KEYS["design"] | {"rubric": rubric}).items() if v is not None}
    said = complaint(write(tmp_path, keys))
    assert f"rubric is {'not a table' if rubric else 'missing'}.\n" in said
    assert said.count("\n    ") == 1 + len(STAGES)
    assert all(f"\n    {stage} = [" in said for stage in STAGES)


def test_a_wrong_stage_is_told_with_its_table(tmp_path):
    rubric = KEYS["design"]["rubric"].replace('failure = ["p", "q"]', 'failure = ["p"]')
    said = complaint(write(tmp_path, KEYS["design"] | {"rubric": rubric}))
    assert "tasks.toml: one: [rubric] failure is ['p']" in said
    assert "For example  failure = [" in said


@pytest.mark.parametrize(
    ("kind", "key"), [("choice", "rubric"), ("short", "answer"), ("design", "choices"), ("short", "levle")]
)
def test_a_key_of_another_kind_is_told(tmp_path, kind, key):
    assert f"one: {key} is not a known key" in complaint(write(tmp_path, KEYS[kind] | {key: "2"}))


def test_a_kind_that_does_not_exist_is_told_once(tmp_path):
    assert complaint(write(tmp_path, KEYS["choice"] | {"kind": '"guess"'})).count("questions/tasks.toml") == 1


def test_equal_choices_are_told(tmp_path):
    said = complaint(write(tmp_path, KEYS["choice"] | {"choices": '["a", "b", " a", "d"]'}))
    assert "tasks.toml: one: choices has two that are the same" in said


def test_an_id_used_twice_is_told_with_the_other_file(tmp_path):
    write(tmp_path, KEYS["short"], topic="tasks")
    said = complaint(write(tmp_path, KEYS["short"], topic="actors"))
    assert "questions/actors.toml: one: id is also used in questions/tasks.toml" in said


def test_a_question_goes_with_a_challenge_that_there_is(tmp_path):
    (tmp_path / "challenges" / "slow_gets").mkdir(parents=True)
    (tmp_path / "challenges" / "slow_gets" / "challenge.toml").write_text("")
    (one,) = read_questions(write(tmp_path, KEYS["choice"] | {"after": '"slow_gets"'}))
    assert one.after == "slow_gets"
    said = complaint(write(tmp_path, KEYS["choice"] | {"after": '"slow_gest"'}))
    assert "tasks.toml: one: after is 'slow_gest', which is no challenge" in said


def test_all_defects_are_told_at_once(tmp_path):
    write(tmp_path, KEYS["short"] | {"level": "9", "source": '""'}, topic="actors")
    said = complaint(write(tmp_path, KEYS["choice"] | {"answer": "7"}))
    lines = [line for line in said.splitlines() if not line.startswith(" ")]
    assert len(lines) == 3


@pytest.mark.parametrize("content", [b"[[question]", b"id = 'a'\nid = 'b'", b"\xff\xfe"])
def test_a_file_that_is_no_toml_is_told_as_such(tmp_path, content):
    (write(tmp_path, KEYS["short"]) / "tasks.toml").write_bytes(content)
    assert "questions/tasks.toml is not valid TOML" in complaint(tmp_path / "questions")


@pytest.mark.parametrize(
    ("content", "keys"), [("", "nothing"), ("[question]\nid = 'a'", "question"), ("title = 'x'", "title")]
)
def test_a_file_without_a_list_of_questions_is_told(tmp_path, content, keys):
    (write(tmp_path, KEYS["short"]) / "tasks.toml").write_text(content)
    said = complaint(tmp_path / "questions")
    assert f"questions/tasks.toml holds {keys}" in said
    assert "[[question]]" in said


def test_a_list_of_something_else_is_told(tmp_path):
    (write(tmp_path, KEYS["short"]) / "tasks.toml").write_text("question = [1]")
    assert "questions/tasks.toml: question 1: " in complaint(tmp_path / "questions")


def test_a_folder_without_questions_is_told(tmp_path):
    assert "there are no questions" in complaint(tmp_path / "nowhere")
