"""Record what made this study: code, versions, machine, settings and seconds per rule."""

from pathlib import Path
from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(study: dict[str, object], benchmarks: str, record: str) -> None:
    """`benchmarks` is the folder of Snakemake's benchmark files, one subfolder per rule."""
    from recycling.ground import provenance, tables

    spent = provenance.seconds_by_rule(Path(benchmarks))
    tables.write_json(provenance.run_record(study) | {"rules": spent}, record)


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        study=snakemake.params.study,
        benchmarks=snakemake.params.benchmarks,
        record=snakemake.output.record,
    )
