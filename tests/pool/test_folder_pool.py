"""A plain folder of adapters, one folder each, as a pool."""

import pytest
from pool_cases import MODULES, fit, tensors
from pool_run import run_pool

from recycling.adapters import canonical
from recycling.community.defects import with_tensors
from recycling.ground.errors import InputError


def put(folder, files):
    folder.mkdir(parents=True)
    for name, data in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)


def without_card(**changes):
    return {name: data for name, data in fit(**changes).items() if name != "README.md"}


def run(folder, target, **settings):
    return run_pool({"kind": "folder", "path": str(folder)}, target, MODULES, **settings)


def test_a_plain_folder_is_a_pool(tmp_path):
    disk = tmp_path / "adapters"
    put(disk / "french", without_card())
    put(disk / "french-again", without_card())
    put(disk / "sums.v2", with_tensors(fit(), tensors(seed=1)))
    put(disk / "run7", {f"checkpoint-5/{name}": data for name, data in fit().items()})
    put(disk / "notes", {"todo.txt": b"nothing"})
    put(disk / "models", without_card(base_model_name_or_path="other/base"))
    vetted, accepted, rejected = run(disk, tmp_path / "pool")
    assert len(vetted) == 6
    assert accepted["adapter"].tolist() == ["french", "french-again", "sums.v2"]
    assert accepted["repo"].tolist() == accepted["adapter"].tolist()
    assert accepted["family"].tolist() == ["french", "french", "sums.v2"]
    assert accepted["commit"].str.fullmatch("[0-9a-f]{40}").all()
    assert accepted["owner"].isna().all()
    assert accepted["flags"].fillna("").tolist() == ["no_card,no_licence"] * 2 + [""]
    assert dict(rejected[["repo", "reason"]].itertuples(index=False)) == {
        "models": "base_mismatch",
        "notes": "no_config",
        "run7": "subfolder_only",
    }
    adapter = canonical.read(tmp_path / "pool/adapters/0/french.safetensors")
    assert adapter.name == adapter.source["repo"] == "french"
    assert adapter.source["owner"] == ""


def test_a_folder_whose_adapters_name_no_base_says_which_key_to_check(tmp_path):
    put(tmp_path / "adapters/french", without_card(base_model_name_or_path="/data/llama"))
    with pytest.raises(InputError, match=r"\{'base_unknown': 1\}.* base\.aliases"):
        run(tmp_path / "adapters", tmp_path / "pool")
