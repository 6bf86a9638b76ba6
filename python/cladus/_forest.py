"""A hierarchy in memory: whose child, how deep, and where in depth-first order, for every cluster at once.

Everything is a few passes over columns, so a million clusters take about a second, and every question after
that a comparison of numbers: what is below a cluster stands right behind it in depth-first order.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from .errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

_READ = ["id", "parent_id", "level", "name", "description", "slug", "size"]
# What callers see of a cluster.
SHOWN = ["id", "name", "description", "slug", "level", "size", "share", "clusters"]


class Forest:
    """All clusters of a hierarchy, a row each, in the order of the file.

    `frame` has the columns of ``hierarchy.parquet`` without `members`, and

    * ``row`` and ``parent_row``: places in the file,
    * ``depth``: 0 for roots,
    * ``place``: in depth-first order; ``nodes``: how many clusters stand there for it and what is below it,
    * ``clusters``: base clusters below it (1 for one that has no children),
    * ``share``: its size, of that of all roots, 0 to 1.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        frame = pl.read_parquet(path, columns=_READ, glob=False).with_row_index("row")
        rows = frame.select(pl.col("id").alias("parent_id"), pl.col("row").alias("parent_row"))
        frame = frame.join(rows, on="parent_id", how="left", maintain_order="left")
        lost = frame.filter(pl.col("parent_id").is_not_null() & pl.col("parent_row").is_null())
        if frame.height != rows.height or lost.height:
            raise InputError(f"{path} is no hierarchy: an id is there twice, or a parent is not there")
        frame = _placed(frame, path)
        total = frame.filter(pl.col("parent_row").is_null())["size"].sum()
        self.total = int(total)
        share = pl.col("size") / pl.lit(max(self.total, 1))
        self.frame = frame.with_columns(share.alias("share"))

    def roots(self) -> pl.DataFrame:
        """The roots, the largest first."""
        return self.frame.filter(pl.col("parent_row").is_null()).select(SHOWN)

    def children(self, row: int) -> pl.DataFrame:
        """The children of a cluster, the largest first."""
        return self.frame.filter(pl.col("parent_row") == row).select(SHOWN)

    def below(self, row: int | None, depth: int | None = None) -> pl.DataFrame:
        """A cluster and all that is below it, depth first; without one, everything. Only so many levels of it,
        where that is said."""
        frame = self.frame
        top = 0
        if row is not None:
            first, nodes, top = frame["place"][row], frame["nodes"][row], frame["depth"][row]
            frame = frame.filter(pl.col("place").is_between(first, first + nodes - 1))
        if depth is not None:
            frame = frame.filter(pl.col("depth") < top + depth)
        return frame.sort("place")

    def leaves(self, row: int | None) -> pl.DataFrame:
        """The clusters without children below a cluster (itself, where it has none), depth first."""
        frame = self.frame.filter(pl.col("nodes") == 1)
        if row is not None:
            first, nodes = self.frame["place"][row], self.frame["nodes"][row]
            frame = frame.filter(pl.col("place").is_between(first, first + nodes - 1))
        return frame.sort("place")

    def path_to(self, row: int) -> pl.DataFrame:
        """A cluster behind its ancestors, its root first."""
        rows: list[int] = []
        at: int | None = row
        parents = self.frame["parent_row"]
        while at is not None:
            rows.append(at)
            at = parents[at]
        return self.frame[rows[::-1]].select(SHOWN)

    def one(self, row: int) -> dict[str, Any]:
        """A cluster."""
        return self.frame.select(SHOWN).row(row, named=True)

    def find(self, said: str) -> int:
        """The row of the cluster that is meant: by its id, else the only one with that slug or name, with an
        id that begins so, or with a name that holds it.

        Raises:
            UsageError: None is, or several are.
        """
        lower = said.strip().lower()
        name = pl.col("name").str.to_lowercase()
        ways: Sequence[pl.Expr] = (
            pl.col("id") == said,
            (pl.col("slug") == said) | (name == lower),
            pl.col("id").str.starts_with(said),
            name.str.contains(lower, literal=True),
        )
        for way in ways if lower else ():
            found = self.frame.filter(way)
            if found.height == 1:
                return int(found["row"][0])
            if found.height > 1:
                raise _ambiguous(said, found)
        raise UsageError(f"no cluster {said!r} in {self.path.parent}", hint="run.tree() shows them all")


def _ambiguous(said: str, found: pl.DataFrame) -> UsageError:
    largest = found.sort("size", descending=True).head(10)
    lines = [f"  {id}  {name}" for id, name in largest.select("id", "name").iter_rows()]
    more = [f"  … and {found.height - 10} more"] if found.height > 10 else []
    text = "\n".join([f"{said!r} means {found.height} clusters:", *lines, *more])
    return UsageError(text, hint="give an id, or more of the name")


def _placed(frame: pl.DataFrame, path: Path) -> pl.DataFrame:
    """With depth, place, nodes and clusters."""
    one = pl.col("row").is_in(pl.col("parent_row").drop_nulls().implode()).not_().cast(pl.UInt32)
    start = frame.select("row", pl.col("parent_row").alias("above"), one.alias("leaves"))
    # Every cluster, its parents, their parents…: one round for each level there is.
    rounds = [start.select("row", "leaves")]
    climb = start
    while climb.height:
        if len(rounds) > 1_000:
            raise InputError(f"{path} is no hierarchy: a cluster is its own ancestor")
        rounds.append(climb.drop_nulls("above").select(pl.col("above").alias("row"), "leaves"))
        up = frame.select(pl.col("row").alias("above"), "parent_row")
        climb = climb.drop_nulls("above").join(up, on="above")
        climb = climb.select("row", pl.col("parent_row").alias("above"), "leaves")
    counted = (
        pl.concat(rounds).group_by("row").agg(pl.len().alias("nodes"), pl.col("leaves").sum().alias("clusters"))
    )
    frame = frame.join(counted, on="row", how="left", maintain_order="left")
    # Behind a cluster stand its earlier siblings with all that is theirs; before it, its ancestors.
    before = (pl.col("nodes").cum_sum() - pl.col("nodes")).over("parent_row").cast(pl.UInt32)
    place = frame.select("row", pl.col("parent_row").alias("above"), before.alias("place"))
    place = place.with_columns(pl.lit(0, pl.UInt32).alias("depth"))
    step = place.select(
        pl.col("row").alias("above"), pl.col("place").alias("before"), pl.col("above").alias("next")
    )
    open_ = place
    done: list[pl.DataFrame] = []
    while open_.height:
        done.append(open_.filter(pl.col("above").is_null()).select("row", "place", "depth"))
        open_ = (
            open_.drop_nulls("above")
            .join(step, on="above")
            .select(
                "row",
                pl.col("next").alias("above"),
                pl.col("place") + pl.col("before") + 1,
                pl.col("depth") + 1,
            )
        )
    return frame.join(pl.concat(done), on="row", how="left", maintain_order="left")
