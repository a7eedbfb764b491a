"""How near texts of strangers are to a text, as the base sees both; nothing is generated."""

from collections.abc import Mapping, Sequence

from recycling.ground.foreign_text import shown
from recycling.model.base import Base
from recycling.model.embedding import cosines, mean_states
from recycling.tasks.record import Example

QUESTION = "What is this about?"
LONGEST = 1000  # characters
MOST_TOKENS = 512
# Nothing is farther: a text of no words.
FARTHEST = -1.0


def description(instruction: str, rows: Sequence[Example]) -> str:
    """A task as a text: its instruction, then rows with their trained answers."""
    pairs = (f"{row.input}: {row.answers[0]}" for row in rows)
    return "; ".join([instruction, *pairs])


def similarities(base: Base, text: str, others: Mapping[str, str]) -> dict[str, float]:
    """Cosine of the text with each of `others`, by their keys; -1 for one without words.

    Each is read as the answer to nothing: as the question of a prompt, of which the states after
    what all share are averaged. The mean of `others` is taken from both sides. Texts are cut to
    1,000 characters of one line and to 512 tokens of the prompt, or to the window of the model.
    """
    told = [key for key, other in others.items() if other.strip()]
    found = dict.fromkeys(others, FARTHEST)
    if told:
        prompts = [_prompt(base, some) for some in (text, *(others[key] for key in told))]
        states = mean_states(base, prompts)
        found |= zip(told, cosines(states[:1], states[1:])[0].tolist(), strict=True)
    return found


def _prompt(base: Base, text: str) -> list[int]:
    text = shown(text, LONGEST)
    most = min(MOST_TOKENS, base.window)
    while len(prompt := base.prompt(QUESTION, text)) > most and text:
        text = text[: len(text) // 2]
    base.check_fits(len(prompt), "of an empty text")
    return prompt
