"""Ask a base the same thing twice: through the tree of tokens, and plainly through transformers.

The tree gives each token its own position and its own view of the others. A layer that carries its
own state from token to token, or a mask or a position that transformers makes itself, would make
the answers differ without a word. So this runs before anything is trained.
"""

from dataclasses import dataclass

import torch
from transformers import DynamicCache

from recycling.ground.errors import InputError
from recycling.model import layers
from recycling.model.base import Base
from recycling.model.tree import TokenTree

INSTRUCTION = "Answer in one word."
ROWS = (
    ("What is the capital of France?", ("Paris", "Lyon")),
    ("Which number follows 7?", ("8", "It is 9")),
)
# A long row of a base without sliding windows has this many tokens; one with them reads beyond.
LONG, BEYOND = 256, 32
GREEDY = 8
# The largest difference that counts as rounding, in nats of a token's log-likelihood. Rounding to
# bfloat16 moves an unlikely token by 0.4, so that only gross faults are seen in that format.
ROUNDING = {torch.float32: 0.002, torch.bfloat16: 1.0}


@dataclass(frozen=True)
class Found:
    """What differed most in each part of the test, in nats of a token's log-likelihood.

    `branches`: rows that share their start, with two answers each. `long`: one long row. `greedy`:
    an answer that is read token by token from a cache. `dtype` is the number format of the test.
    """

    branches: float
    long: float
    greedy: float
    dtype: str

    @property
    def differences(self) -> dict[str, float]:
        """The difference of each part by its name."""
        return {"branches": self.branches, "long": self.long, "greedy": self.greedy}


def compare(base: Base) -> Found:
    """Read the same rows both ways. Raises InputError when the base cannot be read in one of them.

    Both attend by the same rule, but the plain way by the model's own eager implementation, which
    keeps what a fused kernel may leave out, such as a cap on the scores.
    """
    with torch.inference_mode():
        parts: dict[str, float] = {}
        for name, part in (("branches", _branches), ("long", _long), ("greedy", _greedy)):
            try:
                parts[name] = part(base)
            # What an unknown architecture raises, and where, cannot be known.
            except Exception as error:
                raise InputError(
                    "base",
                    f"self-test ({name})",
                    f"{type(error).__name__}: {str(error)[:200]}",
                    "a base whose hidden states can be read from a tree of tokens",
                    f"take a base with attention layers alone; this one has {_layers(base)}",
                ) from error
    return Found(**parts, dtype=str(base.model.dtype).removeprefix("torch."))


def check(found: Found, base: Base) -> None:
    """Raise InputError, with the part that differs, unless all of it is rounding."""
    allowed = ROUNDING[base.model.dtype]
    for part, difference in found.differences.items():
        if not difference <= allowed:  # not a number fails as well
            raise InputError(
                "base",
                f"self-test ({part})",
                f"a difference of {difference:.3g} nats to transformers' own reading",
                f"at most {allowed} in {found.dtype}",
                f"this workflow cannot read such a base; its layers are {_layers(base)}",
            )


def encoded_alike(base: Base) -> None:
    """Raise InputError where a prompt and its answer have other tokens together than one by one."""
    spoken = base.conversation
    for question, answers in ROWS:
        text = spoken.prompt_text(INSTRUCTION, question)
        prompt = spoken.encode(text)
        for answer in answers:
            together = spoken.encode(text + spoken.lead + answer + spoken.end)
            if together != [*prompt, *base.answer(answer)]:
                raise InputError(
                    "base",
                    f"tokens of the answer {answer!r}",
                    spoken.names(base.answer(answer)),
                    str(spoken.names(together[len(prompt) :])),
                    "this workflow cannot write prompts for such a tokenizer; take another base",
                )


def _branches(base: Base) -> float:
    tree = TokenTree()
    paths, plain = [], []
    for question, answers in ROWS:
        prompt, said = base.prompt(INSTRUCTION, question), [base.answer(text) for text in answers]
        paths += tree.add_answers(prompt, said)
        plain += [_plain(base, [*prompt, *tokens])[-len(tokens) - 1 : -1] for tokens in said]
    states = base.read(tree)
    ours = torch.cat([base.logits(states[path.nodes]) for path in paths])
    asked = [token for path in paths for token in path.tokens]
    return _difference(ours, torch.cat(plain), asked)


def _long(base: Base) -> float:
    """The last tokens of a row that is longer than the windows of the layers."""
    beyond = layers.sliding_window(base.model.config)
    length = LONG if beyond is None or beyond >= layers.TESTED else max(LONG, beyond + BEYOND)
    row = base.prompt(INSTRUCTION, " ".join(question for question, _ in ROWS))
    tokens = (row * (length // len(row) + 1))[: min(length, base.window)]
    tree = TokenTree()
    nodes = tree.add(tokens)
    ours = base.logits(base.read(tree)[nodes[-GREEDY - 1 : -1]])
    return _difference(ours, _plain(base, tokens)[-GREEDY - 1 : -1], tokens[-GREEDY:])


def _greedy(base: Base) -> float:
    """Token by token with a cache, each token the likeliest one by the plain reading."""
    tokens = base.prompt(INSTRUCTION, ROWS[0][0])
    tree, cache = TokenTree(), DynamicCache()
    node = tree.add(tokens)[-1]
    start, largest = 0, 0.0
    for _ in range(GREEDY):
        ours = base.logits(base.read(tree, start, cache)[-1:])
        plain = _plain(base, tokens)[-1:]
        likeliest = int(plain.argmax())
        largest = max(largest, _difference(ours, plain, [likeliest]))
        start = len(tree)
        tokens.append(likeliest)
        node = tree.add([likeliest], below=node)[0]
    return largest


def _plain(base: Base, tokens: list[int]) -> torch.Tensor:
    """Logits `[tokens, vocabulary]` of one row, by the model as transformers runs it."""
    chosen = base.model.config._attn_implementation
    base.model.set_attn_implementation("eager")
    try:
        ids = torch.tensor([tokens], device=base.device)
        output: torch.Tensor = base.model(input_ids=ids, use_cache=False).logits
    finally:
        base.model.set_attn_implementation(chosen)
    return output[0].float()


def _difference(ours: torch.Tensor, plain: torch.Tensor, asked: list[int]) -> float:
    """The largest difference of log-likelihood, over the tokens asked for and the likeliest."""
    both = [logits.log_softmax(-1) for logits in (ours, plain)]
    rows = torch.arange(len(asked), device=ours.device)
    return max(
        float((both[0][rows, tokens] - both[1][rows, tokens]).abs().max())
        for tokens in (torch.tensor(asked, device=ours.device), plain.argmax(-1))
    )


def _layers(base: Base) -> str:
    return f"{', '.join(sorted(layers.kinds(base.model.config)))} ({type(base.model).__name__})"
