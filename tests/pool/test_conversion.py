import numpy as np
import pytest
import torch
from pool_cases import BODY, COMMIT, WEIGHTS, MemoryHub, fit, tensors

from recycling.adapters import canonical, lowrank
from recycling.community.defects import rewritten, with_tensors
from recycling.pool import inspection as inspecting
from recycling.pool.conversion import Limits, convert, fetch

LIMITS = Limits(max_bytes=100_000, norm_min=0.01, norm_max=1000.0)


def converted(files, folder, limits=LIMITS, served=None):
    hub = MemoryHub(files)
    inspection = inspecting.inspect(hub, hub.listing())
    hub.files = served or files
    fetched = fetch(hub, inspection.listing, folder / "raw", limits)
    return convert(inspection, fetched, "ana--lora", BODY, limits, folder)


def test_an_adapter_becomes_canonical(tmp_path):
    row = converted(fit(), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"ana--lora.safetensors"}
    adapter = canonical.read(tmp_path / "ana--lora.safetensors")
    assert list(adapter) == sorted(BODY)
    assert adapter.source == {
        "repo": "ana/lora",
        "commit": COMMIT,
        "owner": "ana",
        "licence": "mit",
        "sha256": "0" * 64,
    }
    assert row["status"] == "accepted"
    assert (row["rank"], row["alpha"], row["modules"]) == (2, 4, 6)
    assert row["parameters"] == adapter.parameters
    assert row["norm"] == pytest.approx(lowrank.total_norm(adapter))


def test_same_bytes_again(tmp_path):
    converted(fit(), tmp_path / "a")
    converted(fit(), tmp_path / "b")
    first, second = ((tmp_path / name / "ana--lora.safetensors").read_bytes() for name in "ab")
    assert first == second


def test_patterns_may_give_every_alpha(tmp_path):
    for missing in (None, "much", 10**400):
        row = converted(
            fit(lora_alpha=missing, alpha_pattern={"v_proj": 3, "_proj|.*": 1}), tmp_path
        )
        assert (row["status"], row["alpha"]) == ("accepted", 3)


def zeros(key, data):
    return bytes(len(data)) if ".lora_B." in key else data


def huge(key, data):
    return (np.frombuffer(data, np.float32) * 1e30).astype(np.float32).tobytes()


def one_infinity(key, data):
    return data[:-4] + np.float32("inf").tobytes() if "1.mlp.down_proj.lora_A" in key else data


@pytest.mark.parametrize(
    ("reason", "files"),
    [
        ("nonfinite", rewritten(fit(), one_infinity)),
        ("nonfinite", rewritten(fit(), lambda key, data: b"\xff" * len(data))),
        ("noop", rewritten(fit(), zeros)),
        ("norm", rewritten(fit(), huge)),
    ],
)
def test_weights_that_are_refused(reason, files, tmp_path):
    row = converted(files, tmp_path)
    assert (row["status"], row["reason"]) == ("rejected", reason)
    assert row["detail"].startswith("found ")
    assert row["sha256"] == "0" * 64
    assert list(tmp_path.iterdir()) == []


def test_the_range_of_norms_includes_its_ends(tmp_path):
    norm = converted(fit(), tmp_path)["norm"]
    assert converted(fit(), tmp_path, Limits(100_000, norm, norm))["status"] == "accepted"
    for limits in (Limits(100_000, 2 * norm, 3 * norm), Limits(100_000, 0.0, norm / 2)):
        row = converted(fit(), tmp_path, limits)
        assert row["reason"] == "norm"
        assert f"found norm {norm:.4g}, expected" in row["detail"]


@pytest.mark.parametrize(
    ("reason", "served"),
    [
        ("too_large", fit() | {WEIGHTS: bytes(100_001)}),
        ("changed", with_tensors(fit(), tensors(rank=3))),
        ("unreadable_weights", fit() | {WEIGHTS: fit()[WEIGHTS][:-8]}),
        ("unreadable_weights", fit() | {WEIGHTS: b""}),
    ],
)
def test_a_file_that_is_no_longer_what_was_inspected(reason, served, tmp_path):
    row = converted(fit(), tmp_path, served=served)
    assert (row["status"], row["reason"]) == ("rejected", reason)
    assert list(tmp_path.iterdir()) == []


def test_factors_keep_the_scale(tmp_path):
    converted(fit(lora_alpha=2), tmp_path / "one")
    converted(fit(lora_alpha=6), tmp_path / "three")
    one, three = (
        canonical.read(tmp_path / name / "ana--lora.safetensors") for name in ("one", "three")
    )
    for module in one:
        torch.testing.assert_close(three[module].delta(), 3 * one[module].delta())
