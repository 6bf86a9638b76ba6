"""The page of a run, in a notebook or a browser."""

from __future__ import annotations

import html
from pathlib import Path


class Page:
    """The whole run as one page that needs no network: tree, map, sizes and doubt.

    A notebook shows it; `open` shows it in the browser; `path` is the file.
    """

    def __init__(self, path: Path, height: int) -> None:
        self.path = path
        self.height = height

    def open(self) -> None:
        """Shows it in the browser."""
        import webbrowser

        webbrowser.open(self.path.resolve().as_uri())

    def _repr_html_(self) -> str:
        # Within the page, so that it stays in a notebook that is sent to somebody.
        text = html.escape(self.path.read_text(encoding="utf-8"), quote=True)
        return (
            f'<iframe srcdoc="{text}" sandbox="allow-scripts allow-downloads" '
            f'style="width:100%;height:{self.height}px;border:0" title="cladus"></iframe>'
        )

    def __repr__(self) -> str:
        return f"Page({str(self.path)!r})"
