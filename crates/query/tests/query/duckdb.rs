//! The questions in `pipelines/queries`, answered by polars and by DuckDB over the same files.

use std::path::{Path, PathBuf};

use serde_json::Value;
use skipped_tests::there;

use crate::answers::asked;
use crate::space::{Space, lines, repository};

/// The python with DuckDB, if there is one; whoever has none is told.
fn python() -> Option<PathBuf> {
    let asked = std::env::var_os("CLADUS_TEST_PYTHON").map(PathBuf::from);
    let python = asked.clone().unwrap_or_else(|| "python3".into());
    // A path is meant from the checkout, wherever cargo starts the tests.
    let python = if python.components().count() > 1 { repository().join(python) } else { python };
    let check = std::process::Command::new(&python).args(["-c", "import duckdb"]).output();
    let found = check.is_ok_and(|output| output.status.success());
    assert!(found || asked.is_none(), "CLADUS_TEST_PYTHON has no duckdb");
    there(found, "a Python with duckdb (CLADUS_TEST_PYTHON)").then_some(python)
}

/// Views over the Parquet files of two runs, by the names that `cladus query` gives them; then the rows that
/// answer the file that is named, as JSON lines.
const SCRIPT: &str = r#"
import duckdb, glob, json, sys
con = duckdb.connect()
def views(run, prefix):
    for name in ("hierarchy", "closure", "clusters"):
        con.execute(f"create view {prefix}{name} as select * from '{run}/{name}.parquet'")
    for name in ("labels", "candidates", "groups", "parents"):
        files = sorted(glob.glob(f"{run}/iteration-*/{name}.parquet"))
        assert files, name
        parts = [f"select {k} as iteration, * from '{file}'" for k, file in enumerate(files, 1)]
        # A column that may be absent.
        parts.append("select null::varchar as remark where false")
        con.execute(f"create view {prefix}{name} as " + " union all by name ".join(parts))
views(sys.argv[2], "")
views("before", "before_")
con.execute("create view calls as select * from 'calls.parquet'")
answer = con.execute(open(sys.argv[1], encoding="utf-8").read())
names = [column[0] for column in answer.description]
for row in answer.fetchall():
    print(json.dumps(dict(zip(names, row)), default=float))
"#;

/// Equal but for the last digits of numbers with a fraction.
fn alike(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-5 * a.abs().max(1.0),
        _ => a == b,
    }
}

fn same(question: &Path, ours: &[Value], theirs: &[Value]) {
    let question = question.display();
    assert_eq!(ours.len(), theirs.len(), "{question}");
    for (at, (a, b)) in ours.iter().zip(theirs).enumerate() {
        let (a, b) = (a.as_object().unwrap(), b.as_object().unwrap());
        let names = |row: &serde_json::Map<String, Value>| row.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(a), names(b), "{question}");
        for (name, value) in a {
            assert!(
                alike(value, &b[name]),
                "{question}, row {at}, {name}: {value}, DuckDB {}",
                b[name]
            );
        }
    }
}

#[test]
fn polars_and_duckdb_answer_the_same() {
    let Some(python) = python() else { return };
    let space = Space::new();
    asked(&space, "asked");
    space.example("r", &[]);
    space.example("before", &["--max-clusters", "7"]);
    space.query(["asked", "SELECT * FROM calls", "--out", "calls.parquet"]).ok();
    std::fs::write(space.path("script.py"), SCRIPT).unwrap();
    let folder = repository().join("pipelines/queries");
    let names = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = names.filter_map(|name| name.into_string().ok()).collect();
    names.sort();
    assert_eq!(
        names,
        ["cost.sql", "doubtful.sql", "items.sql", "moved.sql", "paths.sql", "roots.sql"]
    );
    let alone =
        names.iter().map(|name| (name.as_str(), if name == "cost.sql" { "asked" } else { "r" }));
    for (name, run) in alone.chain([("doubtful.sql", "asked"), ("paths.sql", "asked")]) {
        let question = folder.join(name);
        let file = question.to_str().unwrap();
        let words = [run, "--also", "before=before", "--file", file, "--format", "jsonl"];
        let ours = lines(&space.query(words).ok());
        let mut duckdb = space.command(&python);
        let output = duckdb.args(["script.py", file, run]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let theirs = lines(&String::from_utf8(output.stdout).unwrap());
        same(&question, &ours, &theirs);
        assert!(!ours.is_empty(), "{file} found nothing");
    }
}
