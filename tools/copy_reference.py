"""Copy the small results of a finished run to where they are committed, with its provenance.

Beside them `disk.tsv` says what the whole run takes on disk.
"""

import argparse
import shutil
from pathlib import Path

from recycling.ground.disk import held

KEPT = (
    "verdict.md",
    "experiments.md",
    "provenance.json",
    "report.html",
    "*.tsv",
    "tables/*.tsv",
    "tables/*.md",
    "figures/*.svg",
    "figures/*.png",
    "pool/accepted.tsv",
    "pool/rejected.tsv",
)
MOST = 3_000_000


def main(run: Path, reference: Path) -> None:
    """Replace `reference` by the small files of `run`."""
    if not (run / "provenance.json").is_file():
        raise SystemExit(f"{run}: no provenance.json, expected a finished run; `make run` first")
    shutil.rmtree(reference, ignore_errors=True)
    for pattern in KEPT:
        for file in sorted(run.glob(pattern)):
            if (size := file.stat().st_size) > MOST:
                print(f"left out, since it has {size:,} bytes and not {MOST:,} at most: {file}")
                continue
            target = reference / file.relative_to(run)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
            print(target)
    (reference / "disk.tsv").write_text(disk(run))


def disk(run: Path) -> str:
    """A table: files and bytes of each folder, the largest first."""
    found = {folder.name: held(folder) for folder in run.iterdir() if folder.is_dir()}
    rows = sorted(found.items(), key=lambda row: (-row[1].size, row[0]))
    lines = [f"{name}\t{of.files}\t{of.size}" for name, of in rows]
    return "\n".join(["folder\tfiles\tbytes", *lines, ""])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("reference", type=Path)
    main(**vars(parser.parse_args()))
