"""What a piece of work takes, without the start of the process that does it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from recycling.ground.tables import replacing


@dataclass(frozen=True)
class Seconds:
    """Seconds that have passed, and CPU seconds of all threads."""

    wall: float = 0.0
    cpu: float = 0.0

    @classmethod
    def now(cls) -> "Seconds":
        """What the clocks say; only differences have a meaning."""
        return cls(time.perf_counter(), time.process_time())

    def __add__(self, other: "Seconds") -> "Seconds":
        return Seconds(self.wall + other.wall, self.cpu + other.cpu)

    def __sub__(self, other: "Seconds") -> "Seconds":
        return Seconds(self.wall - other.wall, self.cpu - other.cpu)

    def write(self, path: str | Path) -> None:
        """Write them as Snakemake writes those of a job: columns `s` and `cpu_time`."""
        with replacing(path) as temporary:
            temporary.write_text(f"s\tcpu_time\n{self.wall:.4f}\t{self.cpu:.4f}\n")


@contextmanager
def timed(path: str | Path) -> Iterator[None]:
    """Write to `path` what the block took."""
    started = Seconds.now()
    yield
    (Seconds.now() - started).write(path)
