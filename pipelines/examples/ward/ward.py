#!/usr/bin/env python3
"""Group clusters by Ward's method: the tree of merges, cut where groups have the size wanted.

Reads an `embeddings` artifact and writes a `groups` artifact, as `cladus schema` describes them.
"""

import argparse
import sys

import numpy as np
import polars as pl
from scipy.cluster.hierarchy import fcluster, linkage


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--embeddings", required=True, help="Parquet to read: cluster_id, embedding")
    parser.add_argument("--out", required=True, help="Parquet to write: cluster_id, group_id")
    parser.add_argument("--size", type=int, required=True, help="clusters in a group, on average")
    return parser.parse_args()


def ward(vectors: np.ndarray, groups: int) -> np.ndarray:
    """The group of every row, numbered from 0 in the order of the groups' first rows."""
    if len(vectors) < 2:
        return np.zeros(len(vectors), dtype=np.int64)
    # On the unit sphere squared Euclidean distance is twice the cosine's, so Ward's method fits.
    labels = fcluster(linkage(vectors, method="ward"), t=groups, criterion="maxclust")
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse]


def main() -> None:
    args = arguments()
    embeddings = pl.read_parquet(args.embeddings)
    vectors = embeddings["embedding"].to_numpy().astype(np.float64)
    group_ids = ward(vectors, groups=-(-len(vectors) // args.size))
    sizes = np.bincount(group_ids)
    print(f"{len(sizes)} groups of {sizes.min()} to {sizes.max()}", file=sys.stderr)
    # The distance to the centroid is left out: cladus works it out.
    groups = pl.DataFrame({"cluster_id": embeddings["cluster_id"], "group_id": group_ids})
    groups.write_parquet(args.out)


if __name__ == "__main__":
    main()
