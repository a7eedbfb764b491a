"""Merges depend on the adapters that they take, not on the whole pool."""

import csv
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import studies
import yaml

from recycling.adapters import canonical

pytestmark = pytest.mark.slow
RESULTS = Path("results/toy")
# With a shard for each adapter, arms of one shard, of another, and of both.
ARMS = {
    "first": {"pool": "real", "select": "random", "k": 1},
    "both": {"pool": "real", "select": "random", "k": 2, "merge": {"method": "average"}},
    "attention": {"pool": "real", "select": "random", "among": "attention", "k": 1},
}
SUBPOOLS = {"attention": {"only": ["plurals-attention"]}}


@pytest.fixture(scope="module")
def sharded(tmp_path_factory):
    """The toy study with a shard for each adapter, run to its verdict."""
    folder = studies.runnable(tmp_path_factory.mktemp("sharded") / "project")
    file = folder / "toy.yaml"
    study = yaml.safe_load(file.read_text())
    study |= {"replicates": 1, "arms": ARMS}
    study["pool"] |= {"shard_size": 1, "subpools": SUBPOOLS}
    del study["experiments"]
    file.write_text(yaml.safe_dump(study, sort_keys=False))
    return studies.judged(folder)


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text.splitlines(), delimiter="\t"))


def first_k(folder: Path, arm: str) -> set[str]:
    """The shards of the first k adapters in an arm's ranking."""
    chosen = ARMS[arm]
    place = f"rankings/{chosen['select']}/{chosen.get('among', 'all')}/months/0.tsv"
    rows = table((folder / RESULTS / place).read_text())
    return {row["shard"] for row in [row for row in rows if row["position"]][: chosen["k"]]}


def test_the_input_of_merges_are_the_shards_of_their_first_k(sharded):
    done = studies.toy(sharded, "--detailed-summary")
    assert done.returncode == 0, done.stdout[-3000:]
    rows = table(done.stdout[done.stdout.index("output_file\t") :])
    inputs = {row["output_file"]: row["input-file(s)"].split(",") for row in rows}
    found = {
        Path(path).name
        for path in inputs[f"{RESULTS}/merged/both/months/0/merge.json"]
        if "/pool/adapters/" in path
    }
    wanted = {arm: first_k(sharded, arm) for arm in ARMS}
    assert wanted["both"] == wanted["first"] | wanted["attention"]
    assert wanted["first"].isdisjoint(wanted["attention"])
    assert found == wanted["both"]
    shards = {path.name for path in (sharded / RESULTS / "pool/adapters").iterdir()}
    assert found < shards


def test_a_shard_that_is_made_again_with_the_same_adapters_costs_no_merge(sharded, tmp_path):
    """The merges of its adapters are taken over, for they are made from the same bytes."""
    folder = tmp_path / "project"
    shutil.copytree(sharded, folder)
    [shard] = first_k(sharded, "attention")
    before = studies.merged(folder)
    done = studies.toy(
        folder, "--forcerun", f"{RESULTS}/pool/adapters/{shard}", "--", studies.VERDICT
    )
    assert done.returncode == 0, done.stdout[-5000:]
    assert "rule merge_adapters:" in done.stdout
    assert studies.made(folder, "merge_adapters") == dict.fromkeys(ARMS, "taken over")
    assert studies.merged(folder) == before


def test_another_adapter_costs_the_merges_that_take_it(sharded, tmp_path):
    folder = tmp_path / "project"
    shutil.copytree(sharded, folder)
    [shard] = first_k(sharded, "attention")
    [file] = (folder / RESULTS / f"pool/adapters/{shard}").glob("*.safetensors")
    canonical.write(replace(canonical.read(file), modules=halved(canonical.read(file))), file)
    before = studies.merged(folder)
    done = studies.toy(folder, "--forcerun", "merge_adapters", "--", studies.VERDICT)
    assert done.returncode == 0, done.stdout[-5000:]
    found = studies.made(folder, "merge_adapters")
    assert found == {"first": "taken over", "both": "made", "attention": "made"}
    changed = {path for path, content in studies.merged(folder).items() if content != before[path]}
    assert {path.split("/")[3] for path in changed} == {"both", "attention"}


def halved(adapter):
    return {module: factors.scaled(0.5) for module, factors in adapter.items()}
