#!/usr/bin/env python3
"""What `cladus.run` on a polars frame costs over the command line, in one process after the other.

Prints the ratio of the two times, and the CPU time of Python beside that of the program, which says the same on a
machine that is busy with other things. Needs the package (pip install '.[polars]').
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import polars as pl

import cladus
from cladus._binary import find

THINGS = "invoice password calendar webhook invitation refund export search filter report tag role backup theme".split()
DEEDS = "lost late broken missing double wrong slow empty locked hidden shared expired".split()
PLACES = "phone browser laptop team workspace project board archive settings inbox account office".split()


def rows(n: int) -> pl.DataFrame:
    draw = random.Random(0)
    names = [f"{draw.choice(DEEDS)} {draw.choice(THINGS)} in the {draw.choice(PLACES)} {at % 97}" for at in range(n)]
    return pl.DataFrame({"id": [f"c{at:07}" for at in range(n)], "name": names})


def cpu(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clusters", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    frame = rows(args.clusters)
    by_hand: list[float] = []
    by_python: list[float] = []
    shares: list[float] = []
    for _ in range(args.rounds):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "clusters.parquet")
            frame.write_parquet(file)
            start = time.perf_counter()
            subprocess.run([find(), "run", file, "--out", Path(folder, "a"), "--quiet"], check=True, capture_output=True)
            by_hand.append(time.perf_counter() - start)
            start, own, theirs = time.perf_counter(), cpu(resource.RUSAGE_SELF), cpu(resource.RUSAGE_CHILDREN)
            cladus.run(frame, Path(folder, "b"), progress=False)
            by_python.append(time.perf_counter() - start)
            own, theirs = cpu(resource.RUSAGE_SELF) - own, cpu(resource.RUSAGE_CHILDREN) - theirs
            shares.append(own / theirs)
    ratio = statistics.median(by_python) / statistics.median(by_hand)
    print(f"{args.clusters:,} clusters: {statistics.median(by_hand):.1f} s by hand, ratio {ratio:.3f}")
    print(f"CPU time of Python beside the program's: {statistics.median(shares):.3%}")


if __name__ == "__main__":
    main()
