"""Why a cluster is where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from ._run import Run

_LABEL = ["answer", "match", "similarity", "margin", "remark"]


def why(run: Run, id: str) -> pl.DataFrame:
    """A row for each iteration that placed the cluster with this id."""
    rows: list[pl.DataFrame] = []
    for iteration in range(1, run.iterations + 1):
        label = run.labels(iteration).filter(pl.col("cluster_id") == id).collect()
        if label.height == 0:
            continue
        if "remark" not in label.columns:
            label = label.with_columns(pl.lit(None, pl.String).alias("remark"))
        names = run.candidates(iteration).select("candidate_id", "name").collect()
        other = names.rename({"candidate_id": "runner_up", "name": "runner_up_name"})
        group = run.groups(iteration).filter(pl.col("cluster_id") == id).collect()
        above = run.parents(iteration).filter(pl.col("members").list.contains(id) | (pl.col("id") == id))
        parent = above.select(pl.col("id").alias("parent_id"), pl.col("name").alias("parent"))
        row = (
            label.join(names, on="candidate_id", how="left")
            .join(other, on="runner_up", how="left")
            .join(group, on="cluster_id", how="left")
            .select(
                pl.lit(iteration).alias("iteration"),
                pl.col("name").alias("candidate"),
                *_LABEL,
                pl.col("runner_up_name").alias("runner_up"),
                "group_id",
                "distance",
            )
        )
        found = parent.collect().head(1)
        missing = pl.DataFrame({"parent_id": [None], "parent": [None]}, schema=found.schema)
        rows.append(pl.concat([row, found if found.height else missing], how="horizontal"))
    columns = ["iteration", "parent_id", "parent", "candidate", "answer", "match", "similarity"]
    columns += ["runner_up", "margin", "group_id", "distance", "remark"]
    if not rows:
        return pl.DataFrame(schema=dict.fromkeys(columns, pl.String))
    return pl.concat(rows, how="vertical_relaxed").select(columns)
