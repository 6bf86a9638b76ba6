"""What a run is made of, and what can be asked of it."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pytest
from conftest import REPOSITORY, need

import cladus
from cladus import _binary

need("polars")

import polars as pl  # noqa: E402
from polars.testing import assert_frame_equal  # noqa: E402

Row = dict[str, Any]


def by_hand(run: cladus.Run) -> tuple[dict[str, Row], dict[str | None, list[Row]]]:
    """Clusters by id, and children by parent, in the order of the file."""
    rows = run.hierarchy().collect().to_dicts()
    children: dict[str | None, list[Row]] = {}
    for row in rows:
        children.setdefault(row["parent_id"], []).append(row)
    return {row["id"]: row for row in rows}, children


def depth_first(children: dict[str | None, list[Row]], at: str | None, depth: int = 0) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for row in children.get(at, []):
        found += [(row["id"], depth), *depth_first(children, row["id"], depth + 1)]
    return found


def test_the_frames_are_those_of_the_contract(built: cladus.Run) -> None:
    for frame, columns in [
        (built.hierarchy(), {"id", "parent_id", "level", "name", "description", "slug", "size", "members"}),
        (built.clusters(), {"id", "name", "description", "slug", "level", "members", "size"}),
        (built.clusters(2), {"id", "name", "members"}),
        (built.embeddings(1), {"cluster_id", "embedding"}),
        (built.groups(1), {"cluster_id", "group_id", "distance"}),
        (built.candidates(1), {"candidate_id", "group_id", "name"}),
        (built.labels(2), {"cluster_id", "candidate_id", "match", "similarity", "margin"}),
        (built.parents(2), {"id", "name", "members"}),
        (built.closure(), {"ancestor", "descendant", "depth"}),
    ]:
        assert isinstance(frame, pl.LazyFrame)
        assert columns <= set(frame.collect_schema().names())
    assert built.iterations == 2
    with pytest.raises(cladus.InputError, match="iteration-3"):
        built.labels(3)


def test_traversals_are_those_of_the_rows(built: cladus.Run) -> None:
    rows, children = by_hand(built)
    order = depth_first(children, None)
    tree = built.tree()
    assert list(zip(tree.frame["id"], tree.frame["depth"], strict=True)) == order
    assert built.roots()["id"].to_list() == [row["id"] for row in children[None]]
    assert built.leaves()["id"].to_list() == [id for id, _ in order if id not in children]
    for id in rows:
        assert built.children(id)["id"].to_list() == [row["id"] for row in children.get(id, [])]
        below = [id, *(one for one, _ in depth_first(children, id))]
        assert built.tree(of=id).frame["id"].to_list() == below
        leaves = [one for one in below if one not in children]
        assert built.leaves(id)["id"].to_list() == leaves
        assert built.members(id).to_list() == [item for leaf in leaves for item in rows[leaf]["members"]]
        path = [id]
        while rows[path[0]]["parent_id"] is not None:
            path.insert(0, rows[path[0]]["parent_id"])
        assert built.path(id)["id"].to_list() == path
    assert built.members().len() == sum(row["size"] for row in children[None])
    shares = built.roots()["share"].sum()
    assert abs(shares - 1) < 1e-9
    assert built.roots()["clusters"].sum() == 120


def test_a_tree_reads_like_that_of_the_program(built: cladus.Run) -> None:
    from cladus._call import call

    ours = [line.split() for line in str(built.tree(2)).splitlines()[2:]]
    theirs = [line.split() for line in call("tree", built.folder, "--depth=2").splitlines()[2:]]
    # A count of base clusters stands behind parents alone, with us as with it.
    assert ours == theirs
    assert len(built.tree(1)) == built.roots().height
    assert "more" in repr(built.tree())
    assert "more" not in repr(built.tree(1))


def test_clusters_are_found_by_what_people_say(built: cladus.Run) -> None:
    # A name that no other cluster has: a root may be called as one of its children.
    names = built.hierarchy().collect()["name"].str.to_lowercase().to_list()
    roots = built.roots().rows(named=True)
    first = next(root for root in roots if names.count(root["name"].lower()) == 1)
    for said in (first["id"], first["name"], first["name"].upper(), first["slug"], first["id"][:-1]):
        assert built.find(said) == first["id"]
    with pytest.raises(cladus.UsageError, match="no cluster 'zebra'"):
        built.find("zebra")
    with pytest.raises(cladus.UsageError, match=r"'hd-00' means 9 clusters"):
        built.find("hd-00")
    with pytest.raises(cladus.UsageError):
        built.find("")


def test_why_says_what_decided(built: cladus.Run) -> None:
    why = built.why("hd-017")
    assert why["iteration"].to_list() == [1, 2]
    path = built.path("hd-017")
    assert why["parent_id"].to_list() == path["id"].to_list()[-2::-1]
    assert why["candidate"].null_count() == 0
    assert built.why(path["id"][0]).height == 0


def test_corrections_hold(mine: cladus.Run) -> None:
    first, second = mine.roots()["id"].to_list()[:2]
    child = mine.children(first)["id"][0]
    mine.rename(first, "Money & <more>", description="All of it.").merge(
        *mine.children(second)["id"].to_list()[:2], name="Merged"
    ).move(child, second).pin("hd-058")
    assert mine.find("Money & <more>") == first
    assert mine.children(second).filter(pl.col("name") == "Merged").height == 1
    assert mine.path(child)["id"][0] == second
    assert [edit["edit"].split()[0] for edit in mine.edits()] == ["rename", "merge", "move", "pin"]
    again = mine.run(seed=1, progress=False)
    assert len(again.edits()) == 4
    with pytest.raises(cladus.UsageError, match="nothing was changed"):
        mine.move("hd-001", first)


def test_html_is_escaped(mine: cladus.Run) -> None:
    mine.rename(mine.roots()["id"][0], "<script>alert('x')</script>", description='"><img src=x>')
    for shown in (mine._repr_html_(), mine.tree(1)._repr_html_()):
        assert "<script" not in shown
        assert "<img" not in shown
        assert "&lt;script&gt;" in shown
        assert shown.count("<ul>") == shown.count("</ul>")
        assert shown.count("<details") == shown.count("</details>")


def test_sql(built: cladus.Run) -> None:
    counted = built.query("select count(*) as n from hierarchy where parent_id is null")
    assert counted["n"][0] == built.roots().height
    both = "select iteration, count(*) as n from labels group by iteration order by iteration"
    assert built.query(both)["n"].to_list() == [120, built.parents(1).collect().height]
    assert built.query(both, engine="polars").to_dicts() == built.query(both).to_dicts()
    with pytest.raises(cladus.UsageError, match="cannot answer"):
        built.query("select nothing from hierarchy", engine="polars")
    with pytest.raises(cladus.UsageError, match="no engine"):
        built.query("select 1", engine="oracle")  # pyright: ignore[reportArgumentType]
    need("duckdb")
    assert built.query(both, engine="duckdb").to_dicts() == built.query(both).to_dicts()
    with pytest.raises(cladus.UsageError, match="cannot answer"):
        built.query("select nothing from hierarchy", engine="duckdb")


def test_sql_by_the_program(built: cladus.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    # Beside a binary that cargo built it may be there all the same.
    if not _binary.finds_query():
        with pytest.raises(cladus.UsageError, match="cladus-query, which is not installed"):
            built.query("select 1", engine="cladus")
    program = os.environ.get("CLADUS_TEST_QUERY")
    if program is None:
        if os.environ.get("CLADUS_TEST_STRICT") == "1":
            pytest.fail("CLADUS_TEST_QUERY names no cladus-query")
        pytest.skip("CLADUS_TEST_QUERY names no cladus-query")
    monkeypatch.setenv("PATH", str(Path(program).parent))
    roots = built.query("-- by size\nselect id, size, share from roots")
    # The last digit of a quotient depends on how it is taken.
    assert_frame_equal(roots, built.roots().select("id", "size", "share"), rel_tol=1e-12)
    with pytest.raises(cladus.UsageError, match="there is no column") as caught:
        built.query("select nothing from roots")
    assert caught.value.hint is not None
    assert "roots has: id" in caught.value.hint


def test_what_the_program_knows_of_it(built: cladus.Run, mine: cladus.Run, tmp_path: Path) -> None:
    assert built.status().fresh
    assert built.cost().height == 0
    truth = REPOSITORY / "examples/helpdesk/taxonomy.jsonl"
    of_a_file = built.eval(truth)
    assert 0.2 < of_a_file["agreement"]["overall"] < 1
    paths = {row["id"]: row["path"] for row in pl.read_ndjson(truth).to_dicts()}
    assert built.eval(paths) == of_a_file
    assert built.eval(pl.read_ndjson(truth)) == of_a_file
    assert built.eval()["agreement"] is None
    assert built.diff(mine)["same"]
    mine.rename(mine.roots()["id"][0], "Something else")
    assert not mine.diff(built)["same"]
    assert tmp_path.exists()


def test_a_page_is_a_frame_in_a_notebook(built: cladus.Run, tmp_path: Path) -> None:
    from cladus._call import call

    if "explore" not in call("--help"):
        with pytest.raises(cladus.UsageError, match="no page"):
            built.explore()
        return
    page = built.explore(out=tmp_path / "page.html")
    assert page.path.is_file()
    shown = page._repr_html_()
    assert shown.startswith("<iframe srcdoc=")
    assert shown.count("<iframe") == 1


def test_a_hierarchy_of_any_shape(tmp_path: Path) -> None:
    from cladus._forest import Forest

    draw = random.Random(0)
    parents = [None if at < 3 else draw.randrange(at) for at in range(500)]
    rows = [
        {
            "id": f"c{at}",
            "parent_id": None if parent is None else f"c{parent}",
            "level": 0,
            "name": f"name {at}",
            "description": "",
            "slug": f"s_{at}",
            "size": at,
            "members": [],
        }
        for at, parent in enumerate(parents)
    ]
    schema = {"parent_id": pl.String, "members": pl.List(pl.String), "level": pl.UInt8, "size": pl.UInt64}
    path = tmp_path / "hierarchy.parquet"
    pl.DataFrame(rows, schema_overrides=schema).write_parquet(path)
    forest = Forest(path)
    children: dict[str | None, list[Row]] = {}
    for row in rows:
        children.setdefault(row["parent_id"], []).append(row)
    below = forest.below(None)
    assert list(zip(below["id"], below["depth"], strict=True)) == depth_first(children, None)
    for at in (0, 1, 2, 50, 499):
        expected = [f"c{at}", *(id for id, _ in depth_first(children, f"c{at}"))]
        assert forest.below(at)["id"].to_list() == expected
        assert forest.frame["nodes"][at] == len(expected)
    # What is no hierarchy is said.
    pl.DataFrame([{**rows[0], "parent_id": "c0"}], schema_overrides=schema).write_parquet(path)
    with pytest.raises(cladus.InputError, match="own ancestor"):
        Forest(path)
    pl.DataFrame([{**rows[0], "parent_id": "nobody"}], schema_overrides=schema).write_parquet(path)
    with pytest.raises(cladus.InputError, match="a parent is not there"):
        Forest(path)


def test_paths_as_an_expression(rows: list[Row]) -> None:
    frame = pl.DataFrame(rows[:40]).select("name", "description")
    path = cladus.polars.path("name", "description", max_clusters=4, embedder="static", out="r")
    out = frame.with_columns(path)
    assert out.columns == ["name", "description", "path"]
    assert out["path"].dtype == pl.List(pl.String)
    run = cladus.Run("r")
    for row in out.to_dicts():
        assert run.path(row["name"])["name"].to_list() == [*row["path"], row["name"]]
    roots = frame.lazy().select(path.list.first()).collect().to_series().drop_nulls()
    assert 1 <= roots.n_unique() <= 4
