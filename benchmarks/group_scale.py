#!/usr/bin/env python3
"""Times the stage *group*, the real binary on real files, at two sizes, and prints the exponent of its time in n.

  python3 -m venv .venv && .venv/bin/pip install numpy polars
  cargo build --release -p cladus-group
  .venv/bin/python benchmarks/group_scale.py target/release/cladus-group [--sizes 100000 1000000] [--vectors FILE]

The rows are a Gaussian mixture of n / 12 directions of unequal weight with as much noise, 256 dimensions, scaled to length 1;
or, with --vectors, the first n rows of a file of raw float32. Prints wall and CPU seconds, the peak of memory, and the
exponents log(t2 / t1) / log(n2 / n1), which should be at most 1.5.
"""
import argparse
import json
import math
import os
import pathlib
import subprocess
import tempfile
import time

import numpy as np
import polars as pl

CHUNK = 50_000


def normalised(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype("f4")


def mixture(n, dim):
    rng = np.random.default_rng(1)
    centres = rng.standard_normal((n // 12, dim), dtype="f4")
    rows = np.empty((n, dim), "f4")
    for first in range(0, n, CHUNK):
        size = min(CHUNK, n - first)
        which = (rng.random(size) * rng.random(size) * len(centres)).astype(int)
        noise = rng.standard_normal((size, dim), dtype="f4")
        rows[first : first + size] = normalised(centres[which] + noise)
    return rows


def write(rows, path):
    ids = [f"{i:08d}" for i in range(len(rows))]
    column = pl.Series("embedding", rows, dtype=pl.Array(pl.Float32, rows.shape[1]))
    pl.DataFrame({"cluster_id": ids, "embedding": column}).write_parquet(path)


def measure(binary, embeddings, out, per_group):
    start = time.perf_counter()
    command = [binary, "--embeddings", embeddings, "--out", out]
    command += ["--clusters-per-group", str(per_group)]
    # wait4 tells the peak of this child alone.
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"{binary} ended with {os.waitstatus_to_exitcode(status)}")
    return {
        "wall": time.perf_counter() - start,
        "cpu": used.ru_utime + used.ru_stime,
        "peak_gb": used.ru_maxrss / 1e6,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--sizes", nargs="*", type=int, default=[100_000, 1_000_000])
    parser.add_argument("--dim", type=int, default=256)
    parser.add_argument("--per-group", type=int, default=12)
    parser.add_argument("--vectors", help="raw float32, rows of --dim numbers")
    args = parser.parse_args()
    binary = str(pathlib.Path(args.binary).resolve())
    results = []
    for n in sorted(args.sizes):
        with tempfile.TemporaryDirectory() as folder:
            embeddings, out = f"{folder}/embeddings.parquet", f"{folder}/groups.parquet"
            if args.vectors:
                rows = np.fromfile(args.vectors, "f4", n * args.dim).reshape(-1, args.dim)
            else:
                rows = mixture(n, args.dim)
            n = len(rows)
            write(rows, embeddings)
            del rows
            found = measure(binary, embeddings, out, args.per_group)
            groups = pl.read_parquet(out)
            found |= {"n": n, "distance_per_row": groups["distance"].cast(pl.Float64).mean()}
            found["groups"] = groups["group_id"].n_unique()
            found["largest"] = groups["group_id"].value_counts()["count"].max()
            results.append(found)
            print(json.dumps({k: round(v, 4) if isinstance(v, float) else v for k, v in found.items()}), flush=True)
    for a, b in zip(results, results[1:]):
        for what in ("wall", "cpu"):
            exponent = math.log(b[what] / a[what]) / math.log(b["n"] / a["n"])
            print(f"exponent of {what} seconds from n = {a['n']} to {b['n']}: {exponent:.2f} (at most 1.5 wanted)")


if __name__ == "__main__":
    main()
