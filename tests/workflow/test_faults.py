"""Nothing is lost when a machine fails: killed jobs, full and read-only disks, spoilt files.

`KILLS=50` says how many kills there shall be; how often which rule was killed is printed.
"""

import os
import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest
import studies

pytestmark = pytest.mark.faults
KILLS = int(os.environ.get("KILLS", "50"))
RESULTS = "results/toy"


def started(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        studies.command("--configfile", "toy.yaml"),
        cwd=folder,
        env=studies.ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def jobs(run: subprocess.Popen[bytes]) -> list[tuple[int, str]]:
    """Process and rule of each script that a run is executing."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_text().split("\0")
            if os.getsid(int(folder.name)) != run.pid or "python" not in words[0]:
                continue
        except OSError:
            continue  # it has ended
        if len(words) > 1 and ".snakemake/scripts/" in words[1]:
            found.append((int(folder.name), words[1].split(".")[-2]))
    return found


def test_kills_at_random_moments_lose_nothing(finished, tmp_path, capsys):
    chance = random.Random(20260212)
    killed, studies_run = Counter(), 0
    while killed.total() < KILLS:
        folder = studies.runnable(tmp_path / f"project{studies_run}")
        ended = None
        # One run after another until one ends undisturbed; each goes on where the last one fell.
        while ended != 0:
            run, before = started(folder), killed.total()
            while run.poll() is None:
                time.sleep(chance.expovariate(1 / 6))
                targets = jobs(run)
                if killed.total() == KILLS or not targets or run.poll() is not None:
                    continue
                if chance.random() < 0.2:
                    os.killpg(run.pid, signal.SIGKILL)
                    killed["Snakemake and its jobs"] += 1
                else:
                    process, rule = chance.choice(targets)
                    try:
                        os.kill(process, signal.SIGKILL)
                    except ProcessLookupError:
                        continue
                    killed[rule] += 1
            ended = run.wait()
            assert ended == 0 or killed.total() > before, "the study failed on its own"
        assert studies.results(folder) == studies.results(finished)
        assert not list((folder / RESULTS).rglob("*.tmp"))
        shutil.rmtree(folder)
        studies_run += 1
    with capsys.disabled():
        print(f"\n{killed.total()} kills in {studies_run} studies: {dict(killed.most_common())}")


@pytest.fixture
def small_disk(tmp_path):
    """A project whose results lie on a file system of 1 MB, and a way to mount that anew."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    folder = studies.lean(tmp_path / "project")
    place = folder / "results"
    place.mkdir()

    def mount(options: str) -> subprocess.CompletedProcess[str]:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
        return subprocess.run(command, capture_output=True, text=True)

    done = mount("size=1m")
    if done.returncode:
        pytest.skip(f"no mounts here: {done.stderr.strip()}")
    yield folder, mount
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_and_a_read_only_disk_are_named_and_survived(lean, small_disk):
    folder, mount = small_disk
    full = studies.toy(folder)
    assert full.returncode == 1
    assert "No space left on device" in full.stdout
    assert mount("remount,ro").returncode == 0
    kept = sorted(folder.glob(f"{RESULTS}/**/*"))
    locked = studies.toy(folder)
    assert locked.returncode == 1
    assert "Read-only file system" in locked.stdout
    assert sorted(folder.glob(f"{RESULTS}/**/*")) == kept
    assert mount("remount,rw,size=100m").returncode == 0
    assert studies.results(studies.undisturbed(folder)) == studies.results(lean)


def cut(path: Path) -> None:
    """Take the last tenth away, as a copy does that ends early; the times stay."""
    times = path.stat()
    os.truncate(path, times.st_size * 9 // 10)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


CUT = {
    "weights": ("merged/average/months/0/adapter_model.safetensors", "predict"),
    "labelled rows": ("tasks/months/0/train.jsonl", "merge_adapters"),
    "predictions": ("predictions/months/0.parquet", "score_predictions"),
    "summary": ("tables/summary.tsv", "plot_accuracy"),
}


@pytest.mark.parametrize(("file", "rule"), CUT.values(), ids=CUT)
def test_a_file_cut_between_rules_is_named(lean, tmp_path, file, rule):
    folder = tmp_path / "project"
    shutil.copytree(lean, folder)
    path = folder / RESULTS / file
    cut(path)
    done = studies.toy(folder, "--forcerun", rule)
    assert done.returncode == 1
    assert f"ERROR {RESULTS}/{file}: " in done.stdout
    path.unlink()
    # The failed job took its own outputs with it; once more, for tables that are there hide that.
    again = studies.undisturbed(folder, "--forcerun", rule)
    assert studies.results(again) == studies.results(lean)


def test_an_edited_file_counts_as_new(lean, tmp_path):
    """What is made from it is made again, from the edit: Snakemake's way, and said in the docs."""
    folder = tmp_path / "project"
    shutil.copytree(lean, folder)
    summary = folder / RESULTS / "tables/summary.tsv"
    summary.write_text(summary.read_text().replace("0.", "1.", 1))
    plan = studies.toy(folder, "-n").stdout
    assert "plot_accuracy" in plan
    assert "summarise" not in plan


def test_a_job_without_memory_says_what_to_change(lean, tmp_path):
    folder = tmp_path / "project"
    shutil.copytree(lean, folder)
    script = folder / "workflow/scripts/merging/predict.py"
    greedy = "    bytearray(1 << 60)\n"
    start = "    runlog.start(snakemake.log[0], snakemake.threads)\n"
    assert start in script.read_text()
    script.write_text(script.read_text().replace(start, start + greedy))
    done = studies.toy(folder)
    assert done.returncode == 1
    assert "ERROR memory: " in done.stdout
    assert "raise mem_mb of predict in the profile" in done.stdout
