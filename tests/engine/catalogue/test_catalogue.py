"""Each defect of a challenge folder is reported with file, key, what was found and what to write."""

import pytest

from grader.catalogue.challenges import (
    REQUIRED_FILES,
    challenge_names,
    find_challenge,
    read_catalogue,
    read_challenge,
)
from grader.catalogue.ladder import TRACKS, next_to_start
from grader.errors import EXIT_USAGE, ChallengeError, UsageError
from grader.side_spec import ClusterNeeds
from tests.support.examples import a_challenge

KEYS = {
    "title": '"The nightly scoring"',
    "summary": '"It is slow"',
    "track": '"debugging"',
    "kind": '"optimise"',
    "level": "2",
    "minutes": "30",
    "pass_mark": "75",
    "stub_ceiling": "30",
    "source": '"a pattern page"',
}
API = {"functions": '["run", "merge"]'}
CLUSTER = {"num_cpus": "4", "object_store_mb": "100", "resources": "{ gpu = 1, disk = 0.5 }"}
OPTIONAL = {"pass_mark", "stub_ceiling", "object_store_mb", "resources"}


def toml_of(keys=KEYS, api=API, cluster=CLUSTER):
    tables = [("", keys), ("[api]", api), ("[cluster]", cluster)]
    lines = []
    for head, table in tables:
        lines += [head, *(f"{key} = {value}" for key, value in table.items())]
    return "\n".join(lines)


def write_challenge(root, name="slow_gets", toml=None, **keys):
    folder = root / "challenges" / name
    (folder / "hidden").mkdir(parents=True)
    for file_name in REQUIRED_FILES:
        (folder / file_name).write_text("text\n")
    (folder / "stub.py").write_text("def run(): pass\nmerge = run\n")
    text = toml_of({**KEYS, **keys}) if toml is None else toml
    (folder / "challenge.toml").write_text(text, encoding="utf-8")
    return folder


def complaint(root, name="slow_gets"):
    with pytest.raises(ChallengeError) as error:
        read_challenge(name, root)
    assert error.value.exit_status == EXIT_USAGE
    return str(error.value)


# -- what is right -------------------------------------------------------------------------------


def test_a_challenge_is_read_as_its_files_describe_it(tmp_path):
    folder = write_challenge(tmp_path)
    found = read_challenge("slow_gets", tmp_path)
    assert (found.name, found.folder) == ("slow_gets", folder)
    assert (found.title, found.summary) == ("The nightly scoring", "It is slow")
    assert (found.track, found.kind, found.level) == ("debugging", "optimise", 2)
    assert (found.minutes, found.pass_mark, found.stub_ceiling) == (30, 75, 30)
    assert (found.source, found.functions) == ("a pattern page", ("run", "merge"))
    assert found.cluster == ClusterNeeds(num_cpus=4, object_store_mb=100, resources={"gpu": 1.0, "disk": 0.5})
    assert found.reference_path == tmp_path / "reference" / "slow_gets" / "solution.py"
    assert found.wrong == tmp_path / "tests" / "wrong" / "slow_gets"
    assert found.suite_path == folder / "hidden" / "test_spec.py"


def test_what_may_be_left_out_has_a_default(tmp_path):
    keys = {k: v for k, v in KEYS.items() if k not in OPTIONAL}
    write_challenge(tmp_path, toml=toml_of(keys, cluster={"num_cpus": "2"}))
    found = read_challenge("slow_gets", tmp_path)
    assert (found.pass_mark, found.stub_ceiling) == (80, 40)
    assert found.cluster == ClusterNeeds(num_cpus=2, object_store_mb=256, resources={})


def test_what_a_challenge_needs_comes_before_it_among_its_like(tmp_path):
    for name, needs, level in [("apple", "berry", 1), ("berry", "cocoa", 1), ("dates", "apple", 2)]:
        write_challenge(tmp_path, name, track='"tasks"', level=str(level), needs=f'["{needs}"]')
    write_challenge(tmp_path, "cocoa", track='"tasks"', level="1", needs='["dates"]')
    assert [c.name for c in read_catalogue(tmp_path)] == ["cocoa", "berry", "apple", "dates"]


def test_challenges_that_need_each_other_are_all_listed(tmp_path):
    for name, needs in [("apple", "berry"), ("berry", "apple")]:
        write_challenge(tmp_path, name, track='"tasks"', level="1", needs=f'["{needs}"]')
    assert [c.name for c in read_catalogue(tmp_path)] == ["apple", "berry"]


def test_the_next_to_start_is_the_easiest_whose_needs_are_met():
    easy = a_challenge(name="easy", level=1)
    builds = a_challenge(name="builds", level=1, needs=("easy",))
    hard = a_challenge(name="hard", level=3)
    assert next_to_start([builds, easy, hard], passed=()) is easy
    assert next_to_start([builds, hard], passed=("easy",)) is builds
    assert next_to_start([builds, hard], passed=()) is hard
    assert next_to_start([builds], passed=()) is builds
    assert next_to_start([], passed=("easy",)) is None


def test_learning_order_is_track_then_level_then_name(tmp_path):
    for name, track, level in [
        ("zebra", TRACKS[0], 1),
        ("apple", TRACKS[0], 2),
        ("lemon", TRACKS[2], 1),
        ("berry", TRACKS[2], 1),
        ("first", TRACKS[-1], 1),
    ]:
        write_challenge(tmp_path, name, track=f'"{track}"', level=str(level))
    assert [c.name for c in read_catalogue(tmp_path)] == [
        "zebra",
        "apple",
        "berry",
        "lemon",
        "first",
    ]
    assert challenge_names(tmp_path) == ["apple", "berry", "first", "lemon", "zebra"]


def test_folders_that_are_no_challenges_are_left_alone(tmp_path):
    write_challenge(tmp_path)
    (tmp_path / "challenges" / "__pycache__").mkdir()
    (tmp_path / "challenges" / "notes.txt").write_text("x")
    assert challenge_names(tmp_path) == ["slow_gets"]
    assert challenge_names(tmp_path / "nowhere") == []


def test_what_is_better_done_before_is_named(tmp_path):
    write_challenge(tmp_path, "first")
    write_challenge(tmp_path, "second", needs='["first"]')
    assert read_challenge("first", tmp_path).needs == ()
    assert read_challenge("second", tmp_path).needs == ("first",)


# -- what is graded ------------------------------------------------------------------------------


def test_the_solution_is_graded_else_the_stub(tmp_path):
    folder = write_challenge(tmp_path)
    challenge = read_challenge("slow_gets", tmp_path)
    assert challenge.submission().kind == "stub"
    (folder / "solution.py").write_text("def run(): pass\nmerge = 1\n")
    assert (challenge.submission().kind, challenge.submission().path) == (
        "solution",
        folder / "solution.py",
    )
    other = tmp_path / "other.py"
    other.write_text("")
    named = challenge.submission(other)
    assert (named.kind, named.path) == ("file", other)
    assert "`run`, `merge`" in named.problem


# -- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["slow_get", "Slow_Gets", "slowgets", "challenges/slow_gets/", "slo_gets"])
def test_a_name_that_is_nearly_right_is_corrected(tmp_path, typed):
    write_challenge(tmp_path)
    write_challenge(tmp_path, "hanging_tasks")
    with pytest.raises(UsageError, match=r"Did you mean slow_gets\?") as error:
        find_challenge(typed, tmp_path)
    assert repr(typed) in str(error.value)


@pytest.mark.parametrize("typed", ["", "xyzzy", "../../etc"])
def test_a_name_far_from_all_is_sent_to_the_list(tmp_path, typed):
    write_challenge(tmp_path)
    with pytest.raises(UsageError, match=r"grade\.py list"):
        find_challenge(typed, tmp_path)


def test_a_right_name_is_found(tmp_path):
    write_challenge(tmp_path)
    assert find_challenge("slow_gets", tmp_path).name == "slow_gets"


@pytest.mark.parametrize("name", ["01_slow", "slow-gets", "class", "Slow", "slow gets"])
def test_a_folder_name_must_be_a_plain_identifier(tmp_path, name):
    write_challenge(tmp_path, name)
    said = complaint(tmp_path, name)
    assert f"challenges/{name}:" in said
    assert "slow_gets" in said


# -- what is broken ------------------------------------------------------------------------------


@pytest.mark.parametrize("file_name", REQUIRED_FILES)
def test_a_missing_file_is_named(tmp_path, file_name):
    (write_challenge(tmp_path) / file_name).unlink()
    assert f"challenges/slow_gets/{file_name} is missing" in complaint(tmp_path)


@pytest.mark.parametrize("content", [b"title = ", b"title = 'a'\ntitle = 'b'\n", b"\xff\xfe", b"= 1\n"])
def test_a_file_that_is_no_toml_is_told_as_such(tmp_path, content):
    (write_challenge(tmp_path) / "challenge.toml").write_bytes(content)
    assert "challenges/slow_gets/challenge.toml is not valid TOML" in complaint(tmp_path)


def told(said, *parts):
    assert said.startswith("challenges/slow_gets/challenge.toml: ")
    for part in parts:
        assert part in said


@pytest.mark.parametrize("key", sorted(set(KEYS) - OPTIONAL))
def test_a_missing_key_is_told_with_an_example(tmp_path, key):
    write_challenge(tmp_path, toml=toml_of({k: v for k, v in KEYS.items() if k != key}))
    told(complaint(tmp_path), f"{key} is missing", f"For example  {key} = ")


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        ("title", '""', "''"),
        ("title", "3", "3"),
        ("summary", "[]", "[]"),
        ("track", '"cooking"', "'cooking'"),
        ("kind", '"guess"', "'guess'"),
        ("level", "0", "0"),
        ("level", "6", "6"),
        ("level", '"two"', "'two'"),
        ("level", "2.5", "2.5"),
        ("level", "true", "True"),
        ("minutes", "4", "4"),
        ("pass_mark", "101", "101"),
        ("pass_mark", "0", "0"),
        ("stub_ceiling", '"40"', "'40'"),
        ("source", "false", "False"),
    ],
)
def test_a_wrong_value_is_told_with_what_was_found_and_an_example(tmp_path, key, value, found):
    write_challenge(tmp_path, **{key: value})
    told(complaint(tmp_path), f"{key} is {found}", f"For example  {key} = ")


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        ("num_cpus", '"four"', "'four'"),
        ("num_cpus", "0", "0"),
        ("num_cpus", "17", "17"),
        ("object_store_mb", "79", "79"),
        ("resources", '"gpu"', "'gpu'"),
    ],
)
def test_a_wrong_value_in_a_table_is_told_with_its_table(tmp_path, key, value, found):
    write_challenge(tmp_path, toml=toml_of(cluster={**CLUSTER, key: value}))
    told(complaint(tmp_path), f"[cluster] {key} is {found}", f"For example  {key} = ")


def test_a_wrong_amount_of_a_resource_names_the_resource(tmp_path):
    write_challenge(tmp_path, toml=toml_of(cluster={**CLUSTER, "resources": '{ gpu = "one" }'}))
    told(complaint(tmp_path), "[cluster]", "resources", "gpu is 'one'")


@pytest.mark.parametrize("functions", ["[]", '"run"', "[1]", '[""]'])
def test_wrong_function_names_are_told(tmp_path, functions):
    write_challenge(tmp_path, toml=toml_of(api={"functions": functions}))
    told(complaint(tmp_path), "[api]", "functions")


@pytest.mark.parametrize(
    ("needs", "parts"),
    [
        ('["frist"]', ["needs names 'frist', which is no challenge", "There are: first"]),
        ('["slow_gets"]', ["needs names 'slow_gets', which is this challenge itself"]),
        ('"first"', ["needs is 'first'", 'For example  needs = ["slow_gets"]']),
        ("[1]", ["needs", "1"]),
    ],
)
def test_what_is_no_other_challenge_cannot_be_needed(tmp_path, needs, parts):
    write_challenge(tmp_path, "first")
    write_challenge(tmp_path, needs=needs)
    told(complaint(tmp_path), *parts)


@pytest.mark.parametrize(("table", "key"), [("api", "functions"), ("cluster", "num_cpus")])
def test_a_missing_table_is_told_with_what_to_write(tmp_path, table, key):
    text = toml_of(**{table: {}}).replace(f"[{table}]", "")
    write_challenge(tmp_path, toml=text)
    told(complaint(tmp_path), f"{table} is missing", key)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (toml_of({**KEYS, "levle": "1"}), "levle"),
        (toml_of(api={**API, "classes": "[]"}), "[api] classes"),
        (toml_of(cluster={**CLUSTER, "cpus": "4"}), "[cluster] cpus"),
        (toml_of() + "\n[workers]\nn = 1\n", "workers"),
    ],
)
def test_an_unknown_key_is_told(tmp_path, text, key):
    write_challenge(tmp_path, toml=text)
    told(complaint(tmp_path), f"{key} is not a known key")


def test_all_defects_are_told_at_once(tmp_path):
    write_challenge(tmp_path, level="9", kind='"guess"', colour='"red"')
    lines = [line for line in complaint(tmp_path).splitlines() if not line.startswith(" ")]
    assert len(lines) == 3
    assert all(line.startswith("challenges/slow_gets/challenge.toml: ") for line in lines)


def test_one_broken_challenge_is_named_by_the_catalogue(tmp_path):
    write_challenge(tmp_path)
    write_challenge(tmp_path, "broken", level="9")
    with pytest.raises(ChallengeError, match=r"challenges/broken/challenge\.toml: level is 9"):
        read_catalogue(tmp_path)
