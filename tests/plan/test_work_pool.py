"""What the stages community and pool take."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
import studies
import yaml
from plan_cases import STUDY, changed, of_arms

from recycling.community.recipe import Publication
from recycling.ground import seeds
from recycling.ground.errors import InputError
from recycling.ground.provenance import source_digest
from recycling.plan.study.file import complete
from recycling.plan.work import pool
from recycling.plan.work.harmful import harmful
from recycling.tasks.aside import Aside

PRECONDITIONS = complete(
    yaml.safe_load((studies.ROOT / "tests/toy/preconditions.yaml").read_text())
)
FOLDER = changed(pool__hub={"kind": "folder", "path": "~/hub", "ids": "ids.txt"}, community={})
ONLINE = changed(pool__hub={"kind": "huggingface"})


def shards():
    return ["0", "2"]


# hub


def test_the_community_s_hub_is_made_by_the_study():
    assert pool.by_community(STUDY)
    assert pool.hub(STUDY) == {"kind": "folder", "path": "results/toy/hub"}
    assert pool.hub_folder(STUDY) == "<results>/hub"
    assert pool.published(STUDY) == ["<results>/community/published.tsv"]
    assert pool.listed_ids(STUDY) == []


def test_a_folder_is_an_input_and_its_home_is_spelled_out():
    path = str(Path("~/hub").expanduser())
    assert not pool.by_community(FOLDER)
    assert pool.hub(FOLDER) == {"kind": "folder", "path": path}
    assert pool.hub_folder(FOLDER) == path
    assert pool.published(FOLDER) == []
    assert pool.listed_ids(FOLDER) == "ids.txt"


def test_the_network_is_no_input():
    assert pool.hub(ONLINE) == {"kind": "huggingface"}
    assert pool.hub_folder(ONLINE) == []


# vetting


def test_adapters_call_the_base_by_its_name_or_an_alias():
    study = changed(base__aliases={"toy/copy": "quantised"})
    assert pool.bases(study) == ["toy/base", "toy/copy"]
    assert pool.vetting(study)["aliases"] == {"toy/base": "same_weights", "toy/copy": "quantised"}


def test_candidates_are_vetted_by_the_study_s_limits():
    study = changed(
        pool__limits={"max_rank": 8, "denylist": ["a/b"], "harmless_keys": ["lr"]},
        pool__licences={"deny": ["cc-by-nc-4.0"]},
        pool__exclude_target_related=True,
    )
    assert pool.vetting(study) == {
        "aliases": {"toy/base": "same_weights"},
        "max_bytes": 2_000_000_000,
        "max_rank": 8,
        "base_repository": "",
        "base_commit": "",
        "denylist": ["a/b"],
        "harmless_keys": ["lr"],
        "licences": {"allow": [], "deny": ["cc-by-nc-4.0"]},
        "keywords": ["months"],
        "exclude_target_related": True,
    }


def test_the_commit_of_the_base_is_that_of_its_source():
    commit = "0123456789abcdef" * 2 + "01234567"
    hub = {"kind": "hub", "repo": "lab/base", "commit": commit}
    cached = {"kind": "path", "path": f"~/hub/models--lab--base/snapshots/{commit}"}
    for source in (hub, cached):
        assert pool.base_origin(changed(base__source=source)) == {
            "base_repository": "lab/base",
            "base_commit": commit,
        }
    copied = changed(base__source={"kind": "path", "path": "models/base"})
    assert pool.base_origin(copied)["base_commit"] == ""


def test_only_the_studies_of_the_paper_refuse_small_updates():
    files = [studies.ROOT / "config.yaml", *(studies.ROOT / "workflow/studies").glob("*.yaml")]
    limits = {file.stem: (yaml.safe_load(file.read_text()).get("pool") or {}) for file in files}
    found = {name: pool.get("limits", {}).get("norm_min", 0) for name, pool in limits.items()}
    assert {name for name, least in found.items() if least} == {"llama31_8b", "qwen3_4b"}


def test_a_study_without_targets_excludes_nothing_for_them():
    assert pool.target_keywords(PRECONDITIONS) == []
    assert pool.vetting(PRECONDITIONS)["exclude_target_related"] is False


def test_a_target_is_known_by_its_name_and_by_those_of_its_data_set():
    source = {"source": "hub", "repo": "owner/Set", "commit": "0" * 40}
    source |= {"fields": {"question": "q"}, "answer": "a", "instruction": "Answer."}
    study = changed(tasks__months=source, arms__base={"targets": ["months", "third_person"]})
    assert pool.target_keywords(study) == ["Set", "months", "owner/Set", "third_person"]


def test_downloads_have_limits_of_size_and_norm():
    study = changed(pool__limits={"norm_min": 0.5})
    limits = {"max_bytes": 2_000_000_000, "norm_min": 0.5, "norm_max": 1000}
    assert pool.download_limits(study) == limits


# shards


def test_shards_have_a_folder_and_a_table_of_effects():
    folders = ["<results>/pool/adapters/0", "<results>/pool/adapters/2"]
    assert pool.shard_folders(STUDY, shards) == folders
    effects = ["<results>/pool/effects/0.tsv", "<results>/pool/effects/2.tsv"]
    assert pool.shard_effects(STUDY, shards) == effects


def vetted(file, *numbers):
    file.write_text("repo\tshard\n" + "".join(f"a/{i}\t{n}\n" for i, n in enumerate(numbers)))
    return file


def test_shards_are_numbered_and_what_was_rejected_is_in_none(tmp_path):
    file = vetted(tmp_path / "vetted.tsv", "10", "", "9", "10")
    assert pool.shard_numbers(file) == pool.shard_numbers(str(file)) == ["9", "10"]


def test_a_table_is_read_again_when_it_has_changed(tmp_path):
    file = vetted(tmp_path / "vetted.tsv", "0")
    assert pool.shard_numbers(file) == ["0"]
    changed_at = file.stat().st_mtime_ns + 1_000_000_000
    os.utime(vetted(file, "0", "1"), ns=(changed_at, changed_at))
    assert pool.shard_numbers(file) == ["0", "1"]


def test_a_pool_of_nobody_has_no_shards(tmp_path):
    assert pool.shard_numbers(vetted(tmp_path / "vetted.tsv")) == []
    assert pool.shard_folders(STUDY, list) == []


# community


@pytest.mark.parametrize("study", [STUDY, PRECONDITIONS], ids=["merging", "preconditions"])
def test_a_community_adapter_has_its_recipe_its_task_and_its_seed(study):
    recipe = pool.community_recipe(study, "plurals-attention")
    assert (recipe.task, recipe.rank, recipe.alpha, recipe.steps) == ("plural", 2, 2, 2)
    assert (recipe.rslora, recipe.modules, recipe.rows) == (True, ["q_proj", "v_proj"], 200)
    assert pool.community_source(study, "plurals-attention") == "builtin"
    assert pool.community_options(study, "plurals-attention") == {}
    seed = seeds.derive(7, "community", "plurals-attention")
    assert pool.community_seed(study, "plurals-attention") == seed


def test_adapters_of_a_run_share_its_randomness_and_differ_in_what_they_say():
    recipe = {"task": "plural", "rank": 2, "alpha": 2, "steps": 4}
    later = recipe | {"run": "first", "stop": 2, "owner": "ana", "labels": "shuffled"}
    study = changed(
        community={"first": recipe, "later": later}, pool__kin={"months": {"same": ["first"]}}
    )
    assert pool.community_seed(study, "later") == pool.community_seed(study, "first")
    trained = pool.community_recipe(study, "later")
    assert (trained.stop, trained.labels) == (2, "shuffled")
    assert pool.publications(study)["later"] == Publication("plural", "ana")


def worse(by, share=0.5):
    return {
        "pool": "real",
        "select": "random",
        "k": 1,
        "worsened": {"by": by, "share": share},
    }


def test_harmful_versions_of_the_relatives_are_published_beside_the_community():
    """Related by its own name, or by that of its task; no version of what is not related."""
    recipe = {"task": "plural", "rank": 2, "alpha": 2, "owner": "ana"}
    other = recipe | {"task": "third_person"}
    study = of_arms(
        {by: worse(by) for by in ("negated", "label_shuffled", "unrelated")},
        community={"a": recipe, "b": recipe, "c": other, "d": other},
        pool__kin={"months": {"same": ["a"], "sibling": ["third_person"]}},
    )
    assert pool.negated(study) == {f"{name}-negated": name for name in "acd"}
    shuffled = [f"{name}-label-shuffled" for name in "acd"]
    assert list(pool.trained(study)) == ["a", "b", "c", "d", *shuffled]
    assert pool.community(study) == [*pool.trained(study), *pool.negated(study)]
    # It differs from the adapter in its labels alone.
    own, version = (pool.community_training(study, name) for name in ("a", "a-label-shuffled"))
    assert version == replace(own, recipe=replace(own.recipe, labels="shuffled"))
    told = pool.publications(study)
    assert told["b"] == Publication("plural", "ana")
    assert told["c-negated"] == Publication("third_person", "ana", of="c")
    assert list(told) == ["a", "b", "c", "d", *shuffled, *pool.negated(study)]


def test_nobody_publishes_what_is_harmful_for_a_hub_of_others():
    with pytest.raises(InputError, match=r"arms.a.worsened.by: found 'negated', expected unrelat"):
        of_arms({"a": worse("negated")}, pool__hub={"kind": "folder", "path": "x"}, community={})


def test_only_what_some_arm_s_pool_may_hold_is_published():
    for arm in (worse("unrelated"), worse("unrelated", share=0)):
        study = of_arms({"a": arm})
        assert harmful(study) == {}
        assert pool.community(study) == list(study.community)
    assert harmful(PRECONDITIONS) == {}
    assert harmful(STUDY) == {}


def test_an_adapter_learns_a_target_from_the_rows_that_are_set_aside():
    study = changed(tasks__plural__set_aside=30)
    assert pool.community_training(study, "plurals-attention").aside == Aside(
        30, seeds.derive(7, "set aside")
    )
    assert pool.community_training(STUDY, "plurals-attention").aside is None


def of_many(count):
    recipe = {"task": "plural", "rank": 2, "alpha": 2}
    return of_arms(
        {"a": {"pool": "real", "select": "random", "k": 1}},
        community={f"a{i}": recipe for i in range(count)},
        pool__kin={"months": {"sibling": ["a0"]}},
    )


@pytest.mark.parametrize(
    ("adapters", "jobs"), [(1, 1), (2, 2), (12, 2), (32, 2), (33, 3), (960, 60)]
)
def test_a_few_jobs_train_the_community_each_adapter_in_one(adapters, jobs):
    study = of_many(adapters)
    assert pool.batches(study) == [str(number) for number in range(jobs)]
    dealt = [pool.batch_trainings(study, batch) for batch in pool.batches(study)]
    assert sorted(name for batch in dealt for name in batch) == sorted(study.community)
    assert max(map(len, dealt)) - min(map(len, dealt)) <= 1
    assert max(map(len, dealt)) <= pool.BATCH


def test_a_new_last_adapter_moves_no_other():
    before, after = of_many(12), of_many(13)
    for batch in pool.batches(before):
        assert [*pool.batch_trainings(before, batch)] == [
            name for name in pool.batch_trainings(after, batch) if name != "a12"
        ]


def test_a_batch_has_all_that_decides_its_adapters_but_the_base():
    found = pool.batch_trainings(STUDY, "1")["plurals-attention"]
    assert found.recipe == pool.community_recipe(STUDY, "plurals-attention")
    assert (found.source, found.options) == ("builtin", {})
    assert found.seed == pool.community_seed(STUDY, "plurals-attention")
    assert found.code == pool.community_code(STUDY, "plurals-attention")
    assert pool.community_store(STUDY) == "results/toy/parts/train_community"


def test_a_study_of_others_adapters_trains_none():
    assert pool.batches(FOLDER) == []


def test_an_edit_of_a_source_reaches_the_adapters_of_its_tasks():
    calendar = {"task": "months", "rank": 2, "alpha": 2}
    study = changed(community__calendar=calendar, tasks__months__set_aside=20)
    assert pool.community_options(study, "calendar")["path"] == "months.jsonl"
    script = "community/train_community"
    assert pool.community_code(study, "plurals") == source_digest(script, "recycling.tasks.builtin")
    assert pool.community_code(study, "calendar") == source_digest(script, "recycling.tasks.files")


def test_the_community_publishes_with_a_seed_of_its_own():
    assert pool.publish_seed(STUDY) == seeds.derive(7, "publish")
    publication = Publication("plural")
    assert pool.publications(STUDY) == {"plurals": publication, "plurals-attention": publication}
