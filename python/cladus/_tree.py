"""A hierarchy, or a part of it, to look at."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Any

import polars as pl

from ._forest import Forest

# As many lines as an unasked display shows.
_LINES = 60
_OPEN = 2
_COLUMNS = ["id", "name", "parent_id", "depth", "size", "share", "clusters", "description", "slug", "level"]


class Tree:
    """A hierarchy, depth first: `str` prints it, `frame` holds it, a notebook shows it.

    >>> print(run.tree(2))             # doctest: +SKIP
    >>> run.tree(2).frame.head()       # doctest: +SKIP
    """

    def __init__(self, forest: Forest, row: int | None, depth: int | None) -> None:
        shown = forest.below(row, depth)
        if row is not None:
            shown = shown.with_columns(pl.col("depth") - forest.frame["depth"][row])
        self._summary = _summary(forest, row)
        self.frame: pl.DataFrame = shown.select(_COLUMNS)
        """A row a cluster, depth first: `id`, `name`, `parent_id`, `depth` (0 for the first), `size` in items,
        `share` of all items (0 to 1), `clusters` (base clusters below it), `description`, `slug`, `level`."""

    def __len__(self) -> int:
        return self.frame.height

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return self.frame.iter_rows(named=True)

    def __str__(self) -> str:
        return self._text(None)

    def __repr__(self) -> str:
        return self._text(_LINES)

    def _text(self, limit: int | None) -> str:
        frame = self.frame if limit is None else self.frame.head(limit)
        columns = frame.select("depth", "name", "size", "share", "clusters")
        rows: list[tuple[int, str, int, float, int]] = columns.rows()
        prefixes = _prefixes([int(depth) for depth in self.frame["depth"]])[: len(rows)]
        wide = max([len("items"), *(len(f"{size:,}") for _, _, size, _, _ in rows)])
        many = max([len("clusters"), *(len(f"{n:,}") for *_, n in rows)])
        lines = [self._summary, "", f"{'items':>{wide}}   share  {'clusters':>{many}}"]
        for prefix, (_, name, size, share, clusters) in zip(prefixes, rows, strict=True):
            count = f"{clusters:,}" if clusters > 1 else ""
            lines.append(f"{size:>{wide},}  {100 * share:>5.1f}%  {count:>{many}}  {prefix}{name}")
        if frame.height < self.frame.height:
            more = self.frame.height - frame.height
            lines.append(f"… and {more:,} more (print it for all of them)")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return as_html(self.frame.head(1_000), self._summary, self.frame.height)


def _summary(forest: Forest, row: int | None) -> str:
    if row is not None:
        one = forest.one(row)
        return f"{one['name']}: {one['clusters']:,} base clusters, {one['size']:,} items"
    roots = forest.roots()
    leaves, deepest = roots["clusters"].sum(), forest.frame["depth"].max() or 0
    return f"{leaves:,} base clusters, {forest.total:,} items -> {roots.height:,} roots, {deepest} levels"


def _prefixes(depths: list[int]) -> list[str]:
    """The branches before each name: a node is the last of its siblings where the next one that is not below
    it stands higher."""
    last: list[bool] = [True] * len(depths)
    # From the end: is a sibling still to come at this depth?
    coming: list[bool] = []
    for at in range(len(depths) - 1, -1, -1):
        depth = depths[at]
        coming += [False] * (depth + 1 - len(coming))
        last[at] = not coming[depth]
        coming[depth] = True
        del coming[depth + 1 :]
    prefixes: list[str] = []
    trunk: list[str] = []
    for depth, is_last in zip(depths, last, strict=True):
        del trunk[max(depth - 1, 0) :]
        prefixes.append("" if depth == 0 else "".join(trunk) + ("└─ " if is_last else "├─ "))
        if depth > 0:
            trunk.append("   " if is_last else "│  ")
    return prefixes


def as_html(frame: pl.DataFrame, summary: str, of: int) -> str:
    """Rows in depth-first order as nested lists that open and close; every text is escaped."""
    parts = [f"<div><p>{html.escape(summary)}</p><ul>"]
    rows: list[dict[str, Any]] = frame.to_dicts()
    depth = 0
    for at, row in enumerate(rows):
        while depth > row["depth"]:
            parts.append("</ul></details></li>")
            depth -= 1
        title = html.escape(row["description"], quote=True)
        share = f"<small>{row['size']:,} · {100 * row['share']:.1f} %</small>"
        name = f'<span title="{title}">{html.escape(row["name"])}</span> {share}'
        opens = at + 1 < len(rows) and rows[at + 1]["depth"] > row["depth"]
        if opens:
            is_open = " open" if row["depth"] < _OPEN - 1 and len(rows) <= _LINES else ""
            parts.append(f"<li><details{is_open}><summary>{name}</summary><ul>")
            depth += 1
        else:
            parts.append(f"<li>{name}</li>")
    parts.append("</ul></details></li>" * depth)
    more = f"<p>… and {of - len(rows):,} more</p>" if of > len(rows) else ""
    return "".join([*parts, "</ul>", more, "</div>"])
