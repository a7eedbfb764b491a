"""A merge depends on the adapters that it takes, not on the whole pool."""

import csv
import re
import shutil
from pathlib import Path

import pytest
import studies
import yaml

pytestmark = pytest.mark.workflow
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
    """The toy study with a shard for each adapter, run to its end."""
    folder = studies.runnable(tmp_path_factory.mktemp("sharded") / "project")
    file = folder / "toy.yaml"
    study = yaml.safe_load(file.read_text())
    study |= {"replicates": 1, "arms": ARMS}
    study["pool"] |= {"shard_size": 1, "subpools": SUBPOOLS}
    del study["experiments"]
    file.write_text(yaml.safe_dump(study, sort_keys=False))
    return studies.undisturbed(folder)


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text.splitlines(), delimiter="\t"))


def first_k(folder: Path, arm: str) -> set[str]:
    """The shards of the first k adapters in an arm's ranking."""
    chosen = ARMS[arm]
    place = f"rankings/{chosen['select']}/{chosen.get('among', 'all')}/months/0.tsv"
    rows = table((folder / RESULTS / place).read_text())
    return {row["shard"] for row in [row for row in rows if row["position"]][: chosen["k"]]}


def test_the_input_of_a_merge_are_the_shards_of_its_first_k(sharded):
    done = studies.toy(sharded, "--detailed-summary")
    assert done.returncode == 0, done.stdout[-3000:]
    rows = table(done.stdout[done.stdout.index("output_file\t") :])
    inputs = {row["output_file"]: row["input-file(s)"].split(",") for row in rows}
    found = {
        arm: {
            Path(path).name
            for path in inputs[f"{RESULTS}/merged/{arm}/months/0/merge.json"]
            if "/pool/adapters/" in path
        }
        for arm in ARMS
    }
    assert found == {arm: first_k(sharded, arm) for arm in ARMS}
    assert found["both"] == found["first"] | found["attention"]
    assert found["first"].isdisjoint(found["attention"])
    shards = {path.name for path in (sharded / RESULTS / "pool/adapters").iterdir()}
    assert found["both"] < shards


def test_a_shard_that_is_made_again_reruns_the_merges_of_its_adapters_alone(sharded, tmp_path):
    """The rankings are made again too, with the same content.

    A dry run plans every merge, since it cannot know what the new rankings will say. Rankings are
    checkpoints: when they are there, Snakemake asks again which jobs are needed, and passes over an
    input that is newer but has the checksum of the run before.
    """
    folder = tmp_path / "project"
    shutil.copytree(sharded, folder)
    [shard] = first_k(sharded, "attention")
    again = ["--forcerun", f"{RESULTS}/pool/adapters/{shard}"]
    planned = studies.toy(folder, "-n", *again).stdout
    assert set(re.findall(r"wildcards: arm=(\w+)", planned)) == {*ARMS}
    kept = folder / RESULTS / "merged/first/months/0/merge.json"
    ranking = folder / RESULTS / "rankings/random/all/months/0.tsv"
    content = ranking.read_bytes()
    made = {file: file.stat().st_mtime_ns for file in (kept, ranking)}
    done = studies.toy(folder, *again)
    assert done.returncode == 0, done.stdout[-5000:]
    assert ranking.read_bytes() == content
    assert ranking.stat().st_mtime_ns > made[ranking]
    assert set(re.findall(r"wildcards: arm=(\w+)", done.stdout)) == {"both", "attention"}
    assert kept.stat().st_mtime_ns == made[kept]
