#!/usr/bin/env python3
"""How much time and memory does a share of a stage take, and what is gathered of shares?

    python benchmarks/shares.py --bin target/release [--clusters 100000] [--shares 8 64] [--compare 20000] [-- ARGS]

Makes that many base clusters (seeded: short names and descriptions of made-up words, from a few hundred topics), then
runs embed, group, propose, label and rename without a model: each as a whole and, but for group, as one share of so
many, and prints wall seconds and the highest resident memory of each process. Gathering is measured with the first
number of shares where `--gather` is given. Then all shares are made and gathered of a smaller level (`--compare`, 0 for
none), and artifacts and manifests compared with those of the whole, byte by byte. ARGS go to embed (say `--embedder
lexical`). Linux only; exit code 1 where bytes differ.
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

SEED = 23
TOPICS = 300
STAGES = {
    "embed": ("embeddings", ["clusters"]),
    "group": ("groups", ["embeddings"]),
    "propose": ("candidates", ["clusters", "groups", "embeddings"]),
    "label": ("labels", ["clusters", "groups", "candidates", "embeddings"]),
    "rename": ("parents", ["clusters", "labels", "candidates", "embeddings"]),
}
SHARED = [stage for stage in STAGES if stage != "group"]


def main():
    arguments, passed = sys.argv[1:], []
    if "--" in arguments:
        at = arguments.index("--")
        arguments, passed = arguments[:at], arguments[at + 1 :]
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--bin", type=Path, required=True, help="the folder with cladus and the stages")
    options.add_argument("--clusters", type=int, default=100_000)
    options.add_argument("--shares", type=int, nargs="*", default=[8, 64])
    options.add_argument("--gather", action="store_true", help="measure gathering, too: that needs all shares")
    options.add_argument("--compare", type=int, default=20_000)
    options.add_argument("--keep", type=Path, help="a folder that the levels stay in")
    asked = options.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.keep or Path(scratch)
        if asked.clusters:
            level = Level(asked.bin, folder / f"level-{asked.clusters}", asked.clusters, passed)
            level.measure(asked.shares, asked.gather)
        same = True
        if asked.compare:
            level = Level(asked.bin, folder / f"level-{asked.compare}", asked.compare, passed)
            same = level.compare([1, *asked.shares])
    sys.exit(0 if same else 1)


class Programs:
    """The stages over a level in a folder, without a model."""

    def __init__(self, programs, folder, passed=()):
        self.programs, self.folder, self.passed = programs, folder, passed

    def run(self, program, arguments):
        """Wall seconds and bytes; ends where the program fails."""
        start = time.perf_counter()
        process = subprocess.Popen(
            [self.programs / program, *map(str, arguments)],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace",
        )
        said = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit(f"{program} {' '.join(map(str, arguments))} ended with {process.returncode}:\n{said[-2000:]}")
        return time.perf_counter() - start, used.ru_maxrss * 1024

    def stage(self, name, out, *more):
        artifact, reads = STAGES[name]
        arguments = [part for read in reads for part in (f"--{read}", self.folder / f"{read}.parquet")]
        if name in ("propose", "label", "rename"):
            arguments += ["--backend", "extractive"]
        if name == "embed":
            arguments += self.passed
        out.mkdir(exist_ok=True)
        return self.run(f"cladus-{name}", [*arguments, "--out", out / f"{artifact}.parquet", "--quiet", *more])



class Level(Programs):
    """A level in a folder of its own."""

    def __init__(self, programs, folder, clusters, passed):
        super().__init__(programs, folder, passed)
        self.n = clusters
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "clusters.parquet").is_file():
            listed = folder / "clusters.jsonl"
            write_clusters(listed, clusters)
            self.run("cladus", ["import", listed, "--out", folder / "clusters.parquet"])

    def measure(self, shares, gather):
        print(f"{self.n:,} clusters")
        print(f"  {'':8} {'':14} {'wall s':>8} {'MB':>7} {'of the whole':>13}")
        for name in STAGES:
            whole = self.stage(name, self.folder)
            row(name, "whole", whole, whole)
            if name not in SHARED:
                continue
            for of in shares:
                row(name, f"share 1/{of}", self.stage(name, self.folder, "--shard", f"1/{of}"), whole)
            if gather and shares:
                of = shares[0]
                for number in range(2, of + 1):
                    self.stage(name, self.folder, "--shard", f"{number}/{of}")
                out = self.folder / "gathered"
                out.mkdir(exist_ok=True)
                artifact = STAGES[name][0]
                for share in self.folder.glob(f"{artifact}.shard-*-of-{of}.*"):
                    (out / share.name).unlink(missing_ok=True)
                    os.link(share, out / share.name)
                row(name, f"gather {of}", self.stage(name, out, "--gather", of), whole)

    def compare(self, shares):
        print(f"{self.n:,} clusters: is what is gathered what one process writes?")
        same = True
        for name in STAGES:
            self.stage(name, self.folder)
            if name not in SHARED:
                continue
            for of in shares:
                out = self.folder / f"in-{of}"
                for number in range(1, of + 1):
                    self.stage(name, out, "--shard", f"{number}/{of}")
                self.stage(name, out, "--gather", of)
                ends = ("parquet", "manifest.json")
                files = [f"{STAGES[name][0]}.{end}" for end in ends]
                equal = all((self.folder / file).read_bytes() == (out / file).read_bytes() for file in files)
                print(f"  {name:8} {of:>3} shares: {'the same' if equal else 'OTHER BYTES'}")
                same &= equal
        return same


def row(name, what, taken, whole):
    print(f"  {name:8} {what:14} {taken[0]:8.1f} {taken[1] / 1e6:7.0f} {taken[1] / whole[1]:13.2f}", flush=True)


def vocabulary(chance):
    """Made-up words, and some of them that are common."""
    syllables = [c + v for c in "bdfgklmnprstvz" for v in ("a", "e", "i", "o", "u", "ar", "en", "il", "or")]
    words = sorted({"".join(chance.choices(syllables, k=chance.choice((2, 3)))) for _ in range(12_000)})
    return words, chance.sample(words, 400)


def write_clusters(path, clusters):
    """So many clusters, a JSON object a line."""
    chance = random.Random(SEED)
    words, common = vocabulary(chance)
    topics = [chance.sample(words, 40) for _ in range(TOPICS)]
    with path.open("w", encoding="utf-8") as lines:
        for number in range(clusters):
            topic = chance.choice(topics)
            name = [*chance.sample(topic, chance.choice((2, 3))), chance.choice(common)]
            about = [*chance.sample(topic, 6), *chance.sample(common, 3), chance.choice(words)]
            chance.shuffle(about)
            description = f"The {' '.join(about[:5])} of the {' and '.join(about[5:8])} with {' '.join(about[8:])}."
            cluster = {"id": f"c{number:07}", "name": " ".join(name), "description": description}
            lines.write(json.dumps(cluster) + "\n")


if __name__ == "__main__":
    main()
