"""The reference of the package, made of its docstrings."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from typing import Any

import cladus
from cladus._settings import Settings

MODULES = ("kura", "bertopic", "topics", "polars", "errors")


def reference() -> str:
    """All of it, as Markdown."""
    parts = [
        "# The Python package, function by function\n\n"
        "Made of the docstrings (`CLADUS_WRITE_DOCS=1 pytest tests/python/test_docs.py`). "
        "[`python.md`](python.md) tells it as a story.\n",
        "## cladus\n",
        *of_function("cladus.run", cladus.run),
        *of_function("cladus.plan", cladus.plan),
        *of_class("cladus.Run", cladus.Run),
        *of_class("cladus.Tree", cladus.Tree),
        *of_class("cladus.Forecast", cladus.Forecast),
        *of_class("cladus.Page", cladus.Page),
        *of_class("cladus.Event", cladus.Event),
        "### Settings\n",
        *settings(),
    ]
    for name in MODULES:
        module = importlib.import_module(f"cladus.{name}")
        parts += [f"## cladus.{name}\n", text(module)]
        for member, found in vars(module).items():
            if member.startswith("_") or getattr(found, "__module__", "") != module.__name__:
                continue
            full = f"cladus.{name}.{member}"
            if inspect.isclass(found) and member != "Cluster":
                parts += of_class(full, found)
            elif inspect.isfunction(found) and member != "of_code":
                parts += of_function(full, found)
    return "\n".join(parts).rstrip("\n") + "\n"


def of_class(name: str, found: Any) -> Iterator[str]:
    """A class with its methods, in the order of the source."""
    yield f"### {name}\n"
    yield text(found)
    for member, value in vars(found).items():
        if member.startswith("_") or not inspect.getdoc(value):
            continue
        if isinstance(value, property):
            yield f"**`.{member}`** {text(value)}"
        elif isinstance(value, staticmethod):
            yield f"**`{name}.{member}{signature(value.__func__)}`**\n"
            yield text(value.__func__)
        elif inspect.isfunction(value):
            yield f"**`.{member}{signature(value)}`**\n"
            yield text(value)


def of_function(name: str, found: Any) -> Iterator[str]:
    """A function."""
    yield f"### {name}\n"
    yield f"```python\n{name.rpartition('.')[2]}{signature(found)}\n```\n"
    yield text(found)


def signature(found: Any) -> str:
    """As it is written, without `self`."""
    said = inspect.signature(found)
    kept = [parameter for name, parameter in said.parameters.items() if name != "self"]
    return str(said.replace(parameters=kept)).replace("'", "")


def settings() -> Iterator[str]:
    """The settings of a run, with what stands below each in the source."""
    source = inspect.getsource(Settings)
    lines = re.findall(r'(?m)^    (\w+): (.*)\n    """(.*?)"""', source)
    yield "| | | |\n|---|---|---|"
    for name, kind, meaning in lines:
        yield f"| `{name}` | `{kind.removesuffix(' | None')}` | {meaning} |".replace(
            " | Sequence", " or Sequence"
        )
    yield ""


def text(found: Any) -> str:
    """A docstring as Markdown."""
    said = inspect.getdoc(found) or ""
    said = re.sub(r"``(.+?)``", r"`\1`", said)
    lines: list[str] = []
    for line in said.splitlines():
        # Headings of Google's style, and what stands below them.
        if re.fullmatch(r"(Args|Returns|Raises):", line):
            lines.append(f"*{line}*\n")
        elif match := re.fullmatch(r"    (\w[\w, ]*): (.*)", line):
            lines.append(f"* `{match[1]}`: {match[2]}")
        elif line.startswith("        "):
            lines.append("  " + line.strip())
        elif line.startswith(">>> "):
            lines.append("    " + line.removeprefix(">>> ").partition("  # doctest")[0].rstrip())
        else:
            lines.append(line if line.startswith("    ") and " = " in line else line.strip())
    return "\n".join(lines) + "\n"
