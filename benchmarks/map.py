#!/usr/bin/env python3
"""The map of a hierarchy beside those of umap-learn and openTSNE, on sets with known categories or without.

    python3 -m venv venv && venv/bin/pip install umap-learn openTSNE polars
    cargo build --release && cargo build --release -p cladus-project
    venv/bin/python benchmarks/map.py --data FOLDER [--together] [--threads N]

FOLDER has folders with `clusters.jsonl`. Each is made a hierarchy by default settings, and laid out by
cladus from its vectors and its tree, by the others from the vectors alone, with their default settings
(umap-learn 15 neighbours by cosine; openTSNE perplexity 30 by cosine, from the principal components).
`trust` is the trustworthiness of the 15 nearest on the map against the vectors as they are, of all points;
`own` the share of points that lie nearest to the centre (median) of their own root; `share` that of the 15
nearest under the same root, and the same among the vectors. `s` is wall time, of cladus with reading and
writing; the first run of umap-learn compiles, so it is run twice. With --together, all sets in one as well.

Ends with exit code 1 where cladus' trustworthiness is more than .01 below the better of the others', or
`own` below .9 where there is more than one root.
"""
import argparse, json, os, subprocess, sys, tempfile, time, warnings
from pathlib import Path

import numpy as np
import polars as pl

PROGRAMS = Path(__file__).parent.parent / "target" / "release"
NEIGHBOURS = 15


def ranks(distances):
    """The place of every point among the neighbours of each, itself at 0."""
    np.fill_diagonal(distances, -np.inf)
    order = np.argsort(distances, axis=1, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.arange(len(order))[None, :], axis=1)
    return order, rank


def squared(points):
    norms = (points**2).sum(axis=1)
    return norms[:, None] + norms[None, :] - 2 * points @ points.T


def measures(vectors, places, roots):
    n = len(vectors)
    k = min(NEIGHBOURS, (n - 1) // 2)
    near, rank = ranks(1 - vectors @ vectors.T)
    on_map, _ = ranks(squared(places.astype(np.float64)))
    chosen = on_map[:, 1 : k + 1]
    away = np.maximum(np.take_along_axis(rank, chosen, axis=1) - k, 0).sum()
    trust = 1 - 2 * away / (n * k * (2 * n - 3 * k - 1))
    names = np.unique(roots)
    centres = np.array([np.median(places[roots == name], axis=0) for name in names])
    own = names[((places[:, None, :] - centres[None]) ** 2).sum(axis=2).argmin(axis=1)] == roots
    share = [(roots[found[:, 1 : k + 1]] == roots[:, None]).mean() for found in (on_map, near)]
    return trust, own.mean(), *share


def read(run):
    """Vectors, roots and ids of base clusters, in one order."""
    embeddings = pl.read_parquet(run / "iteration-1" / "embeddings.parquet")
    tree = pl.read_parquet(run / "hierarchy.parquet")
    above = dict(zip(tree["id"], tree["parent_id"]))

    def root(node):
        while above[node] is not None:
            node = above[node]
        return node

    ids = embeddings["cluster_id"].to_list()
    return embeddings["embedding"].to_numpy().astype(np.float64), np.array([root(node) for node in ids]), ids


def by_cladus(args, run, _):
    out = run / "map.parquet"
    command = [args.project, "--hierarchy", run / "hierarchy.parquet", "--embeddings",
               run / "iteration-1" / "embeddings.parquet", "--out", out, "--quiet"]
    subprocess.run(command, check=True)
    places = pl.read_parquet(out)
    return dict(zip(places["id"], places.select("x", "y").to_numpy()))


def by_umap(args, _, vectors):
    import umap

    return umap.UMAP(metric="cosine", random_state=0, n_jobs=1).fit_transform(vectors)


def by_opentsne(args, _, vectors):
    import openTSNE

    tsne = openTSNE.TSNE(metric="cosine", random_state=0, n_jobs=args.threads)
    return np.asarray(tsne.fit(vectors))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--together", action="store_true")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--cladus", default=PROGRAMS / "cladus")
    parser.add_argument("--project", default=PROGRAMS / "cladus-project")
    args = parser.parse_args()
    os.environ["RAYON_NUM_THREADS"] = str(args.threads)
    warnings.filterwarnings("ignore")
    sets = sorted(path.parent for path in args.data.glob("*/clusters.jsonl"))
    methods = {"cladus": by_cladus, "umap-learn": by_umap, "openTSNE": by_opentsne}
    failed, sums = [], {}
    print(f"{'set':16}{'method':12}{'points':>8}{'trust':>8}{'own':>7}{'share':>7}{'vectors':>9}{'s':>7}")
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        inputs = {path.name: path / "clusters.jsonl" for path in sets}
        if args.together:
            inputs["together"] = folder / "together.jsonl"
            with inputs["together"].open("w") as out:
                for path in sets:
                    for line in (path / "clusters.jsonl").read_text(encoding="utf8").splitlines():
                        row = json.loads(line)
                        out.write(json.dumps({"id": f"{path.name}:{row['id']}", "name": row["name"],
                                              "description": row.get("description", "")}) + "\n")
        for name, path in inputs.items():
            run = folder / name
            subprocess.run([args.cladus, "run", path, "--out", run], check=True, capture_output=True)
            if not (run / "iteration-1" / "embeddings.parquet").is_file():
                print(f"{name:16}too few clusters for a tree: left out")
                continue
            vectors, roots, ids = read(run)
            trusts = {}
            for method, lay_out in methods.items():
                if method == "umap-learn" and method not in sums:
                    lay_out(args, run, vectors)
                start = time.perf_counter()
                places = lay_out(args, run, vectors)
                seconds = time.perf_counter() - start
                if isinstance(places, dict):
                    places = np.array([places[node] for node in ids])
                found = measures(vectors, places, roots)
                trusts[method] = found[0]
                sums.setdefault(method, []).append((*found, seconds))
                print(f"{name:16}{method:12}{len(ids):8}{found[0]:8.3f}{found[1]:7.3f}{found[2]:7.3f}"
                      f"{found[3]:9.3f}{seconds:7.1f}")
                if method == "cladus" and found[1] < 0.9 and len(set(roots)) > 1:
                    failed.append(f"{name}: own root nearest for {found[1]:.3f}, wanted .9")
            best = max(trust for method, trust in trusts.items() if method != "cladus")
            if trusts["cladus"] < best - 0.01:
                failed.append(f"{name}: trustworthiness {trusts['cladus']:.3f}, the best of the others {best:.3f}")
    for method, found in sums.items():
        mean = np.mean(found, axis=0)
        print(f"{'mean':16}{method:12}{'':8}{mean[0]:8.3f}{mean[1]:7.3f}{mean[2]:7.3f}{mean[3]:9.3f}{mean[4]:7.1f}")
    print("\n".join(failed) or "trustworthiness within .01 of the best of the others, own root nearest for .9, everywhere")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
