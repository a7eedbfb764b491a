"""Record what made this study: code, versions, machine, settings, seconds; and how to cite it."""

from pathlib import Path
from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    study: dict[str, object], about: list[str], benchmarks: str, record: str, citation: str
) -> None:
    """`benchmarks` is the folder of Snakemake's benchmark files, one subfolder per rule.

    `about` is the file with what is known of the base; empty for a study without one.
    """
    from recycling.ground import provenance, tables
    from recycling.output import citation as citations

    spent = provenance.seconds_by_rule(Path(benchmarks))
    bases = [tables.read_json(file) for file in about]
    known = provenance.run_record(study) | {"bases": bases, "rules": spent}
    tables.write_json(known, record)
    citations.write(known, citation)


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        study=snakemake.params.study,
        about=list(snakemake.input.about),
        benchmarks=snakemake.params.benchmarks,
        record=snakemake.output.record,
        citation=snakemake.output.citation,
    )
