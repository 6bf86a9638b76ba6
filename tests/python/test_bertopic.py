"""BERTopic's topics, with BERTopic itself; without its embedding model, which would have to be downloaded."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import need

import cladus

need("bertopic", "pandas", "numpy", "polars")

import numpy as np  # noqa: E402
from bertopic import BERTopic  # noqa: E402
from bertopic.cluster import BaseCluster  # noqa: E402
from bertopic.dimensionality import BaseDimensionalityReduction  # noqa: E402
from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: E402

TOPICS = 30


@pytest.fixture(scope="module")
def docs(rows: list[dict[str, Any]]) -> list[str]:
    """Four documents a topic, and some of none."""
    made: list[str] = []
    for row in rows[:TOPICS]:
        first, _, second = row["description"].partition(". ")
        made += [row["name"], first, second, f"{row['name']}: {first}"]
    return [*made, "Nothing of the kind.", "Something else."]


@pytest.fixture(scope="module")
def fitted(docs: list[str]) -> BERTopic:
    topics = [at // 4 for at in range(4 * TOPICS)] + [-1, -1]
    vectors = TfidfVectorizer(max_features=200).fit_transform(docs).toarray()
    model = BERTopic(
        embedding_model=None,
        umap_model=BaseDimensionalityReduction(),
        hdbscan_model=BaseCluster(),
        calculate_probabilities=False,
    )
    return model.fit(docs, embeddings=vectors.astype(np.float32), y=topics)


@pytest.fixture(scope="module")
def run(fitted: BERTopic, tmp_path_factory: pytest.TempPathFactory) -> cladus.Run:
    out = tmp_path_factory.mktemp("bertopic") / "r"
    return cladus.bertopic.run(fitted, out=out, max_clusters=5, embedder="static", progress=False)


def test_topics_are_base_clusters(run: cladus.Run, fitted: BERTopic) -> None:
    clusters = run.clusters().collect()
    assert sorted(clusters["id"], key=int) == [str(topic) for topic in range(TOPICS)]
    assert clusters["size"].to_list() == [4] * TOPICS
    held = dict(zip(clusters["id"], clusters["members"], strict=True))
    assert held["7"].to_list() == ["28", "29", "30", "31"]
    assert run.roots().height <= 5
    # -1 is set aside.
    assert (run.folder / "noise.parquet").is_file()
    word = fitted.get_topic(7)[0][0]
    assert word in clusters.filter(clusters["id"] == "7")["name"][0]


def test_bertopic_draws_the_hierarchy(run: cladus.Run, fitted: BERTopic) -> None:
    table = cladus.bertopic.hierarchical_topics(run)
    own = fitted.hierarchical_topics([""] * len(fitted.topics_))
    assert list(table.columns) == list(own.columns)
    assert len(table) == len(own) == TOPICS - 1
    assert [type(value) for value in table.iloc[0]] == [type(value) for value in own.iloc[0]]
    assert sorted(table.Topics.iloc[0]) == list(range(TOPICS))
    said = fitted.get_topic_tree(table)
    for row in run.hierarchy().collect().to_dicts():
        # Roots with children, their children, and the topics; names are cut as BERTopic cuts them.
        if row["level"] > 0:
            assert row["name"][:100] in said, said
    for topic in range(TOPICS):
        assert f"── Topic: {topic}\n" in said
    figure = fitted.visualize_hierarchy(hierarchical_topics=table, linkage_function=cladus.bertopic.linkage(run))
    hovered = {text for trace in figure.data for text in (trace.hovertext or [])}
    parents = {row["name"] for row in run.hierarchy().collect().to_dicts() if row["level"] > 0}
    # The last merge of all has nobody above it to say its name.
    assert parents <= hovered | {"All topics"}


def test_every_parent_is_a_set_of_topics_in_the_table(run: cladus.Run) -> None:
    table = cladus.bertopic.hierarchical_topics(run)
    sets = {name: set(topics) for name, topics in zip(table.Parent_Name, table.Topics, strict=True)}
    for row in run.hierarchy().collect().to_dicts():
        if row["level"] > 0:
            assert sets[row["name"]] == {int(id) for id in run.leaves(row["id"])["id"]}
    link = cladus.bertopic.linkage(run)(None)
    assert link.shape == (TOPICS - 1, 4)
    assert (np.diff(link[:, 2]) >= 0).all()
    # A colour a root: merges within roots are below 1, those between them above.
    assert (link[:, 2] > 1).sum() == run.roots().height - 1


def test_the_models_own_vectors(fitted: BERTopic) -> None:
    run = cladus.bertopic.run(
        fitted, out="r", embeddings="topics", max_clusters=5, embedder="static", progress=False
    )
    held = run.embeddings().collect()
    assert sorted(held["cluster_id"], key=int) == [str(topic) for topic in range(TOPICS)]
    row = dict(zip(held["cluster_id"], held["embedding"], strict=True))["7"].to_numpy()
    expected = fitted.topic_embeddings_[8]
    assert np.allclose(row, expected / np.linalg.norm(expected), atol=1e-5)


def test_documents_say_more_where_they_are_handed_in(fitted: BERTopic, docs: list[str]) -> None:
    run = cladus.bertopic.run(fitted, docs, "r", max_clusters=5, embedder="static", progress=False)
    described = run.clusters().collect()
    texts = dict(zip(described["id"], described["description"], strict=True))
    assert any(doc in texts["7"] for doc in docs[28:32])
    with pytest.raises(cladus.InputError, match="fitted on 122 documents"):
        cladus.bertopic.run(fitted, docs[1:], "r")


def test_what_is_no_such_run_is_said(built: cladus.Run) -> None:
    with pytest.raises(cladus.InputError, match="no topic of BERTopic's"):
        cladus.bertopic.hierarchical_topics(built)
    with pytest.raises(cladus.InputError, match="not fitted"):
        cladus.bertopic.run(BERTopic(embedding_model=None), out="r")
