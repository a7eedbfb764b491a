import pytest
from hypothesis import given
from hypothesis import strategies as st

from recycling.adapters.module_name import ModuleName, parse

WORD = st.text("abcdefghijk_0123456789", min_size=1, max_size=8).filter(lambda s: not s.isdigit())
WORDS = st.lists(WORD, max_size=3)
LAYER = st.integers(0, 200)


def test_a_module_of_a_llama():
    assert parse("model.layers.3.self_attn.q_proj") == ModuleName(
        name="model.layers.3.self_attn.q_proj",
        layer=3,
        kind="q_proj",
        layer_name="model.layers.3",
        sublayer="model.layers.3.self_attn",
        in_any_layer="model.layers.*.self_attn.q_proj",
    )


NAMES = [
    # Where a model begins with its list of layers (GPT-2).
    ("h.11.attn.c_attn", 11, "c_attn", "h.11", "h.11.attn", "h.*.attn.c_attn"),
    # Outside the layers (OPT, Gemma 4).
    ("model.decoder.project_in", None, "project_in", None, "model.decoder", None),
    # More numbers within a layer (LongCat-Flash, Zamba 2, CTRL).
    (
        "layers.3.mlps.1.up_proj",
        3,
        "up_proj",
        "layers.3",
        "layers.3.mlps.1",
        "layers.*.mlps.1.up_proj",
    ),
    ("layers.5.adapters.7.0", 5, "0", "layers.5", "layers.5.adapters.7", "layers.*.adapters.7.0"),
    (
        "transformer.h.2.ffn.0",
        2,
        "0",
        "transformer.h.2",
        "transformer.h.2.ffn",
        "transformer.h.*.ffn.0",
    ),
    # A list of modules without names (Gemma 3n).
    (
        "model.altup_projections.1",
        1,
        "1",
        None,
        "model.altup_projections",
        "model.altup_projections.*",
    ),
    # Digits in a word, and what is no canonical number, are no layer.
    ("h.2.mlp.dense_4h_to_h", 2, "dense_4h_to_h", "h.2", "h.2.mlp", "h.*.mlp.dense_4h_to_h"),
    ("block.07.q", None, "q", None, "block.07", None),
    ("block.².q", None, "q", None, "block.²", None),
    ("q", None, "q", None, "", None),
]


@pytest.mark.parametrize(("name", "layer", "kind", "layer_name", "sublayer", "in_any_layer"), NAMES)
def test_names_of_other_models(name, layer, kind, layer_name, sublayer, in_any_layer):
    expected = (name, layer, kind, layer_name or name, sublayer, in_any_layer or name)
    assert parse(name) == ModuleName(*expected)


@given(WORDS, LAYER, WORDS, WORD)
def test_the_parts_are_those_that_the_name_was_made_of(stack, layer, block, kind):
    found = parse(".".join([*stack, str(layer), *block, kind]))
    assert (found.layer, found.kind) == (layer, kind)
    assert found.layer_name == ".".join([*stack, str(layer)])
    assert found.sublayer == ".".join([*stack, str(layer), *block])
    assert found.in_any_layer == ".".join([*stack, "*", *block, kind])


@given(WORDS, LAYER, LAYER, WORDS, WORD)
def test_modules_of_one_role_differ_in_their_layer_alone(stack, one, other, block, kind):
    here, there = (parse(".".join([*stack, str(n), *block, kind])) for n in (one, other))
    assert here.in_any_layer == there.in_any_layer
    assert (here == there) == (one == other)


@given(WORDS, WORD)
def test_without_a_number_there_is_no_layer(block, kind):
    name = ".".join([*block, kind])
    assert parse(name) == ModuleName(name, None, kind, name, ".".join(block), name)
