"""The names above each base cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from ._run import Run


def names_above(run: Run) -> pl.DataFrame:
    """`id` of every base cluster with `path`: the names of its ancestors, the root first."""
    names = run.hierarchy().select(pl.col("id").alias("ancestor"), "name")
    leaves = run.hierarchy().filter(pl.col("level") == 0).select("id")
    above = (
        run.closure()
        .filter(pl.col("depth") > 0)
        .join(names, on="ancestor")
        .sort("depth", descending=True)
        .group_by("descendant", maintain_order=True)
        .agg(pl.col("name").alias("path"))
    )
    found = leaves.join(above, left_on="id", right_on="descendant", how="left")
    empty = pl.lit(pl.Series([[]], dtype=pl.List(pl.String)))
    return found.with_columns(pl.col("path").fill_null(empty)).collect()
