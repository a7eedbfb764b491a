"""YAML that anybody may have written is read within seconds, or refused in one line."""

import os
import time

import pytest
import studies
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recycling.ground import yaml_values
from recycling.ground.errors import InputError

TWICE = {
    "arms:\n  ties: {k: 1}\n  ties: {k: 2}\n": "arms.ties: found 'it in lines 2 and 3', expected",
    "a: [{b: 1, b: 2}]": "a.0.b: found 'it in lines 1 and 1', expected a key once; rename or",
    '{"a": 1,\n"a": 2}': "a: found 'it in lines 1 and 2'",
}


@pytest.mark.parametrize(("text", "message"), TWICE.items(), ids=range(len(TWICE)))
def test_a_key_that_is_given_twice_is_named(tmp_path, text, message):
    (tmp_path / "study.yaml").write_text(text)
    with pytest.raises(InputError, match=f"study.yaml: {message}"):
        yaml_values.read(tmp_path / "study.yaml")


@pytest.mark.parametrize(
    "text",
    ["a: &x {b: 1}\nc: *x\nd: {b: 1}\n", "a: &x [*x]", '{"a":\n\t1}'],
    ids=["anchor", "endless", "JSON"],
)
def test_a_file_whose_keys_are_given_once_passes(tmp_path, text):
    (tmp_path / "study.yaml").write_text(text)
    yaml_values.read(tmp_path / "study.yaml")


def test_json_is_read_as_json(tmp_path):
    (tmp_path / "study.json").write_text('{"a": 1e5, "b": "\\ud83d\\ude00"}')
    assert yaml_values.read(tmp_path / "study.json") == {"a": 1e5, "b": "\U0001f600"}


@pytest.mark.parametrize(
    "name", ["config.yaml", *sorted((studies.ROOT / "workflow/studies").glob("*.yaml"))], ids=str
)
def test_no_shipped_study_gives_a_key_twice(name):
    yaml_values.read(studies.ROOT / name)


def laughs(levels, width, line):
    """Anchors that stand for `width ** levels` values; `line` makes one of its number and items."""
    lines = ["a0: &a0 {x: 1}"]
    for level in range(1, levels):
        lines.append(line.format(level, ", ".join([f"*a{level - 1}"] * width)))
    return "\n".join(lines)


FAULTS = {
    "nothing there": (None, "content: found .*No such file"),
    "a folder": (..., "content: found .*is no regular file"),
    "binary": (bytes(range(256)), "content: found \"UnicodeDecodeError: 'utf-8' codec can't dec"),
    "UTF-16": ("a: 1".encode("utf-16"), "content: found .*UnicodeDecodeError"),
    "control characters": (b"a: \x1b[31m", "content: found .*ReaderError"),
    "no YAML": (b"a: [1", "content: found .*ParserError"),
    "tabs": (b"a:\n\t- 1", "content: found .*ScannerError"),
    "two documents": (b"a: 1\n---\nb: 1", "content: found .*ComposerError"),
    "unknown anchor": (b"a: *b", "content: found .*ComposerError"),
    "code": (b'a: !!python/object/apply:os.system ["true"]', "content: found .*ConstructorError"),
    "an escape beyond Unicode": (rb'a: "\UFFFFFFFF"', "content: found .*OverflowError"),
    "an escape just beyond": (rb'a: "\U00110000"', "content: found .*ValueError"),
    "no day": (b"a: 2026-02-31", "content: found .*ValueError"),
    "no time": (b"a: !!timestamp x", "content: found .*AttributeError"),
    "neither true nor false": (b"a: !!bool maybe", "content: found .*KeyError"),
    "a list as a key": (b"? [a, b]\n: 1\n", "content: found .*ConstructorError"),
    "many digits": (b"a: " + b"9" * 5000, "content: found .*ValueError"),
    "deep": (b"[" * 100_000, "content: found .*RecursionError"),
    "deep JSON": (b"[" * 9000 + b"]" * 9000, "content: found .*RecursionError"),
    "deep by anchors": (
        b"\n".join([b"a0: &a0 1", *(b"a%d: &a%d [*a%d]" % (i, i, i - 1) for i in range(1, 5000))]),
        "size: found 'more than 200000 values",
    ),
    "billions of values": (laughs(12, 9, "a{0}: &a{0} [{1}]"), "size: found 'more than 200000 v"),
    "billions of merges": (laughs(12, 9, "a{0}: &a{0} {{<<: [{1}]}}"), "size: found 'more than"),
    "billions in a key": (laughs(12, 9, "a{0}: &a{0} {{? [{1}] : 1}}"), "size: found 'more than"),
    "too long": (b"a: " + b"x" * 2_000_000, "size: found 'more than 2000000', expected at most"),
    "keys twice": (b"a: {b: 1, b: 2}", "a.b: found 'it in lines 1 and 1', expected a key once"),
}


@pytest.mark.hostile
@pytest.mark.parametrize(("text", "message"), FAULTS.values(), ids=FAULTS)
def test_what_is_no_yaml_or_too_much_is_one_line_within_seconds(tmp_path, text, message):
    file = tmp_path / "study.yaml"
    if text is ...:
        file.mkdir()
    elif text is not None:
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    started = time.perf_counter()
    with pytest.raises(InputError, match=f"study.yaml: {message}") as caught:
        yaml_values.read(file)
    assert time.perf_counter() - started < 5
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 600


def test_a_named_pipe_and_a_device_are_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "zero.yaml").symlink_to("/dev/zero")
    for name in ("pipe.yaml", "zero.yaml"):
        with pytest.raises(InputError, match="is no regular file"):
            yaml_values.read(tmp_path / name)


def test_a_link_to_a_file_is_followed(tmp_path):
    (tmp_path / "there.yaml").write_text("a: 1")
    (tmp_path / "link.yaml").symlink_to("there.yaml")
    assert yaml_values.read(tmp_path / "link.yaml") == {"a": 1}


def test_two_megabytes_of_values_are_read_in_a_minute(tmp_path):
    (tmp_path / "study.yaml").write_text("a: [" + "1, " * 190_000 + "1]")
    started = time.perf_counter()
    assert len(yaml_values.read(tmp_path / "study.yaml")["a"]) == 190_001
    assert time.perf_counter() - started < 60


TEXT = st.text("abc:-[]{}&*!?|>'\"%#, \n\t\\<\x07\u200b\ud83d1.e") | st.text()


@given(st.binary() | TEXT.map(lambda text: text.encode(errors="surrogatepass")))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
def test_any_bytes_are_read_or_refused(tmp_path, content):
    file = tmp_path / "study.yaml"
    file.write_bytes(content)
    try:
        found = yaml_values.read(file)
    except InputError:
        return
    assert found == yaml.safe_load(content.decode())
