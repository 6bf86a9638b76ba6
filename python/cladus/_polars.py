"""polars, where somebody needs it: an extra of this package."""

from __future__ import annotations

from .errors import UsageError


def need_polars() -> None:
    """Says what to do where polars is not there.

    Raises:
        UsageError: It is not installed.
    """
    try:
        import polars as _  # noqa: F401
    except ImportError:
        raise UsageError(
            "what a run is made of comes as frames of polars, which is not installed",
            hint="pip install 'cladus[polars]'",
        ) from None
