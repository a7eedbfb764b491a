"""Families of causal language models, each as a random model so small that it is asked in no time.

A row has what transformers calls the family (`model_type`) and the settings that matter: windows,
scales, caps, experts, recurrent layers. docs/bases.md is made of what is found of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from toy.base import tokenizer
from transformers import (
    MODEL_FOR_CAUSAL_LM_MAPPING,
    AutoConfig,
    AutoModel,
    AutoModelForCausalLM,
)

from recycling.ground.errors import InputError
from recycling.model import chat_template, fetch
from recycling.model.about import About, examine

CONTEXT = 1024
WINDOW = 24  # tokens; rows of the self-test are longer
SMALL = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": CONTEXT,
}
GPT = {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": CONTEXT, "n_inner": 48}
FALCON = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": CONTEXT,
}
VISION = {
    "hidden_size": 16,
    "intermediate_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 1,
    "image_size": 28,
    "patch_size": 14,
}
SLIDING = {"sliding_window": WINDOW}
MIXED = SLIDING | {"layer_types": ["sliding_attention", "full_attention"]}
EXPERTS = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16}
LOCAL = {"num_local_experts": 4, "num_experts_per_tok": 2}
LATENT = {
    "kv_lora_rank": 8,
    "q_lora_rank": 8,
    "qk_nope_head_dim": 8,
    "qk_rope_head_dim": 8,
    "v_head_dim": 8,
    "n_routed_experts": 4,
    "n_group": 1,
    "topk_group": 1,
    "num_experts_per_tok": 2,
    "first_k_dense_replace": 1,
    "moe_intermediate_size": 16,
    "num_key_value_heads": 4,
}
HYBRID = {"mamba_n_heads": 4, "mamba_d_head": 16, "mamba_d_state": 8, "mamba_n_groups": 1}
# Why a family is refused.
RECURRENT = "recurrent or convolutional layers carry a state from token to token"
ORDERED = "its positions (ALiBi) follow the order in which tokens are read"
OTHER = "not a causal language model of text"


@dataclass(frozen=True)
class Family:
    """A family: its name, what transformers calls it, and settings beside `SMALL`.

    `alone`: the settings are all there are, since the family has other names for those of `SMALL`.
    `refused` is why it is no base; empty for one that is.
    """

    name: str
    model_type: str
    settings: Mapping[str, object] = field(default_factory=dict)
    alone: bool = False
    refused: str = ""


@dataclass(frozen=True)
class Outcome:
    """What the workflow finds of a family: linear modules and findings, or the refusal.

    `kinds` are the last parts of the modules' names.
    """

    kinds: tuple[str, ...] = ()
    about: About | None = None
    refusal: str = ""


FAMILIES = [
    Family("Apertus", "apertus"),
    Family("Arcee", "arcee"),
    Family("BioGPT", "biogpt"),
    Family("BitNet, unpacked", "bitnet"),
    Family("CodeGen", "codegen", GPT | {"rotary_dim": 4}, alone=True),
    Family("Cohere", "cohere", {"logit_scale": 0.0625}),
    Family("Cohere 2", "cohere2", MIXED | {"logit_scale": 0.25}),
    Family("DeepSeek V2", "deepseek_v2", LATENT),
    Family("DeepSeek V3, unpacked", "deepseek_v3", LATENT),
    Family("DiffLlama", "diffllama"),
    Family("ERNIE 4.5", "ernie4_5"),
    Family("EXAONE 4", "exaone4", MIXED),
    Family(
        "Falcon",
        "falcon",
        FALCON | {"new_decoder_architecture": True, "num_kv_heads": 2},
        alone=True,
    ),
    Family("Gemma", "gemma"),
    Family(
        "Gemma 2",
        "gemma2",
        MIXED | {"final_logit_softcapping": 3.0, "attn_logit_softcapping": 1.0},
    ),
    Family("Gemma 3", "gemma3_text", MIXED),
    Family(
        "Gemma 3 with pictures",
        "gemma3",
        {"text_config": SMALL | MIXED, "vision_config": VISION, "mm_tokens_per_image": 4},
        alone=True,
    ),
    Family(
        "Gemma 3n, text alone",
        "gemma3n_text",
        MIXED
        | {"hidden_size_per_layer_input": 8, "num_kv_shared_layers": 0, "laurel_rank": 4}
        | {"activation_sparsity_pattern": [0.0, 0.0]},
    ),
    Family(
        "Gemma 4, text alone",
        "gemma4_text",
        MIXED | {"hidden_size_per_layer_input": 8, "global_head_dim": 8, "num_kv_shared_layers": 0},
    ),
    Family("GLM", "glm"),
    Family("GLM-4", "glm4"),
    Family("GPT-J", "gptj", GPT | {"rotary_dim": 4}, alone=True),
    Family("GPT-NeoX, Pythia", "gpt_neox"),
    Family("gpt-oss, unpacked", "gpt_oss", LOCAL | MIXED),
    Family("GPTBigCode", "gpt_bigcode", GPT, alone=True),
    Family("Granite", "granite", {"logits_scaling": 8.0, "embedding_multiplier": 12.0}),
    Family("Granite MoE", "granitemoe", LOCAL | {"logits_scaling": 6.0}),
    Family("Helium", "helium"),
    Family("Hunyuan", "hunyuan_v1_dense"),
    Family("Llama", "llama"),
    Family("Llama, tied embeddings", "llama", {"tie_word_embeddings": True}),
    Family("Ministral", "ministral", MIXED),
    Family("Mistral", "mistral", {"sliding_window": None}),
    Family("Mistral, window", "mistral", SLIDING),
    Family("Mixtral", "mixtral", LOCAL),
    Family("Nemotron", "nemotron"),
    Family("OLMo", "olmo"),
    Family("OLMo 2", "olmo2"),
    Family("OLMo 3", "olmo3", MIXED),
    Family("OLMoE", "olmoe", EXPERTS),
    Family("OPT", "opt", {"ffn_dim": 48, "word_embed_proj_dim": 32}),
    Family("Persimmon", "persimmon"),
    Family("Phi", "phi"),
    Family("Phi-3, Phi-4", "phi3"),
    Family("Phi-MoE", "phimoe", LOCAL),
    Family("Qwen2, Qwen2.5", "qwen2"),
    Family("Qwen2 MoE", "qwen2_moe", EXPERTS | {"shared_expert_intermediate_size": 16}),
    Family("Qwen3", "qwen3"),
    Family("Qwen3 MoE", "qwen3_moe", EXPERTS),
    Family("Seed-OSS", "seed_oss"),
    Family("SmolLM3", "smollm3"),
    Family("StableLM", "stablelm"),
    Family("StarCoder2", "starcoder2"),
    Family(
        "XGLM",
        "xglm",
        {"d_model": 32, "ffn_dim": 48, "num_layers": 2, "attention_heads": 4}
        | {"max_position_embeddings": CONTEXT},
        alone=True,
    ),
    Family("Bamba", "bamba", HYBRID | {"attn_layer_indices": [1]}, refused=RECURRENT),
    Family("BERT", "bert", refused=OTHER),
    Family(
        "BLOOM",
        "bloom",
        {"n_layer": 2, "n_head": 4, "hidden_size": 32},
        alone=True,
        refused=ORDERED,
    ),
    Family(
        "Falcon, ALiBi",
        "falcon",
        FALCON | {"alibi": True},
        alone=True,
        refused=ORDERED,
    ),
    Family("Falcon H1", "falcon_h1", HYBRID | {"mamba_d_ssm": 64}, refused=RECURRENT),
    Family("Falcon Mamba", "falcon_mamba", {"state_size": 4}, refused=RECURRENT),
    Family("GPT-2", "gpt2", GPT, alone=True, refused="its weights are Conv1D, not linear modules"),
    Family(
        "GPT-Neo",
        "gpt_neo",
        {"hidden_size": 32, "num_layers": 2, "num_heads": 4, "window_size": WINDOW}
        | {"attention_types": [[["global", "local"], 1]], "max_position_embeddings": CONTEXT},
        alone=True,
        refused="its local layers have a window of their own making",
    ),
    Family(
        "Granite hybrid",
        "granitemoehybrid",
        LOCAL | HYBRID | {"layer_types": ["mamba", "attention"]},
        refused=RECURRENT,
    ),
    Family(
        "Jamba",
        "jamba",
        {"num_experts": 2, "attn_layer_offset": 1, "attn_layer_period": 2}
        | {"mamba_d_state": 4, "use_mamba_kernels": False},
        refused=RECURRENT,
    ),
    Family("LFM2", "lfm2", {"layer_types": ["conv", "full_attention"]}, refused=RECURRENT),
    Family(
        "Llama 4, text alone",
        "llama4_text",
        LOCAL | {"intermediate_size_mlp": 48},
        refused="transformers does not tell its layers from its output layer",
    ),
    Family(
        "Llava",
        "llava",
        {"text_config": SMALL, "vision_config": VISION},
        alone=True,
        refused="AutoModelForCausalLM does not read it",
    ),
    Family("Mamba", "mamba", {"state_size": 4}, refused=RECURRENT),
    Family(
        "Mamba 2",
        "mamba2",
        {"state_size": 8, "num_heads": 4, "head_dim": 16, "n_groups": 1},
        refused=RECURRENT,
    ),
    Family(
        "MPT",
        "mpt",
        {"d_model": 32, "n_layers": 2, "n_heads": 4, "max_seq_len": CONTEXT},
        alone=True,
        refused=ORDERED,
    ),
    Family("Nemotron-H", "nemotron_h", refused=RECURRENT),
    Family("Qwen3-Next", "qwen3_next", EXPERTS | {"num_hidden_layers": 4}, refused=RECURRENT),
    Family("Qwen3.5, text alone", "qwen3_5_text", {"num_hidden_layers": 4}, refused=RECURRENT),
    Family(
        "RecurrentGemma",
        "recurrent_gemma",
        {"attention_window_size": WINDOW, "num_hidden_layers": 3},
        refused=RECURRENT,
    ),
    Family("RWKV", "rwkv", {"attention_hidden_size": 32}, refused=RECURRENT),
    Family(
        "T5",
        "t5",
        {"d_model": 32, "num_layers": 1, "num_heads": 4, "d_ff": 48, "d_kv": 8},
        alone=True,
        refused=OTHER,
    ),
    Family(
        "Zamba 2",
        "zamba2",
        HYBRID
        | {"layers_block_type": ["mamba", "hybrid"], "n_mamba_heads": 4, "mamba_d_state": 8}
        | {"adapter_rank": 4},
        refused=RECURRENT,
    ),
]
# Those of the fast tests: one for each thing that can go wrong.
TWELVE = [
    "Cohere 2",
    "DeepSeek V3, unpacked",
    "Gemma 2",
    "Gemma 3",
    "GPT-2",
    "Granite",
    "LFM2",
    "Llama",
    "Mistral, window",
    "OPT",
    "Qwen3 MoE",
    "T5",
]


def build(family: Family, folder: Path) -> None:
    """Save a random model of the family with the tokenizer of the toy base to `folder`."""
    words = tokenizer()
    words.model_max_length = CONTEXT
    settings = dict(family.settings) if family.alone else SMALL | family.settings
    config = AutoConfig.for_model(
        family.model_type,
        bos_token_id=None,
        eos_token_id=words.eos_token_id,
        pad_token_id=words.pad_token_id,
        **settings,
    )
    text = config.get_text_config()
    text.vocab_size = len(words)
    if hasattr(text, "vocab_size_per_layer_input"):
        text.vocab_size_per_layer_input = len(words)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        known = type(config) in MODEL_FOR_CAUSAL_LM_MAPPING
        kind = AutoModelForCausalLM if known else AutoModel
        model = kind.from_config(config, dtype=torch.float32)
        # Wider than usual: two layers hardly look back otherwise, and no fault of a mask shows.
        for parameter in model.parameters():
            spread = 0.2 if parameter.dim() > 1 else 0.05
            parameter.data += spread * torch.randn_like(parameter)
    model.save_pretrained(folder)
    words.save_pretrained(folder)


def outcome(family: Family, folder: Path) -> Outcome:
    """What `fetch_base` and `examine_base` find of a family that is built below `folder`."""
    build(family, folder / "published")
    model = folder / "model"
    try:
        fetch.from_path(model, path=str(folder / "published"))
        chat_template.settle_in(model, {}, "2026-01-01")
        names = [str(row["module"]) for row in fetch.modules(model)]
        found = examine(model, "cpu", "float32")
    except InputError as error:
        return Outcome(refusal=str(error))
    return Outcome(tuple(sorted({name.rpartition(".")[2] for name in names})), found)
