"""The page of performance holds what a large pool takes against a small one, by two stored runs."""

import json
import re

import describe_growth
import pytest


def run(folder, adapters, replicates, seconds, memory, size):
    """A stored run with one stage of the pool, and one that each replicate does."""
    folder.mkdir()
    rules = {
        "train_community": {"jobs": 1, "seconds": seconds, "max_rss_mb": memory},
        "score_pool": {"jobs": 1, "seconds": seconds * replicates, "max_rss_mb": 1},
        "merge_adapters": {"jobs": 1, "seconds": 7, "max_rss_mb": 2 * memory},
    }
    config = {"community_count": adapters, "replicates": replicates}
    (folder / "provenance.json").write_text(json.dumps({"config": config, "rules": rules}))
    lines = ["folder\tfiles\tbytes", f"parts\t5\t{size}", f"community\t5\t{size}", "base\t1\t1"]
    (folder / "disk.tsv").write_text("\n".join([*lines, ""]))
    return folder


@pytest.fixture
def runs(tmp_path):
    small = run(tmp_path / "small", 96, 1, 10.0, 500, 10**9)
    return small, run(tmp_path / "large", 960, 3, 80.0, 1000, 5 * 10**9)


def test_growth_is_of_a_replicate_and_counts_a_file_once(runs):
    adapters, grown = describe_growth.quantities(*runs)
    assert adapters == [96, 960]
    assert [(one.what, round(one.ratio, 3)) for one in grown] == [
        ("train the adapters", 8),
        ("score on labelled rows", 8),
        ("memory of the largest job", 2),
        ("disk", 5),
        ("files", 1),
    ]
    table = describe_growth.table(adapters, grown)
    assert "| train the adapters | 10 s | 80 s | 8 |" in table
    assert "| disk | 1.0 GB | 5.0 GB | 5 |" in table
    assert "| files | 6 | 6 | 1 |" in table


def test_every_quantity_is_a_row_of_the_figure(runs, tmp_path):
    adapters, grown = describe_growth.quantities(*runs)
    drawn = describe_growth.figure(adapters, grown)
    axes = drawn.axes[0]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == [one.what for one in grown]
    assert [line.get_xdata()[0] for line in axes.lines] == [*(one.ratio for one in grown), 10]


def test_every_stage_is_a_rule_that_is_timed():
    rules = "\n".join(
        file.read_text() for file in (describe_growth.ROOT / "workflow/rules").rglob("*.smk")
    )
    timed = set(re.findall(r'"<benchmarks>/(\w+)', rules))
    assert {*describe_growth.ONCE, *describe_growth.EACH_REPLICATE} <= timed


def test_what_is_shown_is_the_stored_runs():
    if not describe_growth.LARGER.is_dir():
        pytest.skip("no run of a thousand is kept")
    text = describe_growth.page(describe_growth.SMALLER, describe_growth.LARGER)
    assert describe_growth.PAGE.read_text() == text, "run `make growth`"


def test_what_is_shown_is_of_the_stored_runs():
    shown = describe_growth.page(describe_growth.SMALLER, describe_growth.LARGER)
    assert describe_growth.PAGE.read_text() == shown, "run `make growth`"
