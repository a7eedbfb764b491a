"""A pool in which every kind of hostile repository has one is vetted to the end."""

import subprocess
import time
import tracemalloc

import pandas as pd
import pytest
from fake_hub import Repository
from hostile import FILES, FOLDERS, NAMES, TEXTS
from pool_cases import BASE, COMMIT, MODULES, fit, rules, store, tensors
from pool_run import run_pool

from recycling.community.defects import with_tensors
from recycling.ground import tables
from recycling.hub.folder import FolderHub
from recycling.pool import inspection, ledger
from recycling.pool.vetting import vet

pytestmark = pytest.mark.hostile

SETTINGS = {"max_rank": 8, "max_bytes": 100_000, "shard_size": 20}
EXPECTED = {f"{name}/lora": reason for name, (reason, _) in [*FILES.items(), *FOLDERS.items()]}
FIT = {f"fit{seed}/lora": with_tensors(fit(), tensors(seed=seed)) for seed in range(5)}


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    """The folder hub with all of them."""
    root = tmp_path_factory.mktemp("hostile") / "hub"
    root.mkdir()
    for repo, files in FIT.items():
        store(root, files, repo)
    for name, (_, files) in FILES.items():
        store(root, files, f"{name}/lora")
    for name, (_, spoil) in FOLDERS.items():
        spoil(store(root, fit(), f"{name}/lora"))
    for name in ["french", *NAMES]:
        (root / name).mkdir()
        for file, data in fit().items():
            (root / name / file).write_bytes(data)
    yield root
    # Python's own removal is recursive, and one of them is very deep.
    subprocess.run(["rm", "-rf", str(root)], check=True)


def check_reasons(vetted, rejected, expected):
    found = rejected.set_index("repo")["reason"].to_dict()
    wrong = {
        repo: (reason, found.get(repo, ""))
        for repo, reason in expected.items()
        if reason and not found.get(repo, "").startswith(reason)
    }
    assert wrong == {}


def check_texts(folder, log):
    """No table and no log has anything in it that steers a terminal or looks like markup."""
    for path in folder.rglob("*.tsv"):
        for line in path.read_text().splitlines():
            assert line.replace("\t", "").isprintable(), (path, line)
    assert all(line.isprintable() for line in log.splitlines())


def test_a_folder_of_them_is_vetted_to_the_end_with_one_row_each(hub, tmp_path, capsys):
    place = {"kind": "folder", "path": str(hub)}
    vetted, accepted, rejected = run_pool(place, tmp_path, MODULES, **SETTINGS)
    expected = len(FIT) + len(EXPECTED) + 1 + len(NAMES)
    assert expected > 100
    rows = [*accepted["repo"], *rejected["repo"]]
    assert len(rows) == len(set(rows)) == len(vetted) == expected
    check_reasons(vetted, rejected, EXPECTED)
    assert {*FIT, "french"} <= set(accepted["repo"])
    names = rejected.loc[rejected["reason"] == "repo_name", "repo"]
    assert len(names) == len(NAMES)
    check_texts(tmp_path, capsys.readouterr().out)
    with capsys.disabled():
        print(f"\n{len(accepted)} accepted, {len(rejected)} rejected by")
        print(rejected["reason"].value_counts().to_string())


def test_over_http_the_same_repositories_have_one_row_each(start_hub, tmp_path, capsys):
    tags = ["peft", f"base_model:adapter:{BASE}"]
    served = {repo: Repository(files, COMMIT, tags) for repo, files in FIT.items()}
    for name, (_, files) in FILES.items():
        licence = TEXTS.get(name.removeprefix("text_"), "mit")
        served[f"{name}/lora"] = Repository(files, COMMIT, [*tags, f"license:{licence}"])
    start_hub(served)
    vetted, accepted, rejected = run_pool({"kind": "huggingface"}, tmp_path, MODULES, **SETTINGS)
    rows = [*accepted["repo"], *rejected["repo"]]
    assert sorted(rows) == sorted(served)
    assert set(FIT) <= set(accepted["repo"])
    # Over HTTP a card is the hub's to read: it lists the base.
    of_cards = {"other_base_on_the_card/lora"}
    expected = {f"{name}/lora": reason for name, (reason, _) in FILES.items()}
    check_reasons(vetted, rejected, {r: e for r, e in expected.items() if r not in of_cards})
    check_texts(tmp_path, capsys.readouterr().out)


def test_the_worst_of_them_costs_little(hub, capsys):
    """Seconds and memory of each from its listing to its verdict."""
    source, given = FolderHub(hub), rules()
    worst = []
    names = [repo for repo in source._names() if repo.isprintable()]
    for repo in names:
        [listing] = source.repositories([], [repo])
        started = time.perf_counter()
        [listing] = source.repositories([], [repo])
        vet(inspection.inspect(source, listing), given)
        seconds = time.perf_counter() - started
        tracemalloc.start()
        [listing] = source.repositories([], [repo])
        vet(inspection.inspect(source, listing), given)
        peak = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
        worst.append((repo, seconds, peak))
    table = pd.DataFrame(worst, columns=["repository", "seconds", "MB"])
    with capsys.disabled():
        for column in ("seconds", "MB"):
            print(f"\n{table.nlargest(5, column).round(2).to_string(index=False)}")
    assert table["seconds"].max() < 5
    assert table["MB"].max() < 100


def test_tables_of_them_are_read_back(hub, tmp_path):
    """What `list_candidates` wrote of any text is what is read again."""
    listed = list(FolderHub(hub).repositories([BASE], []))
    rows = [ledger.listing_row(found) for found in listed]
    tables.write_table(rows, tmp_path / "t.tsv", "candidates")
    again = list(ledger.listings(tables.read_table(tmp_path / "t.tsv", "candidates")))
    assert again == listed
