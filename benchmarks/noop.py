#!/usr/bin/env python3
"""How long does a run take that has nothing to do?

    python benchmarks/noop.py --cladus target/release/cladus --clusters FILE [--levels 4] [--run RUN]

Builds a hierarchy of FILE (or takes the finished one in RUN), runs the same command again 20 times, and
prints the median beside the limit of 100 ms, with what of Parquet was read (where strace is there). Then
touches every file and runs once more: that is what reading all rows again takes.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

LIMIT = 0.100
REPEAT = 20


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--cladus", type=Path, required=True)
    options.add_argument("--clusters", type=Path, required=True)
    options.add_argument("--levels", type=int, default=4)
    options.add_argument("--run", type=Path)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        run = asked.run or Path(scratch) / "run"
        command = [asked.cladus, "run", asked.clusters, "--out", run, "--quiet"]
        first = timed(command + ["--levels", str(asked.levels)])
        status = subprocess.run([asked.cladus, "status", run, "--check"], capture_output=True, text=True)
        assert status.returncode == 0, status.stdout
        iterations = len(list(run.glob("iteration-*")))
        bytes_of = sum(path.stat().st_size for path in run.rglob("*.parquet"))
        # Once for what is remembered: the files must have rested for a moment.
        timed(command)
        times = sorted(timed(command) for _ in range(REPEAT))
        median = statistics.median(times)
        print(f"{iterations} iterations, {bytes_of / 1e6:.0f} MB of Parquet, made (or looked at) in {first:.1f} s")
        print(f"nothing to do: {median * 1e3:.1f} ms (worst {times[-1] * 1e3:.1f}), {median / LIMIT:.2f} of the limit of {LIMIT * 1e3:.0f} ms")
        if shutil.which("strace"):
            print(f"Parquet files opened: {opened(command)}")
        for path in run.rglob("*"):
            os.utime(path)
        touched = timed(command)
        print(f"after touching everything: {touched * 1e3:.0f} ms, {bytes_of / 1e6 / touched:.0f} MB/s")


def timed(command):
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def opened(command):
    with tempfile.NamedTemporaryFile("r") as trace:
        subprocess.run(["strace", "-f", "-qq", "-e", "trace=openat,open", "-o", trace.name, *command], check=True, capture_output=True)
        return sum(".parquet\"" in line for line in trace)


if __name__ == "__main__":
    main()
