"""A base model small enough to be made on the spot: random weights, a byte-level tokenizer."""

import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

ROLES = ("system", "user", "assistant")
PAD, END = "<|pad|>", "<|end|>"
TEMPLATE = (
    "{% for turn in messages %}{{ '<|' + turn['role'] + '|>' + turn['content'] + '<|end|>' }}"
    "{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def build(folder: Path, layers: int = 2) -> None:
    """Save a Llama with grouped-query attention and its tokenizer to `folder`."""
    reader = tokenizer()
    config = LlamaConfig(
        vocab_size=len(reader),
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        # Wider than usual: with 0.02 every prompt would get nearly the same answer.
        initializer_range=0.2,
        tie_word_embeddings=False,
        bos_token_id=None,
        eos_token_id=reader.eos_token_id,
        pad_token_id=reader.pad_token_id,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = LlamaForCausalLM(config)
    # Random weights hardly ever end a turn among 261 tokens; this row's logits spread further.
    model.lm_head.weight.data[reader.eos_token_id] *= 3
    model.save_pretrained(folder)
    reader.save_pretrained(folder)


def tokenizer() -> PreTrainedTokenizerFast:
    """Each byte is a token, so any text can be written and read back."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = {token: number for number, token in enumerate(alphabet)}
    bytewise = Tokenizer(models.BPE(vocab=words, merges=[]))
    bytewise.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    bytewise.decoder = decoders.ByteLevel()
    made = PreTrainedTokenizerFast(
        tokenizer_object=bytewise,
        eos_token=END,
        pad_token=PAD,
        additional_special_tokens=[f"<|{role}|>" for role in ROLES],
        clean_up_tokenization_spaces=False,
    )
    made.chat_template = TEMPLATE
    return made


if __name__ == "__main__":
    build(Path(sys.argv[1]))
