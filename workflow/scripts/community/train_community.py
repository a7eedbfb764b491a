"""Train some adapters of the pool for other tasks, each by a recipe of its own."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from recycling.community.recipe import CommunityAdapter, Training
from recycling.ground import runlog
from recycling.tasks.aside import Aside

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    model: str,
    checksums: str,
    runtime: str,
    trainings: dict[str, Training],
    base_name: str,
    community: list[str],
    store: str,
    trained: Path,
) -> None:
    """Write a PEFT folder and its training curve below `trained` for each of `trainings`.

    Adapters that lie in `store` are taken over where they are made from the same; those that are
    not in `community` are removed there.
    """
    from recycling.community import training
    from recycling.ground.parts import Part, Parts, key
    from recycling.model.opening import identity, open_base

    lessons = {name: training.lesson(one) for name, one in trainings.items()}
    shared = {"base": identity(checksums, runtime), "base_name": base_name}
    parts = {
        name: Part(
            key(training=asdict(one), rows=[asdict(row) for row in lessons[name].rows], **shared),
            tuple(trained / name / file for file in training.FILES),
        )
        for name, one in trainings.items()
    }
    kept = Parts(store, parts, community)
    if kept.missing:
        base = open_base(model, runtime)
        for name in kept.missing:
            one = trainings[name]
            with kept.making(name) as folder:
                training.train(base, one.recipe, lessons[name], one.seed, base_name, folder)
    kept.deliver()


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        model=snakemake.input.model,
        checksums=snakemake.input.checksums,
        runtime=snakemake.input.runtime,
        trainings={
            name: Training(
                **given
                | {
                    "recipe": CommunityAdapter(**given["recipe"]),
                    "aside": Aside(**given["aside"]) if given["aside"] else None,
                }
            )
            for name, given in snakemake.params.trainings.items()
        },
        base_name=snakemake.params.base_name,
        community=snakemake.params.community,
        store=snakemake.params.store,
        trained=Path(snakemake.output.trained),
    )
