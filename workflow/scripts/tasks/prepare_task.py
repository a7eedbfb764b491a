"""Load a task and draw the train, valid and test examples of one replicate."""

from typing import TYPE_CHECKING, Any, TextIO

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    name: str,
    replicate: str,
    source: str,
    options: dict[str, object],
    sizes: dict[str, int],
    seed: int,
    train: str,
    valid: str,
    test: str,
    task: str,
    dropped: str,
    console: TextIO,
    aside: dict[str, int] | None = None,
    whole: dict[str, Any] | None = None,
) -> None:
    """Write the parts, the record of the task and its dropped rows.

    `options` are those of the task's `source`. `sizes` has the counts train, valid and test, the
    number of candidates and perhaps of folds. What differs from them is said once on the `console`.
    `aside` and `whole` have the arguments of `Aside` and of `Whole`, where there are such.
    """
    from dataclasses import asdict
    from functools import partial

    from recycling import tasks
    from recycling.ground import tables
    from recycling.tasks import cross_validation, rows_used
    from recycling.tasks.aside import Aside, divided
    from recycling.tasks.fewer_rows import Whole, first_rows
    from recycling.tasks.record import write_examples, write_task
    from recycling.tasks.splits import prepared, split

    loaded = tasks.load(name, source, **options)
    if aside:
        loaded, _ = divided(loaded, Aside(**aside))
    draw = partial(first_rows, Whole(**whole)) if whole else split
    parts = draw(loaded, seed=seed, replicate=replicate, **sizes)
    write_examples(parts.train, train)
    write_examples(parts.valid, valid)
    write_examples(parts.test, test)
    write_task(record := prepared(loaded, parts), task)
    tables.write_table([row._asdict() for row in loaded.dropped], dropped, "dropped")
    print(f"{name}: {asdict(record.counts)}")
    used = rows_used.told([record.counts], sizes)
    if used and cross_validation.first(replicate):
        print(f"task {name} has {used}", file=console, flush=True)
    if "look_alike" in record.source:
        print(f"{name}: answers {record.source['look_alike']}")


if __name__ == "__main__":
    console = runlog.console()
    runlog.start(snakemake.log[0], snakemake.threads, online=True)
    main(
        name=snakemake.wildcards.task,
        replicate=snakemake.params.replicate,
        source=snakemake.params.source,
        options=snakemake.params.options,
        sizes=snakemake.params.split,
        aside=snakemake.params.aside,
        whole=snakemake.params.whole,
        seed=snakemake.params.seed,
        train=snakemake.output.train,
        valid=snakemake.output.valid,
        test=snakemake.output.test,
        task=snakemake.output.task,
        dropped=snakemake.output.dropped,
        console=console,
    )
