"""BERTopic's topics as a hierarchy, and a hierarchy as BERTopic draws it.

    run = cladus.bertopic.run(topic_model, out="my-run", max_clusters=10)
    table = cladus.bertopic.hierarchical_topics(run)
    print(topic_model.get_topic_tree(table))
    topic_model.visualize_hierarchy(
        hierarchical_topics=table, linkage_function=cladus.bertopic.linkage(run)
    )

Tested with BERTopic 0.17.4, which need not be there to import this module.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from ._call import Watch
from .errors import InputError, UsageError

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._run import Run
    from ._settings import Settings

# Names of merges that have none of their own are cut as BERTopic cuts them.
_LONGEST = 100


def run(
    topic_model: Any,
    docs: Sequence[str] | None = None,
    out: str | os.PathLike[str] = "my-run",
    *,
    embeddings: Literal["cladus", "topics"] = "cladus",
    progress: bool | Watch | None = None,
    **settings: Unpack[Settings],
) -> Run:
    """The hierarchy of a fitted model's topics.

    Names are the model's custom labels, else what a language model called the topics, else their first words;
    sizes and members are its documents. Topic -1 is no topic, and set aside.

    Args:
        topic_model: The fitted `BERTopic`.
        docs: The documents that it was fitted on. With them, topics are also known by their most typical
            documents, beside their words; these are kept in the run folder, and shown to a language model where
            one is named.
        out: The run folder.
        embeddings: Where topics lie: ``cladus`` has it from their names and words, by its own embedder;
            ``topics`` takes the model's own (the mean of their documents' vectors). These are better where the
            topics' words say little, or are in a language that cladus' embedders do not know.
        progress: As for `cladus.run`.
        settings: As for `cladus.run`.

    Returns:
        The run. A base cluster's id is its topic's number; its members are the numbers of its documents, from 0,
        in the order that the model was fitted on.

    Raises:
        InputError: The model is not fitted, or has no vectors where they are asked for.
    """
    from ._start import run as run_clusters

    topics = getattr(topic_model, "topics_", None)
    if topics is None:
        raise InputError("the topic model is not fitted", hint="topic_model.fit(docs)")
    if docs is not None and len(docs) != len(topics):
        raise InputError(f"the model was fitted on {len(topics)} documents, and these are {len(docs)}")
    info = topic_model.get_topic_info()
    info = info.drop(columns=["Representative_Images"], errors="ignore")
    typical: dict[int, list[str]] = getattr(topic_model, "representative_docs_", None) or {}
    members: dict[int, list[str]] = {}
    for document, topic in enumerate(topics):
        members.setdefault(int(topic), []).append(str(document))
    info["members"] = [members.get(int(topic), []) for topic in info["Topic"]]
    if docs is not None:
        described = [
            _described(words, typical.get(int(topic)) or [])
            for words, topic in zip(info["Representation"], info["Topic"], strict=True)
        ]
        info["description"] = described
    info = info.drop(columns=["Representative_Docs"], errors="ignore")
    vectors = None
    if embeddings == "topics":
        info = info[info["Topic"] != -1]
        info["id"] = [str(topic) for topic in info["Topic"]]
        vectors = _vectors(topic_model, [int(topic) for topic in info["Topic"]])
    said: Settings = {"members_column": "members", **settings}
    if docs is not None:
        said = {"description_column": "description", **said}
    return run_clusters(info, out, embeddings=vectors, progress=progress, **said)


def _described(words: Sequence[str], documents: Sequence[str]) -> str:
    """A topic's words, and the beginnings of its most typical documents."""
    texts = [", ".join(str(word) for word in words)]
    texts += [" ".join(str(document).split())[:300] for document in documents[:3]]
    return ". ".join(text for text in texts if text)


def _vectors(topic_model: Any, topics: list[int]) -> list[Any]:
    held = getattr(topic_model, "topic_embeddings_", None)
    if held is None:
        raise InputError("the topic model has no embeddings of its topics", hint='embeddings="cladus"')
    # Rows are in the order of all topics, -1 among them.
    order = {topic: row for row, topic in enumerate(sorted(topic_model.get_topics()))}
    return [held[order[topic]] for topic in topics]


class _Merge:
    """Two that become one, as BERTopic sees a hierarchy."""

    def __init__(self, name: str, left: int, right: int, distance: float) -> None:
        self.name = name
        self.left = left
        self.right = right
        self.distance = distance


class _Binary:
    """A tree in which every parent has two children: one with more is put together one by one, the largest
    first.

    Topics are numbered by their place from the lowest, merges after them. `distance` grows from the leaves up:
    below 1 within a root, above it between roots, so that BERTopic's `color_threshold` of 1 gives each root a
    colour of its own.
    """

    def __init__(self, run: Run) -> None:
        rows: list[dict[str, Any]] = run.hierarchy().collect().to_dicts()
        self.children: dict[str | None, list[dict[str, Any]]] = {}
        for row in rows:
            self.children.setdefault(row["parent_id"], []).append(row)
        leaves = [row for row in rows if row["id"] not in self.children]
        self.topics = sorted((_topic(row["id"]), row["id"], row["name"]) for row in leaves)
        self.names: list[str] = [name for _, _, name in self.topics]
        self.below: list[list[int]] = [[topic] for topic, _, _ in self.topics]
        self._number = {id: at for at, (_, id, _) in enumerate(self.topics)}
        self.height: dict[str, int] = {}
        # Parents stand before their children.
        for row in reversed(rows):
            heights = [self.height[child["id"]] for child in self.children.get(row["id"], [])]
            self.height[row["id"]] = 1 + max(heights, default=-1)
        self.top = max(self.height.values(), default=0)
        self.merges: list[_Merge] = []
        parents = [row for row in rows if row["id"] in self.children]
        for row in sorted(parents, key=lambda row: self.height[row["id"]]):
            at = self.height[row["id"]]
            self._number[row["id"]] = self._merge(self.children[row["id"]], row["name"], at - 1, 0.99)
        self._merge(self.children.get(None, []), "All topics", 0, None)
        self._sort()

    def _merge(self, children: list[dict[str, Any]], name: str, floor: int, scale: float | None) -> int:
        """Puts children together; returns the number of the last merge, or of an only child."""
        number = self._number[children[0]["id"]]
        last = len(children) - 1
        for step, child in enumerate(children[1:], start=1):
            other = self._number[child["id"]]
            part = step / last
            distance = 1 + part if scale is None else scale * (floor + part) / max(self.top, 1)
            called = f"{self.names[number]} + {self.names[other]}"
            called = name if step == last else called[:_LONGEST]
            self.merges.append(_Merge(called, number, other, distance))
            self.names.append(called)
            self.below.append(sorted(self.below[number] + self.below[other]))
            number = len(self.names) - 1
        return number

    def _sort(self) -> None:
        """Merges from the nearest to the farthest, numbered anew, as scipy wants them."""
        leaves = len(self.topics)
        order = sorted(range(len(self.merges)), key=lambda at: self.merges[at].distance)
        new = {leaves + at: leaves + place for place, at in enumerate(order)}
        for merge in self.merges:
            merge.left = new.get(merge.left, merge.left)
            merge.right = new.get(merge.right, merge.right)
        self.merges = [self.merges[at] for at in order]
        self.names[leaves:] = [merge.name for merge in self.merges]
        self.below[leaves:] = [self.below[leaves + at] for at in order]


def _topic(id: str) -> int:
    try:
        return int(id)
    except ValueError:
        raise InputError(
            f"base cluster {id!r} is no topic of BERTopic's: their ids are numbers",
            hint="cladus.bertopic.run(topic_model) makes such a run",
        ) from None


def hierarchical_topics(run: Run) -> Any:
    """A run in the columns of BERTopic's `hierarchical_topics`.

    BERTopic's trees have two children a parent, so a parent with more is there as several merges, the last of
    which has its name.

    Args:
        run: A run that `cladus.bertopic.run` made.

    Returns:
        A pandas frame with a row for each merge, the last one first: `Parent_ID`, `Parent_Name`, `Topics` (the
        numbers of all topics below), `Child_Left_ID`, `Child_Left_Name`, `Child_Right_ID`, `Child_Right_Name`,
        `Distance` (below 1 within a root, 1 to 2 between roots).
    """
    try:
        pandas = import_module("pandas")
    except ImportError:
        raise UsageError("pandas is not installed", hint="pip install pandas") from None
    tree = _Binary(run)
    leaves = len(tree.topics)
    rows = [
        {
            "Parent_ID": str(leaves + at),
            "Parent_Name": merge.name,
            "Topics": tree.below[leaves + at],
            "Child_Left_ID": str(merge.left),
            "Child_Left_Name": tree.names[merge.left],
            "Child_Right_ID": str(merge.right),
            "Child_Right_Name": tree.names[merge.right],
            "Distance": merge.distance,
        }
        for at, merge in enumerate(tree.merges)
    ]
    columns = ["Parent_ID", "Parent_Name", "Topics", "Child_Left_ID", "Child_Left_Name"]
    columns += ["Child_Right_ID", "Child_Right_Name", "Distance"]
    return pandas.DataFrame(rows[::-1], columns=columns)


def linkage(run: Run) -> Callable[[Any], Any]:
    """A run as a linkage function for BERTopic's `visualize_hierarchy`, which draws what that returns and not
    its `hierarchical_topics` (these only name it).

    Args:
        run: A run that `cladus.bertopic.run` made.

    Returns:
        A function from whatever distances to the linkage matrix of the hierarchy, as scipy has it: n - 1 rows of
        left, right, distance, and the number of topics.
    """
    tree = _Binary(run)
    rows = [
        [float(merge.left), float(merge.right), merge.distance, float(len(below))]
        for merge, below in zip(tree.merges, tree.below[len(tree.topics) :], strict=True)
    ]
    numpy = import_module("numpy")

    def link(_distances: Any) -> Any:
        return numpy.array(rows)

    return link
