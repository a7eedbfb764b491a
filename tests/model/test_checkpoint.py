"""What is no base is refused in one line when it is fetched, before anything is trained."""

import json
import os
import shutil
import sys
import time

import pytest
import torch
from fake_hub import Repository
from huggingface_hub import constants
from safetensors.torch import load_file, save_file
from transformers import (
    BartConfig,
    GPT2Config,
    GPT2LMHeadModel,
    LlavaConfig,
)

from recycling.ground.errors import InputError
from recycling.model import base as bases
from recycling.model import base_files, fetch


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
        "config.json: found 'JSONDecodeError: .*, expected JSON; download the file anew",
    ),
    "encoder and decoder": (of(BartConfig()), "model_type: found 'bart', expected a causal"),
    "pictures": (
        of(LlavaConfig(vision_config=VISION | {"model_type": "clip_vision_model"})),
        "model_type: found 'llava, a model of text and other inputs', expected a causal",
    ),
}


def tokens_set(**changed):
    def change(folder):
        file = folder / "tokenizer_config.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | changed))

    return change


def holding(name, content):
    """The file of that name holds that text or those bytes."""

    def change(folder):
        data = content if isinstance(content, bytes) else content.encode()
        (folder / name).write_bytes(data)

    return change


def indexed(content):
    """The weights are in shards: all in that of the name `content`, or by an index that says so."""

    def change(folder):
        (folder / "model.safetensors").rename(folder / "a.safetensors")
        shutil.copy(folder / "a.safetensors", folder.parent / "outside.safetensors")
        text = content
        if not str(content).startswith(("{", "[")):
            shards = dict.fromkeys(load_file(folder / "a.safetensors"), content)
            text = json.dumps({"metadata": {"total_size": 1}, "weight_map": shards})
        (folder / base_files.INDEX).write_text(text)

    return change


def linked(name, target):
    """A link of that name; the file that was there lies outside now."""

    def change(folder):
        if (folder / name).exists():
            (folder / name).rename(folder.parent / "outside")
        (folder / name).symlink_to(target)

    return change


def piped(name):
    def change(folder):
        (folder / name).unlink()
        os.mkfifo(folder / name)

    return change


ESCAPE = "\x1b[31m\x07"
DEEP = "[" * 100_000
OUTSIDE = "../outside.safetensors"
# What the author of a base may put into it: each is one line within seconds.
HOSTILE = {
    "an adapter of another base": (
        holding("adapter_config.json", '{"base_model_name_or_path": "/other"}'),
        "adapter_config.json: found 'it'",
    ),
    "an adapter by a link": (linked("adapter_config.json", "/nowhere"), "adapter_config.json: f"),
    "shards outside": (indexed(OUTSIDE), "model.safetensors.index.json: found '../outside.safe"),
    "shards anywhere": (indexed("/etc/x.safetensors"), "index.json: found '/etc/x.safetensors', e"),
    "shards above by name": (indexed(".."), "index.json: found '..', expected the plain name"),
    "shards in a folder": (indexed("a/b.safetensors"), "index.json: found 'a/b.safetensors'"),
    "shards as on Windows": (indexed("..\\a.safetensors"), r"index.json: found '\.\.[\\]+a"),
    "shards that are none": (indexed(3), "index.json: found 3, expected the plain name"),
    "shards by zero": (indexed("a\0b"), "index.json: found 'a.x00b', expected the plain name"),
    "an index of nothing": (indexed("{}"), "weights: found|config.json: found"),
    "an index of a list": (indexed("[]"), "index.json: found|config.json: found"),
    "an index without a map": (indexed('{"metadata": {}}'), r"index.json: found \['metadata'\]"),
    "an index of lists": (indexed('{"metadata": {}, "weight_map": [1]}'), "index.json: found"),
    "a deep index": (indexed(DEEP), "index.json: found 'RecursionError"),
    "weights by a link": (linked("model.safetensors", "../outside"), "model.safetensors: found '/"),
    "a template by a link": (linked("chat_template.jinja", "/etc/passwd"), "jinja: found '/etc/p"),
    "weights named in config.json": (
        lambda folder: configured(folder, transformers_weights=OUTSIDE),
        "transformers_weights of config.json: found '../outside.safetensors', expected the plain",
    ),
    "a tokenizer named elsewhere": (
        tokens_set(fast_tokenizer_files=["../tokenizer.4.0.0.json"]),
        "fast_tokenizer_files of tokenizer_config.json: found '../tokenizer.4.0.0.json', expected",
    ),
    "code of another repository": (
        lambda folder: configured(folder, model_type="own", auto_map={"AutoConfig": "a/b--c.D"}),
        "config.json: found .*a/b",
    ),
    "code of no kind": (
        lambda folder: configured(folder, model_type="own", auto_map=3),
        "config.json: found .*TypeError",
    ),
    "code for its tokens": (
        tokens_set(tokenizer_class="Own", auto_map={"AutoTokenizer": ["own.Own", None]}),
        "tokenizer: found 'ValueError: The repository",
    ),
    "GPTQ": (packed("gptq"), "quantization_config: found 'gptq', expected weights that are not"),
    "quantised in a word": (
        lambda folder: configured(folder, quantization_config="gptq"),
        "config.json: found .*AttributeError",
    ),
    "quantised with an escape": (packed(ESCAPE), r"quantization_config: found '.x1b\[31m.x07'"),
    "an architecture with an escape": (
        lambda folder: configured(folder, model_type=ESCAPE),
        r"config.json: found .*.x1b\[31m.x07",
    ),
    "experts of another package": (
        lambda folder: configured(folder, experts_implementation="someone/kernel"),
        "config.json: found .*someone/kernel",
    ),
    "ten million layers": (
        lambda folder: configured(folder, num_hidden_layers=10**7),
        "num_hidden_layers: found 10000000, expected at most 1000",
    ),
    "a trillion tokens": (lambda folder: configured(folder, vocab_size=10**12), "weights: found"),
    "no heads": (
        lambda folder: configured(folder, num_attention_heads=0),
        "config.json: found 'ZeroDivisionError",
    ),
    "a width in words": (
        lambda folder: configured(folder, hidden_size=ESCAPE),
        "config.json: found .*hidden_size",
    ),
    "an unknown activation": (
        lambda folder: configured(folder, hidden_act="evil"),
        "config.json: found .*evil.*, expected values that fit together",
    ),
    "an unknown number format": (
        lambda folder: configured(folder, dtype="evil"),
        "config.json: found .*evil",
    ),
    "a deep config": (holding("config.json", DEEP), "config.json: found 'RecursionError"),
    "a config of bytes": (holding("config.json", bytes(range(256))), "config.json: found .*Unico"),
    "a config as a pipe": (piped("config.json"), "path: found .*, expected a folder with a read"),
    "weights as a pipe": (piped("model.safetensors"), "weights: found 'Error no file named"),
    "tokens as a pipe": (piped("tokenizer.json"), "tokenizer: found"),
    "weights of nothing": (holding("model.safetensors", b""), "weights: found .*header too small"),
    "weights with a vast header": (
        holding("model.safetensors", (2**62).to_bytes(8, "little") + b"{}"),
        "weights: found .*header too large",
    ),
    "a deep tokenizer": (holding("tokenizer.json", DEEP), "tokenizer: found 'RecursionError"),
    "a tokenizer of nothing": (holding("tokenizer.json", "{}"), "tokenizer: found .*KeyError"),
    "a tokenizer with an escape": (holding("tokenizer.json", f'"{ESCAPE}"'), "tokenizer: found"),
    "settings of tokens as text": (
        holding("tokenizer_config.json", "x"),
        "tokenizer_config.json: found 'JSONDecodeError",
    ),
    "a window in words": (tokens_set(model_max_length=ESCAPE), "model_max_length: found '.x1b"),
    "an end that is none": (
        holding("generation_config.json", '{"eos_token_id": "x"}'),
        "eos_token_id: found 'x', expected a number or a list of numbers",
    ),
    "settings in a list": (holding("generation_config.json", "[]"), "config.json: found .*TypeErr"),
}


@pytest.mark.hostile
@pytest.mark.parametrize(("spoil", "message"), HOSTILE.values(), ids=HOSTILE)
def test_what_the_author_of_a_base_tries_is_one_line_within_seconds(
    published, tmp_path, spoil, message
):
    spoil(published)
    started = time.perf_counter()
    with pytest.raises(InputError, match=f"^base: .*(?:{message})") as caught:
        fetch.from_path(tmp_path / "model", path=str(published))
    assert time.perf_counter() - started < 20
    assert str(caught.value).isprintable()
    assert not (tmp_path / "model").exists()


# What changes nothing: the base is read as if it were not there.
HARMLESS = {
    "another attention": lambda folder: configured(folder, attn_implementation="someone/kernel"),
    "another attention, as it is kept": lambda folder: configured(
        folder, _attn_implementation="someone/kernel"
    ),
    "code that is not needed": lambda folder: configured(
        folder, auto_map={"AutoConfig": "own.Own", "AutoModelForCausalLM": "a/b--own.Own"}
    ),
    "files of its tokens elsewhere": tokens_set(
        tokenizer_file="/etc/passwd", vocab_file="/etc/passwd"
    ),
    "an adapter in a folder of it": lambda folder: (
        (folder / "adapter").mkdir(),
        holding("adapter/adapter_config.json", '{"base_model_name_or_path": "/other"}')(folder),
    ),
    "code that generates": lambda folder: (
        (folder / "custom_generate").mkdir(),
        holding("custom_generate/generate.py", "raise SystemExit")(folder),
    ),
}


@pytest.mark.hostile
@pytest.mark.parametrize("spoil", HARMLESS.values(), ids=HARMLESS)
def test_what_a_base_names_elsewhere_is_neither_read_nor_kept(
    toy_folder, published, tmp_path, spoil
):
    spoil(published)
    fetch.from_path(tmp_path / "model", path=str(published))
    same = load_file(toy_folder / "model.safetensors")
    found = load_file(tmp_path / "model" / "model.safetensors")
    assert all(torch.equal(found[name], same[name]) for name in same)
    kept = "".join(file.read_text() for file in (tmp_path / "model").glob("*.json"))
    assert "someone" not in kept
    assert "passwd" not in kept
    assert not list((tmp_path / "model").rglob("*.py"))
    assert bases.load(tmp_path / "model", "cpu", "float32").model.config._attn_implementation == (
        "sdpa"
    )


OPENED: list[str] | None = None


def note(event, arguments):
    if event == "open" and OPENED is not None:
        OPENED.append(str(arguments[0]))


sys.addaudithook(note)


@pytest.mark.hostile
def test_no_file_is_opened_but_those_of_the_base(published, tmp_path, monkeypatch):
    for spoil in HARMLESS.values():
        spoil(published)
    fetch.from_path(tmp_path / "warm", path=str(published))  # modules that are loaded late
    monkeypatch.setitem(globals(), "OPENED", [])
    fetch.from_path(tmp_path / "model", path=str(published))
    ours = (str(published), str(tmp_path / "model"), sys.prefix, "/proc", "/sys", "/dev/null")
    assert [path for path in OPENED if not path.startswith(ours)] == []


def test_a_snapshot_of_the_hub_s_cache_is_a_folder_with_a_base(toy_folder, tmp_path):
    blobs, snapshot = tmp_path / "blobs", tmp_path / "snapshots" / ("a1" * 20)
    shutil.copytree(toy_folder, blobs)
    snapshot.mkdir(parents=True)
    for file in blobs.iterdir():
        (snapshot / file.name).symlink_to(f"../../blobs/{file.name}")
    fetch.from_path(tmp_path / "model", path=str(snapshot))
    assert (tmp_path / "model" / "config.json").is_file()


def test_shards_beside_their_index_are_read(published, tmp_path):
    indexed("a.safetensors")(published)
    fetch.from_path(tmp_path / "model", path=str(published))
    assert (tmp_path / "model" / "model.safetensors").is_file()


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


ADAPTER = {"adapter_config.json": b'{"base_model_name_or_path": "/other"}'}
NESTED = {f"adapter/{name}": content for name, content in ADAPTER.items()}
SHARDS = json.dumps({"metadata": {}, "weight_map": {"model.norm.weight": OUTSIDE}}).encode()
REPOSITORIES = {
    "an adapter": (ADAPTER, "adapter_config.json: found 'it', expected no adapter"),
    "shards outside": ({base_files.INDEX: SHARDS}, "index.json: found '../outside.safetensors'"),
    "a damaged config": ({"config.json": b"{"}, "config.json: found 'JSONDecodeError"),
    "a damaged tokenizer": ({"tokenizer.json": b"{}"}, "tokenizer: found"),
}


@pytest.fixture
def fetched(start_hub, toy_folder, tmp_path, monkeypatch):
    """Fetch the toy base, with files changed, from a hub; the folder in which it is saved."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    # The small hub knows no folders of templates; the client would ask for them again and again.
    monkeypatch.setattr(time, "sleep", lambda _: None)
    files = {file.name: file.read_bytes() for file in toy_folder.iterdir()}

    def fetched(changed):
        start_hub({"owner/model": Repository(files=files | changed, commit="a1" * 20)})
        fetch.from_hub(tmp_path / "model", repo="owner/model", commit="a1" * 20)
        return tmp_path / "model"

    return fetched


@pytest.mark.hostile
@pytest.mark.parametrize(("changed", "message"), REPOSITORIES.values(), ids=REPOSITORIES)
def test_a_repository_of_the_hub_is_looked_at_as_a_folder_is(fetched, changed, message):
    with pytest.raises(InputError, match=f"^base: .*{message}"):
        fetched(changed)


@pytest.mark.hostile
def test_an_adapter_in_a_folder_of_a_repository_is_not_followed(fetched, toy_folder):
    found = load_file(fetched(NESTED) / "model.safetensors")
    same = load_file(toy_folder / "model.safetensors")
    assert all(torch.equal(found[name], same[name]) for name in same)


@pytest.mark.hostile
def test_a_folder_of_the_name_of_a_repository_is_not_taken_for_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "owner" / "model").mkdir(parents=True)
    with pytest.raises(InputError, match="base: repo: found 'owner/model', expected a repository"):
        fetch.from_hub(tmp_path / "base", repo="owner/model", commit="a1" * 20)
