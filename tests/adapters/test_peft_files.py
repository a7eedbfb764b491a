import json
import time

import pytest
import safetensors
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st
from pool_cases import BODY, MODULES, WEIGHTS, fit

from recycling.adapters import peft_files
from recycling.adapters.peft_files import AdapterFileError, Entry

FIT = fit()[WEIGHTS]


def reason(function, *arguments):
    with pytest.raises(AdapterFileError) as error:
        function(*arguments)
    assert str(error.value) == f"{error.value.reason}: {error.value.detail}"
    return error.value.reason


def header_file(header, body=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + body


def entry(dtype="F32", shape=(1,), offsets=(0, 4)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


def test_header_of_a_fit_file():
    entries = peft_files.parse_header(FIT, len(FIT))
    expected = {key: value.shape for key, value in safetensors.numpy.load(FIT).items()}
    assert {key: value.shape for key, value in entries.items()} == expected
    assert {value.dtype for value in entries.values()} == {"F32"}


def test_header_needs_no_tensors():
    end = peft_files.header_end(FIT[:8], len(FIT), 10_000)
    assert peft_files.parse_header(FIT[:end], len(FIT)) == peft_files.parse_header(FIT, len(FIT))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "truncated"),
        (b"\x01", "truncated"),
        (FIT[:-1], "truncated"),
        ((1000).to_bytes(8, "little") + b"{}", "truncated"),
        (FIT + b"\0", "unreadable_header"),
        ((2**63).to_bytes(8, "little"), "unreadable_header"),
        (header_file(b"[1, 2]"), "unreadable_header"),
        (header_file(b"\xff\xfe"), "unreadable_header"),
        (header_file(b"[" * 5000), "unreadable_header"),
        (header_file(b'{"a": NaN}'), "unreadable_header"),
        (header_file(b'{"a": 1, "a": 2}'), "unreadable_header"),
        (header_file({"__metadata__": {"format": 1}}), "unreadable_header"),
        (header_file({"__metadata__": []}), "unreadable_header"),
        (header_file({"w": 1}), "unreadable_header"),
        (header_file({"w": entry() | {"more": 1}}, b"0000"), "unreadable_header"),
        (header_file({"w": entry(dtype="Q4")}, b"0000"), "unreadable_header"),
        (header_file({"w": entry(dtype=[])}, b"0000"), "unreadable_header"),
        (header_file({"w": entry(shape=(-1,))}, b"0000"), "unreadable_header"),
        (header_file({"w": entry(shape=(True,))}, b"0000"), "unreadable_header"),
        (header_file({"w": entry(shape=[1] * 9)}, b"0000"), "unreadable_header"),
        (header_file({"w": entry(offsets=(0,))}, b"0000"), "unreadable_header"),
        (header_file({"w": entry(offsets=(0, 8))}, b"00000000"), "unreadable_header"),
        (header_file({"w": entry(offsets=(4, 8))}, b"00000000"), "unreadable_header"),
        (header_file({"v": entry(), "w": entry()}, b"0000"), "unreadable_header"),
    ],
)
def test_refused_headers(data, expected):
    def read():
        peft_files.header_end(data[:8], len(data), 10_000)
        peft_files.parse_header(data, len(data))

    assert reason(read) == expected


@given(st.binary(max_size=200))
def test_any_bytes_give_a_header_or_a_reason(data):
    for candidate in (data, header_file(data), FIT[: len(data)] + data):
        try:
            peft_files.parse_header(candidate, len(candidate))
        except AdapterFileError:
            continue
        safetensors.deserialize(candidate)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
entries = st.fixed_dictionaries(
    {
        "dtype": st.sampled_from(["F32", "BF16", "F8_E4M3", "Q"]) | json_values,
        "shape": st.lists(st.integers(-1, 3), max_size=3) | json_values,
        "data_offsets": st.lists(st.integers(-1, 64), min_size=2, max_size=2) | json_values,
    }
)


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=8), entries | json_values, max_size=4), st.integers(0, 80))
def test_what_is_accepted_safetensors_reads_too(header, size):
    data = header_file(header, bytes(size))
    try:
        found = peft_files.parse_header(data, len(data))
    except AdapterFileError:
        return
    assert set(found) == {name for name, _ in safetensors.deserialize(data)}


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"null", b"[]", b"{", b'{"r": Infinity}', b"[" * 10_000, b"9" * 5000]
)
def test_unreadable_configs(data):
    assert reason(peft_files.parse_config, data) == "unreadable_config"


def test_deep_configs_are_unreadable():
    deep = b'{"a":' * 21 + b"1" + b"}" * 21
    assert reason(peft_files.parse_config, deep) == "unreadable_config"
    assert peft_files.parse_config(b'{"a": {"b": [1]}}') == {"a": {"b": [1]}}


@given(st.binary(max_size=100) | json_values.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_give_a_config_or_a_reason(data):
    try:
        config = peft_files.parse_config(data)
    except AdapterFileError:
        return
    assert config == json.loads(data)


@pytest.mark.parametrize(
    "key",
    [
        "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight",
        "base_model.model.model.layers.0.self_attn.q_proj.lora_A.default.weight",
        "base_model.model._orig_mod.model.layers.0.self_attn.q_proj.lora_A.weight",
        "_orig_mod.base_model.model.model.layers.0._fsdp_wrapped_module.self_attn.q_proj.lora_A.weight",
        "base_model.model.base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight",
        "module.model.layers.0.self_attn.q_proj.lora_A.weight",
        "model.layers.0.self_attn.q_proj.lora_A.weight",
        "base_model.model.layers.0.self_attn.q_proj.lora_A.weight",
        "layers.0.self_attn.q_proj.lora_A.weight",
    ],
)
def test_key_normalisation(key):
    pairing = peft_files.pair([key], BODY)
    assert pairing.pairs == {"model.layers.0.self_attn.q_proj": {"A": key}}
    assert pairing.unpaired == ["model.layers.0.self_attn.q_proj"]


def test_keys_of_other_towers_and_methods_do_not_match():
    vision = "base_model.model.vision.model.layers.0.self_attn.q_proj.lora_A.weight"
    gate = "base_model.model.model.layers.0.self_attn.q_proj.lora_gate"
    twice = [
        f"model.layers.0.self_attn.q_proj.lora_B.{name}.weight" for name in ("default", "other")
    ]
    pairing = peft_files.pair([vision, gate, *twice], BODY)
    assert pairing.unmatched == [vision]
    assert pairing.extra == [gate, twice[1]]


def test_hostile_keys_take_no_time():
    started = time.monotonic()
    keys = ["model." * 100_000 + "lora_A.weight", ".lora_A." * 100_000, "a.lora_B." + "x" * 900_000]
    assert peft_files.pair(keys, MODULES).extra == sorted(keys)
    assert time.monotonic() - started < 2


def test_entries_compare_by_type_and_shape():
    assert Entry("F32", (1, 2)) == ("F32", (1, 2))
