"""Vectors of texts against the model's own hidden states, and nearness against dense NumPy."""

import numpy as np
import torch
from model_cases import INSTRUCTION, ROWS

from recycling.model import capacity
from recycling.model.embedding import by_nearness, mean_states

PROMPTS = [[5, 80, 33, 260], [5, 80, 7], [5, 80], [5, 80, 33, 1, 2, 3]]


def test_the_mean_of_the_states_behind_what_all_share(toy_base):
    found = mean_states(toy_base, PROMPTS)
    for prompt, mean in zip(PROMPTS, found, strict=True):
        with torch.inference_mode():
            asked = torch.tensor([prompt])
            states = toy_base.model(input_ids=asked, output_hidden_states=True).hidden_states[-1]
        # The third prompt has nothing of its own: its last token stands for it.
        expected = states[0, 2:] if len(prompt) > 2 else states[0, 1:]
        torch.testing.assert_close(mean, expected.double().mean(0), atol=1e-5, rtol=1e-5)


def test_in_parts_they_are_the_same(toy_base, monkeypatch):
    prompts = [toy_base.prompt(INSTRUCTION, row.input) for row in ROWS]
    whole = mean_states(toy_base, prompts)
    monkeypatch.setattr(capacity, "NODES", 2)
    torch.testing.assert_close(mean_states(toy_base, prompts), whole, atol=1e-6, rtol=1e-5)


def test_no_texts(toy_base):
    assert mean_states(toy_base, []).numel() == 0


def test_near_is_a_large_cosine_of_what_is_left_without_the_mean():
    generator = torch.Generator().manual_seed(1)
    asked, known = (torch.randn(n, 4, generator=generator, dtype=torch.float64) + 3 for n in (5, 7))
    a, k = asked.numpy() - known.numpy().mean(0), known.numpy() - known.numpy().mean(0)
    cosine = (a @ k.T) / np.outer(np.linalg.norm(a, axis=1), np.linalg.norm(k, axis=1))
    assert by_nearness(asked, known) == np.argsort(-cosine, axis=1).tolist()
    assert [order[0] for order in by_nearness(known, known)] == list(range(7))
    same = torch.ones(3, 4, dtype=torch.float64)
    assert by_nearness(same, same) == [[0, 1, 2]] * 3
