import pytest
from pool_cases import BODY, COMMIT, WEIGHTS, MemoryHub, fit

from recycling.community.defects import rewritten
from recycling.pool import inspection as inspecting
from recycling.pool import shards
from recycling.pool.conversion import Limits

LIMITS = Limits(max_bytes=100_000, norm_min=0.0, norm_max=1000.0)


class CountingHub(MemoryHub):
    """Counts what is fetched; breaks off at one repository."""

    def __init__(self, files, broken=""):
        super().__init__(files)
        self.fetched, self.broken = [], broken

    def fetch(self, repo, commit, file, destination, limit):
        if repo == self.broken:
            raise KeyboardInterrupt
        self.fetched.append(repo)
        return super().fetch(repo, commit, file, destination, limit)


def inspections(count, commit=COMMIT):
    hub = MemoryHub(fit())
    for number in range(count):
        listing = hub.listing()
        object.__setattr__(listing, "repo", f"o/r{number:02}")
        object.__setattr__(listing, "commit", commit)
        yield inspecting.inspect(hub, listing)


def names(count):
    return {f"o/r{number:02}": f"o--r{number:02}" for number in range(count)}


def run(hub, folder, count=20, key="k", commit=COMMIT):
    with shards.resuming(folder, key) as work:
        found = list(shards.rows(hub, inspections(30, commit), names(count), BODY, LIMITS, work))
        shards.forget(work, names(count).values())
    return found


def test_rows_of_the_named_in_order_and_nothing_else_in_the_folder(tmp_path):
    hub = CountingHub(fit())
    found = run(hub, tmp_path / "0")
    assert [row["adapter"] for row in found] == list(names(20).values())
    assert {row["status"] for row in found} == {"accepted"}
    assert sorted(hub.fetched) == list(names(20))
    assert [path.name for path in tmp_path.iterdir()] == ["0"]
    written = sorted(path.name for path in (tmp_path / "0").iterdir())
    assert written == [f"{name}.safetensors" for name in names(20).values()]


def test_the_files_of_shards_by_adapter(tmp_path):
    run(CountingHub(fit()), tmp_path / "1", count=3)
    run(CountingHub(fit()), tmp_path / "0", count=1)
    (tmp_path / "1" / "index.tsv").write_text("adapter\n")
    files = shards.adapter_files([tmp_path / "1", str(tmp_path / "0")])
    assert files["o--r00"] == tmp_path / "0" / "o--r00.safetensors"
    assert list(files) == list(names(3).values())
    assert shards.adapter_files([tmp_path]) == {}


def test_an_interrupted_shard_goes_on(tmp_path):
    whole = run(CountingHub(fit()), tmp_path / "whole")
    broken = CountingHub(fit(), "o/r15")
    with pytest.raises(KeyboardInterrupt):
        run(broken, tmp_path / "0")
    assert not (tmp_path / "0").exists()
    again = CountingHub(fit())
    assert run(again, tmp_path / "0") == whole
    assert not set(again.fetched) & {f"o/r{number:02}" for number in range(15)}
    for file in (tmp_path / "whole").iterdir():
        assert (tmp_path / "0" / file.name).read_bytes() == file.read_bytes()


@pytest.mark.parametrize("change", [{"key": "other"}, {"commit": "f" * 40}])
def test_other_settings_or_commits_start_anew(tmp_path, change):
    with pytest.raises(KeyboardInterrupt):
        run(CountingHub(fit(), "o/r15"), tmp_path / "0")
    hub = CountingHub(fit())
    run(hub, tmp_path / "0", **change)
    assert sorted(hub.fetched) == list(names(20))
    assert [path.name for path in tmp_path.iterdir()] == ["0"]


def test_a_shard_that_is_there_is_replaced(tmp_path):
    run(CountingHub(fit()), tmp_path / "0")
    run(CountingHub(fit()), tmp_path / "0", count=2)
    assert len(list((tmp_path / "0").iterdir())) == 2


def test_rejected_adapters_are_rows_too(tmp_path):
    spoilt = rewritten(fit(), lambda key, data: b"\xff" * len(data))
    hub = CountingHub(fit() | {WEIGHTS: spoilt[WEIGHTS]})
    assert {row["reason"] for row in run(hub, tmp_path / "0")} == {"nonfinite"}
    assert list((tmp_path / "0").iterdir()) == []
