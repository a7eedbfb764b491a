"""What is no base is refused in one line when it is fetched, before anything is trained."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    BartConfig,
    GPT2Config,
    GPT2LMHeadModel,
    LlavaConfig,
)

from recycling.ground.errors import InputError
from recycling.model import base as bases
from recycling.model import fetch


@pytest.fixture
def published(toy_folder, tmp_path):
    """A copy of the toy base that a test may spoil."""
    return shutil.copytree(toy_folder, tmp_path / "published")


def configured(folder, **changed):
    file = folder / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changed))


def pickled(folder):
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()


def without_a_tensor(folder):
    tensors = load_file(folder / "model.safetensors")
    del tensors["model.layers.1.mlp.up_proj.weight"]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def cut_short(folder):
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:1000])


def without_tokenizer(folder):
    for file in folder.glob("tokenizer*"):
        file.unlink()


def packed(method):
    # bitsandbytes and GPTQ need packages that are not there; FP8 is unpacked without a word.
    return lambda folder: configured(folder, quantization_config={"quant_method": method})


def of(config):
    def change(folder):
        config.save_pretrained(folder)

    return change


VISION = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 1}
FAULTS = {
    "pickles": (pickled, "weights: found 'pytorch_model.bin', expected model.safetensors"),
    "no weights": (
        lambda folder: (folder / "model.safetensors").unlink(),
        "weights: found 'Error no file named model.safetensors",
    ),
    "a tensor too few": (
        without_a_tensor,
        "weights: found 'no model.layers.1.mlp.up_proj.weight and 0 others missing'",
    ),
    "another width": (
        lambda folder: configured(folder, intermediate_size=64),
        "weights: found .*with every tensor of config.json's model",
    ),
    "cut short": (cut_short, "weights: found 'Error while deserializing header"),
    "no tokenizer": (without_tokenizer, "tokenizer: found .* copy the tokenizer's files there"),
    "4 bits": (
        packed("bitsandbytes"),
        "quantization_config: found 'bitsandbytes', .* as quantised",
    ),
    "8 bits": (packed("fp8"), "quantization_config: found 'fp8'"),
    "an adapter": (
        lambda folder: (folder / "adapter_config.json").write_text("{}"),
        "adapter_config.json: found 'it', expected no adapter",
    ),
    "code of its own": (
        lambda folder: configured(folder, model_type="own", auto_map={"AutoConfig": "own.Own"}),
        "config.json: found .* code from a repository is never run",
    ),
    "a new architecture": (
        lambda folder: configured(folder, model_type="own"),
        "config.json: found .*, expected an architecture that transformers [0-9.]+ has itself",
    ),
    "damaged config": (
        lambda folder: (folder / "config.json").write_text("{"),
        r"path: found .*, expected a folder with a readable config.json; .* not a valid JSON",
    ),
    "encoder and decoder": (of(BartConfig()), "model_type: found 'bart', expected a causal"),
    "pictures": (
        of(LlavaConfig(vision_config=VISION | {"model_type": "clip_vision_model"})),
        "model_type: found 'llava, a model of text and other inputs', expected a causal",
    ),
}


@pytest.mark.parametrize(("spoil", "message"), FAULTS.values(), ids=FAULTS)
def test_what_is_no_base_is_one_line(published, tmp_path, spoil, message):
    spoil(published)
    with pytest.raises(InputError, match=f"^base: {message}") as caught:
        fetch.from_path(tmp_path / "model", path=str(published))
    assert len(str(caught.value).splitlines()) == 1
    assert not (tmp_path / "model").exists()


def test_what_the_model_does_not_read_is_said(published, tmp_path, capsys):
    tensors = load_file(published / "model.safetensors")
    extra = {"value_head.weight": torch.zeros(1)}
    save_file(tensors | extra, published / "model.safetensors", metadata={"format": "pt"})
    fetch.from_path(tmp_path / "model", path=str(published))
    assert "no such part: 1 tensors, ['value_head.weight']" in capsys.readouterr().out


def test_a_model_without_linear_modules(toy_base, tmp_path):
    model = GPT2LMHeadModel(
        GPT2Config(vocab_size=len(toy_base.tokenizer), n_embd=8, n_layer=1, n_head=1)
    )
    model.save_pretrained(tmp_path)
    toy_base.tokenizer.save_pretrained(tmp_path)
    message = (
        r"^base: modules: found '4 Conv1D such as transformer.h.0.attn.c_attn', expected linear"
    )
    with pytest.raises(InputError, match=message):
        fetch.modules(tmp_path)


def test_a_sentencepiece_model_is_a_tokenizer(published, tmp_path):
    from sentencepiece import SentencePieceProcessor, SentencePieceTrainer

    sentences = iter(f"the number {number} in words" for number in range(100))
    with (tmp_path / "model").open("wb") as file:
        SentencePieceTrainer.train(
            sentence_iterator=sentences, model_writer=file, vocab_size=60, model_type="bpe",
            minloglevel=2,
        )  # fmt: skip
    without_tokenizer(published)
    (tmp_path / "model").rename(published / "tokenizer.model")
    (published / "tokenizer_config.json").write_text('{"tokenizer_class": "LlamaTokenizer"}')
    fetch.from_path(tmp_path / "model", path=str(published))
    original = SentencePieceProcessor(model_file=str(published / "tokenizer.model"))
    tokenizer = bases.load(tmp_path / "model", "cpu", "float32").tokenizer
    text = "the number 73"
    encoded = tokenizer(text, add_special_tokens=False)["input_ids"]
    assert tokenizer.convert_ids_to_tokens(encoded) == original.encode(text, out_type=str)
