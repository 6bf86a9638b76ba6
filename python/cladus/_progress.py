"""Progress for people: a bar and lines in a terminal, a small display in a notebook."""

from __future__ import annotations

import html
import shutil
import sys
import time
from collections.abc import Callable
from typing import Any, TextIO

from ._call import Event, Watch

_LINES = 12
_BAR = 24


def watch_of(progress: bool | Watch | None) -> tuple[Watch, Callable[[], None]]:
    """Who is told what happens, and what is called when it has ended.

    None is a display where somebody looks: in a notebook, and on a terminal.
    """
    if callable(progress):
        return progress, _nothing
    if progress is False:
        return _nobody, _nothing
    display = _notebook()
    if display is not None:
        shown = Notebook(display)
        return shown, shown.end
    if progress or sys.stderr.isatty():
        terminal = Terminal(sys.stderr)
        return terminal, terminal.end
    return _nobody, _nothing


def _nobody(_event: Event) -> None:
    pass


def _nothing() -> None:
    pass


def _notebook() -> Any:
    """IPython's `display`, where it can show HTML."""
    if "IPython" not in sys.modules:
        return None
    from importlib import import_module

    shell: Any = import_module("IPython").get_ipython()
    # A terminal's IPython has no kernel.
    if shell is None or not hasattr(shell, "kernel"):
        return None
    return import_module("IPython.display").display


def spent(event: Event) -> str:
    """Calls and money in a few words; nothing where no model is asked."""
    found = event.get("spent")
    if not found:
        return ""
    dollars = found.get("nanodollars")
    price = "price unknown" if dollars is None else f"${dollars / 1e9:.4f}"
    answered = found.get("answered", 0)
    calls = [f"{found['calls']} calls, {price}"] if found.get("calls") else []
    held = [f"{answered} answered before"] if answered else []
    return "  " + ", ".join(calls + held) if calls or held else ""


def _told(event: Event) -> str | None:
    """What stays of an event, as a line."""
    kind = event.get("event")
    if kind == "done":
        seconds = event.get("seconds", 0.0)
        return f"{event.get('stage', '')}  {event.get('summary', '')}{spent(event)}  {seconds:.1f} s"
    if kind == "interrupted":
        calls = event.get("in_flight", 0)
        return f"interrupted: waiting for {calls} calls in flight" if calls else "interrupted"
    text = event.get("text", "")
    # Command lines are for those who type them; warnings go Python's way.
    return text if kind == "line" and text and not text.startswith("$ ") else None


class _Eta:
    """When a stage will be done."""

    def __init__(self) -> None:
        self._stage = ""
        self._since = 0.0

    def of(self, event: Event) -> str:
        now = time.monotonic()
        if event.get("stage") != self._stage:
            self._stage, self._since = event.get("stage", ""), now
        done, total = event.get("done", 0), event.get("total", 0)
        passed = now - self._since
        if not 0 < done < total or passed < 1:
            return ""
        left = passed / done * (total - done)
        return f"  {left:.0f} s left" if left < 90 else f"  {left / 60:.0f} min left"


class Terminal:
    """A bar that moves on the last line, and lines that stay above it."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._eta = _Eta()
        self._moves = out.isatty()

    def __call__(self, event: Event) -> None:
        line = _told(event)
        if line is not None:
            self._write(f"{line}\n")
        elif event.get("event") in ("stage", "progress") and self._moves:
            done, total = event.get("done", 0), event.get("total", 0)
            filled = _BAR * done // total if total else 0
            bar = "━" * filled + "╌" * (_BAR - filled)
            count = f"{done:,}/{total:,}" if total else ""
            text = f"{event.get('stage', '')}  {bar}  {count}{self._eta.of(event)}{spent(event)}"
            self._write(text[: shutil.get_terminal_size().columns - 1])

    def _write(self, text: str) -> None:
        self._out.write(f"\r\x1b[2K{text}" if self._moves else text)
        self._out.flush()

    def end(self) -> None:
        """Takes the bar away."""
        if self._moves:
            self._write("")


class Notebook:
    """The last lines and a bar, drawn over and over in one place; no widgets needed."""

    def __init__(self, display: Any) -> None:
        self._display = display
        self._handle: Any = None
        self._eta = _Eta()
        self._lines: list[str] = []
        self._bar = ""
        self._drawn = 0.0

    def __call__(self, event: Event) -> None:
        line = _told(event)
        if line is not None:
            self._lines = [*self._lines, *line.splitlines()][-_LINES:]
            self._bar = ""
        elif event.get("event") in ("stage", "progress"):
            done, total = event.get("done", 0), event.get("total", 0)
            value = f' value="{done}" max="{total}"' if total else ""
            count = f"{done:,}/{total:,}" if total else ""
            made = " · ".join(event.get("made", []))
            text = f"{count}{self._eta.of(event)}{spent(event)}  {made}"
            stage = html.escape(event.get("stage", ""))
            self._bar = f"{stage} <progress{value}></progress> {html.escape(text)}"
        else:
            return
        if line is not None or time.monotonic() - self._drawn > 0.1:
            self._draw()

    def _draw(self) -> None:
        self._drawn = time.monotonic()
        lines = html.escape("\n".join(self._lines))
        shown = Html(f'<pre style="margin:0">{lines}</pre><div>{self._bar}</div>')
        if self._handle is None:
            self._handle = self._display(shown, display_id=True)
        else:
            self._handle.update(shown)

    def end(self) -> None:
        """Takes the bar away."""
        self._bar = ""
        if self._handle is not None:
            self._draw()


class Html:
    """Something that a notebook shows."""

    def __init__(self, text: str) -> None:
        self._text = text

    def _repr_html_(self) -> str:
        return self._text
