"""Why a cluster is where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from ._run import Run

_COLUMNS = [
    "iteration",
    "id",
    "name",
    "parent_id",
    "parent",
    "candidate",
    "answer",
    "match",
    "similarity",
    "runner_up",
    "margin",
    "group_id",
    "distance",
    "remark",
]


def why(run: Run, id: str) -> pl.DataFrame:
    """A row for each iteration that placed the cluster with this id, or one above it."""
    ids = run.path(id)["id"].to_list()
    rows = [_placed(run, iteration, ids) for iteration in range(1, run.iterations + 1)]
    empty = pl.DataFrame(schema=dict.fromkeys(_COLUMNS, pl.Null))
    return pl.concat([empty, *rows], how="vertical_relaxed")


def _placed(run: Run, iteration: int, ids: list[str]) -> pl.DataFrame:
    label = run.labels(iteration).filter(pl.col("cluster_id").is_in(ids)).collect()
    if "remark" not in label.columns:
        label = label.with_columns(pl.lit(None, pl.String).alias("remark"))
    names = run.candidates(iteration).select("candidate_id", "name").collect()
    other = names.select(pl.col("candidate_id").alias("runner_up"), pl.col("name").alias("next"))
    clusters = run.clusters(iteration).select(pl.col("id").alias("cluster_id"), "name")
    # A cluster that moved up alone is its own parent in the file.
    above = run.parents(iteration).select(
        pl.concat_list("members", "id").alias("cluster_id"),
        pl.col("id").alias("parent_id"),
        pl.col("name").alias("parent"),
    )
    above = above.explode("cluster_id").filter(pl.col("cluster_id").is_in(ids))
    above = above.filter((pl.col("cluster_id") != pl.col("parent_id")) | pl.len().over("cluster_id").eq(1))
    return (
        label.join(names.rename({"name": "candidate"}), on="candidate_id", how="left")
        .join(other, on="runner_up", how="left")
        .join(run.groups(iteration).collect(), on="cluster_id", how="left")
        .join(clusters.collect(), on="cluster_id", how="left")
        .join(above.collect(), on="cluster_id", how="left")
        .with_columns(
            pl.lit(iteration).alias("iteration"),
            pl.col("cluster_id").alias("id"),
            pl.col("next").alias("runner_up"),
        )
        .select(_COLUMNS)
    )
