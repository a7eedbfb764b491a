"""Copy the small results of a finished run to where they are committed, with its provenance."""

import argparse
import shutil
from pathlib import Path

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


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("reference", type=Path)
    main(**vars(parser.parse_args()))
