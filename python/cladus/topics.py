"""Topics of other topic models: Toponymy's and Top2Vec's. (BERTopic has a module of its own, `cladus.bertopic`.)

Whatever else gives names and vectors goes into `cladus.run` as it is:

    cladus.run(names, "my-run", embeddings=vectors)
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from .errors import InputError

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._run import Run
    from ._settings import Settings


def toponymy(
    fitted: Any,
    out: str | os.PathLike[str],
    *,
    layer: int = 0,
    vectors: bool = False,
    **settings: Unpack[Settings],
) -> Run:
    """The hierarchy of a fitted Toponymy's topics.

    Args:
        fitted: The fitted `Toponymy`.
        out: The run folder.
        layer: Whose topics; 0 is the finest.
        vectors: Whether topics lie where the model has them (the centroids of its vectors) rather than where
            their names lie.
        settings: As for `cladus.run`.

    Returns:
        The run. Base clusters are called as the model calls them, in its order: "0", "1"…; their members are the
        numbers of its documents, from 0.

    Raises:
        InputError: The model is not fitted, or has no such layer.
    """
    names: list[list[str]] = getattr(fitted, "topic_names_", [])
    if not 0 <= layer < len(names):
        raise InputError(f"the model has {len(names)} layers of names, counted from 0, and none {layer}")
    level = fitted.cluster_layers_[layer]
    summaries: list[list[str]] = getattr(fitted, "topic_summaries_", [])
    rows = [
        {
            "id": str(topic),
            "name": name,
            "description": summaries[layer][topic] if summaries else "",
            "members": members,
        }
        for topic, (name, members) in enumerate(
            zip(names[layer], _members(level.cluster_labels, len(names[layer])), strict=True)
        )
    ]
    return _run(rows, out, level.centroid_vectors if vectors else None, settings)


def top2vec(
    fitted: Any,
    out: str | os.PathLike[str],
    *,
    reduced: bool = False,
    vectors: bool = False,
    **settings: Unpack[Settings],
) -> Run:
    """The hierarchy of a Top2Vec's topics.

    Args:
        fitted: The trained `Top2Vec`.
        out: The run folder.
        reduced: Whether its reduced topics are meant.
        vectors: Whether topics lie where the model has them rather than where their words lie.
        settings: As for `cladus.run`.

    Returns:
        The run. A base cluster's id is its topic's number, its name are the topic's first words.
    """
    words, _, numbers = fitted.get_topics(reduced=reduced)
    sizes, counted = fitted.get_topic_sizes(reduced=reduced)
    size_of = dict(zip([int(n) for n in counted], [int(n) for n in sizes], strict=True))
    rows = [
        {
            "id": str(int(number)),
            "name": ", ".join(str(word) for word in topic[:4]),
            "description": ", ".join(str(word) for word in topic[:12]),
            "size": size_of[int(number)],
        }
        for number, topic in zip(numbers, words, strict=True)
    ]
    place = fitted.topic_vectors_reduced if reduced else fitted.topic_vectors
    return _run(rows, out, [place[int(n)] for n in numbers] if vectors else None, settings)


def _members(labels: Any, topics: int) -> list[list[str]]:
    """The numbers of the documents of each topic; -1 is none."""
    members: list[list[str]] = [[] for _ in range(topics)]
    for document, topic in enumerate(labels):
        if 0 <= topic < topics:
            members[int(topic)].append(str(document))
    return members


def _run(rows: list[dict[str, Any]], out: str | os.PathLike[str], vectors: Any, settings: Settings) -> Run:
    from ._start import run

    return run(rows, out, embeddings=vectors, **settings)
