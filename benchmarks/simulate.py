#!/usr/bin/env python3
"""How much time and memory does one share of each stage take of a level that is too large to be made here?

    python3 -m venv venv && venv/bin/pip install pyarrow numpy
    venv/bin/python benchmarks/simulate.py --bin target/release --keep FOLDER [--clusters 20000000] [--shares 64]

Writes made-up clusters, and runs one share of each stage without a model over them. What a stage reads of the ones
before is made up, too, as they would have left it: vectors of 256 numbers around a few thousand topics, groups of 40
from one topic, five candidates a group, every cluster under the one that it stands for. Prints wall seconds and the
highest resident memory of each process; `of all` is what all shares would take one after the other on this machine.
A share decodes every input once to know whether it is fresh, which is in its time.

FOLDER takes about 1,200 bytes a cluster; what is there already is not made again. Linux only.
"""

import argparse
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from shares import STAGES, Programs, vocabulary

TOPICS, GROUP, PARTS, DIM, CHUNK = 2_000, 40, 5, 256, 500_000
STRINGS = pa.list_(pa.field("element", pa.string()))


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--bin", type=Path, required=True, help="the folder with cladus and the stages")
    options.add_argument("--keep", type=Path, required=True, help="the folder that the level stays in")
    options.add_argument("--clusters", type=int, default=20_000_000)
    options.add_argument("--shares", type=int, default=64)
    options.add_argument("--stages", nargs="*", default=list(STAGES), choices=list(STAGES))
    options.add_argument("--whole", action="store_true", help="each stage as a whole, too")
    options.add_argument("--only-make", metavar="ARTIFACT", help=argparse.SUPPRESS)
    asked = options.parse_args()
    if asked.only_make:
        MadeUp(asked.keep, asked.clusters).make(asked.only_make)
        return
    asked.keep.mkdir(parents=True, exist_ok=True)
    programs = Programs(asked.bin, asked.keep)
    print(f"{asked.clusters:,} clusters, one share of {asked.shares}", flush=True)
    print(f"  {'':8} {'wall s':>8} {'MB':>7} {'of all, h':>10}", flush=True)
    for stage in asked.stages:
        for artifact in ["clusters", *STAGES[stage][1]]:
            if not (asked.keep / f"{artifact}.parquet").is_file():
                # By a process of its own: what this one holds would be counted in what it starts.
                line = [sys.executable, __file__, *sys.argv[1:], "--only-make", artifact]
                subprocess.run(line, check=True)
        out = asked.keep / "out"
        if asked.whole:
            wall, memory = programs.stage(stage, out)
            print(f"  {stage:8} {wall:8.1f} {memory / 1e6:7.0f}   as a whole", flush=True)
        wall, memory = programs.stage(stage, out, "--shard", f"1/{asked.shares}")
        # Districts of a million: more shares than these have nothing to do.
        busy = min(asked.shares, -(-asked.clusters // (1 << 20))) if stage == "group" else asked.shares
        print(f"  {stage:8} {wall:8.1f} {memory / 1e6:7.0f} {wall * busy / 3600:10.1f}", flush=True)


class MadeUp:
    """Artifacts of a level, each made from seeds alone."""

    def __init__(self, folder, clusters):
        self.folder, self.n = folder, clusters
        words, self.common = vocabulary(random.Random(23))
        self.words = pa.array(words)
        chance = np.random.default_rng(23)
        self.topic_words = chance.integers(0, len(words), (TOPICS, 40))
        self.topic = chance.integers(0, TOPICS, clusters, dtype=np.int32)

    def make(self, artifact):
        path = self.folder / f"{artifact}.parquet"
        chunks = getattr(self, artifact)()
        first = next(chunks)
        metadata = {b"cladus.artifact": artifact.encode(), b"cladus.format": b"1.0"}
        if artifact == "embeddings":
            metadata |= self.made_by()
        schema = first.schema.with_metadata(metadata)
        # By another name until it is whole.
        partial = path.with_suffix(".partial")
        compression = "none" if artifact == "embeddings" else "zstd"
        with pq.ParquetWriter(partial, schema, compression=compression, use_dictionary=False) as writer:
            writer.write_table(first.cast(schema), row_group_size=65_536)
            for chunk in chunks:
                writer.write_table(chunk.cast(schema), row_group_size=65_536)
        partial.rename(path)

    def made_by(self):
        """What a share of real vectors says of its embedder."""
        shares = sorted((self.folder / "out").glob("embeddings.shard-*.parquet"))
        if not shares:
            sys.exit("vectors are made up after a share of real ones: run embed first")
        found = pq.read_metadata(shares[0]).metadata
        return {key: found[key] for key in (b"cladus.embedder", b"cladus.centre") if key in found}

    def ranges(self, of=None):
        n = of or self.n
        return ((start, min(start + CHUNK, n)) for start in range(0, n, CHUNK))

    def ids(self, rows):
        made = pa.array(np.char.mod("c%08d", rows))
        # Very many come in several pieces.
        return made.combine_chunks() if isinstance(made, pa.ChunkedArray) else made

    def text(self, columns, between=" "):
        """Words, given by their numbers, row by row in one text each."""
        parts = [part if isinstance(part, str) else self.words.take(pa.array(part)) for part in columns]
        return pc.binary_join_element_wise(*parts, between)

    def clusters(self):
        for start, end in self.ranges():
            rows, topic = np.arange(start, end), self.topic[start:end]
            chance = np.random.default_rng((1, start))
            own = lambda: self.topic_words[topic, chance.integers(0, 40, len(rows))]
            common = lambda: chance.integers(0, 400, len(rows))
            about = ["The", own(), own(), common(), own(), "of the", own(), "and", common(), "and", own(), "with", own()]
            sentence = pc.binary_join_element_wise(self.text(about), pa.scalar("."), "")
            yield pa.table({
                "id": self.ids(rows), "name": self.text([own(), own(), common()]), "description": sentence,
                "slug": pa.array(["a_b_c"] * len(rows)), "level": pa.array(np.zeros(len(rows), np.uint8)),
                "members": listed(self.ids(rows), 1), "size": pa.array(np.ones(len(rows), np.uint64)),
            })

    def embeddings(self):
        directions = np.random.default_rng(2).standard_normal((TOPICS, DIM), dtype=np.float32)
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        for start, end in self.ranges():
            vectors = np.random.default_rng((3, start)).standard_normal((end - start, DIM), dtype=np.float32)
            vectors *= 1 / DIM**0.5
            vectors += directions[self.topic[start:end]]
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
            field = pa.field("element", pa.float32())
            lists = pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), type=pa.list_(field, DIM))
            yield pa.table({"cluster_id": self.ids(np.arange(start, end)), "embedding": lists})

    def grouped(self):
        """The group of each cluster, numbered in the order of their first rows, and its place in it."""
        order = np.argsort(self.topic, kind="stable")
        sizes = np.bincount(self.topic, minlength=TOPICS)
        within = np.arange(self.n) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        groups = -(-sizes // GROUP)
        raw = np.empty(self.n, np.int64)
        raw[order] = np.repeat(np.cumsum(groups) - groups, sizes) + within // GROUP
        place = np.empty(self.n, np.int32)
        place[order] = within % GROUP
        _, firsts, inverse = np.unique(raw, return_index=True, return_inverse=True)
        number = np.empty(len(firsts), np.uint32)
        number[np.argsort(firsts, kind="stable")] = np.arange(len(firsts), dtype=np.uint32)
        return number[inverse], place

    def groups(self):
        group, _ = self.grouped()
        for start, end in self.ranges():
            yield pa.table({
                "cluster_id": self.ids(np.arange(start, end)), "group_id": pa.array(group[start:end]),
                "distance": pa.array(np.full(end - start, 0.3, np.float32)),
            })

    def parts(self):
        """The candidate of each cluster: a fifth of its group."""
        group, place = self.grouped()
        return group.astype(np.int64) * PARTS + place * PARTS // GROUP

    def candidates(self):
        part = self.parts()
        order = np.argsort(part, kind="stable")
        numbers, sizes = np.unique(part, return_counts=True)
        ends = np.cumsum(sizes)
        topic = self.topic[order[ends - sizes]]
        # Groups that are small have fewer, and candidates are numbered without gaps.
        for start, end in self.ranges(len(numbers)):
            chance, of = np.random.default_rng((4, start)), topic[start:end]
            own = lambda: self.topic_words[of, chance.integers(0, 40, len(of))]
            some = order[(ends - sizes)[start] : ends[end - 1]]
            offsets = np.concatenate([[0], np.cumsum(sizes[start:end])]).astype(np.int32)
            names = self.text([own(), own(), chance.integers(0, len(self.words), len(of))])
            exemplars = pa.ListArray.from_arrays(pa.array(offsets), self.ids(some), type=STRINGS)
            yield pa.table({
                "candidate_id": pa.array(np.arange(start, end, dtype=np.uint32)),
                "group_id": pa.array((numbers[start:end] // PARTS).astype(np.uint32)),
                "name": names, "exemplars": exemplars,
            })

    def labels(self):
        _, label = np.unique(self.parts(), return_inverse=True)
        for start, end in self.ranges():
            rows = end - start
            yield pa.table({
                "cluster_id": self.ids(np.arange(start, end)),
                "candidate_id": pa.array(label[start:end].astype(np.uint32)),
                "answer": pa.nulls(rows, pa.string()), "match": pa.array(["nearest"] * rows),
                "similarity": pa.array(np.full(rows, 0.5, np.float32)),
                "runner_up": pa.nulls(rows, pa.uint32()), "margin": pa.nulls(rows, pa.float32()),
            })


def listed(texts, each):
    offsets = pa.array(np.arange(0, len(texts) + 1, each, dtype=np.int32))
    return pa.ListArray.from_arrays(offsets, texts, type=STRINGS)


if __name__ == "__main__":
    main()
