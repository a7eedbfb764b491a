"""The pool over HTTP: the same adapters as from the folder, at the Hub's scale, and as a study."""

import collections
import resource
import subprocess
from pathlib import Path

import fake_hub
import mixed_pool
import pandas as pd
import pytest
import studies
import yaml
from fake_hub import FakeHub
from pool_cases import BASE, MODULES, fit, tensors
from pool_run import run_pool

from recycling.community import publishing
from recycling.community.defects import with_tensors
from recycling.ground import runlog

NETWORK = {"kind": "huggingface"}
SECRET = "hf_" + "s3cr3t" * 5


def canonical(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*.safetensors"))
    }


def published(folder: Path) -> Path:
    """A hub folder with a community of three and its broken repositories."""
    for rank in (1, 2, 3):
        for file, data in with_tensors(fit(r=rank), tensors(rank=rank, seed=rank)).items():
            path = folder / "trained" / f"topic-{rank}" / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    publishing.publish(sorted((folder / "trained").iterdir()), folder / "hub", BASE, 5)
    return folder / "hub"


def test_over_http_the_pool_is_that_of_the_folder(start_hub, tmp_path):
    hub = published(tmp_path)
    from_folder = run_pool({"kind": "folder", "path": str(hub)}, tmp_path / "a", MODULES)
    server = start_hub(fake_hub.from_folder(hub), rate=0.2, seed=1)
    over_http = run_pool(NETWORK, tmp_path / "b", MODULES)
    assert sum(server.failed.values()) > 5
    first, second = canonical(tmp_path / "a"), canonical(tmp_path / "b")
    assert len(first) == 3
    assert first == second
    for left, right in zip(from_folder[1:], over_http[1:], strict=True):
        columns = [name for name in left if name not in ("flags", "detail")]
        pd.testing.assert_frame_equal(left[columns], right[columns])


def test_an_id_list_gives_these_and_no_others(start_hub, tmp_path):
    names = sorted(fake_hub.from_folder(published(tmp_path)))
    start_hub(fake_hub.from_folder(tmp_path / "hub"))
    ids = tmp_path / "ids.txt"
    ids.write_text("\n".join([*names, "zoe/gone"]))
    _, accepted, rejected = run_pool(NETWORK, tmp_path / "a", MODULES, ids=str(ids))
    assert sorted([*accepted["repo"], *rejected["repo"]]) == sorted([*names, "zoe/gone"])
    assert rejected.set_index("repo")["reason"]["zoe/gone"] == "gone"


@pytest.mark.slow
def test_960_adapters_with_failures(start_hub, tmp_path, monkeypatch):
    repositories = mixed_pool.repositories()
    hub = start_hub(repositories, rate=0.05, seed=7)
    resident = collections.defaultdict(list)
    step = runlog.Progress.step

    def watched(progress, note=""):
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        resident[progress.what].append(pages * resource.getpagesize() / 1e6)
        step(progress, note)

    monkeypatch.setattr(runlog.Progress, "step", watched)
    vetted, accepted, rejected = run_pool(
        NETWORK, tmp_path, mixed_pool.MODULES, shard_size=100, max_rank=512
    )
    assert len(vetted) == len(accepted) + len(rejected) == 960
    assert sorted([*accepted["repo"], *rejected["repo"]]) == sorted(repositories)
    counts = rejected["reason"].value_counts().to_dict()
    assert set(counts) <= {"embedding_lora", "keys_unmatched", "scale_unknown"}, counts
    assert 850 < len(accepted) < 930
    assert len(canonical(tmp_path)) == len(accepted)
    # One page of the listing, and for each adapter: config, header (address and storage), and the
    # same two for its weights; a twentieth failed and was asked for again.
    failed = sum(hub.failed.values())
    assert failed > 150
    assert hub.requests["list"] <= 3
    assert sum(hub.requests.values()) <= 1 + 3 * 960 + 2 * len(accepted) + 2 * failed
    weights = accepted.set_index("repo")["bytes"].to_dict()
    for repo, sent in hub.sent.items():
        assert sent <= 200_000 + 2 * weights.get(repo, 0) or not repo
    inspected = [len(resident[what]) for what in ("inspected", "adapter")]
    assert inspected[0] == 960
    for what, used in resident.items():
        quarter = len(used) // 4
        growth = max(used[-quarter:]) - max(used[:quarter])
        print(f"{what}: {max(used[:quarter]):.0f} MB, then {growth:+.0f} MB")
        assert growth < 40, (what, growth)


@pytest.mark.workflow
def test_the_toy_study_over_http_and_no_trace_of_the_token(finished, tmp_path):
    """The community's hub folder of one run is served to another, which has the same adapters."""
    network = studies.runnable(tmp_path / "network")
    recipes = pd.read_csv(finished / "results/toy/community/published.tsv", sep="\t")
    repository = recipes.set_index("recipe")["repo"]["plurals-attention"]
    study = yaml.safe_load((network / "toy.yaml").read_text())
    study["pool"]["hub"] = NETWORK
    # A hub knows repositories, not the recipes that they were trained by.
    study["pool"]["kin"] = {"months": {"sibling": [repository]}}
    # What the pool is used for afterwards is the same as with a folder: a few arms will do.
    study["arms"] = {arm: study["arms"][arm] for arm in ("base", "best_single", "unrelated")}
    del study["experiments"]
    (network / "toy.yaml").write_text(yaml.safe_dump(study, sort_keys=False))
    with FakeHub(fake_hub.from_folder(finished / "results/toy/hub"), token=SECRET) as hub:
        for found in hub.repositories.values():
            found.gated = True
        environment = studies.ENVIRONMENT | {
            "HF_ENDPOINT": hub.url,
            "HF_HUB_OFFLINE": "0",
            "HF_TOKEN": SECRET,
        }
        done = subprocess.run(
            studies.command("--configfile", "toy.yaml", "--", studies.VERDICT),
            cwd=network,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-5000:]
    first = canonical(finished / "results/toy/pool/adapters")
    assert len(first) >= 2
    assert first == canonical(network / "results/toy/pool/adapters")
    assert (network / "results/toy/verdict.md").exists()
    assert not (network / "results/toy/hub").exists()
    assert SECRET not in done.stdout
    written = [path for path in network.rglob("*") if path.is_file()]
    assert len(written) > 100
    assert [path for path in written if SECRET.encode() in path.read_bytes()] == []
