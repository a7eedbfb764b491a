"""The peak memory of one rival, in a process of its own, over that of the bare model."""

import ctypes
import subprocess
import sys
from pathlib import Path

from benchmarks.case import Case
from benchmarks.inputs import Inputs


def over_the_model(arguments: list[str], case: Case, rival: str) -> float:
    """MB that the process held at its peak beyond what it held with the bare float32 model alone.

    `arguments` are those of this program. Linux only.
    """
    command = [sys.executable, "-m", "benchmarks", *arguments, "--peak", case.work, rival]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout.split()[-1])


def measure(inputs: Inputs, case: Case, rival: str) -> float:
    """In the process of its own: load the model alone, drop it, then do the rival's work once."""
    base = inputs.load("float32")
    for parameter in base.model.parameters():
        parameter.sum()  # touch what is mapped
    bare = _held("VmRSS")
    del base, parameter
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    run = case.rivals[rival].prepare()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    run()
    return _held("VmHWM") - bare


def _held(key: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1]) / 1024
    raise LookupError(key)
