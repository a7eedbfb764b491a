"""A study whose pools get worse, from the harmful adapters of its community to the account."""

import pytest
import studies
import yaml
from safetensors.torch import load_file

from recycling.ground import tables

pytestmark = pytest.mark.slow
SMALL = {"rank": 2, "alpha": 2, "steps": 2, "modules": ["q_proj", "v_proj"]}


def worse(by, share, **merge):
    how = {"worsened": {"by": by, "share": share}, "merge": {"method": "average", **merge}}
    return {"pool": "real", "select": "evaluation", "k": 2, **how}


ARMS = {
    "base": {},
    "relatives": worse("unrelated", 0),
    "unrelated": worse("unrelated", 0.5),
    "shuffled": worse("label_shuffled", 0.5, compress_rank=2),
    "negated": worse("negated", 1),
    "learned": worse("negated", 1, method="learned", steps=2),
    "whole": {
        "pool": "real",
        "select": "random",
        "k": "all",
        "merge": {"method": "subspace", "directions": "random", "steps": 2},
    },
}


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = studies.runnable(tmp_path_factory.mktemp("worse") / "study")
    study = yaml.safe_load((folder / "toy.yaml").read_text())
    community = {name: {"task": "plural", **SMALL} for name in ("one", "two", "other")}
    study |= {"arms": ARMS, "community": community, "replicates": 2}
    study["pool"]["kin"] = {"months": {"sibling": ["one", "two"]}}
    study["experiments"] = {"worse_pools": {"arms": [arm for arm in ARMS if arm != "whole"]}}
    (folder / "toy.yaml").write_text(yaml.safe_dump(study, sort_keys=False))
    figures = ["results/toy/figures/worse_pools.png"]
    return studies.judged(folder, "--cores", "2", also=figures) / "results/toy"


def recipes(ran, part, replicate="0"):
    """The recipes of the adapters of a part of the pool; whoever ranks it, they are the same."""
    file = min(ran.glob(f"rankings/*/{part}/months/{replicate}.tsv"))
    published = tables.read_table(ran / "community/published.tsv", "published")
    accepted = tables.read_table(ran / "pool/accepted.tsv", "accepted")
    recipe = dict(zip(published["repo"], published["recipe"], strict=True))
    named = {row.adapter: recipe[row.repo] for row in accepted.itertuples()}
    return {named[adapter] for adapter in tables.read_table(file, "ranking")["adapter"]}


def test_each_pool_holds_what_it_should_and_the_whole_pool_nothing_harmful(ran):
    assert recipes(ran, "all") == {"one", "two", "other"}
    assert recipes(ran, "worsened-unrelated-0") == {"one", "two"}
    assert recipes(ran, "worsened-negated-1") == {"one-negated", "two-negated"}
    stays = recipes(ran, "worsened-unrelated-0.5") - {"other"}
    [left] = {"one", "two"} - stays
    assert recipes(ran, "worsened-label_shuffled-0.5") == {*stays, f"{left}-label-shuffled"}


def test_the_average_of_negated_relatives_is_that_of_the_relatives_with_the_other_sign(ran):
    own, other = (
        load_file(ran / f"merged/{arm}/months/0/adapter_model.safetensors")
        for arm in ("relatives", "negated")
    )

    def updates(tensors):
        sides = {key.partition(".lora_")[0] for key in tensors}
        return {
            side: tensors[f"{side}.lora_B.weight"] @ tensors[f"{side}.lora_A.weight"]
            for side in sides
        }

    found = updates(other)
    for side, update in updates(own).items():
        assert update.any()
        assert (found[side] + update).abs().max() < 1e-6 * update.abs().max()


def test_the_record_says_what_compression_lost_and_the_account_has_every_share(ran):
    record = tables.read_json(ran / "merged/shuffled/months/0/merge.json")
    assert record["rank"] == record["details"]["compress_rank"] == 2
    assert 0 < record["details"]["compress_error"] < 1
    directions = tables.read_json(ran / "merged/whole/months/0/merge.json")["details"]
    assert directions["directions"] == "random"
    table = tables.read_table(ran / "tables/worse_pools.tsv", "experiment")
    shown = set(zip(table["panel"], table["arm"], table["x"], strict=True))
    assert shown == {
        *((panel, "relatives", 0.0) for panel in table["panel"].unique()),
        ("unrelated, minus base", "unrelated", 0.5),
        ("shuffled answers, minus base", "shuffled", 0.5),
        ("opposite sign, minus base", "negated", 1.0),
        ("opposite sign, minus base", "learned", 1.0),
    }
    assert (ran / "figures/worse_pools.png").stat().st_size > 0
