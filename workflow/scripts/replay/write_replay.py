"""Write the replay's tables as Markdown."""

from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(quality: str, methods: str, contrasts: str, top: int, results: str) -> None:
    from recycling.ground import tables
    from recycling.replay import page

    text = page.write(
        tables.read_table(quality, "quality"),
        tables.read_table(methods, "methods"),
        tables.read_table(contrasts, "method_contrasts"),
        top,
    )
    with tables.replacing(results) as temporary:
        temporary.write_text(text)


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        quality=snakemake.input.quality,
        methods=snakemake.input.methods,
        contrasts=snakemake.input.contrasts,
        top=snakemake.params.top,
        results=snakemake.output.results,
    )
