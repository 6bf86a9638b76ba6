"""In Kura's place, with Kura itself."""

from __future__ import annotations

import asyncio
import contextlib
import io
from pathlib import Path
from typing import Any

import pytest
from conftest import Serve, need

import cladus

need("kura", "polars")

from kura.checkpoints import JSONLCheckpointManager  # noqa: E402
from kura.meta_cluster import reduce_clusters_from_base_clusters  # noqa: E402
from kura.types.cluster import Cluster  # noqa: E402
from kura.visualization import visualise_clusters, visualise_clusters_enhanced  # noqa: E402

from cladus.kura import CladusMetaClusterModel  # noqa: E402


@pytest.fixture(scope="module")
def base(rows: list[dict[str, Any]]) -> list[Cluster]:
    """Kura's own, with what cladus would clean: a name of two lines, a chat in two clusters."""
    made = [
        Cluster(
            id=row["id"],
            name=row["name"],
            description=row["description"],
            slug=f"slug_of_{at}",
            chat_ids=row["members"],
            parent_id=None,
        )
        for at, row in enumerate(rows[:60])
    ]
    made[3].name += "\n  on two lines"
    made[4].chat_ids = [*made[4].chat_ids, made[5].chat_ids[0]]
    made[7].name = "Outliers"
    return made


def reduced(base: list[Cluster], **how: Any) -> list[Cluster]:
    checkpoints = how.pop("checkpoint_manager", None)
    model = CladusMetaClusterModel(**{"embedder": "static", "progress": False, **how})
    return asyncio.run(reduce_clusters_from_base_clusters(base, model=model, checkpoint_manager=checkpoints))


def holds(found: list[Cluster], base: list[Cluster], most: int) -> None:
    """A hierarchy as Kura wants it: every chat in one root, every base cluster as it was."""
    by_id = {cluster.id: cluster for cluster in found}
    assert len(by_id) == len(found)
    assert all(type(cluster) is Cluster for cluster in found)
    roots = [cluster for cluster in found if cluster.parent_id is None]
    assert 1 < len(roots) <= most
    for cluster in found:
        assert cluster.parent_id is None or cluster.parent_id in by_id
        children = [one for one in found if one.parent_id == cluster.id]
        if children:
            chats = sorted(chat for child in children for chat in child.chat_ids)
            assert sorted(cluster.chat_ids) == chats
            assert cluster.count == sum(child.count for child in children)
            assert cluster.slug
            assert cluster.name
    for cluster in base:
        assert by_id[cluster.id].model_copy(update={"parent_id": None}) == cluster
    assert sum(root.count for root in roots) == sum(cluster.count for cluster in base)


def test_it_is_accepted_and_keeps_everything(base: list[Cluster]) -> None:
    from kura.base_classes import BaseMetaClusterModel

    assert isinstance(CladusMetaClusterModel(), BaseMetaClusterModel)
    before = [cluster.model_copy() for cluster in base]
    holds(reduced(base, max_clusters=5), base, 5)
    assert base == before


def test_checkpoints_and_views_are_kuras(base: list[Cluster], tmp_path: Path) -> None:
    checkpoints = JSONLCheckpointManager(str(tmp_path / "checkpoints"))
    found = reduced(base, max_clusters=5, checkpoint_manager=checkpoints)
    assert checkpoints.load_checkpoint("meta_clusters", Cluster) == found
    # What is there is not made again.
    assert reduced(base, max_clusters=5, checkpoint_manager=checkpoints, embedder="no such") == found
    for show in (visualise_clusters, visualise_clusters_enhanced):
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            show(found)
        for cluster in found:
            assert cluster.name.splitlines()[0] in said.getvalue()


def test_a_model_of_ones_own_is_paid_once(base: list[Cluster], serve: Serve) -> None:
    address = serve()
    how = {"max_clusters": 5, "model": "test-chat", "base_url": address, "out": "kept"}
    found = reduced(base, **how)
    holds(found, base, 5)
    paid = cladus.Run("kept").cost()["calls"].sum()
    assert paid > 0
    assert reduced(base, **how) == found
    assert cladus.Run("kept").cost()["calls"].sum() == paid


def test_a_run_as_kuras_clusters(built: cladus.Run) -> None:
    found = cladus.kura.hierarchy(built)
    rows = built.hierarchy().collect().to_dicts()
    assert [cluster.id for cluster in found] == [row["id"] for row in rows]
    assert [cluster.parent_id for cluster in found] == [row["parent_id"] for row in rows]
    assert [cluster.count for cluster in found] == [row["size"] for row in rows]
    # And back.
    run = cladus.run(found, "back", embedder="static", progress=False)
    assert run.leaves().height == 120
    assert run.members().len() == built.members().len()


def test_what_goes_wrong_is_said(base: list[Cluster]) -> None:
    with pytest.raises(cladus.UsageError, match="no such"):
        reduced(base, max_clusters=5, embedder="no such")
    assert asyncio.run(CladusMetaClusterModel().reduce_clusters([])) == []


def test_a_task_that_is_cancelled_ends_in_order(base: list[Cluster], serve: Serve) -> None:
    address = serve("--latency-ms", "1000")
    model = CladusMetaClusterModel(
        max_clusters=5, model="test-chat", base_url=address, out="kept", progress=False
    )

    async def begin() -> None:
        task = asyncio.ensure_future(model.reduce_clusters(base))
        while not Path("kept/answers.sqlite").is_file():
            await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(begin())
    # The folder is free, and no call was left without its answer.
    assert cladus.Run("kept").cost()["maybe_paid"].sum() == 0
