"""What work takes, as a file that Snakemake's benchmarks have the form of."""

import time

import pandas as pd
import pytest

from recycling.ground.seconds import timed


def test_what_happens_before_and_after_the_block_does_not_count(tmp_path):
    file = tmp_path / "seconds" / "work.tsv"
    time.sleep(0.2)
    with timed(file):
        time.sleep(0.05)
    time.sleep(0.2)
    found = pd.read_csv(file, sep="\t")
    assert list(found.columns) == ["s", "cpu_time"]
    assert 0.05 <= found["s"].item() < 0.2
    assert 0 <= found["cpu_time"].item() < 0.2


def test_work_that_failed_has_no_seconds(tmp_path):
    file = tmp_path / "work.tsv"
    with pytest.raises(ValueError, match="stopped"), timed(file):
        raise ValueError("stopped")
    assert not file.exists()
