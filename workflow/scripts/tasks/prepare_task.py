"""Load a task and draw the train, valid and test examples of one replicate."""

from typing import TYPE_CHECKING, Any

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    name: str,
    replicate: str,
    source: dict[str, Any],
    sizes: dict[str, int],
    seed: int,
    train: str,
    valid: str,
    test: str,
    task: str,
    dropped: str,
) -> None:
    """Write the parts, the record of the task and its dropped rows.

    `source` is the task's entry in the config: the source and its options.
    `sizes` has the counts train, valid and test and the number of candidates.
    """
    from recycling import tasks
    from recycling.ground import tables
    from recycling.tasks.record import write_examples
    from recycling.tasks.splits import split

    loaded = tasks.load(name, **source)
    parts = split(loaded, seed=seed, replicate=replicate, **sizes)
    write_examples(parts.train, train)
    write_examples(parts.valid, valid)
    write_examples(parts.test, test)
    record = {
        "name": loaded.name,
        "instruction": loaded.instruction,
        "labels": loaded.labels,
        "counts": {
            "items": len(loaded.examples),
            "train": len(parts.train),
            "valid": len(parts.valid),
            "test": len(parts.test),
            "dropped": len(loaded.dropped),
        },
        "source": loaded.source,
    }
    tables.write_json(record, task)
    tables.write_table([row._asdict() for row in loaded.dropped], dropped, "dropped")
    print(f"{name}: {record['counts']}")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads, online=True)
    main(
        name=snakemake.wildcards.task,
        replicate=snakemake.params.replicate,
        source=snakemake.params.source,
        sizes=snakemake.params.split,
        seed=snakemake.params.seed,
        train=snakemake.output.train,
        valid=snakemake.output.valid,
        test=snakemake.output.test,
        task=snakemake.output.task,
        dropped=snakemake.output.dropped,
    )
