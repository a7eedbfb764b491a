import torch
from model_cases import INSTRUCTION, ROWS
from torch.nn import functional

from recycling.model.likelihood import answer_nll
from recycling.model.tree import TokenTree


def test_every_token_has_the_likelihood_of_its_answer_read_alone(toy_base):
    tree, paths, expected = TokenTree(), [], []
    with torch.no_grad():
        for row in ROWS:
            prompt = toy_base.prompt(INSTRUCTION, row.input)
            answers = [toy_base.answer(text) for text in row.choices]
            paths += tree.add_answers(prompt, answers)
            for answer in answers:
                logits = toy_base.model(input_ids=torch.tensor([[*prompt, *answer]])).logits[0]
                before = logits[len(prompt) - 1 : -1]
                expected.append(
                    functional.cross_entropy(before, torch.tensor(answer), reduction="none")
                )
        found = answer_nll(toy_base, tree, paths)
        mean = answer_nll(toy_base, tree, paths, "mean")
    torch.testing.assert_close(found, torch.cat(expected), atol=2e-5, rtol=1e-4)
    torch.testing.assert_close(mean, found.mean())
