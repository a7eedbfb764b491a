"""A study with a drawn community, on the toy base, from the draw to the verdict."""

import pytest
import studies
import yaml

from recycling.ground import tables
from recycling.plan.study import file as study_file

pytestmark = pytest.mark.slow
COUNT = 24
DRAWN = {"pool": "real", "select": "evaluation"}
MERGED = {"merge": {"method": "learned", "steps": 2}}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of the run, and the record of its study."""
    folder = studies.runnable(tmp_path_factory.mktemp("drawn") / "project")
    file = folder / "toy.yaml"
    keys = yaml.safe_load(file.read_text())
    keys |= {
        "community": {},
        "community_from": "workflow/communities/thousand.yaml",
        "community_count": COUNT,
        "tasks": {"which_language": {"source": "builtin", "set_aside": 150}},
        "targets": ["which_language"],
        "replicates": 1,
        "pool": {
            "hub": {"kind": "community", "cards": "wild"},
            "shard_size": 10,
            "scoring": {"metric": "nll", "rows": 4},
            "ranked_by": ["rank", "cosine", "cards"],
            "subpools": {"few": {"first": 10}, "strict": {"max_per_owner": 1}},
        },
        "arms": {
            "base": {},
            "fresh": {"fresh": True},
            "k{k}": {"grid": {"k": [1, 10, 30]}, **DRAWN, "k": "{k}", **MERGED},
            "of_few": {**DRAWN, "among": "few", "k": 3, **MERGED},
            "of_strict": {**DRAWN, "among": "strict", "k": 3, **MERGED},
            "oracle": {"pool": "real", "select": "oracle_choice", "k": 1},
        },
    }
    del keys["experiments"]
    file.write_text(yaml.safe_dump(keys, sort_keys=False))
    drawn = [f"results/toy/figures/{name}.svg" for name in ("relatives", "weights")]
    studies.judged(folder, "--cores", "2", also=drawn)
    study = study_file.complete(
        keys | {"community_from": str(folder / "workflow/communities/thousand.yaml")}
    )
    return folder / "results/toy", study


def test_what_was_drawn_is_what_is_published_and_accepted(run):
    results, study = run
    published = tables.read_table(results / "community/published.tsv", "published")
    assert {*published["recipe"]} == {*study.community}
    repos = published.set_index("repo")["recipe"]
    accepted = tables.read_table(results / "pool/accepted.tsv", "accepted").set_index("repo")
    rejected = tables.read_table(results / "pool/rejected.tsv", "rejected").set_index("repo")
    assert (len(accepted), len(rejected)) == (COUNT, len(study.community) - COUNT)
    for repo, row in accepted.iterrows():
        recipe = study.community[repos[repo]]
        assert recipe.defect is None
        assert (row["owner"], row["rank"]) == (recipe.owner, recipe.rank)
    assert all(study.community[repos[repo]].defect for repo in rejected.index)


def test_parts_of_the_pool_are_ranked_by_the_same_scores(run):
    results, study = run
    place = "rankings/evaluation/{}/which_language/0.tsv"
    whole, few, strict = (
        tables.read_table(results / place.format(part), "ranking").set_index("adapter")
        for part in ("all", "few", "strict")
    )
    published = tables.read_table(results / "community/published.tsv", "published")
    first = [name for name, recipe in study.community.items() if recipe.defect is None][:10]
    drawn = published[published["recipe"].isin(first)]["repo"].str.replace("/", "--")
    assert {*few.index} == {*drawn}
    assert few["score"].to_dict() == whole["score"][few.index].to_dict()
    owners = [name.partition("--")[0] for name in strict.index[strict["position"].notna()]]
    assert len(owners) == len({*owners})
    assert {*strict.index} == {*whole.index}


def test_relatives_are_counted_in_the_rankings_of_arms_and_of_other_selectors(run):
    results, study = run
    found = tables.read_table(results / "tables/relatives.tsv", "relatives")
    whole = found[found["subpool"] == "all"]
    assert {*whole["selector"]} == {"evaluation", "oracle_choice", *study.pool.ranked_by}
    kin = study.pool.kin["which_language"]
    assert {*found["kin"]} == {grade for grade, names in kin if names}
    learnt = [recipe for recipe in study.community.values() if recipe.defect is None]
    for grade, names in kin:
        there = sum(recipe.task in names for recipe in learnt)
        assert {*whole[whole["kin"] == grade]["relatives"]} <= {there}
    assert (results / "figures/relatives.svg").exists()


def test_the_weight_of_a_merge_is_shared_out_among_kinds_of_adapters(run):
    results, study = run
    found = tables.read_table(results / "tables/weights.tsv", "weights")
    learned = [name for name, arm in study.arms.items() if arm.merge.method == "learned"]
    assert {*found["arm"]} == {*learned} - {"base", "fresh"}
    for _, merge in found[found["share"].notna()].groupby(["arm", "task", "replicate"]):
        whole, kinds = merge[merge["kin"] == "all"], merge[merge["kin"] != "all"]
        assert kinds["share"].sum() == pytest.approx(1)
        assert kinds["sources"].sum() == whole["sources"].sum()
    assert (results / "figures/weights.svg").exists()


def test_the_arms_are_those_that_the_pool_is_large_enough_for(run):
    results, study = run
    plan = studies.toy(results.parents[1], "-n").stdout
    assert f"left out, since the community has {COUNT} adapters: k30\n" in plan
    assert [*study.arms] == ["base", "fresh", "k1", "k10", "of_few", "of_strict", "oracle"]
    scores = tables.read_table(results / "tables/scores.tsv", "scores")
    assert {*scores["arm"]} == {*study.arms}
