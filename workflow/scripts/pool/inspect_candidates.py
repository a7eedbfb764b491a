"""Read config and safetensors header of every candidate, no weights."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(hub: dict[str, str], candidates: str, inspected: str) -> None:
    """Write one JSON object per candidate; unreadable files give a reason, never an error."""
    from recycling.ground import tables
    from recycling.hub.opening import connect
    from recycling.hub.prefetch import prefetched
    from recycling.pool import inspection, ledger

    source = connect(**hub)
    listed = tables.read_table(candidates, "candidates")
    progress = runlog.Progress("inspected", len(listed), every=50)

    def inspections() -> Iterator[inspection.Inspection]:
        found = prefetched(partial(inspection.inspect, source), ledger.listings(listed))
        for _, result in found:
            yield result
            progress.step()

    inspection.write(inspections(), inspected)


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads, online=True)
    main(
        hub=snakemake.params.hub,
        candidates=snakemake.input.candidates,
        inspected=snakemake.output.inspected,
    )
