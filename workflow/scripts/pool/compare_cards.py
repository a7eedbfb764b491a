"""Measure how near the card of each adapter is to the labelled rows of a task, by its words."""

from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    model: str,
    runtime: str,
    cards: str,
    rows: list[str],
    task: str,
    scores: str,
    record: str,
    seconds: str,
    most: int,
) -> None:
    """Write the cosine of each card with at most `most` rows; no adapter is read.

    `seconds` takes what that took.
    """
    from recycling.ground import tables
    from recycling.ground.seconds import timed
    from recycling.model import text_similarity
    from recycling.model.opening import open_base
    from recycling.tasks.record import read_examples, read_task

    base = open_base(model, runtime)
    examples = [example for path in rows for example in read_examples(path)][:most]
    about = text_similarity.description(read_task(task).instruction, examples)
    table = tables.read_table(cards, "cards").fillna("")
    with timed(seconds):
        texts = dict(zip(table["adapter"], table["text"], strict=True))
        found = text_similarity.similarities(base, about, texts)
    of_cards = {"metric": "cards", "rows": len(examples)}
    lines = [{"adapter": name, **of_cards, "score": score} for name, score in found.items()]
    tables.write_table(lines, scores, "pool_scores")
    tables.write_json({"tokens": base.tokens_read}, record)


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        model=snakemake.input.model,
        runtime=snakemake.input.runtime,
        cards=snakemake.input.cards,
        rows=list(snakemake.input.rows),
        task=snakemake.input.task,
        scores=snakemake.output.scores,
        record=snakemake.output.record,
        seconds=snakemake.output.seconds,
        most=snakemake.params.most,
    )
