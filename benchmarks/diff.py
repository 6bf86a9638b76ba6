#!/usr/bin/env python3
"""How fast are two large hierarchies compared, beside the same matching written in polars?

    python benchmarks/diff.py --cladus target/release/cladus [--leaves 100000] [--repeat 5]

Builds two hierarchies of so many base clusters in three levels of twelve children a parent: in the second,
one base cluster in a hundred is gone, as many are new, and one in twenty is under another parent. Then
`cladus diff --json` (everything that it tells, from the files) takes turns with polars, which joins each
tree with its ancestors and counts what parents share: only the matching, pairs above one half. Both must
find the same pairs. The best of the repeats counts, in CPU seconds and on the clock.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# What is timed of polars: a process of its own, as `cladus` is one.
MATCHING = """
import json, sys, polars as pl
def above(path):
    rows = pl.read_parquet(path, columns=["id", "parent_id", "level"])
    up = rows.filter(pl.col("parent_id").is_not_null()).select("id", "parent_id")
    step = up.join(rows.filter(pl.col("level") == 0).select("id"), on="id", how="semi").rename({"id": "leaf", "parent_id": "node"})
    found = []
    while step.height:
        found.append(step)
        step = step.join(up, left_on="node", right_on="id").select("leaf", pl.col("parent_id").alias("node"))
    return pl.concat(found)
a, b = above(sys.argv[1]), above(sys.argv[2])
a, b = a.join(b, on="leaf", how="semi"), b.join(a, on="leaf", how="semi")
cross = (a.join(b, on="leaf", suffix="_b").group_by("node", "node_b").len("shared")
    .join(a.group_by("node").len("in_a"), on="node")
    .join(b.group_by("node").len("in_b").rename({"node": "node_b"}), on="node_b")
    .filter(2 * pl.col("shared") > pl.col("in_a") + pl.col("in_b") - pl.col("shared")))
json.dump(cross.select("node", "node_b").rows(), sys.stdout)
"""


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--cladus", type=Path, required=True)
    options.add_argument("--leaves", type=int, default=100_000)
    options.add_argument("--repeat", type=int, default=5)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        files = [str(Path(scratch) / name) for name in ("a.parquet", "b.parquet")]
        parents = make(files, asked.leaves)
        ours, theirs = [], []
        for _ in range(asked.repeat):
            found, took = timed([asked.cladus, "diff", *files, "--json"])
            ours.append(took)
            pairs, took = timed([sys.executable, "-c", MATCHING, *files])
            theirs.append(took)
        matched = found["parents"]["kept"] + found["parents"]["renamed"]
        ids = {(pair["a"]["id"], pair["b"]["id"]) for pair in matched}
        # Where parents stand above one another, several pairs are close enough; one is the match.
        assert ids <= {tuple(pair) for pair in pairs} and len(ids) > 0.9 * parents, (len(ids), len(pairs))
        base = found["base"]
        print(f"{asked.leaves:,} base clusters, {parents:,} parents: {len(ids):,} matched, {len(base['moved']):,} base clusters moved")
        for what, at in (("CPU seconds", 0), ("seconds", 1)):
            a, b = min(took[at] for took in ours), min(took[at] for took in theirs)
            print(f"{what:12} cladus diff {a:.2f}, polars' matching alone {b:.2f}: {b / a:.1f} times ours")


def make(files, leaves):
    """Two hierarchies; returns how many parents the first has."""
    import polars as pl

    draw = random.Random(0)
    sizes = [leaves]
    while sizes[-1] > 12:
        sizes.append(-(-sizes[-1] // 12))
    for which, path in enumerate(files):
        rows = {name: [] for name in ("id", "parent_id", "level", "name", "description", "slug", "size", "members")}
        for level, count in enumerate(sizes):
            for at in range(count):
                id = f"{level}-{at}" if level == 0 else f"{'ab'[which]}{level}-{at}"
                place = at // 12
                if which == 1 and level == 0:
                    if draw.random() < 0.01:
                        id = f"new-{at}"
                    if draw.random() < 0.05:
                        place = draw.randrange(sizes[1])
                top = level + 1 == len(sizes)
                row = (id, None if top else f"{'ab'[which]}{level + 1}-{place}", level, f"Name of {level} {at}", "", "a_b_c", 1, [])
                for column, value in zip(rows.values(), row):
                    column.append(value)
        pl.DataFrame(rows, schema_overrides={"level": pl.UInt8, "size": pl.UInt64, "members": pl.List(pl.String)}).write_parquet(path)
    return sum(sizes[1:])


def timed(command):
    """What a command prints as JSON, and its CPU seconds and seconds."""
    before, start = os.times(), time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True)
    wall, after = time.perf_counter() - start, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return json.loads(done.stdout), (cpu, wall)


if __name__ == "__main__":
    main()
