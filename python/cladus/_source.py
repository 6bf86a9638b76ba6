"""What people hand in becomes a file that the program reads."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ._polars import need_polars
from .errors import InputError, UsageError

if TYPE_CHECKING:
    import polars as pl

# What an input is called that was no file.
_STEM = "input"


def is_path(source: object) -> bool:
    """Is it the name of a file or folder, and not what is in one?"""
    return isinstance(source, (str, os.PathLike))


def path_of(source: object, folder: Path) -> Path:
    """The file of `source`: itself, or what it holds, written into `folder`.

    Frames of polars, pandas and pyarrow, whatever speaks Arrow (``__arrow_c_stream__``), dicts (in any
    orientation that JSON has), lists of names, of dicts, or of objects that pydantic made. A file that is
    there already and would be the same is left alone.

    Raises:
        InputError: It is none of these.
    """
    if is_path(source):
        return Path(cast("str | os.PathLike[str]", source))
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{_STEM}-", dir=folder)
    os.close(handle)
    fresh = Path(name)
    try:
        ending = _write(source, fresh)
        path = folder / f"{_STEM}{ending}"
        if path.is_file() and path.read_bytes() == fresh.read_bytes():
            return path
        os.replace(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)
    for other in (".parquet", ".jsonl", ".json"):
        if other != ending:
            (folder / f"{_STEM}{other}").unlink(missing_ok=True)
    return path


def _write(source: Any, path: Path) -> str:
    """Writes `source`; returns the ending that its file should have."""
    if isinstance(source, Mapping):
        _dump(path, [json.dumps(source, ensure_ascii=False, default=_plain)])
        return ".json"
    frame = _frame(source)
    if hasattr(frame, "collect") and hasattr(frame, "sink_parquet"):
        frame = frame.collect()
    if hasattr(frame, "write_parquet"):
        frame.write_parquet(path)
        return ".parquet"
    if hasattr(frame, "to_parquet"):
        return _write_pandas(frame, path)
    if hasattr(frame, "__arrow_c_stream__"):
        return _write_arrow(frame, path)
    if isinstance(frame, Iterable) and not isinstance(frame, (bytes, bytearray)):
        rows = cast("Iterable[object]", frame)
        if hasattr(rows, "tolist"):
            rows = cast("Iterable[object]", cast("Any", rows).tolist())
        _dump(path, (_row(place, row) for place, row in enumerate(rows)))
        return ".jsonl"
    kind = type(source).__name__
    raise InputError(
        f"a {kind} is no list of clusters",
        hint="a file, a frame of polars, pandas or pyarrow, a list of names or of dicts, or a dict",
    )


def _frame(source: Any) -> Any:
    """A column of names as a frame of one."""
    is_series = hasattr(source, "to_frame") and not hasattr(source, "columns")
    return source.to_frame(name="name") if is_series else source


def _write_pandas(frame: Any, path: Path) -> str:
    if any(name is not None for name in frame.index.names):
        # An index with a name is a column that somebody wanted.
        frame = frame.reset_index()
    if find_spec("pyarrow") is not None:
        try:
            frame.to_parquet(path, engine="pyarrow", index=False)
            return ".parquet"
        except (TypeError, ValueError):
            # Columns of several kinds: pyarrow's errors are either.
            pass
    frame.to_json(path, orient="records", lines=True, force_ascii=False)
    return ".jsonl"


def _write_arrow(stream: Any, path: Path) -> str:
    if find_spec("polars") is not None:
        import polars as pl

        pl.DataFrame(stream).write_parquet(path)
        return ".parquet"
    if find_spec("pyarrow") is not None:
        from importlib import import_module

        table = import_module("pyarrow").table(stream)
        import_module("pyarrow.parquet").write_table(table, path)
        return ".parquet"
    raise UsageError(
        f"a {type(stream).__name__} takes polars or pyarrow to read",
        hint="pip install 'cladus[polars]'",
    )


def _row(place: int, row: object) -> str:
    if isinstance(row, str):
        row = {"name": row}
    elif not isinstance(row, Mapping):
        if not hasattr(row, "model_dump"):
            kind = type(row).__name__
            raise InputError(f"element {place} (from 0) is a {kind}, and neither a name nor a dict")
        row = cast("Any", row).model_dump()
    return json.dumps(row, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    """What JSON has no words for: numpy's numbers and arrays, sets, paths, dates."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, (set, frozenset)):
        return sorted(cast("set[Any]", value), key=str)
    return str(value)


def _dump(path: Path, lines: Iterable[str]) -> None:
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        for line in lines:
            # Half a character of a broken text must not end everything.
            file.write(line.encode("utf-8", "replace").decode("utf-8") + "\n")


def with_ids(source: object, id_column: str | None) -> pl.DataFrame:
    """`source` as a frame of polars with a column of ids, so that something can be told of each row.

    Raises:
        UsageError: It is a file, or polars is not there.
    """
    need_polars()
    import polars as pl

    if is_path(source):
        raise UsageError(
            "embeddings belong to rows, and a file may be read in any way",
            hint="hand in the rows: a frame, or a list of names",
        )
    frame: Any = _frame(source)
    if hasattr(frame, "collect"):
        frame = frame.collect()
    if not isinstance(frame, pl.DataFrame):
        if isinstance(frame, Mapping) or hasattr(frame, "__arrow_c_stream__"):
            frame = pl.DataFrame(cast("Any", frame))
        else:
            rows = [json.loads(_row(place, row)) for place, row in enumerate(cast("Sequence[object]", frame))]
            frame = pl.DataFrame(rows, infer_schema_length=None)
    found = cast("pl.DataFrame", frame)
    column = id_column or "id"
    if column in found.columns:
        return found.with_columns(pl.col(column).cast(pl.String))
    wide = len(str(found.height))
    number = pl.int_range(pl.len()).cast(pl.String).str.zfill(wide)
    return found.with_columns(number.alias("id"))


def write_embeddings(ids: pl.DataFrame, vectors: object, path: Path) -> None:
    """Vectors, a row each for `ids`, as ``embeddings.parquet``: of length one, by id.

    Args:
        ids: of the clusters, a column of n.
        vectors: n rows of d numbers: an array, a tensor, or lists.
        path: where it goes.

    Raises:
        InputError: There are not as many vectors as ids, or they are not finite.
    """
    need_polars()
    import polars as pl

    if hasattr(vectors, "detach"):
        vectors = cast("Any", vectors).detach().cpu().numpy()
    vector = pl.col("embedding")
    try:
        if isinstance(vectors, (list, tuple)):
            # Whole numbers may stand beside others.
            vectors = [[float(x) for x in row] for row in cast("Sequence[Sequence[float]]", vectors)]
        held = pl.DataFrame({"embedding": cast("Any", vectors)})
        held = held.select(vector.cast(pl.List(pl.Float64)))
    except (TypeError, ValueError, pl.exceptions.PolarsError) as error:
        raise InputError(f"embeddings are rows of numbers: {error}") from error
    if held.height != ids.height:
        raise InputError(f"{held.height} embeddings for {ids.height} clusters")
    frame = ids.select(pl.first().alias("cluster_id")).hstack(held)
    twice = frame.filter(pl.col("cluster_id").is_duplicated())
    if twice.height:
        raise InputError(f"id {twice['cluster_id'][0]!r} is there more than once")
    lengths = sorted(n or 0 for (n,) in frame.select(vector.list.len().unique()).rows())
    if len(lengths) != 1 or lengths == [0]:
        raise InputError(f"embeddings have one length, these have {lengths or 'none'}")
    norm = vector.list.eval(pl.element() ** 2).list.sum().sqrt()
    frame = frame.with_columns(norm.alias("norm")).with_row_index("row")
    bad = frame.filter(((pl.col("norm") > 0) & pl.col("norm").is_finite()).fill_null(False).not_())
    if bad.height:
        raise InputError(f"embedding {bad['row'][0]} (from 0) has no direction: it is 0, or not finite")
    unit = (vector / pl.col("norm")).cast(pl.Array(pl.Float32, lengths[0]))
    frame = frame.sort("cluster_id").select("cluster_id", unit)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.tmp")
    frame.write_parquet(fresh)
    if path.is_file() and path.read_bytes() == fresh.read_bytes():
        fresh.unlink()
    else:
        os.replace(fresh, path)
