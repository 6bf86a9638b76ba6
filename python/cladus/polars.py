"""A column of names becomes a column of paths, in one expression.

frame.with_columns(cladus.polars.path("name", "description", max_clusters=10))
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ._polars import need_polars

need_polars()

import polars as pl  # noqa: E402

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._settings import Settings


def path(
    name: str | pl.Expr,
    description: str | pl.Expr | None = None,
    *,
    size: str | pl.Expr | None = None,
    out: str | os.PathLike[str] | None = None,
    **settings: Unpack[Settings],
) -> pl.Expr:
    """Where each row's cluster is in the hierarchy of all rows.

    Args:
        name: The clusters' names.
        description: A sentence or two on each.
        size: How many items each has.
        out: The run folder; without one, it is gone when the answer is there.
        settings: As for `cladus.run`.

    Returns:
        An expression of the same length: a list of the names above each row, its root first; empty for one that
        is a root itself. ``.list.first()`` is the root, ``.list.last()`` the parent.

    >>> frame.with_columns(path=cladus.polars.path("name"))                        # doctest: +SKIP
    >>> frame.group_by(cladus.polars.path("name", max_clusters=5).list.first())    # doctest: +SKIP
    """
    said = {"name": name, "description": description, "size": size}
    columns = [_expr(column).alias(role) for role, column in said.items() if column is not None]

    def paths(rows: pl.Series) -> pl.Series:
        return _paths(rows.struct.unnest(), out, settings)

    return pl.struct(columns).map_batches(paths, return_dtype=pl.List(pl.String)).alias("path")


def _expr(column: str | pl.Expr) -> pl.Expr:
    return pl.col(column) if isinstance(column, str) else column


def _paths(rows: pl.DataFrame, out: str | os.PathLike[str] | None, settings: Settings) -> pl.Series:
    from ._start import run
    from ._tree_paths import names_above

    wide = len(str(rows.height))
    ids = pl.Series("id", [str(at).zfill(wide) for at in range(rows.height)], pl.String)
    frame = rows.with_columns(ids)
    if out is not None:
        above = names_above(run(frame, out, progress=False, **settings))
    else:
        with tempfile.TemporaryDirectory(prefix="cladus-polars-") as folder:
            above = names_above(run(frame, Path(folder, "run"), progress=False, **settings))
    found = frame.select("id").join(above, on="id", how="left", maintain_order="left")
    return found["path"]
