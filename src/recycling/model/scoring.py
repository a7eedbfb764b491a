"""What a model answers, and how likely it finds given answers; shared tokens are read once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

import torch
from transformers import DynamicCache

from recycling.ground.runlog import Progress
from recycling.model import capacity
from recycling.model.base import Base
from recycling.model.tree import AnswerPath, TokenTree
from recycling.tasks.prediction import Prediction
from recycling.tasks.record import Example


class _Pass:
    """A tree of prompts and candidate answers, and what the model predicts at its nodes.

    `states[node]` is the hidden state after a node, `best[node]` the likeliest next token, and
    `logp[node, token]` the log-likelihood of a next token that was asked for. Answers are generated
    greedily in the same tree: as far as they spell a candidate, nothing more needs to be read.
    """

    def __init__(self, base: Base) -> None:
        self.base, self.tree, self.cache = base, TokenTree(), DynamicCache()
        self.states: list[torch.Tensor] = []
        self.logp: dict[tuple[int, int], float] = {}
        self.best: dict[int, int] = {}

    def update(self, wanted: dict[int, set[int]]) -> None:
        """Read the nodes that were added since the last call, and predict after those of `wanted`.

        `wanted` is node -> next tokens whose log-likelihood is to be known.
        """
        start = len(self.states)
        if start < len(self.tree):
            self.states += self.base.read(self.tree, start, self.cache)
        # A wanted node may be an old one: a prompt can spell another prompt with its answer.
        nodes = sorted(wanted)
        logits = self.base.logits(torch.stack([self.states[node] for node in nodes]))
        asked = [(row, token) for row, node in enumerate(nodes) for token in wanted[node]]
        rows, tokens = torch.tensor(asked, dtype=torch.long).reshape(-1, 2).T.to(logits.device)
        # On a GPU each number that is fetched alone waits for all work before it: fetch them at
        # once. Float32 holds every token's number exactly.
        found = [logits.argmax(-1).float(), logits.logsumexp(-1), logits[rows, tokens]]
        numbers = iter(torch.cat(found).tolist())
        self.best |= {node: int(next(numbers)) for node in nodes}
        norm = [next(numbers) for _ in nodes]
        for row, token in asked:
            self.logp[nodes[row], token] = next(numbers) - norm[row]

    def answer(self, node: int, cap: int) -> tuple[list[int], bool, int | None]:
        """The greedy answer after `node`, of at most `cap` tokens, as far as predictions are known.

        Gives its tokens, whether its turn ended, and the node at which the next prediction is
        missing; None where the answer is complete.
        """
        conversation = self.base.conversation
        # The cap counts one token for the end of a turn, as most bases have it.
        cap += conversation.length - 1 if cap else 0
        tokens: list[int] = []
        while len(tokens) < cap:
            if node not in self.best:
                return tokens, False, node
            token = self.best[node]
            if token in conversation.stops:
                return tokens, True, None
            tokens.append(token)
            if conversation.ended(tokens):
                return tokens, True, None
            if len(tokens) < cap:
                node = self.tree.add([token], below=node)[0]
        return tokens, False, None


def predict(
    base: Base,
    instruction: str,
    examples: Sequence[Example],
    cap: int,
    *,
    choices: bool = True,
    shown: Sequence[Example] | Mapping[str, Sequence[Example]] = (),
    what: str | None = "predicted",
) -> list[Prediction]:
    """Predictions in the order of `examples`.

    `cap` is the most tokens that are generated, 0 for none; without `choices` only the trained
    answer is scored. Every prompt shows the rows `shown` with their trained answers; a mapping has
    those of each example by its id. The log says how far it is, as `what`; nothing for None.

    Raises InputError for an example that does not fit into the context window of the model.
    """
    predictions: list[Prediction] = []
    progress = None if what is None else Progress(what, len(examples), every=64)
    with torch.inference_mode():
        rows = _rows(base, instruction, examples, choices, shown)
        _check_window(base, rows, cap)
        for chunk in _chunks(rows, capacity.nodes(base)):
            predictions += _predict_chunk(base, chunk, cap)
            if progress is not None:
                for _ in chunk:
                    progress.step()
    return predictions


@dataclass(frozen=True)
class _Row:
    example: Example
    prompt: list[int]
    answers: list[list[int]]


def _rows(
    base: Base,
    instruction: str,
    examples: Sequence[Example],
    choices: bool,
    shown: Sequence[Example] | Mapping[str, Sequence[Example]],
) -> list[_Row]:
    rows = []
    for example in examples:
        before = shown[example.id] if isinstance(shown, Mapping) else shown
        pairs = [(row.input, row.answers[0]) for row in before]
        texts = [example.answers[0], *(example.choices if choices else ())]
        prompt = base.prompt(instruction, example.input, pairs)
        rows.append(_Row(example, prompt, [base.answer(text) for text in texts]))
    return rows


def _check_window(base: Base, rows: Sequence[_Row], cap: int) -> None:
    for row in rows:
        # The last token of an answer is predicted, never read.
        base.check_fits(len(row.prompt) + max(cap, *map(len, row.answers)) - 1, row.example.id)


def _chunks(rows: Sequence[_Row], nodes: int) -> Iterator[list[_Row]]:
    # The start that all rows share is read once in each chunk: a long one asks for large chunks.
    alike = (len(set(tokens)) == 1 for tokens in zip(*(row.prompt for row in rows), strict=False))
    shared = sum(1 for _ in takewhile(bool, alike))
    limit = max(nodes, 3 * shared)
    chunk: list[_Row] = []
    tree = TokenTree()
    for row in rows:
        if chunk and len(tree) > limit:
            yield chunk
            chunk, tree = [], TokenTree()
        tree.add_answers(row.prompt, row.answers)
        chunk.append(row)
    if chunk:
        yield chunk


def _predict_chunk(base: Base, rows: list[_Row], cap: int) -> list[Prediction]:
    state = _Pass(base)
    paths = [state.tree.add_answers(row.prompt, row.answers) for row in rows]
    wanted: dict[int, set[int]] = {}
    for row_paths in paths:
        for path in row_paths:
            for node, token in zip(path.nodes, path.tokens, strict=True):
                wanted.setdefault(node, set()).add(token)
    state.update(wanted)
    ends = [row_paths[0].nodes[0] for row_paths in paths]
    greedy = [state.answer(end, cap) for end in ends]
    while pending := {node: set[int]() for _, _, node in greedy if node is not None}:
        state.update(pending)
        greedy = [
            state.answer(end, cap) if known[2] is not None else known
            for end, known in zip(ends, greedy, strict=True)
        ]
    return [
        _prediction(state, row, row_paths, tokens, ended)
        for row, row_paths, (tokens, ended, _) in zip(rows, paths, greedy, strict=True)
    ]


def _prediction(
    state: _Pass, row: _Row, paths: list[AnswerPath], tokens: list[int], ended: bool
) -> Prediction:
    nll = [-sum(state.logp[key] for key in zip(p.nodes, p.tokens, strict=True)) for p in paths]
    counts = [len(path.tokens) for path in paths]
    return Prediction(
        example=row.example.id,
        input=row.example.input,
        answers=row.example.answers,
        choices=row.example.choices,
        output=state.base.conversation.text(tokens),
        finished=ended,
        answer_nll=nll[0],
        answer_tokens=counts[0],
        choice_nll=tuple(nll[1:]),
        choice_tokens=tuple(counts[1:]),
    )
