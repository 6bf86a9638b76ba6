"""Making runs: what goes in, what is told, what goes wrong, what stops."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from conftest import EXAMPLE, Serve, need

import cladus
from cladus._call import Call
from cladus._settings import Settings


def tree_of(run: cladus.Run) -> list[tuple[str, str | None]]:
    """Names of clusters with those of their parents: the same for the same tree."""
    found = run.hierarchy().collect()
    names = dict(zip(found["id"], found["name"], strict=True))
    return sorted(
        (name, names.get(parent)) for name, parent in zip(found["name"], found["parent_id"], strict=True)
    )


def test_importing_takes_nothing_along() -> None:
    script = "import sys; before = set(sys.modules); import cladus; print(*sorted(set(sys.modules) - before))"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert set(said.stdout.split()) <= {"__future__", "cladus"}


def test_everything_that_is_promised_is_there() -> None:
    for name in cladus.__all__:
        assert getattr(cladus, name) is not None
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*", cladus.__version__)
    with pytest.raises(AttributeError, match="no_such_thing"):
        _ = cladus.no_such_thing


def test_settings_are_the_flags_of_the_program() -> None:
    from cladus._call import call

    flags = set(re.findall(r"--([a-z][a-z-]+)", call("run", "--help")))
    ours = {name.replace("_", "-").replace("start", "from") for name in Settings.__annotations__}
    # How Python says these: `source` and `out` are arguments, the rest is the package's to say.
    not_ours = {"out", "dry-run", "yes", "json", "verbose", "quiet", "progress", "commands", "help"}
    said_in_text = {"onto-level"}
    # A binary from before maps has no such flag.
    assert ours - {"map"} <= flags, ours - flags
    heads = set(re.findall(r"(?m)^\s+(?:-\w, )?--([a-z-]+)", call("run", "--help")))
    assert heads - not_ours - said_in_text <= ours, heads - not_ours - ours


def test_the_stages_are_there_by_name() -> None:
    folder = Path(sys.executable).parent
    for stage in ("embed", "group", "propose", "label", "rename"):
        said = subprocess.run([folder / f"cladus-{stage}", "--version"], capture_output=True, text=True)
        assert said.stdout.startswith(f"cladus-{stage} "), said
    said = subprocess.run([sys.executable, "-m", "cladus", "--version"], capture_output=True, text=True)
    assert said.stdout.startswith("cladus "), said


def small(source: Any, out: str, **settings: Any) -> cladus.Run:
    """A run that takes next to no time."""
    return cladus.run(source, out, **{"embedder": "static", "progress": False, **settings})


@pytest.fixture(scope="module")
def few(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return rows[:40]


@pytest.fixture(scope="module")
def expected(few: Any, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str | None]]:
    """The tree that the program makes of a file with these clusters."""
    folder = tmp_path_factory.mktemp("expected")
    file = folder / "few.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in few), encoding="utf-8")
    return tree_of(small(file, str(folder / "r")))


class TestWhatGoesIn:
    """The same clusters in any form give the same tree."""

    def test_polars(self, few: Any, expected: Any) -> None:
        need("polars")
        import polars as pl

        frame = pl.DataFrame(few)
        assert tree_of(small(frame, "eager")) == expected
        lazy = frame.lazy().with_columns(pl.col("name").cast(pl.Categorical))
        assert tree_of(small(lazy, "lazy")) == expected

    def test_pandas(self, few: Any, expected: Any, monkeypatch: Any) -> None:
        need("pandas", "pyarrow")
        import pandas as pd

        frame = pd.DataFrame(few)
        assert tree_of(small(frame, "plain")) == expected
        assert tree_of(small(frame.set_index("id"), "indexed")) == expected
        # Without pyarrow it goes another way.
        monkeypatch.setattr("cladus._source.find_spec", lambda _: None)
        assert tree_of(small(frame, "alone")) == expected
        assert Path("alone/input.jsonl").is_file()

    def test_pyarrow(self, few: Any, expected: Any) -> None:
        need("pyarrow")
        import pyarrow as pa

        assert tree_of(small(pa.Table.from_pylist(few), "arrow")) == expected

    def test_dicts_columns_and_runs(self, few: Any, expected: Any) -> None:
        run = small(few, "rows")
        assert tree_of(run) == expected
        columns = {name: [row[name] for row in few] for name in few[0]}
        assert tree_of(small(columns, "columns")) == expected
        assert tree_of(small(run, "another")) == expected

    def test_names_alone(self, few: Any) -> None:
        need("polars", "pandas")
        import pandas as pd
        import polars as pl

        names = [row["name"] for row in few]
        run = small(names, "names", max_clusters=6)
        assert run.roots().height <= 6
        assert run.leaves().height == len(names)
        assert tree_of(small(pl.Series(names), "series", max_clusters=6)) == tree_of(run)
        assert tree_of(small(pd.Series(names), "pandas", max_clusters=6)) == tree_of(run)

    def test_what_is_no_list_of_clusters_is_said(self, tmp_path: Path) -> None:
        with pytest.raises(cladus.InputError, match="int is no list"):
            cladus.run(7, "r")
        with pytest.raises(cladus.InputError, match="element 1"):
            cladus.run(["a", 7], "r")
        with pytest.raises(cladus.UsageError, match="where to"):
            cladus.run(["a", "b"])
        assert list(tmp_path.iterdir()) == []

    def test_the_same_frame_again_is_nothing_to_do(self, few: Any) -> None:
        need("polars")
        import polars as pl

        events: list[cladus.Event] = []
        run = small(pl.DataFrame(few), "again")
        before = run.folder.joinpath("input.parquet").stat().st_mtime_ns
        small(pl.DataFrame(few), "again", progress=events.append)
        assert run.folder.joinpath("input.parquet").stat().st_mtime_ns == before
        assert not [event for event in events if event.get("event") == "done"]
        assert run.status().fresh

    def test_a_run_is_named_after_its_file(self, tmp_path: Path) -> None:
        (tmp_path / "topics.v2.csv").write_text("name\nred\ngreen\nblue\n", encoding="utf-8")
        assert cladus.run("topics.v2.csv", progress=False).folder == Path("topics")


class TestEmbeddings:
    """Vectors of one's own."""

    def test_they_decide_what_lies_together(self) -> None:
        need("polars", "numpy")
        import numpy as np

        # Names say one thing, vectors another.
        names = [f"{colour} {thing}" for colour in ("red", "green", "blue") for thing in "abcdefgh"]
        rng = np.random.default_rng(0)
        centres = np.eye(8)
        vectors = np.array([centres[at % 8] for at in range(24)]) + 0.01 * rng.normal(size=(24, 8))
        run = small(names, "own", embeddings=vectors, max_clusters=8, levels=1)
        for root in run.roots()["id"]:
            assert len({name[-1] for name in run.leaves(root)["name"]}) == 1
        # Ids are what they were told.
        assert run.clusters().collect()["id"].to_list() == [f"{at:02}" for at in range(24)]

    def test_lists_and_frames_with_ids_do_as_well(self, few: Any) -> None:
        need("polars")
        import polars as pl

        frame = pl.DataFrame(few).select("id", "name")
        vectors = [[1.0, float(at % 5)] for at in range(frame.height)]
        run = small(frame, "lists", embeddings=vectors)
        held = run.embeddings().collect()
        assert held["cluster_id"].to_list() == sorted(frame["id"])
        lengths = held.select(pl.col("embedding").arr.eval(pl.element() ** 2).arr.sum()).to_series()
        assert (lengths - 1).abs().max() < 1e-6

    def test_what_does_not_fit_is_said(self, tmp_path: Path) -> None:
        need("polars")
        names = ["red", "green", "blue"]
        for vectors, problem in [
            ([[1.0]], "1 embeddings for 3 clusters"),
            ([[1.0], [1.0, 2.0], [1.0]], r"one length, these have \[1, 2\]"),
            ([[1.0], [0.0], [1.0]], "embedding 1 .* no direction"),
            ([[1.0], [float("nan")], [1.0]], "embedding 1 .* no direction"),
            (["a", "b", "c"], "rows of numbers"),
        ]:
            with pytest.raises(cladus.InputError, match=problem):
                cladus.run(names, "r", embeddings=vectors)
        with pytest.raises(cladus.UsageError, match="hand in the rows"):
            cladus.run(EXAMPLE, "r", embeddings=[[1.0]])
        assert list(tmp_path.iterdir()) == []


class TestErrors:
    """Each exit code is an exception with its message and hint."""

    def test_a_setting_that_is_not_there(self) -> None:
        with pytest.raises(cladus.UsageError, match="max_cluster") as raised:
            cladus.run(EXAMPLE, "r", max_cluster=3)
        assert raised.value.hint == "did you mean max_clusters?"

    def test_a_setting_that_makes_no_sense(self) -> None:
        with pytest.raises(cladus.UsageError) as raised:
            cladus.run(EXAMPLE, "r", max_clusters=0)
        assert raised.value.code == 2
        assert "max_clusters" in str(raised.value)
        with pytest.raises(cladus.UsageError, match="'nowhere'"):
            cladus.run(EXAMPLE, "r", until="nowhere")

    def test_an_input_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(cladus.InputError, match=r"nothing\.csv") as raised:
            cladus.run("nothing.csv", "r")
        assert raised.value.code == 3
        assert isinstance(raised.value, ValueError)
        with pytest.raises(cladus.InputError, match="no run folder"):
            cladus.Run("r")
        assert list(tmp_path.iterdir()) == []

    def test_what_is_unclear_comes_with_a_hint(self) -> None:
        Path("odd.csv").write_text("a,b\n1,2\n3,4\n", encoding="utf-8")
        with pytest.raises(cladus.InputError) as raised:
            cladus.run("odd.csv", "r")
        assert raised.value.hint or raised.value.message

    def test_a_budget_that_is_reached_goes_on_when_it_is_raised(self, serve: Serve) -> None:
        address = serve()
        settings = Settings(model="test-chat", base_url=address)
        with pytest.raises(cladus.BudgetError) as raised:
            cladus.run(EXAMPLE, "r", max_calls=2, progress=False, **settings)
        assert raised.value.hint
        run = cladus.run(EXAMPLE, "r", max_calls=10_000, progress=False, **settings)
        assert run.roots().height <= 10
        cost = run.cost()
        assert cost["calls"].sum() == requests(address) > 2
        assert {"iteration", "stage", "model", "dollars"} <= set(cost.columns)

    def test_a_key_that_is_refused(self, serve: Serve) -> None:
        address = serve("--faults", "any:401@1xinf")
        with pytest.raises(cladus.ProviderError) as raised:
            cladus.run(EXAMPLE, "r", model="test-chat", base_url=address, progress=False)
        assert raised.value.code == 8

    def test_answers_that_are_of_no_use(self, serve: Serve) -> None:
        address = serve("--faults", "label:invalid@1xinf")
        with pytest.warns(cladus.CladusWarning), pytest.raises(cladus.PartialError) as raised:
            cladus.run(EXAMPLE, "r", model="test-chat", base_url=address, strict=True, progress=False)
        assert raised.value.run is not None
        assert raised.value.run.leaves().height == 120

    def test_a_folder_that_is_held(self, serve: Serve) -> None:
        address = serve("--latency-ms", "3000")
        words = ["run", str(EXAMPLE), "--out=r", "--model=test-chat", f"--base-url={address}"]
        first = Call(words)
        wait_for(lambda: requests(address) > 0)
        with pytest.raises(cladus.LockedError) as raised:
            cladus.run(EXAMPLE, "r", progress=False)
        assert raised.value.hint
        first.interrupt()
        with pytest.raises(cladus.TemporaryError, match="interrupted"):
            first.wait()


class TestStopping:
    """Ctrl-C, and worse."""

    SCRIPT = textwrap.dedent("""
        import sys, cladus
        try:
            cladus.run(sys.argv[1], "r", model="test-chat", base_url=sys.argv[2], progress=False)
        except KeyboardInterrupt:
            print("interrupted in order")
    """)

    def begin(self, address: str, **how: Any) -> subprocess.Popen[str]:
        words = [sys.executable, "-c", self.SCRIPT, str(EXAMPLE), address]
        begun = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, **how)
        wait_for(lambda: requests(address) > 0)
        return begun

    @pytest.mark.parametrize("whole_terminal", [False, True])
    def test_ctrl_c_ends_in_order(self, serve: Serve, whole_terminal: bool) -> None:
        address = serve("--latency-ms", "1500")
        begun = self.begin(address, start_new_session=True)
        if whole_terminal:
            # As a terminal does it: everybody in it is told.
            os.killpg(begun.pid, signal.SIGINT)
        else:
            # As a notebook may do it: only the kernel is.
            begun.send_signal(signal.SIGINT)
        said, _ = begun.communicate(timeout=30)
        assert said == "interrupted in order\n"
        asked = requests(address)
        run = cladus.run(EXAMPLE, "r", model="test-chat", base_url=address, progress=False)
        held = run.cost()
        # What was in flight was paid for, and is not asked again.
        assert held["calls"].sum() == requests(address)
        assert held["maybe_paid"].sum() == 0
        assert asked >= 1

    def test_a_killed_kernel_leaves_a_run_that_goes_on(self, serve: Serve) -> None:
        address = serve("--latency-ms", "500")
        begun = self.begin(address, start_new_session=True)
        os.killpg(begun.pid, signal.SIGKILL)
        begun.wait()
        runs: list[cladus.Run] = []

        def goes_on() -> bool:
            try:
                runs.append(cladus.run(EXAMPLE, "r", model="test-chat", base_url=address, progress=False))
            except cladus.LockedError:
                # The program dies with the kernel, but not in the same moment.
                return False
            return True

        wait_for(goes_on)
        assert runs[0].status().fresh
        assert runs[0].leaves().height == 120

    def test_who_watches_and_fails_leaves_nothing_running(self) -> None:
        def fail(_event: cladus.Event) -> None:
            raise RuntimeError("nobody looks")

        with pytest.raises(RuntimeError, match="nobody looks"):
            cladus.run(EXAMPLE, "r", progress=fail)
        # The folder is free at once.
        cladus.run(EXAMPLE, "r", progress=False)


class TestProgress:
    """What is told while it works."""

    def test_events_tell_stages_from_beginning_to_end(self, serve: Serve) -> None:
        events: list[cladus.Event] = []
        address = serve()
        cladus.run(EXAMPLE, "r", model="test-chat", base_url=address, progress=events.append)
        stages = [event.get("stage") for event in events if event.get("event") == "stage"]
        assert stages[:5] == ["1/2 embed", "1/2 group", "1/2 propose", "1/2 label", "1/2 rename"]
        done = [event for event in events if event.get("event") == "done"]
        assert [event.get("stage") for event in done] == stages
        assert all("summary" in event and event.get("seconds", -1) >= 0 for event in done)
        spent = [event.get("spent") for event in done if event.get("stage") == "1/2 label"]
        assert spent[0] is not None
        assert spent[0]["calls"] > 0
        steps = [event for event in events if event.get("event") == "progress"]
        assert steps
        assert all(event.get("done", 1) <= event.get("total", 0) for event in steps if event.get("total"))
        assert any("level plan: 120" in event.get("text", "") for event in events)

    def test_a_terminal_and_a_notebook_show_it(self, serve: Serve) -> None:
        import io

        from cladus._progress import Notebook, Terminal

        class Screen(io.StringIO):
            def isatty(self) -> bool:
                return True

        class Shown:
            def __init__(self) -> None:
                self.drawn: list[str] = []

            def __call__(self, shown: Any, display_id: bool) -> Shown:
                self.update(shown)
                return self

            def update(self, shown: Any) -> None:
                self.drawn.append(shown._repr_html_())

        screen, shown = Screen(), Shown()
        terminal, notebook = Terminal(screen), Notebook(shown)

        def both(event: cladus.Event) -> None:
            terminal(event)
            notebook(event)

        address = serve()
        cladus.run(EXAMPLE, "r", model="<b>test</b>-chat", base_url=address, progress=both)
        terminal.end()
        notebook.end()
        assert "1/2 rename" in screen.getvalue()
        assert "━" in screen.getvalue()
        assert screen.getvalue().endswith("\r\x1b[2K")
        assert "<progress" in "".join(shown.drawn)
        assert "1/2 rename" in shown.drawn[-1]
        assert "<b>" not in "".join(shown.drawn)

    def test_warnings_are_pythons(self) -> None:
        Path("gone.csv").write_text("name\nred\ngreen\nblue\nyellow\n", encoding="utf-8")
        run = cladus.run("gone.csv", "r", progress=False, max_clusters=2)
        run.clusters().collect()
        Path("r/edits.toml").write_text('[[rename]]\nparent = "nobody"\nname = "somebody"\n', encoding="utf-8")
        with pytest.warns(cladus.CladusWarning, match="nobody"):
            run.run(progress=False)


def test_a_plan_says_what_it_would_cost(serve: Serve, tmp_path: Path) -> None:
    address = serve()
    plan = cladus.plan(EXAMPLE, model="gpt-4o-mini", base_url=address)
    assert not plan.fresh
    assert plan.levels[0] == 120
    assert plan.calls > 0
    assert plan.tokens > 0
    assert plan.dollars is not None
    assert plan.dollars > 0
    assert not plan.exact
    assert "calls" in str(plan)
    assert requests(address) == 0
    assert list(tmp_path.iterdir()) == []
    free = cladus.plan([{"name": "red"}, {"name": "green"}, {"name": "blue"}], max_clusters=2)
    assert (free.calls, free.dollars) == (0, 0.0)


def requests(address: str) -> int:
    with urllib.request.urlopen(address.rsplit("/v1", 1)[0] + "/stats") as answer:
        return int(json.load(answer)["requests"])


def wait_for(what: Any) -> None:
    deadline = time.monotonic() + 60
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)
