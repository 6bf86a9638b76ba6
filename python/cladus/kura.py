"""cladus in Kura's place, and Kura's clusters from a run.

    from cladus.kura import CladusMetaClusterModel

    reduced = await reduce_clusters_from_base_clusters(
        clusters, model=CladusMetaClusterModel(max_clusters=10), checkpoint_manager=checkpoints
    )

Everything but the model stays as it was: checkpoints, views, and what comes after. Kura is not needed to import
this module, only to call it; it is tested with Kura 0.5.4.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ._call import Watch
from .errors import UsageError

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._run import Run
    from ._settings import Settings


class Cluster(Protocol):
    """What this module needs to know of Kura's `Cluster`."""

    id: str
    name: str
    description: str
    slug: str
    chat_ids: list[str]
    parent_id: str | None


def _kura(module: str) -> Any:
    try:
        return import_module(f"kura.{module}")
    except ImportError as error:
        raise UsageError(f"Kura cannot be imported: {error}", hint="pip install kura") from error


class CladusMetaClusterModel:
    """A meta-cluster model for Kura's `reduce_clusters_from_base_clusters`.

    One call of it makes the whole hierarchy, all levels at once, where Kura's own makes one level a call.

    Args:
        out: The run folder. With one, a run that was interrupted or that sees the same clusters again pays for
            no answer twice; without one, the folder is gone when the hierarchy is there.
        progress: As for `cladus.run`.
        settings: As for `cladus.run`: ``max_clusters`` (10), …; without ``model``, no language model is asked.
            ``concurrency`` is what Kura calls max_concurrent_requests.
    """

    def __init__(
        self,
        *,
        out: str | os.PathLike[str] | None = None,
        progress: bool | Watch | None = None,
        **settings: Unpack[Settings],
    ) -> None:
        # Kura asks again until there are no more roots than this.
        self.max_clusters = settings.get("max_clusters") or 10
        self.out = out
        self.progress = progress
        self.settings = settings
        # Kura asks no more than it calls, but others may ask what it is.
        _kura("base_classes").BaseMetaClusterModel.register(type(self))

    @property
    def checkpoint_filename(self) -> str:
        """Where Kura keeps what comes of it: the same place as for its own model."""
        return "meta_clusters"

    async def reduce_clusters(self, clusters: list[Any]) -> list[Any]:
        """All levels above `clusters`.

        Returns:
            Kura's `Cluster` objects, parents before children: the parents of every level, and the clusters
            with the ids of their parents. A cluster that is a root itself is not among them: Kura has it
            already, and would have it twice.

        Raises:
            CladusError: As `cladus.run`.
        """
        if not clusters:
            return []
        if self.out is not None:
            return await self._reduce(clusters, Path(self.out))
        with tempfile.TemporaryDirectory(prefix="cladus-kura-") as folder:
            return await self._reduce(clusters, Path(folder, "run"))

    async def _reduce(self, clusters: list[Any], folder: Path) -> list[Any]:
        from ._start import start

        rows = [_row(cluster) for cluster in clusters]
        # Whatever it is called, everything that Kura hands over is a cluster.
        settings: Settings = {"keep_noise": True, **self.settings, "max_clusters": self.max_clusters}
        working = start(rows, folder, progress=self.progress, **settings)
        task = asyncio.ensure_future(asyncio.to_thread(working.finish))
        try:
            run = await asyncio.shield(task)
        except asyncio.CancelledError:
            # Nobody waits any more: what is paid for is still brought in.
            working.interrupt()
            await asyncio.gather(task, return_exceptions=True)
            raise
        known = {cluster.id: cluster for cluster in clusters}
        return [c for c in _clusters(run, known) if c.parent_id is not None or c.id not in known]


def _row(cluster: Cluster) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": cluster.id,
        "name": cluster.name,
        "description": cluster.description,
        "slug": cluster.slug,
    }
    if cluster.chat_ids:
        row["members"] = list(cluster.chat_ids)
    return row


def hierarchy(run: Run) -> list[Any]:
    """A run as Kura's `Cluster` objects, for all that Kura does with them.

    Args:
        run: Any run, whatever it was made from.

    Returns:
        Every cluster, roots first: ids, names, descriptions, slugs, the ids of parents, and as `chat_ids` the
        items of a base cluster, or those of all base clusters below a parent (so that `count` is what is below).
    """
    return _clusters(run, {})


def _clusters(run: Run, base: Mapping[str, Cluster]) -> list[Any]:
    """A run's clusters; those in `base` as they are there."""
    cluster = _kura("types.cluster").Cluster
    rows = run.hierarchy().collect().to_dicts()
    children: dict[str, list[int]] = {}
    for at, row in enumerate(rows):
        if row["parent_id"] is not None:
            children.setdefault(row["parent_id"], []).append(at)
    items: list[list[str]] = [[] for _ in rows]
    # Parents stand before their children.
    for at in range(len(rows) - 1, -1, -1):
        below = children.get(rows[at]["id"], [])
        if below:
            items[at] = [item for child in below for item in items[child]]
        elif rows[at]["id"] in base:
            items[at] = list(base[rows[at]["id"]].chat_ids)
        elif rows[at]["level"] == 0:
            items[at] = list(rows[at]["members"])
    made: list[Any] = []
    for row, chats in zip(rows, items, strict=True):
        # Its own words, where cladus has cleaned or cut them.
        own = base.get(row["id"])
        made.append(
            cluster(
                id=row["id"],
                name=own.name if own else row["name"],
                description=own.description if own else row["description"],
                slug=own.slug if own else row["slug"],
                chat_ids=chats,
                parent_id=row["parent_id"],
            )
        )
    return made
