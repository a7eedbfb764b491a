import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import DynamicCache

from recycling.model.tree import ROOT, TokenTree, prompt_trees

# Few tokens, so that random sequences share prefixes.
SEQUENCES = st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=7), min_size=1, max_size=6)


def ancestors(tree, node):
    return ancestors(tree, tree.parents[node]) | {node} if node != ROOT else set()


def test_a_shared_prefix_is_stored_once():
    tree = TokenTree()
    assert tree.add([5, 6, 7]) == [0, 1, 2]
    assert tree.add([5, 6, 8]) == [0, 1, 3]
    assert tree.add([7], below=1) == [2]
    assert tree.add([6]) == [4]
    assert tree.add([]) == []
    assert len(tree) == 5
    assert tree.tokens == [5, 6, 7, 8, 6]
    assert tree.parents == [ROOT, 0, 1, 1, ROOT]
    assert tree.depths == [0, 1, 2, 2, 0]


def test_an_answer_begins_at_the_end_of_its_prompt_and_its_last_token_is_not_read():
    tree = TokenTree()
    one, two = tree.add_answers([5, 6], [[7, 8, 2], [7, 2]])
    assert tree.tokens == [5, 6, 7, 8]
    assert (one.nodes, one.tokens) == ([1, 2, 3], [7, 8, 2])
    assert (two.nodes, two.tokens) == ([1, 2], [7, 2])


@given(SEQUENCES, st.data())
def test_a_node_sees_itself_and_its_ancestors(sequences, data):
    tree = TokenTree()
    for sequence in sequences:
        tree.add(sequence)
    start = data.draw(st.integers(0, len(tree)))
    seen = tree.visible(start)
    assert seen.shape == (len(tree) - start, len(tree))
    for row, node in zip(seen, range(start, len(tree)), strict=True):
        assert set(row.nonzero().flatten().tolist()) == ancestors(tree, node)


@settings(max_examples=30)
@given(SEQUENCES, st.integers(0, 6))
def test_states_are_those_of_the_separate_sequences(toy_base, sequences, first):
    tree, cache = TokenTree(), DynamicCache()
    paths = [tree.add(sequence) for sequence in sequences[:first]]
    parts, start = [], 0
    before = toy_base.tokens_read
    with torch.inference_mode():
        if paths:
            parts, start = [toy_base.read(tree, 0, cache)], len(tree)
        paths += [tree.add(sequence) for sequence in sequences[first:]]
        if len(tree) > start:
            parts.append(toy_base.read(tree, start, cache))
        assert toy_base.tokens_read - before == len(tree)
        cached, whole = torch.cat(parts), toy_base.read(tree)
        for sequence, path in zip(sequences, paths, strict=True):
            ids = torch.tensor([sequence])
            alone = toy_base.model.get_decoder()(input_ids=ids).last_hidden_state[0]
            torch.testing.assert_close(whole[path], alone, atol=2e-5, rtol=1e-4)
            torch.testing.assert_close(cached[path], alone, atol=2e-5, rtol=1e-4)


@pytest.mark.parametrize("start", [0, 3])
def test_nothing_is_visible_in_an_empty_rest(start):
    tree = TokenTree()
    tree.add(range(start))
    assert tree.visible(start).shape == (0, start)


def test_trees_of_prompts_end_where_they_are_large():
    prompts = [[1, 2, 3], [1, 2, 4], [1, 5], [6]]
    found = [(len(tree), paths) for tree, paths in prompt_trees(prompts, 4)]
    assert found == [(4, [[0, 1, 2], [0, 1, 3]]), (3, [[0, 1], [2]])]
    assert [*prompt_trees([], 4)] == []
