"""Rank and scale from the config of an adapter, patterns included."""

import pytest

from recycling.adapters.peft_files import AdapterFileError
from recycling.adapters.peft_scaling import Scaling

# As trainers write it for one layer.
TRAINER_S = r".*\.layers\.0\..*(q_proj|k_proj)$"


@pytest.mark.parametrize(
    ("config", "rank", "factor"),
    [
        ({"r": 4, "lora_alpha": 8}, 4, 2.0),
        ({"r": 4, "lora_alpha": 8, "use_rslora": True}, 4, 4.0),
        ({"r": 4, "lora_alpha": 8, "rank_pattern": {"q_proj": 2}}, 2, 4.0),
        ({"r": 4, "lora_alpha": 8, "alpha_pattern": {".*attn.q_proj": 1.0}}, 4, 0.25),
        ({"r": 4, "lora_alpha": 8, "alpha_pattern": {"proj": 1, "attn": 1}}, 4, 2.0),
        ({"r": 4, "lora_alpha": 8, "alpha_pattern": {"^model.layers.0.*": 2, "q_proj": 1}}, 4, 0.5),
        ({"r": 4, "lora_alpha": 8, "rank_pattern": {TRAINER_S: 2}}, 2, 4.0),
        ({"r": 4, "lora_alpha": 8, "rank_pattern": {TRAINER_S.replace("0", "3"): 2}}, 4, 2.0),
        ({"r": 4, "lora_alpha": 8, "rank_pattern": None}, 4, 2.0),
        ({"r": 4}, 4, None),
        ({"lora_alpha": 4}, None, None),
        ({"r": 4, "lora_alpha": 0}, 4, None),
        ({"r": 4, "lora_alpha": 10**400}, 4, None),
        ({"r": 4, "lora_alpha": True}, 4, None),
        ({"r": "4", "lora_alpha": 8}, None, None),
        ({"r": 4.0, "lora_alpha": 8}, None, None),
        ({"r": 4, "lora_alpha": 8, "alpha_pattern": {"q_proj": "much"}}, 4, None),
    ],
)
def test_scales(config, rank, factor):
    scaling = Scaling(config)
    assert scaling.rank("model.layers.0.self_attn.q_proj") == rank
    assert scaling.factor("model.layers.0.self_attn.q_proj") == factor


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        ([], "unreadable_config"),
        ({"[": 1}, "unreadable_config"),
        ({"[[a]]": 1}, "unreadable_config"),
        ({f"{n}": 1 for n in range(1001)}, "unreadable_config"),
        ({"a)|(?:b": 1}, "unreadable_config"),
        ({"(?!q_proj).*": 1}, "unsafe_pattern"),
        ({"((a{9}){9}){9}": 1}, "unsafe_pattern"),
        ({"a" * 201: 1}, "unsafe_pattern"),
        ({f"{n}" + 100 * "a?": 1 for n in range(40)}, "unsafe_pattern"),
    ],
)
def test_refused_patterns(patterns, expected):
    for key in ("rank_pattern", "alpha_pattern"):
        with pytest.raises(AdapterFileError) as error:
            Scaling({key: patterns})
        assert error.value.reason == expected
