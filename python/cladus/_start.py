"""Making a run, and saying what one would take."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ._call import Call, Watch, call
from ._progress import watch_of
from ._run import Run
from ._settings import flags
from ._source import is_path, path_of, with_ids, write_embeddings
from .errors import CladusError, PartialError, UsageError

if TYPE_CHECKING:
    # Only for whoever checks types: at run time there are no settings but keywords.
    from typing_extensions import Unpack

    from ._forecast import Forecast
    from ._settings import Settings


def run(
    source: Any = None,
    out: str | os.PathLike[str] | None = None,
    *,
    embeddings: Any = None,
    progress: bool | Watch | None = None,
    **settings: Unpack[Settings],
) -> Run:
    """Builds the hierarchy of a list of clusters, redoing only what is not fresh.

    Args:
        source: The clusters: a file or folder in any form that ``docs/inputs.md`` lists, a frame (polars,
            pandas, pyarrow, or whatever has ``__arrow_c_stream__``), a list of names, of dicts or of pydantic
            objects, a dict, or a `Run`. Only names are needed; columns are told by what they are called, or
            by settings like ``name_column``. Without it, what the folder was made from.
        out: The run folder; made when it is not there, gone on with when it is. Without it, named after a
            `source` that is a file. What was no file is kept in it as ``input.parquet`` or the like.
        embeddings: Vectors of the clusters in place of cladus' own, n rows of d numbers in the order of
            `source`: an array, a tensor, or lists. They decide which clusters lie near each other at every
            level, are kept in the folder, and stay until others take their place.
        progress: True for a display, False for none, a function that is called with each `Event`; without it,
            a display in notebooks and terminals.
        settings: See `cladus.Settings`; the flags of ``cladus run`` with ``_`` for ``-``
            (``max_clusters=10``, ``model="gpt-4o-mini"``, ``max_cost=2.0``…). The folder remembers them.

    Returns:
        The run.

    Raises:
        UsageError: A setting makes no sense.
        InputError: The clusters cannot be read; nothing was begun.
        BudgetError, ProviderError, LockedError, TemporaryError: See `cladus.errors`; what was made and paid
            for is kept, and the same call goes on.
        PartialError: It is finished, but not as a model said; its `run` is what came of it.
        KeyboardInterrupt: Calls in flight were waited for, nothing half done is there, and the same call goes
            on. A second one ends at once.
    """
    return start(source, out, embeddings=embeddings, progress=progress, **settings).finish()


class Working:
    """A run that is being made."""

    def __init__(self, folder: Path, is_new: bool, called: Call, ended: Callable[[], None]) -> None:
        self._folder = folder
        self._is_new = is_new
        self._call = called
        self._ended = ended

    def interrupt(self) -> None:
        """Asks it to end in order, from any thread; once more, at once."""
        self._call.interrupt()

    def finish(self) -> Run:
        """Waits for it; see `run`."""
        try:
            self._call.wait()
        except PartialError as error:
            error.run = Run(self._folder)
            raise
        except CladusError:
            _tidy(self._folder, self._is_new)
            raise
        finally:
            self._ended()
        return Run(self._folder)


def start(
    source: Any,
    out: str | os.PathLike[str] | None,
    *,
    embeddings: Any = None,
    progress: bool | Watch | None = None,
    **settings: Unpack[Settings],
) -> Working:
    """`run`, not waited for."""
    folder = _folder(source, out)
    is_new = not folder.exists()
    line = flags(settings)
    if isinstance(source, Run):
        source = source.folder
    try:
        if embeddings is not None:
            column = settings.get("id_column")
            rows = with_ids(source, column)
            ids = rows.select(column or "id")
            write_embeddings(ids, embeddings, folder / "iteration-1" / "embeddings.parquet")
            source = rows
        inputs = [] if source is None else [path_of(source, folder)]
    except CladusError:
        _tidy(folder, is_new)
        raise
    watch, ended = watch_of(progress)
    words = ["run", "--yes", "--json", f"--out={folder}", *line, "--", *inputs]
    return Working(folder, is_new, Call(words, watch), ended)


def plan(
    source: Any = None,
    out: str | os.PathLike[str] | None = None,
    *,
    progress: bool | Watch | None = False,
    **settings: Unpack[Settings],
) -> Forecast:
    """What `run` would do with the same arguments, and what it would cost; does and pays nothing.

    Args:
        source: As for `run`.
        out: The run folder, where there is one: what it holds need not be done again.
        progress: As for `run`; without it, none.
        settings: As for `run`.

    Returns:
        The stages, calls, tokens, dollars and seconds.

    Raises:
        CladusError: As `run`.
    """
    from ._forecast import Forecast

    line = flags(settings)
    if isinstance(source, Run):
        source = source.folder
    watch, ended = watch_of(progress)
    with tempfile.TemporaryDirectory(prefix="cladus-") as scratch:
        folder = Path(scratch, "run") if out is None else Path(out)
        inputs = [] if source is None else [path_of(source, Path(scratch))]
        try:
            words = ["run", "--dry-run", "--json", f"--out={folder}", *line, "--", *inputs]
            return Forecast(cast("dict[str, Any]", json.loads(call(*words, watch=watch))))
        finally:
            ended()


def _folder(source: object, out: str | os.PathLike[str] | None) -> Path:
    if out is not None:
        return Path(out)
    if not is_path(source):
        raise UsageError("where to? What was no file has no name", hint='out="my-run"')
    name = Path(cast("str | os.PathLike[str]", source)).name
    stem = next((part for part in name.split(".") if part), "")
    folder = Path(stem)
    if not stem or (folder.exists() and not Run.is_at(folder)):
        raise UsageError(f"{stem or source} is no name for a run folder", hint='name one: out="my-run"')
    return folder


def _tidy(folder: Path, is_new: bool) -> None:
    """What never began leaves no folder."""
    if is_new and folder.is_dir() and not Run.is_at(folder):
        for name in ("input.parquet", "input.jsonl", "input.json", "iteration-1/embeddings.parquet"):
            (folder / name).unlink(missing_ok=True)
        for rest in (folder / "iteration-1", folder):
            if rest.is_dir() and not any(rest.iterdir()):
                rest.rmdir()
