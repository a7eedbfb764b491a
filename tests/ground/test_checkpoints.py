"""An input function waits for a checkpoint that is made again, and reads nothing that is gone."""

import subprocess

import pytest
import studies

# What an earlier checkpoint tells decides what two rankings are made from. Of these, one ends while
# the file of the other is gone.
SNAKEFILE = """
from pathlib import Path

from recycling.ground import checkpoints as kept


def read(checkpoint, **wildcards):
    if config["mended"]:
        return kept.made(checkpoint, **wildcards)[0]
    return checkpoint.get(**wildcards).output[0]


def shards(_):
    return [f"{n}.shard" for n in Path(read(checkpoints.vet)).read_text().split()]


def ranked(_):
    rankings = [read(checkpoints.rank, speed=speed) for speed in ("fast", "slow")]
    return [Path(ranking).read_text().split()[0] for ranking in rankings]


rule merge:
    input:
        rankings=["fast.ranking", "slow.ranking"],
        shards=ranked,
    output: "merge"
    shell: "cat {input.rankings} > {output}"

checkpoint vet:
    output: "vetted"
    shell: "echo 0 1 > {output}"

rule shard:
    output: "{n}.shard"
    shell: "date +%s%N > {output}"

rule close:
    input: shards
    output: "accepted"
    shell: "cat {input} > {output}"

checkpoint rank:
    input: "accepted"
    output: "{speed}.ranking"
    params: seconds=lambda wildcards: {"fast": 1, "slow": 3}[wildcards.speed]
    shell: "sleep {params.seconds}; echo 1.shard | cat - {input} > {output}"
"""


@pytest.mark.workflow
@pytest.mark.parametrize("mended", [False, True])
def test_a_ranking_that_is_made_again_is_waited_for(tmp_path, mended):
    (tmp_path / "Snakefile").write_text(SNAKEFILE)

    def run(*options: str) -> subprocess.CompletedProcess[str]:
        library = str(studies.ROOT / "src")
        settings = ("--cores", "2", "--config", f"mended={mended}")
        return studies.snakemake(tmp_path, *settings, *options, PYTHONPATH=library)

    done = run()
    assert done.returncode == 0, done.stdout[-3000:]
    again = run("--forcerun", "0.shard", "--", "merge")
    if mended:
        assert again.returncode == 0, again.stdout[-3000:]
        assert "rule merge:" in again.stdout
        made_from = (tmp_path / "accepted").read_text()
        assert (tmp_path / "merge").read_text() == 2 * f"1.shard\n{made_from}"
    else:  # what it mends is still there
        assert "slow.ranking" in again.stdout.partition("FileNotFoundError")[2]
