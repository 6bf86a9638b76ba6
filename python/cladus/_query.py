"""SQL over the tables of a run."""

from __future__ import annotations

import re
import tempfile
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _binary
from ._call import call
from ._polars import need_polars
from .errors import UsageError

if TYPE_CHECKING:
    import polars as pl

    from ._run import Run

_WHOLE = ("hierarchy", "closure", "clusters", "map")
_BY_ITERATION = ("embeddings", "groups", "candidates", "labels", "parents")


def _files(run: Run, sql: str) -> dict[str, list[str]]:
    """The tables that `sql` names, each with its files: one, or one for each iteration."""
    words = set(re.findall(r"\w+", sql.lower()))
    found: dict[str, list[str]] = {}
    for name in words.intersection(_WHOLE):
        if (run.folder / f"{name}.parquet").is_file():
            found[name] = [str(run.folder / f"{name}.parquet")]
    for name in words.intersection(_BY_ITERATION):
        parts = [run.folder / f"iteration-{k}" / f"{name}.parquet" for k in range(1, run.iterations + 1)]
        if parts:
            found[name] = [str(part) for part in parts if part.is_file()]
    return found


def query(run: Run, sql: str, engine: str | None) -> pl.DataFrame:
    """What `sql` asks.

    Raises:
        UsageError: It cannot be answered.
    """
    need_polars()
    if engine is None:
        engine = "cladus" if _binary.finds_query() else "polars"
    if engine == "cladus":
        return _by_cladus(run, sql)
    if engine == "polars":
        return _by_polars(run, sql)
    if engine == "duckdb":
        return _by_duckdb(run, sql)
    raise UsageError(f"there is no engine {engine!r}", hint="cladus, polars or duckdb")


def _by_cladus(run: Run, sql: str) -> pl.DataFrame:
    import polars as pl

    with tempfile.TemporaryDirectory(prefix="cladus-") as scratch:
        question, answer = Path(scratch) / "question.sql", Path(scratch) / "answer.parquet"
        question.write_text(sql, encoding="utf-8")
        call("query", run.folder, f"--file={question}", f"--out={answer}")
        return pl.read_parquet(answer)


def _by_polars(run: Run, sql: str) -> pl.DataFrame:
    import polars as pl

    # Its types are those of whatever else could be registered.
    context: Any = pl.SQLContext()
    for name, files in _files(run, sql).items():
        if name in _WHOLE:
            context.register(name, pl.scan_parquet(files[0], glob=False))
            continue
        parts = [
            pl.scan_parquet(file, glob=False).select(pl.lit(k, pl.UInt32).alias("iteration"), pl.all())
            for k, file in enumerate(files, start=1)
        ]
        context.register(name, pl.concat(parts, how="diagonal_relaxed"))
    try:
        return context.execute(sql, eager=True)
    except pl.exceptions.PolarsError as error:
        hint = 'engine="cladus" knows more tables, engine="duckdb" more SQL'
        raise UsageError(f"polars cannot answer: {error}", hint=hint) from error


def _by_duckdb(run: Run, sql: str) -> pl.DataFrame:
    import polars as pl

    try:
        duckdb: Any = import_module("duckdb")
    except ImportError:
        raise UsageError("duckdb is not installed", hint="pip install duckdb") from None
    with duckdb.connect() as connection:
        for name, files in _files(run, sql).items():
            quoted = ["'" + file.replace("'", "''") + "'" for file in files]
            number = "" if name in _WHOLE else "{} as iteration, "
            parts = [
                f"select {number.format(k)}* from read_parquet({file})" for k, file in enumerate(quoted, start=1)
            ]
            connection.execute(f"create view {name} as {' union all by name '.join(parts)}")
        try:
            answer = connection.execute(sql)
            names = [column[0] for column in answer.description]
            rows = answer.fetchall()
        except duckdb.Error as error:
            raise UsageError(f"DuckDB cannot answer: {error}") from error
    return pl.DataFrame(rows, schema=names, orient="row", infer_schema_length=None)
