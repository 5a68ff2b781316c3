"""Stages as challenge.toml names them, and the parts of texts that belong to them."""

import pytest

from grader.catalogue.challenges import read_challenge
from grader.catalogue.stages import Stage, stage_part, stage_parts, stages_in_words
from grader.errors import UsageError
from tests.engine.catalogue.test_catalogue import KEYS, complaint, told, toml_of, write_challenge
from tests.support.examples import a_challenge

STAGES = '\n[[stage]]\ntitle = "First"\nminutes = 20\n\n[[stage]]\ntitle = "Then"\nminutes = 15\n'
BRIEF = """# Brief

## Stage 1: First

Overlap.

### In detail

```python
# a comment, no heading
## Stage 9: neither
```

## Stage 2: Then, the rest
Live.
## Out of scope
Nothing.
"""


def some_stages(*minutes):
    return tuple(Stage(number=n, title=f"T{n}", minutes=each) for n, each in enumerate(minutes, 1))


# -- challenge.toml ------------------------------------------------------------------------------


def test_stages_are_read_in_their_order(tmp_path):
    write_challenge(tmp_path, toml=toml_of({**KEYS, "minutes": "35"}) + STAGES)
    found = read_challenge("slow_gets", tmp_path)
    assert found.stages == (
        Stage(number=1, title="First", minutes=20),
        Stage(number=2, title="Then", minutes=15),
    )
    assert found.stages[1].heading == "Stage 2: Then"


def test_a_challenge_needs_no_stages(tmp_path):
    write_challenge(tmp_path)
    assert read_challenge("slow_gets", tmp_path).stages == ()


def test_minutes_are_those_of_the_stages(tmp_path):
    write_challenge(tmp_path, toml=toml_of() + STAGES)
    told(complaint(tmp_path), "minutes is 30", "take 35 together", "Write  minutes = 35")


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ('title = "First"\n', "", ("[stage] title is missing", "For example  title = ")),
        ("minutes = 20", "minutes = 4", ("[stage] minutes is 4",)),
        ("minutes = 20", "minutes = 61", ("[stage] minutes is 61", "For example  minutes = ")),
        ("minutes = 20", "minutes = 20\npoints = 3", ("[stage] points is not a known key",)),
    ],
)
def test_a_defect_of_a_stage_is_told_with_what_to_write(tmp_path, old, new, parts):
    toml = toml_of({**KEYS, "minutes": "35"}) + STAGES.replace(old, new, 1)
    write_challenge(tmp_path, toml=toml)
    told(complaint(tmp_path), *parts)


@pytest.mark.parametrize("number", [0, 3])
def test_a_stage_that_is_not_there_is_refused_with_those_that_are(number):
    challenge = a_challenge(stages=some_stages(20, 15))
    assert challenge.stage(2).number == 2
    with pytest.raises(UsageError, match="has stages 1 to 2"):
        challenge.stage(number)
    with pytest.raises(UsageError, match="has no stages"):
        a_challenge().stage(1)


# -- parts of texts ------------------------------------------------------------------------------


def test_a_part_goes_to_the_next_heading_of_its_level_and_code_has_no_headings():
    first, second = stage_parts(BRIEF)
    assert (first.number, first.title, first.marks) == (1, "First", "##")
    assert first.text.startswith("Overlap.")
    assert first.text.endswith("## Stage 9: neither\n```")
    assert (second.title, second.text) == ("Then, the rest", "Live.")


def test_a_text_without_a_part_has_none():
    assert stage_part(BRIEF, 2).text == "Live."
    assert stage_part(BRIEF, 9) is None
    assert stage_parts("# Stages\n\nStage 1: in a line of text\n") == []


@pytest.mark.parametrize(
    ("minutes", "words"),
    [((20,), "stage 1: 20 min"), ((20, 15), "stages 1 and 2: 35 min"), ((5, 5, 5), "stages 1 to 3: 15 min")],
)
def test_stages_are_said_as_people_say_them(minutes, words):
    assert stages_in_words(some_stages(*minutes)) == words
