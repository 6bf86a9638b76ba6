"""A run folder, and all that can be asked of it."""

from __future__ import annotations

import html
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from ._call import call, call_json
from ._polars import need_polars
from .errors import InputError, UsageError

if TYPE_CHECKING:
    import polars as pl
    from typing_extensions import Unpack

    from ._call import Watch
    from ._forecast import Forecast
    from ._forest import Forest
    from ._page import Page
    from ._settings import Settings
    from ._tree import Tree

_MARKS = ("hierarchy.parquet", "clusters.parquet", "cladus.toml")


class Run:
    """A run folder. Nothing of it is held: what is asked is read, so a run that somebody else goes on with is
    seen as it is.

    Clusters are given by their id, by name or slug, by the beginning of an id, or by a part of a name, as long
    as it is the only one (`find`). Frames are those of polars; `hierarchy`, `clusters`, `labels`… are lazy.

    Raises:
        InputError: There is no run.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        """The folder."""
        self._read: tuple[tuple[int, int, int], Forest] | None = None
        if not self.is_at(self.folder):
            raise InputError(f"{self.folder} is no run folder", hint="cladus.run(clusters, out=…) makes one")

    @staticmethod
    def is_at(folder: str | os.PathLike[str]) -> bool:
        """Was a run made in this folder, or begun?"""
        return any(Path(folder, name).is_file() for name in _MARKS)

    def __fspath__(self) -> str:
        return os.fspath(self.folder)

    # --- what is in the folder -------------------------------------------------------------------

    def _scan(self, name: str, hint: str) -> pl.LazyFrame:
        need_polars()
        import polars as pl

        path = self.folder / name
        if not path.is_file():
            raise InputError(f"{path} is not there", hint=hint)
        return pl.scan_parquet(path, glob=False)

    def _stage(self, iteration: int, name: str) -> pl.LazyFrame:
        hint = f"the run has {self.iterations} iterations, counted from 1"
        return self._scan(f"iteration-{iteration}/{name}.parquet", hint)

    @property
    def iterations(self) -> int:
        """How many iterations are finished."""
        done = 0
        while (self.folder / f"iteration-{done + 1}" / "parents.parquet").is_file():
            done += 1
        return done

    def hierarchy(self) -> pl.LazyFrame:
        """Every cluster with its parent, roots first: `id`, `parent_id` (null for roots), `level` (0 = base),
        `name`, `description`, `slug`, `size` (items), `members` (level 0: ids of items; above: of clusters)."""
        return self._scan("hierarchy.parquet", "cladus.run(out=…) finishes the run")

    def clusters(self, iteration: int = 1) -> pl.LazyFrame:
        """The clusters that an iteration starts from: `id`, `name`, `description`, `slug`, `level`, `members`,
        `size`. Those of the first are the input, cleaned."""
        if iteration > 1:
            return self._stage(iteration - 1, "parents")
        return self._scan("clusters.parquet", "cladus.run(clusters, out=…) makes it")

    def embeddings(self, iteration: int = 1) -> pl.LazyFrame:
        """`cluster_id` and `embedding` (d numbers, of length one)."""
        return self._stage(iteration, "embeddings")

    def groups(self, iteration: int = 1) -> pl.LazyFrame:
        """`cluster_id`, `group_id`, `distance` (cosine, to the group's centre, 0 to 2)."""
        return self._stage(iteration, "groups")

    def candidates(self, iteration: int = 1) -> pl.LazyFrame:
        """The names that parents could have: `candidate_id`, `group_id` (null: for all), `name`, `scope`,
        `proposed_as`, `exemplars`, `remark`."""
        return self._stage(iteration, "candidates")

    def labels(self, iteration: int = 1) -> pl.LazyFrame:
        """Which one each cluster got, and how sure that is: `cluster_id`, `candidate_id`, `answer`, `match`,
        `similarity` (0 to 1), `runner_up`, `margin` (cosine; below 0 where the runner-up is nearer)…"""
        return self._stage(iteration, "labels")

    def parents(self, iteration: int = 1) -> pl.LazyFrame:
        """What an iteration ends with; the columns of `clusters`, and `remark`."""
        return self._stage(iteration, "parents")

    def closure(self) -> pl.LazyFrame:
        """Every `ancestor` with every `descendant`, and the `depth` between them (0: itself)."""
        return self._scan("closure.parquet", "cladus.run(out=…) finishes the run")

    def map(self) -> pl.LazyFrame:
        """Every cluster in two dimensions: `id`, `x`, `y`."""
        return self._scan("map.parquet", "run.run(map=True) makes one")

    # --- the hierarchy ---------------------------------------------------------------------------

    def _forest(self) -> Forest:
        need_polars()
        from ._forest import Forest

        path = self.folder / "hierarchy.parquet"
        if not path.is_file():
            raise InputError(f"{path} is not there", hint="cladus.run(out=…) finishes the run")
        found = path.stat()
        stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
        if self._read is None or self._read[0] != stamp:
            self._read = (stamp, Forest(path))
        return self._read[1]

    def find(self, cluster: str) -> str:
        """The id of the cluster that is meant.

        Raises:
            UsageError: None is, or several are; it says which.
        """
        forest = self._forest()
        return str(forest.frame["id"][forest.find(cluster)])

    def tree(self, depth: int | None = None, of: str | None = None) -> Tree:
        """The hierarchy, depth first; `print` it, show it, or take its `frame`.

        Args:
            depth: Only so many levels, 1 for the roots alone.
            of: Only this cluster and what is below it.
        """
        from ._tree import Tree

        forest = self._forest()
        return Tree(forest, None if of is None else forest.find(of), depth)

    def roots(self) -> pl.DataFrame:
        """The roots, the largest first: `id`, `name`, `description`, `slug`, `level`, `size` (items), `share`
        (of all items, 0 to 1), `clusters` (base clusters below)."""
        return self._forest().roots()

    def children(self, cluster: str) -> pl.DataFrame:
        """The children of a cluster, the largest first, with the columns of `roots`."""
        forest = self._forest()
        return forest.children(forest.find(cluster))

    def leaves(self, cluster: str | None = None) -> pl.DataFrame:
        """The base clusters, or those below a cluster, depth first, with the columns of `roots`."""
        from ._forest import SHOWN

        forest = self._forest()
        row = None if cluster is None else forest.find(cluster)
        return forest.leaves(row).select(SHOWN)

    def path(self, cluster: str) -> pl.DataFrame:
        """A cluster behind its ancestors, its root first, with the columns of `roots`."""
        forest = self._forest()
        return forest.path_to(forest.find(cluster))

    def members(self, cluster: str | None = None) -> pl.Series:
        """The ids of all items below a cluster, or of all there are; empty where the input had none."""
        import polars as pl

        forest = self._forest()
        row = None if cluster is None else forest.find(cluster)
        leaves = forest.leaves(row).filter(pl.col("level") == 0).select("id")
        held = self.hierarchy().select("id", "members").collect()
        lists = leaves.join(held, on="id", how="left", maintain_order="left")
        items = lists.select(pl.col("members").explode()).drop_nulls()
        return items.to_series().alias("member")

    def why(self, cluster: str) -> pl.DataFrame:
        """Why a cluster is where it is: a row for each iteration that placed it or one above it, up to the root.

        Returns:
            `iteration`, `id` and `name` (who was placed), `parent_id` and `parent` (what it came under),
            `candidate` (the name that it was given), `answer` (what a model said), `match` (how that was
            understood), `similarity` (0 to 1), `runner_up` (the next nearest name) and `margin` (by how much
            the candidate is nearer, cosine), `group_id`, `distance` (to the centre of its group, cosine),
            `remark` (what was done where an answer was of no use). Corrections come after all that (`edits`).
        """
        from ._why import why

        return why(self, self.find(cluster))

    # --- corrections -----------------------------------------------------------------------------

    def rename(
        self,
        parent: str,
        name: str,
        *,
        description: str | None = None,
        slug: str | None = None,
    ) -> Run:
        """Calls a parent otherwise, through every rebuild.

        Returns:
            This run, corrected, as the other corrections do.

        Raises:
            UsageError: It does not apply; nothing is changed.
        """
        more = _words(description=description, slug=slug)
        return self._edit("rename", *more, "--", self.find(parent), name)

    def merge(
        self,
        *parents: str,
        name: str | None = None,
        description: str | None = None,
        slug: str | None = None,
    ) -> Run:
        """Makes one of several parents at the same level; the first stays."""
        more = _words(name=name, description=description, slug=slug)
        return self._edit("merge", *more, "--", *map(self.find, parents))

    def move(self, cluster: str, to: str) -> Run:
        """Puts a cluster under another parent, one level above it."""
        return self._edit("move", "--", self.find(cluster), self.find(to))

    def pin(self, cluster: str, under: str | None = None) -> Run:
        """Keeps a cluster under a parent (the one it is under), wherever a rebuild puts it."""
        return self._edit("pin", "--", self.find(cluster), *([] if under is None else [self.find(under)]))

    def edits(self) -> list[dict[str, Any]]:
        """All corrections: `edit` in words, its `line` in ``edits.toml``, and `problem` where it does not
        apply any more."""
        return cast("list[dict[str, Any]]", call_json("edit", self.folder, "--list"))

    def _edit(self, *words: str) -> Run:
        call("edit", self.folder, *words)
        return self

    # --- what the program knows of it ------------------------------------------------------------

    def run(self, *, progress: bool | Watch | None = None, **settings: Unpack[Settings]) -> Run:
        """Makes it fresh, with other settings where some are said; see `cladus.run`."""
        from ._start import run

        return run(None, self.folder, progress=progress, **settings)

    def status(self) -> Forecast:
        """What is fresh, what is not and why, and what redoing it costs."""
        from ._forecast import Forecast

        return Forecast(call_json("status", self.folder))

    def cost(self) -> pl.DataFrame:
        """What asking models came to, a row for each iteration, stage and model: `calls`, `answers`, `failed`,
        `prompt_tokens`, `completion_tokens`, `dollars`…; no rows where none was asked."""
        need_polars()
        import polars as pl

        try:
            lines: list[dict[str, Any]] = call_json("cost", self.folder)
        except InputError:
            # No model was asked, so there is no store of answers.
            lines = []
        frame = pl.DataFrame(lines, schema=None if lines else _COST)
        return frame.with_columns((pl.col("nanodollars") / 1e9).alias("dollars"))

    def eval(self, truth: Any = None) -> dict[str, Any]:
        """How good it is.

        Args:
            truth: What is known of the base clusters: a file, a dict of id to the names of the categories above
                it (top first), or a frame with `id` and `path`, or with a column for every level.

        Returns:
            `health` (structure), `nearness`, `twins`, and `agreement` where there is a truth (`overall`: 0 to
            1); as ``cladus eval --json`` prints it.
        """
        from ._source import is_path, path_of

        if truth is None or is_path(truth):
            more = [] if truth is None else [f"--truth={os.fspath(truth)}"]
            return cast("dict[str, Any]", call_json("eval", self.folder, *more))
        if isinstance(truth, Mapping):
            paths = cast("Mapping[str, str | Sequence[str]]", truth)
            truth = [
                {"id": id, "path": [path] if isinstance(path, str) else list(path)} for id, path in paths.items()
            ]
        with tempfile.TemporaryDirectory(prefix="cladus-") as scratch:
            file = path_of(truth, Path(scratch))
            return cast("dict[str, Any]", call_json("eval", self.folder, f"--truth={file}"))

    def diff(self, other: str | os.PathLike[str] | Run, *, match: str = "auto") -> dict[str, Any]:
        """What changed from this run to another: moved, split, merged, renamed, gone, new; as
        ``cladus diff --json`` prints it.

        Args:
            other: A run, or the hierarchy of any tool in a file.
            match: What base clusters are recognised by: ``auto``, ``ids``, ``members``, ``names``.
        """
        words = ["diff", self.folder, os.fspath(other), f"--match={match}"]
        return cast("dict[str, Any]", call_json(*words))

    def query(self, sql: str, *, engine: Literal["cladus", "polars", "duckdb"] | None = None) -> pl.DataFrame:
        """The answer to a question in SQL over the run's tables.

        `hierarchy`, `closure`, `clusters` and `map` as they are; `embeddings`, `groups`, `candidates`, `labels`
        and `parents` of all iterations, with `iteration` as their first column. With the program
        ``cladus-query`` also what models answered and what is computed (`docs/query.md`).

        Args:
            sql: The question.
            engine: Who answers: ``cladus`` (``cladus query``), ``polars`` or ``duckdb`` of this Python. None:
                ``cladus`` where ``cladus-query`` is installed, else ``polars``; their SQL is the same.
        """
        from ._query import query

        return query(self, sql, engine)

    def explore(self, *, height: int = 640, out: str | os.PathLike[str] | None = None) -> Page:
        """The whole run as one page, shown in a notebook or opened in the browser (``.open()``).

        Args:
            height: Of the frame in a notebook, in pixels.
            out: The file; ``explore.html`` in the run folder.
        """
        from ._page import Page

        file = self.folder / "explore.html" if out is None else Path(out)
        try:
            call("explore", self.folder, "--no-open", f"--out={file}")
        except UsageError as error:
            if "unrecognized subcommand" in error.message:
                raise UsageError(
                    "this version of the program has no page",
                    hint="run.tree() shows the hierarchy in a notebook",
                ) from None
            raise
        return Page(file, height)

    def __repr__(self) -> str:
        return f"Run({str(self.folder)!r})"

    def _repr_html_(self) -> str:
        from ._tree import as_html

        try:
            tree = self.tree(3)
        except (InputError, UsageError) as error:
            return f"<pre>{html.escape(f'{self!r}: {error}')}</pre>"
        return as_html(tree.frame.head(200), str(tree).partition("\n")[0], len(tree))


# What `cost` has where nothing was paid.
_COST: Any = {
    "iteration": int,
    "stage": str,
    "model": str,
    "calls": int,
    "answers": int,
    "failed": int,
    "prompt_tokens": int,
    "completion_tokens": int,
    "nanodollars": int,
}


def _words(**said: str | None) -> list[str]:
    return [f"--{name}={value}" for name, value in said.items() if value is not None]
