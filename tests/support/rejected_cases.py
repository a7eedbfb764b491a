"""Repositories that vetting rejects by config or header: reason -> the files of each."""

import json

import numpy as np
from pool_cases import BASE, CONFIG, WEIGHTS, fit, tensors

from recycling.community.defects import configured, with_tensors

Q0 = "base_model.model.model.layers.0.self_attn.q_proj"


def without(files, *names):
    return {name: data for name, data in files.items() if name not in names}


def changed(key, **values):
    """The fit tensors with one entry replaced by zeros of another shape or type."""
    dtype, shape = values.get("dtype", "F32"), list(values["shape"])
    size = {"F32": 4, "I8": 1}[dtype] * int(np.prod(shape))
    return with_tensors(fit(), tensors() | {key: (dtype, shape, bytes(size))})


def removed(*keys):
    return with_tensors(fit(), without(tensors(), *keys))


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 4938648\n"
MLX = {"fine_tune_type": "lora", "lora_parameters": {"rank": 8, "scale": 20.0}, "num_layers": 16}
CASES = {
    "no_config": [without(fit(), CONFIG), {"model.safetensors": b""}, {}],
    "subfolder_only": [{f"checkpoint-5/{name}": data for name, data in fit().items()}],
    "no_safetensors": [
        without(fit(), WEIGHTS),
        without(fit(), WEIGHTS) | {"adapter_model.bin": b"not opened"},
    ],
    "vocab_resized": [
        fit() | {"new_embeddings.safetensors": b""},
        changed("base_model.model.lm_head.lora_B.weight", shape=(101, 2)),
        changed("base_model.model.model.embed_tokens.lora_embedding_A", shape=(2, 101)),
        changed("base_model.model.model.embed_tokens.weight", shape=(101, 8)),
    ],
    "embedding_lora": [
        changed("base_model.model.lm_head.lora_B.weight", shape=(100, 2)),
        changed("base_model.model.model.embed_tokens.lora_embedding_A", shape=(2, 100)),
    ],
    "too_large": [fit() | {WEIGHTS: bytes(100_001)}, fit() | {CONFIG: b" " * 100_001}],
    "unreadable_config": [
        fit() | {CONFIG: b"\x1f\x8b junk"},
        fit(use_rslora="yes"),
        fit(rank_pattern=["q_proj"]),
    ],
    "unsafe_pattern": [fit(alpha_pattern={"(?=q_proj).*": 1})],
    "lfs_pointer": [fit() | {WEIGHTS: POINTER}, fit() | {CONFIG: POINTER}],
    "mlx": [
        without(fit(), WEIGHTS) | {"adapters.safetensors": b""},
        without(fit(), WEIGHTS) | {"adapters.npz": b"", "0000100_adapters.npz": b""},
        fit() | {CONFIG: json.dumps(MLX).encode()},
        changed("model.layers.0.self_attn.q_proj.lora_a", shape=(8, 2)),
    ],
    "unreadable_header": [fit() | {WEIGHTS: b"\xff" * 100}],
    "truncated": [fit() | {WEIGHTS: fit()[WEIGHTS][:-9]}, fit() | {WEIGHTS: b""}],
    "variant:ia3": [fit(peft_type="IA3")],
    "variant:none": [fit(peft_type=None)],
    "base_mismatch": [
        fit(base_model_name_or_path=f"{BASE}-DPO"),
        fit(base_model_name_or_path="lab/base-1"),
    ],
    "task_type": [fit(task_type="SEQ_CLS")],
    "variant:dora": [
        fit(use_dora=True),
        changed(f"{Q0}.lora_magnitude_vector", shape=(8,)),
    ],
    "variant:lora_bias": [fit(lora_bias=True), changed(f"{Q0}.lora_B.bias", shape=(8,))],
    "variant:bias": [
        fit(bias="every"),
        changed(f"{Q0}.base_layer.bias", shape=(8,)),
        configured(changed(f"{Q0}.bias", shape=(8,)), bias="all"),
    ],
    "variant:kasa": [fit(kasa_config={"beta": 1})],
    "variant:layer_replication": [fit(layer_replication=[[0, 1]])],
    "variant:trainable_tokens": [fit(trainable_token_indices=[1])],
    "mutated_base": [
        fit(init_lora_weights="pissa_niter_4"),
        fit(init_lora_weights="olora"),
        fit(init_lora_weights=["pissa"]),
        fit(loftq_config={"loftq_bits": 4}),
    ],
    "modules_to_save": [
        fit(modules_to_save=["embed_tokens"]),
        changed("base_model.model.score.modules_to_save.weight", shape=(2, 8)),
    ],
    "unknown_config:new_trick": [fit(new_trick=1)],
    "unknown_config:a_b_c": [fit(**{"a b\tc": 1})],
    "extra_tensors": [
        changed(f"{Q0}.lora_gate", shape=(2,)),
        changed("base_model.model.lm_head.weight", shape=(100, 8)),
        changed(f"{Q0}.lora_A.other.weight", shape=(2, 8)),
    ],
    "keys_unmatched": [
        changed("base_model.model.transformer.h.0.attn.lora_A.weight", shape=(2, 8)),
        with_tensors(fit(), {}),
    ],
    "unpaired": [removed(f"{Q0}.lora_B.weight"), removed(f"{Q0}.lora_A.weight")],
    "empty_tensor": [changed(f"{Q0}.lora_A.weight", shape=(0,))],
    "dtype": [changed(f"{Q0}.lora_A.weight", shape=(2, 8), dtype="I8")],
    "shape": [
        changed(f"{Q0}.lora_A.weight", shape=(8, 2)),
        changed(f"{Q0}.lora_A.weight", shape=(2, 8, 1)),
        changed(f"{Q0}.lora_B.weight", shape=(4, 2)),
    ],
    "scale_unknown": [fit(lora_alpha=None), fit(r=None), fit(lora_alpha="16"), fit(r=2.5)],
    "rank_mismatch": [
        fit(r=4),
        fit(rank_pattern={"v_proj": 1}),
        changed(f"{Q0}.lora_B.weight", shape=(8, 3)),
    ],
    "rank_limit": [with_tensors(fit(r=9), tensors(rank=9))],
}
