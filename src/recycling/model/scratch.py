"""A small Llama whose tokens are whole words, trained from random weights."""

from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from torch.nn import functional
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from recycling.ground import seeds
from recycling.model.base import Base
from recycling.model.recipe import Fit, Recipe
from recycling.model.training import fit
from recycling.tasks.record import Example

PAD, BEGIN, END, UNKNOWN = "<pad>", "<begin>", "<end>", "<unknown>"
# Texts follow the first token, an answer with the last one behind it; there are no instructions.
TEMPLATE = (
    "{{ bos_token }}{% for turn in messages if turn.content %} {{ turn.content }}"
    "{% if turn.role == 'assistant' %} {{ eos_token }}{% endif %}{% endfor %}"
)
IGNORED = -100


def tokenizer(words: Sequence[str]) -> PreTrainedTokenizerFast:
    """Texts are words with spaces between them, each word a token."""
    every = [PAD, BEGIN, END, UNKNOWN, *words]
    model = models.WordLevel({word: number for number, word in enumerate(every)}, UNKNOWN)
    whole = Tokenizer(model)
    whole.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=whole,
        pad_token=PAD,
        bos_token=BEGIN,
        eos_token=END,
        unk_token=UNKNOWN,
        clean_up_tokenization_spaces=False,
    )
    made.chat_template = TEMPLATE
    return made


def create(words: Sequence[str], width: int, layers: int, seed: int) -> Base:
    """A Llama with random weights and tied embeddings whose parameters can be trained."""
    reader = tokenizer(words)
    config = LlamaConfig(
        vocab_size=len(reader),
        hidden_size=width,
        intermediate_size=4 * width,
        num_hidden_layers=layers,
        num_attention_heads=4,
        max_position_embeddings=128,
        tie_word_embeddings=True,
        bos_token_id=reader.bos_token_id,
        eos_token_id=reader.eos_token_id,
        pad_token_id=reader.pad_token_id,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seeds.derive(seed, "weights"))
        base = Base(LlamaForCausalLM(config), reader)
    base.model.requires_grad_(True)
    return base


def pretrain(base: Base, rows: Sequence[Example], recipe: Recipe, seed: int) -> Fit:
    """Train every parameter on the answers of `rows`."""
    generator = seeds.torch_generator(seed, "pretraining")
    done = fit(
        base, list(base.model.parameters()), "", rows, [], recipe, generator, objective=Padded()
    )
    base.model.requires_grad_(False)
    return done


def save(base: Base, folder: str | Path) -> None:
    """Model and tokenizer as a folder that `base.load` reads."""
    base.model.save_pretrained(folder)
    base.tokenizer.save_pretrained(folder)


class Padded:
    """The training loss on a padded batch, for many short rows that begin differently.

    A tree of tokens would save nothing there, and its mask grows with the square of the batch. The
    tokens of a row are kept, so that each row is encoded once.
    """

    def __init__(self) -> None:
        self.known: dict[str, tuple[list[int], list[int]]] = {}

    def __call__(self, base: Base, instruction: str, rows: Sequence[Example]) -> torch.Tensor:
        """Mean negative log-likelihood of answer and end-of-turn tokens, as `training.loss`."""
        encoded = [self._encoded(base, instruction, row) for row in rows]
        width = max(len(tokens) for tokens, _ in encoded)
        ids = torch.zeros(len(rows), width, dtype=torch.long)
        targets = torch.full((len(rows), width), IGNORED)
        for line, (tokens, wanted) in enumerate(encoded):
            ids[line, : len(tokens)] = torch.tensor(tokens)
            targets[line, len(tokens) - len(wanted) : len(tokens)] = torch.tensor(wanted)
        # What follows the end of a row is never seen by it: attention looks back only.
        states = base.decoder(input_ids=ids.to(base.device)).last_hidden_state
        base.tokens_read += ids.numel()
        asked = targets != IGNORED
        return functional.cross_entropy(
            base.logits(states[asked.to(base.device)]), targets[asked].to(base.device)
        )

    def _encoded(self, base: Base, instruction: str, row: Example) -> tuple[list[int], list[int]]:
        """The tokens that are read, and those that are predicted, at their end."""
        if row.id not in self.known:
            answer = base.answer(row.answers[0])
            self.known[row.id] = ([*base.prompt(instruction, row.input), *answer[:-1]], answer)
        return self.known[row.id]
