#!/usr/bin/env python3
"""cladus' trees against those of Ward's method over the same transformer, on sets with known categories.

    python3 -m venv venv && venv/bin/pip install scikit-learn scipy polars
    cargo build --release && cargo build --release -p cladus-models --example vectors
    venv/bin/python benchmarks/trees.py --data FOLDER [--embedders minilm static lexical] [--seeds 1]

FOLDER has folders with `clusters.jsonl` and `truth.jsonl`, as `cladus eval --truth` takes it. Everything
runs with its defaults: nothing is set for a set. The figure is `overall` of `cladus eval`, the mean of
what agrees with the known categories (0: as a random tree, 1: the known tree). Rivals get cuts at 10 and
at n / 12: Ward over the vectors of the transformer, over tf-idf reduced to 100 dimensions, and over both
side by side; `best` takes for each set the best of them, which nobody can who does not know the
categories. The last column is the mean, and its ratio to that of Ward over the transformer.
"""
import argparse, json, subprocess, tempfile
from pathlib import Path

import numpy as np
import polars as pl
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

PROGRAMS = Path(__file__).parent.parent / "target" / "release"


def rows(path):
    return [json.loads(line) for line in path.read_text(encoding="utf8").splitlines() if line.strip()]


def text(item):
    return f"{item['name']}. {item['description']}" if item.get("description") else item["name"]


def unit(x):
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9)


def transformer(program, texts):
    lines = "".join(json.dumps(t) + "\n" for t in texts)
    out = subprocess.run([program], input=lines.encode(), capture_output=True, check=True).stdout
    return np.frombuffer(out, "<f4").reshape(len(texts), -1)


def tfidf(texts):
    counts = TfidfVectorizer(stop_words="english", sublinear_tf=True).fit_transform(texts)
    return unit(TruncatedSVD(min(100, counts.shape[1] - 1, len(texts) - 1), random_state=0).fit_transform(counts))


def ward(items, vectors, path):
    """A hierarchy of two levels, as cladus eval reads those of any tool."""
    merges = linkage(vectors, "ward")
    middle, roots = (fcluster(merges, k, "maxclust") for k in (max(len(items) // 12, 11), 10))
    parent = {f"m{m}": f"r{r}" for m, r in zip(middle, roots)}
    nodes = [(f"r{r}", None, 2) for r in sorted(set(roots))] + [(m, r, 1) for m, r in parent.items()]
    nodes += [(item["id"], f"m{m}", 0) for item, m in zip(items, middle)]
    ids, parents, levels = zip(*nodes)
    names = [*ids[: -len(items)], *(item["name"] for item in items)]
    empty = [""] * len(ids)
    columns = dict(id=ids, parent_id=parents, level=levels, name=names, description=empty, slug=empty)
    frame = pl.DataFrame(dict(columns, size=[1] * len(ids), members=[[]] * len(ids)),
                         schema_overrides=dict(level=pl.UInt8, size=pl.UInt64, members=pl.List(pl.String)))
    frame.write_parquet(path)


def overall(cladus, run, truth):
    out = subprocess.run([cladus, "eval", run, "--truth", truth, "--json"], capture_output=True, check=True).stdout
    found = json.loads(out)
    return found["agreement"]["overall"], found["health"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--embedders", nargs="+", default=["minilm", "static", "lexical"])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--cladus", default=PROGRAMS / "cladus")
    parser.add_argument("--vectors", default=PROGRAMS / "examples" / "vectors")
    args = parser.parse_args()
    sets = sorted(path.parent for path in args.data.glob("*/truth.jsonl"))
    found, faults = {}, []
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        for data in sets:
            items, truth = rows(data / "clusters.jsonl"), data / "truth.jsonl"
            texts = [text(item) for item in items]
            near, words = unit(transformer(args.vectors, texts)), tfidf(texts)
            rivals = {"Ward, transformer": near, "Ward, tf-idf": words, "Ward, both": np.hstack([near, words])}
            for name, vectors in rivals.items():
                path = folder / "hierarchy.parquet"
                ward(items, vectors, path)
                found.setdefault(name, []).append(overall(args.cladus, path, truth)[0])
            for embedder in args.embedders:
                scores = []
                for seed in range(args.seeds):
                    run = folder / f"{data.name}-{embedder}-{seed}"
                    subprocess.run([args.cladus, "run", data / "clusters.jsonl", "--out", run, "--embedder",
                                    embedder, "--seed", str(seed)], check=True, capture_output=True)
                    score, health = overall(args.cladus, run, truth)
                    scores.append(score)
                    for fault in ("single_children", "siblings_named_alike", "siblings_nearly_alike"):
                        if health[fault]:
                            faults.append(f"{run.name}: {health[fault]} {fault}")
                found.setdefault(f"cladus, {embedder}", []).append(float(np.mean(scores)))
    found["best of Ward"] = [max(scores) for scores in zip(*(found[name] for name in rivals))]
    base = np.mean(found["Ward, transformer"])
    print(f"{'overall':20}" + "".join(f"{path.name:>14}" for path in sets) + f"{'mean':>8}{'ratio':>7}")
    for name, scores in found.items():
        mean = np.mean(scores)
        print(f"{name:20}" + "".join(f"{score:14.3f}" for score in scores) + f"{mean:8.3f}{mean / base:7.2f}")
    print("\n".join(faults) or "no single children, no siblings of nearly the same name")


if __name__ == "__main__":
    main()
