#!/usr/bin/env python3
"""Would a reader guess from a name what is under it? On sets with known categories, beside what keyword
tools show.

    python3 -m venv venv && venv/bin/pip install scikit-learn polars
    cargo build --release && cargo build --release -p cladus-models --example vectors
    venv/bin/python benchmarks/names.py --data FOLDER [--embedders minilm] [--max-clusters 9 10 12]

FOLDER has folders with `clusters.jsonl` and `truth.jsonl`, as `cladus eval --truth` takes it. The reader
knows the names of the categories, goes by all-MiniLM-L6-v2, and guesses the category whose name is
nearest to that of a node (camel case, dashes and slashes read as spaces). `fit` is the share of base
clusters whose category is guessed, over the share for which that can be: those of the most frequent
category under each node. `root` is of roots against top categories, `low` of the lowest parents against
the deepest ones; each is the mean over the sets, and over the values of --max-clusters, because a single
tree is a matter of chance. All rows are of the same trees, those that cladus makes with its defaults:

  cladus     its names
  keywords   the three terms with the highest class-based tf-idf (Grootendorst, 2022)
  all names  up to ten of the children's names, as a list
  texts      no name: the mean of the vectors of the texts themselves, half the mean of all taken out

The last line is the ratio of cladus' figures to those of keywords.
"""
import argparse, json, re, subprocess, tempfile
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.feature_extraction.text import CountVectorizer

PROGRAMS = Path(__file__).parent.parent / "target" / "release"
ROWS = ["cladus", "keywords", "all names", "texts"]


def rows(path):
    return [json.loads(line) for line in path.read_text(encoding="utf8").splitlines() if line.strip()]


def unit(x):
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9)


def plain(name):
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return re.sub(r"\s+", " ", re.sub(r"[_\-/]+", " ", name)).strip() or "?"


class Reader:
    """What texts mean to the reader; every text is embedded once."""

    def __init__(self, program):
        self.program, self.known = program, {}

    def read(self, texts):
        new = sorted(set(texts) - set(self.known))
        if new:
            lines = "".join(json.dumps(t) + "\n" for t in new)
            out = subprocess.run([self.program], input=lines.encode(), capture_output=True, check=True).stdout
            self.known.update(zip(new, np.frombuffer(out, "<f4").reshape(len(new), -1)))
        return np.stack([self.known[t] for t in texts])

    def names(self, names):
        return self.read([plain(name) for name in names])


def fit(node_of, category_of, vectors_of, reader):
    """The share of items whose category is guessed, over that for which it can be."""
    categories = sorted(set(category_of.values()))
    nodes = sorted(set(node_of.values()))
    nearest = (vectors_of(nodes) @ reader.names(categories).T).argmax(1)
    guess = {node: categories[at] for node, at in zip(nodes, nearest)}
    under = defaultdict(Counter)
    for item, node in node_of.items():
        under[node][category_of[item]] += 1
    guessed = sum(count[guess[node]] for node, count in under.items())
    return guessed / sum(count.most_common(1)[0][1] for count in under.values())


def keywords(texts_of, nodes):
    """By node: the three terms with the highest class-based tf-idf, as a name."""
    counter = CountVectorizer(stop_words="english")
    counts = counter.fit_transform([" ".join(texts_of[node]) for node in nodes]).toarray().astype(float)
    terms = counter.get_feature_names_out()
    idf = np.log(1 + counts.sum() / len(nodes) / counts.sum(0))
    weights = counts / np.maximum(counts.sum(1, keepdims=True), 1) * idf
    return [" ".join(terms[row.argsort()[::-1][:3]]) for row in weights]


def fits(tree, items, truth, reader):
    """By row: [root, low] of a hierarchy."""
    parent = dict(zip(tree["id"], tree["parent_id"]))
    name = dict(zip(tree["id"], tree["name"]))

    def root(node):
        while parent[node] is not None:
            node = parent[node]
        return node

    base = [item for item in items if item["id"] in truth and parent.get(item["id"])]
    text = {item["id"]: ". ".join(filter(None, [item["name"], item.get("description")])) for item in base}
    vector = dict(zip(text, reader.read(list(text.values()))))
    middle = np.mean(list(vector.values()), axis=0)
    found = {row: [] for row in ROWS}
    for above, depth in [(root, 0), (parent.get, -1)]:
        node_of = {id: above(id) for id in text}
        category_of = {id: truth[id][depth] for id in text}
        under = defaultdict(list)
        for id, node in node_of.items():
            under[node].append(id)

        def children(node):
            below = [child for child in parent if parent[child] == node]
            return ", ".join(name[child] for child in below[:10])

        def mean(nodes):
            return unit(np.stack([np.mean([vector[id] for id in under[n]], axis=0) for n in nodes]) - middle / 2)

        texts_of = {node: [text[id] for id in ids] for node, ids in under.items()}
        ways = {
            "cladus": lambda nodes: reader.names([name[node] for node in nodes]),
            "keywords": lambda nodes: reader.names(keywords(texts_of, nodes)),
            "all names": lambda nodes: reader.names([children(node) for node in nodes]),
            "texts": mean,
        }
        for row in ROWS:
            found[row].append(fit(node_of, category_of, ways[row], reader))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--embedders", nargs="+", default=["minilm"])
    parser.add_argument("--max-clusters", nargs="+", default=["9", "10", "12"])
    parser.add_argument("--cladus", default=PROGRAMS / "cladus")
    parser.add_argument("--vectors", default=PROGRAMS / "examples" / "vectors")
    args = parser.parse_args()
    sets = sorted(path.parent for path in args.data.glob("*/truth.jsonl"))
    reader = Reader(args.vectors)
    for embedder in args.embedders:
        of = {}
        with tempfile.TemporaryDirectory() as scratch:
            for folder in sets:
                items = rows(folder / "clusters.jsonl")
                truth = {row["id"]: row["path"] for row in rows(folder / "truth.jsonl")}
                for most in args.max_clusters:
                    run = Path(scratch) / f"{folder.name}-{most}"
                    line = [args.cladus, "run", folder / "clusters.jsonl", "--out", run, "--quiet"]
                    line += ["--embedder", embedder, "--max-clusters", most]
                    subprocess.run(line, check=True, stdout=subprocess.DEVNULL)
                    of[folder.name, most] = fits(pl.read_parquet(run / "hierarchy.parquet"), items, truth, reader)
        print(f"\n{embedder:10}" + "".join(f"{folder.name[:13]:>15}" for folder in sets) + f"{'mean':>15}")
        mean = {}
        for row in ROWS:
            figures = np.array([[of[folder.name, most][row] for most in args.max_clusters] for folder in sets])
            by_set = figures.mean(1)
            mean[row] = by_set.mean(0)
            print(f"{row:10}" + "".join(f"{r:9.3f} {l:.3f}" for r, l in [*by_set, mean[row]]))
        for at, most in enumerate(args.max_clusters):
            r, l = np.mean([of[folder.name, most]["cladus"] for folder in sets], axis=0)
            print(f"  cladus at most {most} roots: root.fit {r:.3f}, low.fit {l:.3f}")
        r, l = mean["cladus"] / mean["keywords"]
        print(f"cladus / keywords: root.fit {r:.2f}, low.fit {l:.2f}")


if __name__ == "__main__":
    main()
