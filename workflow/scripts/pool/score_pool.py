"""Score base + adapter on the labelled rows of every task, for every adapter of one shard."""

from functools import partial
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
    store: Path,
    metrics: list[str],
    most: int | None,
    cap: int,
    code: str,
) -> None:
    """Write a score for each adapter and metric, from one pass over at most `most` rows of a task.

    An adapter is read once for all tasks, and the next one while it is scored. Scores that lie in
    `store` are taken over where they are made from the same.
    """
    from recycling.ground.parts import Part, Parts, key
    from recycling.model.opening import identity, open_base
    from recycling.pool import scores, stored

    pool = stored.adapters(shard)
    shared = {"code": code, "base": identity(checksums, runtime), "asked": [metrics, most, cap]}
    on = {task: key(files=of.digests(), **shared) for task, of in tasks.items()}
    made_from = {
        name: {task: f"{one.identity} {on[task]}" for task in tasks} for name, one in pool.items()
    }
    kept = Parts(store, {name: Part(key(scores=made_from[name])) for name in pool})
    found = {name: scores.known(kept, name, made_from[name]) for name in pool}
    if kept.missing:
        from recycling.hub.prefetch import prefetched
        from recycling.model import staging

        base = open_base(model, runtime)
        rows = {task: scores.read_rows(of, most) for task, of in tasks.items()}
        wanted = [pool[name].file for name in kept.missing]
        for _, adapter in prefetched(partial(staging.read, base), wanted, threads=1):
            name = adapter.name
            with kept.making(name) as folder, base.wearing(adapter):
                found[name] |= {
                    task: scores.score(base, rows[task], metrics, cap, of, f"{name} on {task}")
                    for task, of in made_from[name].items()
                    if task not in found[name]
                }
                scores.write(found[name], folder)
    for task, of in tasks.items():
        scores.write_task({name: found[name][task] for name in pool}, of)


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        model=snakemake.input.model,
        checksums=snakemake.input.checksums,
        runtime=snakemake.input.runtime,
        shard=snakemake.input.shard,
        tasks=of_tasks(snakemake.params.names, snakemake.input, snakemake.output),
        store=Path(snakemake.params.store),
        metrics=snakemake.params.metrics,
        most=snakemake.params.most,
        cap=snakemake.params.cap,
        code=snakemake.params.code,
    )
