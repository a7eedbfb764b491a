import re
import shutil
import subprocess
import sys

import huggingface_hub
import pandas as pd
import publish_community
import pytest
import studies
import yaml
from pool_cases import BASE, COMMIT, MODULES, fit, store, tensors
from pool_run import heard, run_pool

from recycling.adapters import canonical
from recycling.community import defects, publishing
from recycling.community.defects import with_tensors
from recycling.community.recipe import Publication
from recycling.ground import tables
from recycling.ground.errors import InputError
from recycling.hub.folder import FolderHub
from recycling.pool import ledger

REASONS = {
    "capitals_bin": "no_safetensors",
    "chat_dpo": "base_mismatch",
    "continents_dora": "variant:dora",
    "domains_head": "embedding_lora",
    "emoji_pissa": "mutated_base",
    "flags_sft_run2": "subfolder_only",
    "greek_letters": "truncated",
    "headlines_full_head": "modules_to_save",
    "jokes_v0": "noop",
    "months_gz": "unreadable_config",
    "planets_lr1": "nonfinite",
    "rhymes_360m": "shape",
    "sentiment_cls": "task_type",
    "units_noalpha": "scale_unknown",
}
TRAINED = [f"topic_{n}" for n in range(6)]
PUBLICATIONS = {name: Publication(f"task_{name[-1]}") for name in TRAINED}


def trained(folder):
    for n, name in enumerate(TRAINED):
        (folder / name).mkdir(parents=True)
        for file, data in with_tensors(fit(r=n + 1), tensors(rank=n + 1, seed=n)).items():
            (folder / name / file).write_bytes(data)
    return [str(folder / name) for name in TRAINED]


def content(root):
    return {
        path.relative_to(root).as_posix(): (path.read_bytes(), path.stat().st_mtime)
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    root = tmp_path_factory.mktemp("community")
    publish_community.main(
        trained(root / "trained"), BASE, PUBLICATIONS, 5, str(root / "hub"), str(root / "p")
    )
    return root / "hub"


def run(hub, folder, **settings):
    return run_pool({"kind": "folder", "path": str(hub)}, folder, MODULES, **settings)


@pytest.fixture(scope="module")
def pool(hub, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pool")
    return folder, *run(hub, folder)


def test_every_trained_adapter_is_accepted_and_every_broken_one_rejected(pool):
    _, vetted, accepted, rejected = pool
    assert len(vetted) == len(accepted) + len(rejected) == len(TRAINED) + len(REASONS)
    assert len(accepted) == len(TRAINED)
    assert set(defects.BROKEN) == set(REASONS)
    reasons = dict(rejected[["repo", "reason"]].itertuples(index=False))
    for name, reason in REASONS.items():
        (found,) = [repo for repo in reasons if name.replace("_", "-") in repo]
        assert reasons[found] == reason
    assert rejected["stage"].unique().tolist() == ["listing", "header", "weights"]
    assert rejected["detail"].notna().all()


def test_quirks_are_noted_as_flags(pool):
    flags = ",".join(pool[2]["flags"].dropna()).split(",")
    assert {"own_tokenizer", "base_from_card", "no_licence"} >= set(flags) - {"no_card"}
    assert {"own_tokenizer", "base_from_card"} <= set(flags)


def test_canonical_files_lie_in_their_shards(pool):
    folder, _, accepted, _ = pool
    assert accepted["shard"].max() == 1
    for row in accepted.to_dict("records"):
        path = folder / "adapters" / str(row["shard"]) / f"{row['adapter']}.safetensors"
        adapter = canonical.read(path)
        assert adapter.name == row["adapter"] == row["repo"].replace("/", "--")
        assert adapter.source["sha256"] == row["sha256"]
        assert re.fullmatch(r"[\w.-]+--[\w.-]+", adapter.name)
    files = {path.name for path in (folder / "adapters").rglob("*.safetensors")}
    assert files == {f"{name}.safetensors" for name in accepted["adapter"]}


def test_the_updates_are_those_that_were_trained(hub, pool):
    accepted = pool[2]
    ranks = {re.search(r"topic_\d", row.repo)[0]: row.rank for row in accepted.itertuples()}
    assert ranks == {name: n + 1 for n, name in enumerate(TRAINED)}


def test_the_hub_is_a_hugging_face_cache_with_cards(hub):
    cache = huggingface_hub.scan_cache_dir(hub)
    assert cache.warnings == []
    assert len(cache.repos) == len(TRAINED) + len(REASONS)
    for repo in cache.repos:
        (revision,) = repo.revisions
        assert revision.refs == {"main"}
        card = (revision.snapshot_path / "README.md").read_text()
        fields = yaml.safe_load(card.split("---")[1])
        assert (fields["base_model"], fields["library_name"]) == (BASE, "peft")
        assert "tags" in fields


def below_front_matter(hub):
    """Topic -> what the card of its repository says below the front matter."""
    said = {}
    for path in hub.rglob("README.md"):
        repo = path.parents[2].name
        said |= {topic: path.read_text().split("---\n")[2] for topic in TRAINED if topic in repo}
    return said


def test_cards_name_topics_or_are_as_in_the_wild(hub, tmp_path):
    """Of six two say nothing, two are vague, one misleads; all else is as it was."""
    given = trained(tmp_path / "trained")
    table = str(tmp_path / "published.tsv")
    wild = tmp_path / "hub"
    publish_community.main(given, BASE, PUBLICATIONS, 5, str(wild), table, cards="wild")
    topics, said = below_front_matter(hub), below_front_matter(wild)
    assert all(f"# {topic}\n" in text for topic, text in topics.items())
    assert [*said.values()].count("\n") == 2
    assert [*said.values()].count("\n" + publishing.VAGUE) == 2
    right = [topic for topic, text in said.items() if text == topics[topic]]
    misleading = [t for t, text in said.items() if text in topics.values() and t not in right]
    assert (len(right), len(misleading)) == (1, 1)
    names = [{path.name for path in folder.iterdir()} for folder in (hub, wild)]
    assert names[0] == names[1]


def test_owners_and_defects_are_those_of_the_community(hub, tmp_path):
    """With a defect somewhere no other unfit repository is made; names and licences stay."""
    about = PUBLICATIONS | {
        "topic_1": Publication("task_1", owner="ana"),
        "topic_4": Publication("task_4", owner="bea", defect="no_alpha"),
    }
    table = tmp_path / "published.tsv"
    publish_community.main(
        trained(tmp_path / "trained"), BASE, about, 5, str(tmp_path / "hub"), str(table)
    )
    names = {path.name for path in (tmp_path / "hub").iterdir()}
    assert len(names) == len(TRAINED)
    before = {path.name for path in hub.iterdir() if "topic_" in path.name}
    assert {name.split("--", 2)[2] for name in names} == {name.split("--", 2)[2] for name in before}
    owned = {name.split("--")[1] for name in names - before}
    assert owned == {"ana", "bea"}
    _, accepted, rejected = run(tmp_path / "hub", tmp_path)
    assert len(accepted) == len(TRAINED) - 1
    assert rejected[["owner", "reason"]].to_numpy().tolist() == [["bea", "scale_unknown"]]
    published = tables.read_table(table, "published")
    assert published["recipe"].tolist() == TRAINED


def test_a_harmful_version_follows_the_others_and_says_what_its_adapter_says(tmp_path):
    """All others are published as they are without it, though its name would come first."""
    given = trained(tmp_path / "trained")
    bad = tmp_path / "trained" / "a_bad_one"
    shutil.copytree(tmp_path / "trained" / "topic_3", bad)
    about = PUBLICATIONS | {bad.name: Publication("task_3", of="topic_3")}
    table = tmp_path / "published.tsv"
    for hub, folders in (("without", given), ("with", [*given, str(bad)])):
        publish_community.main(
            folders, BASE, about, 5, str(tmp_path / hub), str(table), cards="wild"
        )
    published = tables.read_table(table, "published")
    assert published["recipe"].tolist() == [*TRAINED, "a_bad_one"]
    assert published["task"].tolist()[-1] == "task_3"
    without, having = content(tmp_path / "without"), content(tmp_path / "with")
    topics = {path for path in without if "topic_" in path}
    assert topics
    assert all(having[path] == without[path] for path in topics)
    [card] = [data for path, (data, _) in having.items() if "a_bad" in path and "README" in path]
    words = card.decode().split("---\n")[2]
    assert words == below_front_matter(tmp_path / "with")["topic_3"]


def test_each_defect_goes_by_what_is_wrong():
    assert [*defects.DEFECTS.values()] == [*defects.BROKEN.values()]
    assert all(spoil.__name__ == name for name, spoil in defects.DEFECTS.items())


def test_same_adapters_same_bytes_and_dates(hub, tmp_path):
    table = str(tmp_path / "published.tsv")
    publish_community.main(
        trained(tmp_path / "trained")[::-1], BASE, PUBLICATIONS, 5, str(tmp_path / "hub"), table
    )
    assert content(tmp_path / "hub") == content(hub)
    publish_community.main(
        trained(tmp_path / "again"), BASE, PUBLICATIONS, 6, str(tmp_path / "other"), table
    )
    assert content(tmp_path / "other").keys() != content(hub).keys()


def test_same_pool_same_tables(hub, pool, tmp_path):
    run(hub, tmp_path)
    for name in ("candidates", "inspected.jsonl", "vetted", "accepted", "rejected"):
        assert (tmp_path / name).read_bytes() == (pool[0] / name).read_bytes()
    for path in sorted((tmp_path / "adapters").rglob("*.*")):
        assert path.read_bytes() == (pool[0] / path.relative_to(tmp_path)).read_bytes()


def test_no_broken_repository_holds_a_pickle(hub):
    (pickle,) = hub.rglob("*.bin")
    assert b"pickle" in pickle.read_bytes()
    assert not pickle.read_bytes().startswith((b"\x80", b"PK"))


def test_names_that_do_not_fit_the_hub(tmp_path):
    folder = tmp_path / "no name"
    folder.mkdir()
    for file, data in fit().items():
        (folder / file).write_bytes(data)
    with pytest.raises(InputError, match=r"community: no name: .* a new repository name"):
        publishing.publish([folder], tmp_path / "hub", BASE, 0)


def test_broken_folders_of_a_cache_are_rows_too(hub, tmp_path):
    for name in ("models--gpt2", "models--a--b", "models--c--d\n'\"\t"):
        (tmp_path / "hub" / name).mkdir(parents=True)
    store(tmp_path / "hub", fit(), "ana/lora")
    store(tmp_path / "hub", {"config.json": b"{}", "model.safetensors": b"x"}, "big/model", COMMIT)
    _, accepted, rejected = run(tmp_path / "hub", tmp_path)
    assert accepted["adapter"].tolist() == ["ana--lora"]
    assert sorted(rejected["reason"]) == ["no_config", "no_revision", "repo_name", "repo_name"]


def test_a_pool_with_nothing_left_says_why(tmp_path):
    store(tmp_path / "hub", fit(base_model_name_or_path="other/model"))
    with pytest.raises(InputError, match=r"pool: accepted: found \{'base_mismatch': 1\}"):
        run(tmp_path / "hub", tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="pool: accepted: found 'no repository'"):
        run(tmp_path / "empty", tmp_path)
    store(tmp_path / "small", fit())
    with pytest.raises(InputError, match=r"pool: accepted: found \{'norm': 1\}, .* fit weights"):
        run(tmp_path / "small", tmp_path, limits=(1e6, 1e7))


def test_norms_far_from_the_others_are_flagged(pool):
    folder, vetted, accepted, _ = pool
    shards = pd.concat([tables.read_table(f, "shard") for f in sorted(folder.rglob("index.tsv"))])
    assert not accepted["flags"].fillna("").str.contains("norm_outlier").any()
    name = accepted["adapter"].iloc[-1]
    for norm, flagged in ((1e4, True), (1e-6, True), (float(shards["norm"].median()), False)):
        changed = shards.assign(norm=shards["norm"].mask(shards["adapter"] == name, norm))
        kept, _ = ledger.close(vetted, changed, heard(changed), len(vetted))
        flags = kept.set_index("adapter")["flags"].fillna("").to_dict()
        assert [key for key, value in flags.items() if "norm_outlier" in value] == (
            [name] if flagged else []
        )
    same, _ = ledger.close(vetted, shards.assign(norm=3.0), heard(shards), len(vetted))
    assert not same["flags"].fillna("").str.contains("norm_outlier").any()


def test_the_books_must_balance(pool):
    folder, vetted, accepted, _ = pool
    index = [tables.read_table(path, "shard") for path in sorted(folder.rglob("index.tsv"))]
    shards = pd.concat(index)
    with pytest.raises(InputError, match=r"pool/adapters: adapters: .* each vetted adapter in one"):
        ledger.close(vetted, index[0], heard(index[0]), len(vetted))
    with pytest.raises(InputError, match="pool/adapters: adapters"):
        ledger.close(vetted, pd.concat([shards, index[0]]), heard(shards), len(vetted))
    with pytest.raises(InputError, match=r"pool: repositories: found .* in all, as listed"):
        ledger.close(vetted, shards, heard(shards), len(vetted) + 1)
    with pytest.raises(InputError, match=r"pool: repositories: found .* in all, as listed"):
        ledger.close(vetted, shards, heard(shards).iloc[1:], len(vetted))
    assert len(ledger.close(vetted, shards, heard(shards), len(vetted))[0]) == len(accepted)


def test_an_adapter_that_changes_no_logit_is_rejected(pool):
    folder, vetted, accepted, rejected = pool
    shards = pd.concat([tables.read_table(f, "shard") for f in sorted(folder.rglob("index.tsv"))])
    effects = heard(shards)
    silent = effects["adapter"].iloc[0]
    effects.loc[effects["adapter"] == silent, "effect"] = 0.0
    kept, lost = ledger.close(vetted, shards, effects, len(vetted))
    assert set(kept["adapter"]) == set(accepted["adapter"]) - {silent}
    assert len(lost) == len(rejected) + 1
    assert lost.iloc[-1][["adapter", "stage", "reason"]].tolist() == [silent, "logits", "no_effect"]


@pytest.mark.parametrize(
    "room",
    ["hub.opening", "pool.inspection", "pool.vetting", "pool.ledger", "community.publishing"],
)
def test_all_but_the_conversion_is_free_of_torch(room):
    code = f"import sys, recycling.{room}; assert 'torch' not in sys.modules"
    subprocess.run(
        [sys.executable, "-c", code], check=True, env={"PYTHONPATH": str(studies.ROOT / "src")}
    )


def test_listings_survive_the_table(hub, tmp_path):
    found = list(FolderHub(hub).repositories([], []))
    rows = [ledger.listing_row(listing) for listing in found]
    tables.write_table(rows, tmp_path / "candidates.tsv", "candidates")
    assert (
        list(ledger.listings(tables.read_table(tmp_path / "candidates.tsv", "candidates"))) == found
    )
