"""The documentation's examples run as they are printed, and its reference is what docstrings say.

`CLADUS_WRITE_DOCS=1` writes what came out in place of what is printed; `…` stands for anything, and stays.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from api_reference import reference
from conftest import EXAMPLE, REPOSITORY, need

DOC = REPOSITORY / "docs/python.md"
REFERENCE = REPOSITORY / "docs/python-api.md"
BLOCK = re.compile(r"```python(?: needs=(\w+))?\n(.*?)```\n(?:```text\n(.*?)```\n)?", re.DOTALL)
WRITE = os.environ.get("CLADUS_WRITE_DOCS") == "1"


def sections() -> list[str]:
    return [part for part in re.split(r"(?m)^(?=## )", DOC.read_text(encoding="utf-8")) if "```python" in part]


def title(section: str) -> str:
    return section.splitlines()[0].removeprefix("## ")


@pytest.mark.parametrize("section", sections(), ids=title)
@pytest.mark.filterwarnings("ignore::cladus.CladusWarning")
def test_examples_run_as_printed(section: str, tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    need("polars")
    shutil.copy(EXAMPLE, tmp_path / "clusters.jsonl")
    with (tmp_path / "clusters.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["id", "name", "description", "members"])
        table.writerows([r["id"], r["name"], r["description"], json.dumps(r["members"])] for r in rows)
    space: dict[str, Any] = {"__name__": "example"}
    blocks = list(BLOCK.finditer(section))
    assert len(blocks) == section.count("```python")
    written = section
    for block in blocks:
        module, code, expected = block.groups()
        if module:
            need(module)
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            exec(compile(code, f"{title(section)}: {code.splitlines()[0]}", "exec"), space)
        found = said.getvalue()
        if WRITE and not fits(found, expected or ""):
            was = f"```text\n{expected}```\n"
            written = written.replace(was, f"```text\n{found}```\n")
        else:
            assert fits(found, expected or ""), f"{code}\nprints:\n{found}"
    if written != section:
        DOC.write_text(DOC.read_text(encoding="utf-8").replace(section, written), encoding="utf-8")


def fits(found: str, expected: str) -> bool:
    """`…` is anything."""
    parts = [re.escape(part) for part in expected.split("…")]
    return re.fullmatch(".*?".join(parts), found, re.DOTALL) is not None


def test_the_reference_is_what_docstrings_say() -> None:
    need("polars")
    now = reference()
    if WRITE:
        REFERENCE.write_text(now, encoding="utf-8")
    assert REFERENCE.read_text(encoding="utf-8") == now, "CLADUS_WRITE_DOCS=1 writes it anew"
