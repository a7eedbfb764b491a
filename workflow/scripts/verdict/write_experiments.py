"""Write what the experiments found: each claim, the numbers, and whether it holds."""

from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(experiments: list[str], names: list[str], account: str, study: str) -> None:
    from recycling.ground import tables
    from recycling.verdict.experiments import account as page

    read = {
        name: tables.read_table(path, "experiment")
        for name, path in zip(names, experiments, strict=True)
    }
    with tables.replacing(account) as temporary:
        temporary.write_text(page.account(read, study))


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        experiments=list(snakemake.input.tables),
        names=snakemake.params.names,
        account=snakemake.output.account,
        study=snakemake.params.study,
    )
