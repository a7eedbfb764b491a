"""Score every adapter of one shard by the gradient of the loss, from one backward pass a task."""

from pathlib import Path
from typing import TYPE_CHECKING

from recycling.ground import runlog
from recycling.pool.scores import TaskFiles, of_tasks

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    model: str,
    checksums: str,
    runtime: str,
    shard: str,
    tasks: dict[str, TaskFiles],
    store: str,
    selector: str,
    most: int,
    code: str,
) -> None:
    """Write the first-order gain of each adapter for each task, from at most `most` of its rows.

    The gradient is taken at the fresh LoRA of a task that has one, else at the base. Tasks that
    lie in `store` are taken over where they are made from the same.
    """
    from recycling.ground.parts import Part, Parts, key
    from recycling.model.opening import identity, open_base
    from recycling.pool import scores, stored

    pool = stored.adapters(shard)
    shared = {
        "code": code,
        "base": identity(checksums, runtime),
        "pool": {name: one.identity for name, one in pool.items()},
        "asked": [selector, most],
    }
    parts = {
        task: Part(key(files=of.digests(), **shared), (Path(of.scores), Path(of.record)))
        for task, of in tasks.items()
    }
    kept = Parts(store, parts)
    if kept.missing:
        from recycling.pool import gains

        base = open_base(model, runtime)
        for task in kept.missing:
            with kept.making(task) as folder:
                rows = scores.read_rows(tasks[task], most)
                gains.write_task(base, rows, tasks[task], pool, selector, folder)
    kept.deliver()
    for task, of in tasks.items():
        kept.write_seconds(task, of.seconds)


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        model=snakemake.input.model,
        checksums=snakemake.input.checksums,
        runtime=snakemake.input.runtime,
        shard=snakemake.input.shard,
        tasks=of_tasks(snakemake.params.names, snakemake.input, snakemake.output),
        store=snakemake.params.store,
        selector=snakemake.wildcards.selector,
        most=snakemake.params.rows,
        code=snakemake.params.code,
    )
