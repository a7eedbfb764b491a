import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pool_cases import (
    CARD,
    CONFIG,
    MODULES,
    WEIGHTS,
    MemoryHub,
    fit,
    rules,
    tensors,
    verdict,
)
from rejected_cases import CASES, Q0, changed, removed, without

from recycling.adapters.licences import Filter
from recycling.community.defects import configured, with_tensors
from recycling.ground import registry
from recycling.ground.errors import InputError
from recycling.pool import inspection as inspecting
from recycling.pool.adapter_flags import FLAGS
from recycling.pool.candidate import Rules
from recycling.pool.config_keys import KNOWN_KEYS, VARIANTS
from recycling.pool.vetting import CHECKS, vet


@pytest.mark.hostile
@pytest.mark.parametrize(
    ("reason", "files"), [(reason, files) for reason, cases in CASES.items() for files in cases]
)
def test_one_reason_and_what_was_found(reason, files):
    found = verdict(files)
    assert found.reason == reason, found
    assert found.stage in CHECKS
    assert re.fullmatch(r"found .+", found.detail)
    assert found.flags == ()


def test_rejections_that_depend_on_the_listing():
    for named in (None, "", "/data/base-1b", "./base", "base-1b", "C:\\base", "a/b/c", 7):
        assert verdict(fit(base_model_name_or_path=named), base_model="").reason == "base_unknown"
        assert (
            verdict(fit(base_model_name_or_path=named), base_model="other/b").reason
            == "base_unknown"
        )
        assert verdict(fit(base_model_name_or_path=named)).flags == ("base_from_card",)
    gone = verdict(fit(), problem="gone", detail="found nothing")
    assert (gone.stage, gone.reason, gone.detail) == ("listing", "gone", "found nothing")
    for denied in ("ana", "ana/lora"):
        found = verdict(fit(), rules(denylist=frozenset({denied})))
        assert (found.stage, found.reason) == ("listing", "denylist")


def test_licences_and_relatives_of_the_targets():
    denied = verdict(fit(), rules(licences=Filter(deny=frozenset({"MIT"}))))
    assert (denied.stage, denied.reason) == ("listing", "licence")
    allowed = rules(licences=Filter(allow=frozenset({"permissive"})))
    assert verdict(fit(), allowed).reason == ""
    assert verdict(fit(), allowed, licence="").reason == "licence"
    related = {"keywords": frozenset({"ana_lora", "org/sums"})}
    assert verdict(fit(), rules(**related)).flags == ("target_related",)
    found = verdict(fit(), rules(**related, exclude_target_related=True))
    assert (found.stage, found.reason) == ("listing", "target_related")
    for tag, flags in (("dataset:org/sums", ("target_related",)), ("dataset:org/sums2", ())):
        given = rules(keywords=frozenset({"org/sums"}))
        assert verdict(fit(), given, tags=(tag,)).flags == flags


def test_every_reason_in_the_source_has_a_case():
    pattern = re.compile(r'(?:reject|Rejection|AdapterFileError|HubError)\(\s*f?"([a-z_]+)')
    found = set()
    for name in (
        "pool.adapter_config",
        "pool.adapter_tensors",
        "pool.inspection",
        "hub.address",
        "hub.beneath",
        "hub.content",
        "hub.folder",
        "hub.guard",
        "hub.transfer",
        "adapters.peft_files",
        "adapters.peft_read",
        "adapters.peft_scaling",
    ):
        found |= set(pattern.findall(registry.source(f"recycling.{name}").read_text()))
    folder = Path(__file__).parents[1]
    tests = "".join(
        (folder / file).read_text()
        for file in (
            "hub/test_folder.py",
            "pool/test_vetting.py",
            "pool/test_conversion.py",
            "support/rejected_cases.py",
        )
    )
    assert len(found) > 30
    assert {reason for reason in found if f'"{reason}' not in tests} == set()


def test_accepted_without_flags():
    found = verdict(fit())
    assert (found.stage, found.reason, found.flags, found.rank) == ("", "", (), 2)


def removed_prefix():
    """The fit tensors under the names of the base's own modules."""
    return with_tensors(
        fit(), {key.removeprefix("base_model.model."): value for key, value in tensors().items()}
    )


FLAGGED = {
    "rslora": fit(use_rslora=True),
    "rank_pattern": with_tensors(
        fit(rank_pattern={"v_proj": 1}),
        {
            key: value
            for rank, end in ((1, "v_proj"), (2, "j_proj"), (2, "q_proj"), (2, "n_proj"))
            for key, value in tensors(rank=rank).items()
            if f"{end}." in key
        },
    ),
    "alpha_pattern": fit(alpha_pattern={"v_proj": 1}),
    "fan_in_fan_out": fit(fan_in_fan_out=True),
    "special_start": fit(init_lora_weights="eva"),
    "no_task_type": fit(task_type=None),
    "partial_layers": removed(f"{Q0}.lora_A.weight", f"{Q0}.lora_B.weight"),
    "mixed_dtypes": with_tensors(
        fit(), tensors() | {f"{Q0}.lora_A.weight": ("BF16", [2, 8], bytes(32))}
    ),
    "trained_on_4bit": fit(base_model_name_or_path="lab/base-1b-bnb-4bit"),
    "base_from_card": fit(base_model_name_or_path="/data/base"),
    "bias": fit(bias="lora_only"),
    "unknown_config": fit(new_trick=None),
    "unknown_config:merge_weights": fit(merge_weights=True),
    "other_revision:49e3418f!=fedcba98": fit(revision="49e3418f" * 5),
    "unknown_revision:refs_pr_3": fit(revision="refs/pr/3"),
    "own_tokenizer": fit() | {"tokenizer_config.json": b"{}"},
    "other_adapters": fit() | {f"old/{CONFIG}": b"{}"},
    "other_weights:non_lora_trainables.bin": fit() | {"non_lora_trainables.bin": b""},
    "keys_unlike_peft": removed_prefix(),
    "untargeted:model.layers.0.mlp.down_proj": fit(target_modules=["q_proj", "v_proj"]),
}


@pytest.mark.parametrize("flag", FLAGGED)
def test_flags(flag):
    found = verdict(FLAGGED[flag])
    assert (found.reason, found.flags) == ("", (flag,)), found.detail


def test_flags_of_the_card():
    assert verdict(fit(), licence="", card="missing").flags == ("no_card", "no_licence")
    assert verdict(fit(), card="unreadable").flags == ("no_card",)
    names = {flag.partition(":")[0] for flag in FLAGGED}
    assert set(FLAGS) == names | {"no_card", "no_licence", "target_related"}


def test_missing_modules_of_a_kind_are_not_partial_layers():
    kept = {key: value for key, value in tensors().items() if "q_proj" in key}
    assert verdict(with_tensors(fit(), kept)).flags == ()


def test_without_the_output_layer_the_vocabulary_is_unknown():
    body = {name: shape for name, shape in MODULES.items() if name != "lm_head"}
    known = rules()
    given = Rules(body, known.aliases, known.max_bytes, known.max_rank)
    resized = changed("base_model.model.lm_head.lora_B.weight", shape=(101, 2))
    assert verdict(resized, given).reason == "embedding_lora"


def test_alias_classes_are_checked():
    with pytest.raises(InputError, match=r"aliases.a/b: found 'maybe', expected 'same_weights' or"):
        rules(aliases={"a/b": "maybe"})


@pytest.mark.parametrize("key", VARIANTS)
def test_every_variant_is_rejected_by_name(key):
    assert verdict(fit(**{key: True})).reason == f"variant:{VARIANTS[key]}"
    assert verdict(fit(**{key: None})).reason == ""


def test_bytes_and_requests_of_an_inspection():
    hub = MemoryHub(fit())
    inspecting.inspect(hub, hub.listing())
    assert len(hub.requests) == 2
    many = {f"x{n}.lora_A.weight": ("F32", [0], b"") for n in range(2000)}
    hub = MemoryHub(with_tensors(fit(), many))
    found = inspecting.inspect(hub, hub.listing())
    assert len(found.tensors) == 2000
    assert len(hub.requests) == 3
    for files in (without(fit(), WEIGHTS), {"README.md": CARD}):
        hub = MemoryHub(files)
        inspecting.inspect(hub, hub.listing())
        assert hub.requests == []


def test_inspections_survive_the_file(tmp_path):
    hubs = [MemoryHub(files) for files in (fit(), FLAGGED["mixed_dtypes"], CASES["truncated"][0])]
    written = [inspecting.inspect(hub, hub.listing()) for hub in hubs]
    inspecting.write(written, tmp_path / "inspected.jsonl")
    assert list(inspecting.read(tmp_path / "inspected.jsonl")) == written


def survives(files, folder):
    hub = MemoryHub(files)
    inspection = inspecting.inspect(hub, hub.listing())
    found = vet(inspection, rules())
    assert bool(found.reason) == bool(found.stage) == bool(found.detail)
    assert f"{found.reason}{found.detail}".isprintable()
    path = folder / "fuzz.jsonl"
    inspecting.write([inspection], path)
    assert vet(next(inspecting.read(path)), rules()) == found


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
configs = st.dictionaries(
    st.sampled_from(sorted(KNOWN_KEYS)) | st.text(max_size=6), values, max_size=4
)


@pytest.mark.hostile
@settings(deadline=None, max_examples=150)
@given(st.binary(max_size=100) | configs.map(lambda config: json.dumps(config).encode()))
def test_any_config_gives_a_verdict(folder, data):
    survives(fit() | {CONFIG: data}, folder)


@pytest.mark.hostile
@settings(deadline=None, max_examples=150)
@given(configs)
def test_any_change_of_a_fit_config_gives_a_verdict(folder, config):
    survives(configured(fit(), **config), folder)


@pytest.mark.hostile
@settings(deadline=None, max_examples=150)
@given(st.binary(max_size=100), st.integers(0, 400))
def test_any_weights_give_a_verdict(folder, data, position):
    weights = fit()[WEIGHTS]
    damaged = weights[:position] + data + weights[position + len(data) :]
    survives(fit() | {WEIGHTS: data}, folder)
    survives(fit() | {WEIGHTS: damaged}, folder)


names = st.sampled_from([Q0, "lm_head", "model.embed_tokens", "x"]) | st.text(max_size=4)
ends = st.sampled_from(
    [
        ".lora_A.weight",
        ".lora_B.weight",
        ".lora_embedding_A",
        ".lora_A.x.weight",
        ".weight",
        ".bias",
    ]
)
keys = st.builds(str.__add__, names, ends)
shapes = st.lists(st.sampled_from([0, 1, 2, 8, 100]), max_size=3)


@pytest.mark.hostile
@settings(deadline=None, max_examples=150)
@given(st.dictionaries(keys, shapes, max_size=5), st.booleans())
def test_any_tensors_give_a_verdict(folder, found, added):
    odd = {key: ("F32", shape, bytes(4 * int(np.prod(shape)))) for key, shape in found.items()}
    survives(with_tensors(fit(), (tensors() if added else {}) | odd), folder)
