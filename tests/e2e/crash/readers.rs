//! Readers beside a run that publishes again and again.

use std::io::Read;
use std::process::Stdio;

use crate::models::{finish, start};
use crate::space::{Space, assorted, python};

/// Runs, each of which publishes thirteen artifacts anew.
const RUNS: (usize, usize) = (25, 10);

/// Reads every artifact until it is told to stop.
///
/// A file that is opened once is, row for row, what one of the two settings gives: for polars an open
/// file, for DuckDB the path that Linux has for one. By path both open a file two to four times for
/// one query (polars 2.1, DuckDB 2.0), and when it is replaced in between, they say so; then the
/// same query goes well another time. No glob ever finds a file that is not whole.
const READER: &str = r#"
import glob, os
import duckdb, polars as pl

def by_polars(file):
    return sorted(map(repr, pl.read_parquet(file).rows()))

def by_duckdb(path):
    return sorted(map(repr, duckdb.sql(f"select * from read_parquet('{path}')").fetchall()))

names = sorted(os.path.relpath(p, "a") for p in glob.glob("a/**/*.parquet", recursive=True))
assert len(names) == 13, names
known = {n: [by_polars(f"{s}/{n}") for s in ("a", "b")] for n in names}
duck = {n: [by_duckdb(f"{s}/{n}") for s in ("a", "b")] for n in names}
differ = sum(a != b for a, b in known.values())
assert differ >= 8, f"only {differ} artifacts differ, so nothing would be seen"

def again(query):
    """What a query by path says, as soon as no file was replaced beneath it."""
    global replaced
    for _ in range(20):
        try:
            return query()
        except (pl.exceptions.ComputeError, duckdb.Error, pl.exceptions.PanicException):
            replaced += 1
    return query()

print("ready", flush=True)
reads, replaced, seen = 0, 0, set()
while not os.path.exists("stop"):
    for n in names:
        with open(f"r/{n}", "rb") as file:
            rows = by_polars(file)
            assert rows in known[n], f"polars: {n} is torn or mixed"
            seen.add((n, known[n].index(rows)))
            rows = by_duckdb(f"/proc/self/fd/{file.fileno()}")
            assert rows in duck[n], f"duckdb: {n} is torn or mixed"
        reads += 2
    for what in ("labels", "parents", "groups"):
        paths = f"r/iteration-*/{what}.parquet"
        parts = [known[f"iteration-{k}/{what}.parquet"] for k in (1, 2)]
        wholes = [sorted(one + two) for one in parts[0] for two in parts[1]]
        rows = again(lambda: sorted(map(repr, pl.scan_parquet(paths).collect().rows())))
        assert rows in wholes, f"polars: {paths} are mixed"
        again(lambda: duckdb.sql(f"select * from '{paths}'").fetchall())
        reads += 2
    found = glob.glob("r/**/*.parquet", recursive=True)
    strays = [p for p in found if os.path.relpath(p, "r") not in names]
    assert not strays and len(found) == len(names), (found, strays)
both = sum((n, 0) in seen and (n, 1) in seen for n in names)
print(f"{reads} reads, {both} artifacts seen in both states, {replaced} queries by path again")
assert both >= 8, f"only {both}"
"#;

#[test]
fn readers_see_the_old_or_the_new_file_and_never_an_error() {
    let Some(python) = python() else { return };
    let space = Space::new();
    space.write("in.jsonl", assorted(40));
    let settings = ["--levels 12,4 --seed 1", "--levels 10,3 --seed 2"];
    let force = "--force embed --force group --force propose --force label --force rename";
    let run = |out: &str, settings: &str| {
        space
            .cladus(&format!(
                "run in.jsonl --quiet --out {out} --embedder lexical {settings} {force}"
            ))
            .ok();
    };
    run("a", settings[0]);
    run("b", settings[1]);
    run("r", settings[0]);
    space.write("reader.py", READER);
    let mut command = std::process::Command::new(python);
    command.arg("reader.py").current_dir(space.path("")).stdin(Stdio::null());
    let mut reader = start(command);
    let ready = reader.stdout.as_mut().unwrap();
    ready.read_exact(&mut [0; 6]).unwrap();
    let runs = crate::extent::of(RUNS.0, RUNS.1);
    for at in 1..=runs {
        run("r", settings[at % 2]);
        if reader.try_wait().unwrap().is_some() {
            break;
        }
    }
    space.write("stop", "");
    let said = finish(reader).ok();
    eprintln!("{runs} runs, {}", said.stdout.replace('\n', " "));
    assert!(said.stdout.contains(" reads, "), "{}", said.stdout);
}
