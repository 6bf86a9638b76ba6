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
    """Settings of a run. Those not given are the folder's, or else the defaults.

    ``cladus run --help`` explains them in full.
    """

    max_clusters: int | None
    """Maximum number of roots (10)."""
    levels: int | Sequence[int] | None
    """Number of levels, or their sizes from the largest to the roots."""
    min_children: int | None
    """Minimum number of children of a parent."""
    max_children: int | None
    """Maximum number of children of a parent."""
    clusters_per_group: int | None
    """Average size of a group."""
    seed: int | None
    """Random seed (0)."""
    embedder: str | None
    """``auto``, ``minilm``, ``static``, ``lexical``, ``api``, or a folder with a sentence transformer."""
    onto: Place | Run | None
    """Earlier run to extend."""
    match: str | None
    """How clusters of that run are matched: ``auto``, ``ids``, ``members``, ``names``."""
    config: Place | None
    """Settings file to use instead of the folder's."""
    pipeline: Place | None
    """Pipeline file that replaces stages with other programs."""
    no_pipeline: bool | None
    """Ignore the folder's pipeline file."""

    model: str | None
    """Name of the language model at its endpoint; without one, no model is asked."""
    base_url: str | None
    """Base URL of the endpoint, including ``/v1`` (OpenAI's)."""
    backend: str | None
    """``extractive`` (no model) or ``llm``."""
    subject: str | None
    """What the items are, in your own words; sent to the model."""
    prompt_style: str | None
    """``general``, ``requests``, ``topics`` or ``things``."""
    temperature: float | None
    """Sampling temperature (0)."""
    embedding_model: str | None
    """Name of the embedding model; requires ``embedder="api"``."""
    api_key_file: Place | None
    """File that contains the API key (the variable OPENAI_API_KEY)."""
    answers: Place | None
    """Store of answers; several runs can share one."""
    concurrency: int | None
    """Maximum number of calls in flight (50)."""
    requests_per_minute: int | None
    """Maximum number of calls per minute."""
    tokens_per_minute: int | None
    """Maximum number of tokens per minute."""
    max_calls: int | None
    """Maximum number of calls of the run, including all restarts."""
    max_tokens: int | None
    """Maximum number of tokens of the run, including all restarts."""
    max_cost: float | None
    """Maximum cost of the run in US dollars, including all restarts."""
    prices: Place | None
    """Price table that overrides the built-in one."""
    strict: bool | None
    """Raise `PartialError` if a model's answers were unusable for any row."""
    labels_per_call: int | None
    """Maximum number of clusters labelled in one call."""
    question_tokens: int | None
    """Maximum number of tokens of clusters in one question (8000)."""
    look: str | None
    """Second look at doubtful labels: ``none`` or ``once``."""
    batch: bool | None
    """Use the provider's batch API: half the price, results within a day."""
    no_wait: bool | None
    """Submit batches and return without waiting for them (raises `TemporaryError`)."""
    cancel_batches: bool | None
    """First cancel the batches in progress."""

    only: str | None
    """Run only this stage."""
    until: str | None
    """Stop after this stage."""
    iteration: int | None
    """Run only this iteration, or apply the stages to it."""
    start: str | None
    """Start at this stage (``--from``, a keyword in Python)."""
    force: str | Sequence[str] | None
    """Run these stages again even if their artifacts are fresh."""
    reask: str | Sequence[str] | None
    """Ask answered questions of these stages again; they are paid for again."""
    map: bool | None
    """Also make a map: a position in two dimensions for every cluster."""
    discard_edits: bool | None
    """Rebuild artifacts that were edited by hand."""

    input_format: str | None
    """Format of the input (detected)."""
    id_column: str | None
    """Column with ids."""
    name_column: str | None
    """Column with names."""
    description_column: str | None
    """Column with descriptions."""
    slug_column: str | None
    """Column with slugs."""
    members_column: str | None
    """Column with member ids."""
    size_column: str | None
    """Column with sizes."""
    parent_column: str | None
    """Column with the parent's id or name, if the input is already a hierarchy."""
    level_column: str | None
    """Column with the level, if the input is already a hierarchy."""
    delimiter: str | None
    """Column separator of a text file (detected)."""
    header: bool | None
    """Whether the first row contains column names (detected)."""
    encoding: str | None
    """Character encoding of a text file (detected)."""
    sheet: str | int | None
    """Sheet of a workbook, or table of an SQLite database, by name or number (from 1)."""
    keep_noise: bool | None
    """Treat noise and outliers like any other cluster."""
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
