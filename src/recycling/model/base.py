"""The frozen base model: its tokens, its hidden states, and low-rank branches attached to it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import torch
from torch import nn
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    DynamicCache,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.modeling_outputs import MoeModelOutputWithPast
from transformers.utils import logging

from recycling.adapters.canonical import Adapter, Factors
from recycling.adapters.routed import Experts, Routed
from recycling.ground.errors import InputError
from recycling.model import conversation, layers
from recycling.model.branches import Addition, Branch, RoutedBranch
from recycling.model.tree import TokenTree

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


class Base:
    """A causal language model with its tokenizer; every parameter is frozen.

    `tokens_read` counts the tokens of all forward passes so far, a measure of cost.
    """

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
        model.eval()  # type: ignore[no-untyped-call]
        self.model = model.requires_grad_(False)
        self.tokenizer = tokenizer
        self.conversation = conversation.find(tokenizer, _ends(model))
        self.tokens_read = 0

    @property
    def device(self) -> torch.device:
        """Where the model lives."""
        device: torch.device = self.model.device
        return device

    @property
    def decoder(self) -> nn.Module:
        """The model without its output layer: tokens to hidden states."""
        decoder: nn.Module = self.model.get_decoder()  # type: ignore[no-untyped-call]
        return decoder

    @property
    def output_layer(self) -> nn.Module:
        """Hidden states to logits."""
        layer: nn.Module = self.model.get_output_embeddings()  # type: ignore[no-untyped-call]
        return layer

    @cached_property
    def linears(self) -> dict[str, nn.Linear]:
        """Linear modules by name, those of the decoder alone: no output layer, no pictures."""
        output_layer, decoder = self.output_layer, set(self.decoder.modules())
        return {
            name: module
            for name, module in self.model.named_modules()
            if isinstance(module, nn.Linear) and module in decoder and module is not output_layer
        }

    def prompt(
        self, instruction: str, text: str, shown: Sequence[tuple[str, str]] = ()
    ) -> list[int]:
        """Tokens up to where the answer begins: see `Conversation.prompt`."""
        return self.conversation.prompt(instruction, text, shown)

    def answer(self, text: str) -> list[int]:
        """Tokens of an answer with the end of its turn: see `Conversation.answer`."""
        return self.conversation.answer(text)

    @cached_property
    def window(self) -> int:
        """The longest sequence of tokens that the model was made for."""
        return layers.window(self.model.config, self.tokenizer)

    def check_fits(self, tokens: int, row: str) -> None:
        """Raise InputError for a row of more tokens than the model's window."""
        if tokens > self.window:
            raise InputError(
                "prompt",
                f"tokens of example {row} with its answer",
                tokens,
                f"at most the model's context window of {self.window}",
                "show fewer demonstrations, or shorten the instruction or the input",
            )

    def read(
        self, tree: TokenTree, start: int = 0, cache: DynamicCache | None = None
    ) -> torch.Tensor:
        """Hidden states `[len(tree) - start, width]` of the nodes from `start` on.

        `cache` holds keys and values of the nodes before `start`; those of the others are added.
        """
        device = self.device
        ids = torch.tensor([tree.tokens[start:]], device=device)
        positions = torch.tensor([tree.depths[start:]], device=device)
        masks = layers.masks(self.model.config, tree, start)
        states: torch.Tensor = self.decoder(
            input_ids=ids,
            position_ids=positions,
            attention_mask=layers.prepared(masks, self.model),
            past_key_values=cache,
            use_cache=cache is not None,
        ).last_hidden_state
        self.tokens_read += len(tree) - start
        return states[0]

    def logits(self, states: torch.Tensor) -> torch.Tensor:
        """Float32 logits `[n, vocabulary]` of hidden states `[n, width]`.

        Give only the positions that are needed: the output layer of a small model with a large
        vocabulary costs about a quarter of its other layers.
        """
        known = _Known(last_hidden_state=states[None])
        decoder = self.decoder
        # The model's own forward pass, its layers left out: some scale or cap the output layer's.
        decoder.forward = lambda *_, **__: known
        try:
            output: torch.Tensor = self.model(inputs_embeds=known.last_hidden_state).logits
        finally:
            del decoder.forward
        return output[0].float()

    @contextmanager
    def attached(self, branches: Mapping[str, Addition]) -> Iterator[None]:
        """Within the block, add each branch to the output of the linear module of its name.

        Raises InputError for a name that no linear module has.
        """
        unknown = sorted(set(branches) - set(self.linears))
        if unknown:
            raise InputError(
                "adapter",
                "module",
                unknown[0],
                f"a linear module of the base such as {next(iter(self.linears))!r}",
                "check that the adapter was trained on this base",
            )
        handles = [
            self.linears[name].register_forward_hook(_adding(branch))
            for name, branch in branches.items()
        ]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    @contextmanager
    def wearing(self, worn: Adapter | Routed | None) -> Iterator[None]:
        """Within the block, the base with an adapter, with routed ones, or bare for None.

        Raises InputError for adapters that each prompt weighs: see `model.prompt_routing`.
        """
        branches: dict[str, Addition]
        if isinstance(worn, Routed):
            if worn.by_prompt is not None:
                raise InputError(
                    "routed adapters",
                    "by_prompt",
                    worn.by_prompt.signal,
                    "adapters that each token weighs",
                    "wear their sum for one prompt, by model.prompt_routing",
                )
            branches = {
                module: self.routed(worn, experts) for module, experts in worn.modules.items()
            }
        else:
            branches = {
                module: Branch(*self._cast(factors)) for module, factors in (worn or {}).items()
            }
        with self.attached(branches):
            yield

    def routed(self, routed: Routed, experts: Experts) -> RoutedBranch:
        """The branch of one module of routed experts."""
        # Prototypes stay as they are: half precision could swap experts that lie close.
        owners, prototypes = experts.owners.to(self.device), experts.prototypes.to(self.device)
        sides = self._cast(experts.factors)
        mixed = routed.combination == "factors"
        return RoutedBranch(*sides, owners, prototypes, routed.top_k, routed.temperature, mixed)

    def _cast(self, factors: Factors) -> tuple[torch.Tensor, torch.Tensor]:
        def placed(side: torch.Tensor) -> torch.Tensor:
            # From pinned memory, see `model.staging`, a GPU fetches while it computes.
            return side.to(self.device, self.model.dtype, non_blocking=True)

        return placed(factors.a), placed(factors.b)


class _Known(MoeModelOutputWithPast):
    """What a decoder gives, as far as an output layer needs it; everything else is None."""

    def __getattr__(self, name: str) -> None:
        if name.startswith("__"):
            raise AttributeError(name)


def _adding(branch: Addition) -> Callable[..., torch.Tensor]:
    def hook(_: nn.Module, inputs: tuple[torch.Tensor], output: torch.Tensor) -> torch.Tensor:
        return output + branch(inputs[0]).to(output.dtype)

    return hook


def _ends(model: PreTrainedModel) -> list[int]:
    """The tokens at which the model's own settings end a generation."""
    ends = getattr(model.generation_config, "eos_token_id", None)
    return [] if ends is None else [ends] if isinstance(ends, int) else list(ends)


def load(folder: str | Path, device: str, dtype: str, attention: str = "sdpa") -> Base:
    """The base saved by `fetch_base`, from local files only, without code of its repository.

    `attention` is the implementation that `examine_base` found to be right: sdpa or eager.
    """
    # Its redrawn lines would fill the log.
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
        folder,
        dtype=DTYPES[dtype],
        attn_implementation=attention,
        local_files_only=True,
        trust_remote_code=False,
    )
    tokenizer = AutoTokenizer.from_pretrained(
        folder, local_files_only=True, trust_remote_code=False
    )
    return Base(model.to(device), tokenizer)  # type: ignore[arg-type]
