#!/usr/bin/env python3
"""Compares cladus' grouping with the k-means of scikit-learn and faiss, all in one run on the same rows.

  python3 -m venv .venv && .venv/bin/pip install scikit-learn faiss-cpu
  cargo build --release -p cladus-group --example kmeans
  .venv/bin/python benchmarks/kmeans.py target/release/examples/kmeans [--only sklearn|faiss]

The rows are a Gaussian mixture of n / 12 directions of unequal weight with as much noise, 384 dimensions, scaled to length 1.
Compared is the inertia that k-means minimises: the sum of squared Euclidean distances of all rows to the mean of their group,
computed here for all sides from their assignments alone. Theirs know no bound on sizes, so ours gets none
(--max-group-size n); it still lets nobody be alone. Ours is the whole grouping (seeding, k-means, repairs, refinement),
theirs is one call:
  scikit-learn  KMeans(n_clusters=k, n_init="auto", random_state=0), greedy k-means++, as Kura calls it; n = 10,000
  faiss         Kmeans(dim, k, niter=5, seed=0, max_points_per_centroid=10**9), which starts from random rows, and one search
                for the assignments; n = 50,000
Prints for each the CPU seconds, wall seconds and inertia of both, the best of --repeats interleaved repeats, and theirs as a
ratio to ours.
"""
import argparse
import os
import pathlib
import subprocess
import tempfile
import time

import numpy as np

DIM = 384


def mixture(n):
    rng = np.random.default_rng(1)
    centres = rng.standard_normal((n // 12, DIM), dtype="f4")
    which = (rng.random(n) * rng.random(n) * len(centres)).astype(int)
    rows = centres[which] + rng.standard_normal((n, DIM), dtype="f4")
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype("f4")


def inertia(rows, group):
    group = np.asarray(group).ravel()
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(group[order]) != 0])
    sums = np.add.reduceat(rows[order].astype("f8"), starts)
    sizes = np.diff(np.r_[starts, len(rows)])
    return float((rows.astype("f8") ** 2).sum() - ((sums**2).sum(axis=1) / sizes).sum()), len(starts)


def ours(binary, rows):
    with tempfile.TemporaryDirectory() as folder:
        rows.tofile(f"{folder}/rows")
        command = [binary, f"{folder}/rows", str(DIM), "12", str(len(rows)), f"{folder}/out"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            printed = child.stdout.read()
            _, status, used = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise SystemExit(f"{binary} ended with {child.returncode}")
        # CPU seconds with reading and writing: a little to our disadvantage.
        wall = float(printed.split()[-1])
        return wall, used.ru_utime + used.ru_stime, np.fromfile(f"{folder}/out", "<u4")


def theirs(fit, rows, k):
    cpu, wall = time.process_time(), time.perf_counter()
    group = fit(rows, k)
    return time.perf_counter() - wall, time.process_time() - cpu, group


def sklearn(rows, k):
    from sklearn.cluster import KMeans

    return KMeans(n_clusters=k, n_init="auto", random_state=0).fit(rows).labels_


def faiss(rows, k):
    import faiss

    kmeans = faiss.Kmeans(DIM, k, niter=5, seed=0, max_points_per_centroid=10**9)
    kmeans.train(rows)
    return kmeans.index.search(rows, 1)[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--only", choices=("sklearn", "faiss"))
    parser.add_argument("--repeats", type=int, default=2)
    args = parser.parse_args()
    binary = str(pathlib.Path(args.binary).resolve())
    for name, fit, n in (("sklearn", sklearn, 10_000), ("faiss", faiss, 50_000)):
        if args.only not in (None, name):
            continue
        rows = mixture(n)
        k = -(-n // 12)
        best = {}
        for _ in range(args.repeats):
            for who, run in ((name, lambda: theirs(fit, rows, k)), ("cladus", lambda: ours(binary, rows))):
                wall, cpu, group = run()
                before = best.get(who, (np.inf, np.inf))
                best[who] = (min(before[0], wall), min(before[1], cpu), *inertia(rows, group))
        for who, (wall, cpu, value, groups) in best.items():
            print(f"n = {n}, k = {k}: {who:8} {cpu:7.2f} CPU s {wall:7.2f} s, inertia {value:.1f} in {groups} groups")
        them, us = best[name], best["cladus"]
        print(
            f"{name} / cladus: {them[1] / us[1]:.2f} times the CPU seconds, {them[0] / us[0]:.2f} times the wall seconds, "
            f"{them[2] / us[2]:.4f} times the inertia",
            flush=True,
        )


if __name__ == "__main__":
    main()
