"""What the tests of the Python package share. They run against the package that is installed."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import cladus

REPOSITORY = Path(__file__).resolve().parents[2]
EXAMPLE = REPOSITORY / "examples/helpdesk/clusters.jsonl"


def need(*modules: str) -> None:
    """Skips a test whose packages are not there; in CI, where all are, that is a failure."""
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing and os.environ.get("CLADUS_TEST_STRICT") == "1":
        pytest.fail(f"not installed: {', '.join(missing)}")
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test in a folder of its own, far from the checkout."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("OPENAI_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def rows() -> list[dict[str, Any]]:
    return [json.loads(line) for line in EXAMPLE.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> cladus.Run:
    """The example's run; not to be changed."""
    return cladus.run(EXAMPLE, tmp_path_factory.mktemp("built") / "my-run", progress=False)


@pytest.fixture
def mine(built: cladus.Run, tmp_path: Path) -> cladus.Run:
    """A copy of it, to be changed."""
    return cladus.Run(shutil.copytree(built.folder, tmp_path / "mine"))


@pytest.fixture(scope="session")
def built_names(built: cladus.Run) -> dict[str, str]:
    found = built.hierarchy().collect()
    return dict(zip(found["id"], found["name"], strict=True))


Serve = Callable[..., str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts endpoints that answer the same every time; gives their addresses."""
    program = os.environ.get("CLADUS_TEST_SERVER") or shutil.which("cladus-test-server")
    if program is None:
        if os.environ.get("CLADUS_TEST_STRICT") == "1":
            pytest.fail("CLADUS_TEST_SERVER names no cladus-test-server")
        pytest.skip("CLADUS_TEST_SERVER names no cladus-test-server")
    started: list[subprocess.Popen[str]] = []

    def start(*flags: str) -> str:
        server = subprocess.Popen([program, *flags], stdout=subprocess.PIPE, text=True)
        started.append(server)
        assert server.stdout is not None
        return server.stdout.readline().split()[-1]

    yield start
    for server in started:
        server.kill()
        server.wait()
