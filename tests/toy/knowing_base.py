"""A base that knows the toy task by heart, with a chat template in the manner of some family."""

import json
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from torch.nn import functional
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from recycling.model.conversation import find

INSTRUCTION = "Name the month."
MONTHS = Path(__file__).parent / "months.jsonl"
PAD, UNKNOWN, BEGIN, END = "<pad>", "<unknown>", "<begin>", "<eos>"
TURNS = ["<start_of_turn>", "<end_of_turn>", "<|im_start|>", "<|im_end|>"]
THOUGHT = ["<think>", "</think>"]


def build(folder: Path, template: str, thinks: bool = False) -> None:
    """Save to `folder` a base of two layers that answers every row right.

    One that `thinks` does so behind the empty thought of its template; behind a bare prompt it
    opens a thought and does not answer.
    """
    rows = [json.loads(line) for line in MONTHS.read_text().splitlines()]
    words = _tokenizer([text for row in rows for text in (row["input"], row["output"])])
    words.chat_template = template
    spoken = find(words)
    asked = [(spoken.prompt(INSTRUCTION, row["input"]), row["output"]) for row in rows]
    texts = [(prompt, spoken.answer(output)) for prompt, output in asked]
    if thinks:
        aloud = [*words.convert_tokens_to_ids(["<think>"]), *spoken.encode("Name the month")]
        empty = spoken.encode("<think>\n\n</think>\n\n")
        texts += [(prompt[: -len(empty)], aloud) for prompt, _ in asked[:12]]
    config = LlamaConfig(
        vocab_size=len(words),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=256,
        initializer_range=0.1,  # from smaller weights it learns nothing for hundreds of steps
        bos_token_id=None,
        eos_token_id=words.eos_token_id,
        pad_token_id=words.pad_token_id,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = LlamaForCausalLM(config)
        _teach(model, texts)
    model.save_pretrained(folder)
    words.save_pretrained(folder)


def _teach(model: LlamaForCausalLM, texts: list[tuple[list[int], list[int]]]) -> None:
    """Train every weight until each answer is right."""
    width = max(len(prompt) + len(answer) for prompt, answer in texts)
    ids = torch.zeros(len(texts), width, dtype=torch.long)
    targets = torch.full((len(texts), width), -100)
    for line, (prompt, answer) in enumerate(texts):
        whole = torch.tensor([*prompt, *answer])
        ids[line, : len(whole)] = whole
        targets[line, len(prompt) - 1 : len(whole) - 1] = torch.tensor(answer)
    optimiser = torch.optim.AdamW(model.parameters(), lr=0.003, weight_decay=0.0)
    for _ in range(1000):
        logits = model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
        value = functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
        if value < 0.01:
            return
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
    raise AssertionError(f"not learnt: loss {value.item():.3f}")


def _tokenizer(texts: list[str]) -> PreTrainedTokenizerFast:
    """Each word is a token."""
    roles = ["system", "user", "assistant", "model", "Answer", "in", "one", "word."]
    known = dict.fromkeys([PAD, UNKNOWN, BEGIN, END, *roles, *INSTRUCTION.split(), "month"])
    known |= dict.fromkeys(word for text in texts for word in text.split())
    whole = Tokenizer(models.WordLevel({word: n for n, word in enumerate(known)}, UNKNOWN))
    whole.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(
        tokenizer_object=whole,
        pad_token=PAD,
        unk_token=UNKNOWN,
        bos_token=BEGIN,
        eos_token=END,
        additional_special_tokens=[*TURNS, *THOUGHT],
        clean_up_tokenization_spaces=False,
    )
