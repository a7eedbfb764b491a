"""Several GPUs in one machine: a job that runs the base has one of them for itself.

A job holds a GPU by binding a name that Linux keeps outside of all file systems: an abstract
socket, `man 7 unix`. One process can have bound it, and when that process ends, however it does,
the name is free: a killed job leaves nothing behind, and no file system need know locks.
"""

import os
import shutil
import socket
import subprocess
import time

VARIABLE = "CUDA_VISIBLE_DEVICES"


def visible() -> list[str]:
    """The GPUs that a process started here may use, by their UUIDs where the driver tells them."""
    listed = {}
    if shutil.which("nvidia-smi"):
        command = ["nvidia-smi", "--query-gpu=index,uuid", "--format=csv,noheader"]
        told = subprocess.run(command, capture_output=True, text=True, check=False)
        if told.returncode == 0:
            listed = dict(line.split(", ") for line in told.stdout.splitlines() if ", " in line)
    given = os.environ.get(VARIABLE)
    if given is None:
        return list(listed.values())
    names = [name.strip() for name in given.split(",")]
    return [listed.get(name, name) for name in names if name]


def take(pause: float = 1) -> None:
    """Leave this process one GPU that no other job has; waits, looking every `pause` seconds.

    Must be called before torch is asked for a GPU. Does nothing where there is one at most, as in a
    job of a cluster.
    """
    found, told = visible(), False
    if len(found) < 2:
        return
    while True:
        for gpu in found:
            if _hold(gpu):
                os.environ[VARIABLE] = gpu
                print(f"GPU {gpu}", flush=True)
                return
        if not told:
            print(f"waiting for one of {len(found)} GPUs: other jobs have them", flush=True)
            told = True
        time.sleep(pause)


def _hold(gpu: str) -> bool:
    """Whether this process has now the name of a GPU, which it keeps until it ends."""
    holder = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        holder.bind(f"\0recycling-gpu-{gpu}")
    except OSError:
        holder.close()
        return False
    holder.detach()  # nobody closes it now but the end of the process
    return True
