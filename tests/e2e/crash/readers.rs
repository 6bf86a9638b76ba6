//! Readers beside a run that publishes again and again.

use std::process::Stdio;

use crate::models::{finish, start};
use crate::space::{Space, assorted, python};

/// Runs, each of which publishes every artifact anew.
const RUNS: usize = 100;

/// Reads every artifact by its path and by globs until it is told to stop; what is read must be, row
/// for row, what one of the two settings gives.
const READER: &str = r#"
import glob, os, sys
import duckdb, polars as pl

def rows(path):
    return sorted(map(repr, pl.read_parquet(path).rows()))

names = sorted(os.path.relpath(p, "a") for p in glob.glob("a/**/*.parquet", recursive=True))
assert len(names) == 13, names
known = {n: [rows(f"{s}/{n}") for s in ("a", "b")] for n in names}
differ = sum(a != b for a, b in known.values())
assert differ >= 8, f"only {differ} artifacts differ, so nothing would be seen"
print("ready", flush=True)
reads = 0
seen = set()
while not os.path.exists("stop"):
    for n in names:
        by_polars = rows(f"r/{n}")
        assert by_polars in known[n], f"polars: {n} is torn or mixed"
        seen.add((n, known[n].index(by_polars)))
        by_duckdb = duckdb.sql(f"select count(*) from 'r/{n}'").fetchall()[0][0]
        assert by_duckdb in [len(k) for k in known[n]], f"duckdb: {n}: {by_duckdb}"
        reads += 2
    for what in ("labels", "parents", "groups"):
        found = sorted(glob.glob(f"r/iteration-*/{what}.parquet"))
        assert len(found) == 2, found
        pl.scan_parquet(f"r/iteration-*/{what}.parquet").collect()
        duckdb.sql(f"select * from 'r/iteration-*/{what}.parquet'").fetchall()
        reads += 2
    strays = [p for p in glob.glob("r/**/*.parquet", recursive=True) if os.path.relpath(p, "r") not in names]
    assert not strays, strays
both = sum((n, 0) in seen and (n, 1) in seen for n in names)
print(f"{reads} reads, {both} artifacts seen in both states")
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
        space.cladus(&format!("run in.jsonl --quiet --out {out} {settings} {force}")).ok();
    };
    run("a", settings[0]);
    run("b", settings[1]);
    run("r", settings[0]);
    space.write("reader.py", READER);
    let mut command = std::process::Command::new(python);
    command.arg("reader.py").current_dir(space.path("")).stdin(Stdio::null());
    let mut reader = start(command);
    for at in 1..=RUNS {
        run("r", settings[at % 2]);
        if reader.try_wait().unwrap().is_some() {
            break;
        }
    }
    space.write("stop", "");
    let said = finish(reader).ok();
    eprintln!("{RUNS} runs, {}", said.stdout.replace('\n', " "));
    assert!(said.stdout.contains(" reads, "), "{}", said.stdout);
}
