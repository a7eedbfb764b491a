"""What a model did with one example: a row of a prediction file."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Prediction:
    """Greedy text and likelihoods; the fields are the columns of a prediction file.

    `finished`: it ended its turn before the token cap. Likelihoods are summed negative
    log-likelihoods in nats of whole answers, end-of-turn token included: of the trained answer
    and of each choice.
    """

    example: str
    input: str
    answers: tuple[str, ...]
    choices: tuple[str, ...]
    output: str
    finished: bool
    answer_nll: float
    answer_tokens: int
    choice_nll: tuple[float, ...]
    choice_tokens: tuple[int, ...]
