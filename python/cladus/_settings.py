"""Settings of a run, as keywords; the same as the flags of ``cladus run``, with ``_`` for ``-``."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias, TypedDict, cast

from .errors import UsageError

if TYPE_CHECKING:
    from ._run import Run

    Place: TypeAlias = "str | os.PathLike[str]"


class Settings(TypedDict, total=False):
    """What may be said of a run. What is not said is as the folder remembers it, else the default.

    What they mean in full is in ``cladus run --help``.
    """

    max_clusters: int | None
    """At most so many roots (10)."""
    levels: int | Sequence[int] | None
    """The number of levels, or their sizes from the largest to the roots."""
    min_children: int | None
    """Fewest children of a parent."""
    max_children: int | None
    """Most children of a parent."""
    clusters_per_group: int | None
    """Average size of a group."""
    seed: int | None
    """Everything random follows from it (0)."""
    embedder: str | None
    """``auto``, ``minilm``, ``static``, ``lexical``, ``api``, or a folder with a sentence transformer."""
    onto: Place | Run | None
    """An earlier run to place the clusters into."""
    match: str | None
    """What clusters of that run are recognised by: ``auto``, ``ids``, ``members``, ``names``."""
    config: Place | None
    """Settings from this file in place of the folder's."""
    pipeline: Place | None
    """A file that puts programs in the place of stages."""
    no_pipeline: bool | None
    """Without the pipeline file that the folder remembers."""

    model: str | None
    """The language model that reads and names, as its endpoint knows it; without one, no model is asked."""
    base_url: str | None
    """The endpoint, with its ``/v1`` (OpenAI's)."""
    backend: str | None
    """``extractive`` (no model) or ``llm``."""
    subject: str | None
    """What the items are, for the model to know."""
    prompt_style: str | None
    """``general``, ``requests``, ``topics`` or ``things``."""
    temperature: float | None
    """Of the model (0)."""
    embedding_model: str | None
    """With ``embedder="api"``."""
    api_key_file: Place | None
    """A file that holds the key (the variable OPENAI_API_KEY)."""
    answers: Place | None
    """The store of answers; one may serve many runs."""
    concurrency: int | None
    """Most calls in flight at once (50)."""
    requests_per_minute: int | None
    """Most calls a minute."""
    tokens_per_minute: int | None
    """Most tokens a minute."""
    max_calls: int | None
    """Most calls the run may ever make."""
    max_tokens: int | None
    """Most tokens the run may ever use."""
    max_cost: float | None
    """Most dollars the run may ever cost."""
    prices: Place | None
    """A price table that comes before the built-in one."""
    strict: bool | None
    """Raise `PartialError` where a model's answers could not be used for some rows."""
    labels_per_call: int | None
    """At most how many clusters are labelled in one call."""
    question_tokens: int | None
    """How many tokens of clusters one question holds at most (8000)."""
    look: str | None
    """Whether a model looks again at labels in doubt: ``none`` or ``once``."""
    batch: bool | None
    """Ask in batches: at half the price, within a day."""
    no_wait: bool | None
    """Submit batches and do not wait for them (ends with `TemporaryError`)."""
    cancel_batches: bool | None
    """First cancel the batches that are under way."""

    only: str | None
    """Work on this stage alone."""
    until: str | None
    """Stop after this stage."""
    iteration: int | None
    """Work on this iteration alone, or count the stages from it."""
    start: str | None
    """Start at this stage (``--from``, which Python keeps for itself)."""
    force: str | Sequence[str] | None
    """Run these stages again even where their artifacts are fresh."""
    reask: str | Sequence[str] | None
    """Ask these stages' questions again, and pay for them again."""
    map: bool | None
    """Make a map, too: where every cluster lies in two dimensions."""
    discard_edits: bool | None
    """Make artifacts again that were edited by hand."""

    input_format: str | None
    """How the input is written, where its bytes mislead."""
    id_column: str | None
    """The input's column with ids."""
    name_column: str | None
    """The input's column with names."""
    description_column: str | None
    """The input's column with descriptions."""
    slug_column: str | None
    """The input's column with slugs."""
    members_column: str | None
    """The input's column with the ids of items."""
    size_column: str | None
    """The input's column with sizes, in items."""
    parent_column: str | None
    """The input's column with parents, where it is a hierarchy already."""
    level_column: str | None
    """The input's column with levels."""
    delimiter: str | None
    """What parts the columns of a text file."""
    header: bool | None
    """Does the first row hold the names of the columns?"""
    encoding: str | None
    """How letters are written in a text file."""
    sheet: str | int | None
    """The sheet of a workbook, by name or by number from 1."""
    keep_noise: bool | None
    """Take in what the input calls noise."""
    keep_levels: bool | None
    """Keep the upper levels of an input that is a hierarchy already."""


# Flags that take yes or no rather than being there or not.
_YES_OR_NO = {"header", "keep_noise", "keep_levels"}
_FLAGS = {"start": "--from"}
_KNOWN = frozenset(Settings.__annotations__)


def flags(settings: Mapping[str, object]) -> list[str]:
    """Settings as the program takes them.

    Raises:
        UsageError: One is not known, or of the wrong kind.
    """
    line: list[str] = []
    for name, value in settings.items():
        if name not in _KNOWN:
            near = difflib.get_close_matches(name, _KNOWN, 1)
            hint = f"did you mean {near[0]}?" if near else "cladus.run's documentation lists them"
            raise UsageError(f"there is no setting {name}", hint=hint)
        if value is None:
            continue
        flag = _FLAGS.get(name, "--" + name.replace("_", "-"))
        # With an equals sign, a value may begin with a dash.
        if isinstance(value, bool):
            if name in _YES_OR_NO:
                line.append(f"{flag}={'yes' if value else 'no'}")
            elif value:
                line.append(flag)
        elif isinstance(value, (list, tuple)):
            words = [_word(name, one) for one in cast("Sequence[object]", value)]
            if name == "levels":
                words = [",".join(words)]
            line += [f"{flag}={word}" for word in words]
        else:
            line.append(f"{flag}={_word(name, value)}")
    return line


def _word(name: str, value: object) -> str:
    if isinstance(value, os.PathLike):
        return os.fspath(cast("os.PathLike[str]", value))
    if isinstance(value, (str, int, float)):
        return str(value)
    raise UsageError(f"{name} is a {type(value).__name__}: {value!r}")
