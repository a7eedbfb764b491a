import ast
import re
import shlex

import pytest
import yaml

from recycling.adapters import card, licences
from recycling.adapters.merge_record import MergeRecord, Source
from recycling.ground.foreign_text import printable

SOURCES = (Source("fresh"), Source("owner--x", commit="0" * 40, licence="mit"))


def render(sources, means, **details):
    record = MergeRecord("adaptive", "learned", sources, 0, 20, 0.123456, details)
    text = card.render(
        "Adaptive for antonyms", "MIT", "org/base", "antonyms", "ab" * 32, record, means
    )
    _, front, body = text.split("---\n", 2)
    return yaml.safe_load(front), body


def test_front_matter_and_sources():
    front, body = render(SOURCES, [0.9, -0.25])
    assert front == {
        "base_model": "org/base",
        "library_name": "peft",
        "license": "mit",
        "tags": ["lora", "merge"],
    }
    assert "# Adaptive for antonyms" in body
    assert "`NOTICE` beside this file" in body
    assert "2 adapters for the task `antonyms`, merging method `learned`" in body
    assert "| fresh | - | unknown | 0.9 |" in body
    assert f"| owner--x | {'0' * 40} | mit | -0.25 |" in body
    assert "Rank 20." in body
    assert "0.12." in body
    assert "ab" * 32 in body


def test_one_source():
    _, body = render(SOURCES[:1], [1.0])
    assert "1 adapter for" in body


def test_what_was_compressed_says_what_that_lost():
    _, body = render(SOURCES, [0.5, 0.5], compress_rank=4, compress_error=0.3456)
    assert "compressed to rank 4, in directions that they share; that lost 0.35 of" in body
    assert "compressed" not in render(SOURCES, [0.5, 0.5])[1]


def test_a_merge_for_no_task_names_its_settings_and_no_rows():
    record = MergeRecord("both", "ties", SOURCES, 0, 20, 0.0, {})
    text = card.render("both", "MIT", "org/base", "", "", record, [1, 1], "density 0.3")
    assert "\n2 adapters, merging method `ties` with density 0.3, made by Recycle" in text
    assert "Labelled rows" not in text
    assert "merge itself: 0.\n* Licences" in text


def harness(line):
    """What `lm_eval` 0.4 reads in a command: arguments end at a comma, names at the first `=`."""
    words = shlex.split(line)
    assert words[:4] == ["lm_eval", "--model", "hf", "--model_args"]
    assert words[5:] == ["--tasks", "arc_easy"]
    return dict(argument.split("=", 1) for argument in words[4].split(","))


def test_an_adapter_has_the_line_of_the_harness_and_a_routed_one_none():
    _, body = render(SOURCES, [0.9, -0.25])
    [line] = re.findall(r"```bash\n(lm_eval .*?)\n```", body)
    assert harness(line) == {"pretrained": "org/base", "peft": "path/to/this/folder"}
    _, body = render(SOURCES, None)
    assert "lm_eval" not in body


# What a stranger may write where a name is expected.
HOSTILE = [
    "mit | 1.0 |\n| forged | - | mit | 9 |",
    "<img src=x onerror=alert(1)>",
    "[click](http://evil.example)",
    "`code` *bold* ~~gone~~ $x$",
    "\x1b[2J\x1b]0;title\x07",
    "\u202egnp.exe",
    'x"); import os; os.system("id"); ("',
    "---\nlicense: mit\n---",
    "a: b # c",
    "&anchor",
]


@pytest.mark.hostile
@pytest.mark.parametrize("text", HOSTILE)
def test_texts_of_strangers_are_neither_markup_nor_code(text):
    sources = (Source(text, repo=text, commit=text, licence=text, owner=text), SOURCES[1])
    record = MergeRecord("adaptive", "learned", sources, 0, 20, 0.1, {})
    page = card.render("both", "other", text, "", "", record, [0.5, 0.25])
    [front, body] = page.removeprefix("---\n").split("\n---\n", 1)
    read = yaml.safe_load(front)
    assert (read["license"], read["base_model"]) == ("other", printable(text))
    assert set(read) == {"base_model", "library_name", "license", "tags"}
    table = [line for line in body.splitlines() if line.startswith("|")]
    assert len(table) == 4
    assert [len(re.split(r"(?<!\\)\|", line)) for line in table] == [6] * 4
    assert table[2].endswith("| unknown | 0.5 |")
    assert not re.search(r"<|(?<!\\)[`*\[\]~$]", table[2])
    [code] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    nodes = list(ast.walk(ast.parse(code)))
    assert sum(isinstance(node, ast.Call) for node in nodes) == 2
    assert printable(text) in [node.value for node in nodes if isinstance(node, ast.Constant)]
    assert all(line.isprintable() for line in page.splitlines())
    [line] = re.findall(r"```bash\n(.*?)\n```", page, re.DOTALL)
    assert harness(line)["pretrained"] == "path/to/the/base"
    notice = licences.notice(text, "both", sources)
    assert all(line.isprintable() for line in notice.splitlines())
    assert notice.count("\n") == licences.notice("x/y", "both", SOURCES[:1] * 2).count("\n")


def test_as_many_means_as_sources():
    with pytest.raises(ValueError, match="zip"):
        render(SOURCES, [1.0])


def test_what_is_routed_says_how_to_load_it():
    front, body = render(SOURCES, None)
    assert "library_name" not in front
    assert "| owner--x | " + "0" * 40 + " | mit | by token |" in body
    assert "cannot be one adapter" in body
    assert "routed.safetensors" in body
    assert "pip install" in body
    assert "PeftModel" not in body


def test_what_prompts_weigh_says_how_to_load_it():
    _, body = render(SOURCES, None, signal="norm", module="q")
    assert "| owner--x | " + "0" * 40 + " | mit | by prompt |" in body
    assert "Each prompt weighs the sources anew" in body
    assert "prompt_routing.weights(model, adapters, [prompt])" in body
