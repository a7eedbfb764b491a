"""A study that exports no merge, or some: the same answers, no weights left, nothing made twice."""

import shutil
from pathlib import Path

import pytest
import studies
import yaml

from recycling.ground import tables

pytestmark = pytest.mark.slow
RESULTS = Path("results/toy")
# A combination of each kind of source, and merges that are none.
GATES = ("fresh", "average", "adaptive", "stacked", "twins")
OTHERS = ("ties", "routed", "format_twins")
ARMS = ("base", *GATES, *OTHERS)


@pytest.fixture(scope="module")
def all_exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("all") / "project"
    return studies.judged(studies.lean(folder, ARMS))


@pytest.fixture(scope="module")
def none_exported(all_exported, tmp_path_factory):
    """The same study that exports none, where all were exported before."""
    return exporting(all_exported, tmp_path_factory.mktemp("none") / "project", "none")


def exporting(finished, folder, export):
    shutil.copytree(finished, folder)
    change(folder, lambda study: study.update(export=export))
    return studies.judged(folder)


def change(folder, edit):
    file = folder / "toy.yaml"
    study = yaml.safe_load(file.read_text())
    edit(study)
    file.write_text(yaml.safe_dump(study, sort_keys=False))


def answers(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for kind in ("predictions/*/*.parquet", "tables/scores.tsv", "tables/contrasts.tsv")
        for path in (folder / RESULTS).glob(kind)
    }


def weights(folder):
    """Arms with the weights of a merge on disk, wherever they lie."""
    places = ("merged/*/*/*", "parts/merge_adapters/*/*/*")
    return {
        path.relative_to(folder / RESULTS / "merged").parts[0]
        if place.startswith("merged")
        else path.parent.name
        for place in places
        for name in ("adapter_model.safetensors", "routed.safetensors")
        for path in (folder / RESULTS).glob(f"{place}/{name}")
    }


def test_no_weights_are_left_and_the_answers_are_the_same_bytes(all_exported, none_exported):
    assert weights(all_exported) == {*GATES, *OTHERS}
    assert weights(none_exported) == set()
    assert len(answers(none_exported)) == 3
    assert answers(none_exported) == answers(all_exported)
    merged = {Path(path).parent.parent.parent.name for path in studies.merged(none_exported)}
    assert merged == {*GATES, *OTHERS}
    for arm in GATES:
        found = [path for path in studies.merged(none_exported) if f"/merged/{arm}/" in path]
        assert sorted(Path(path).name for path in found) == [
            *("coefficients.tsv", "curve.tsv", "gates.safetensors", "merge.json"),
            *("sources.json", "tuning.tsv"),
        ]


def test_the_disk_holds_what_the_arithmetic_says(none_exported):
    """As docs/cluster.md counts: 4 bytes for each number of a fresh LoRA and of the pool."""
    results = none_exported / RESULTS
    widths = tables.read_table(results / "base/modules.tsv", "modules")
    of_rank = int((widths["in"] + widths["out"]).sum())
    study = yaml.safe_load((none_exported / "toy.yaml").read_text())
    numbers = {
        "fresh": study["fresh"]["rank"] * of_rank,
        "pool": int(
            tables.read_table(results / "pool/accepted.tsv", "accepted")["parameters"].sum()
        ),
    }
    headers = 20_000
    for folder, count in numbers.items():
        stored = [*(results / folder).rglob("*.safetensors")]
        assert 4 * count < sum(file.stat().st_size for file in stored) < 4 * count + headers
    merges = [*(results / "merged").rglob("*"), *(results / "parts/merge_adapters").rglob("*")]
    kept = {file.stat().st_ino: file.stat().st_size for file in merges if file.is_file()}
    assert sum(kept.values()) < len(GATES + OTHERS) * 10_000


def test_a_list_exports_these(all_exported, none_exported, tmp_path):
    folder = exporting(none_exported, tmp_path / "project", ["average", "routed"])
    assert weights(folder) == {"average", "routed"}
    assert answers(folder) == answers(all_exported)
    before = studies.merged(all_exported)
    after = studies.merged(folder)
    exported = {path for path in after if path.split("/")[3] in ("average", "routed")}
    assert {path: after[path] for path in exported} == {path: before[path] for path in exported}


def test_a_second_run_asks_for_nothing(none_exported):
    done = studies.toy(none_exported, "--", studies.VERDICT)
    assert done.returncode == 0
    assert "Nothing to be done" in done.stdout


def test_an_edit_of_one_arm_costs_that_arm(none_exported, tmp_path):
    folder = tmp_path / "project"
    shutil.copytree(none_exported, folder)
    change(folder, lambda study: study["arms"]["adaptive"]["merge"].update(steps=3))
    studies.judged(folder)
    # Weights that went are made again, since they are an input; what they answered is not.
    merges = dict.fromkeys(GATES, "taken over") | dict.fromkeys(OTHERS, "made")
    assert studies.made(folder, "merge_adapters") == {**merges, "adaptive": "made"}
    asked = dict.fromkeys(ARMS, "taken over")
    assert studies.made(folder, "predict") == {**asked, "adaptive": "made"}
    assert weights(folder) == set()
    changed = {
        path.split("/")[3]
        for path, content in studies.merged(folder).items()
        if content != studies.merged(none_exported)[path]
    }
    assert changed == {"adaptive"}
    assert "Nothing to be done" in studies.toy(folder, "--", studies.VERDICT).stdout
