//! The pipelines that are shipped.

use std::process::Command;

use super::{Stages, artifacts, jq, left, with_path};
use crate::space::{Ran, Space, helpdesk, python_with, repository};

/// Runs the example in `folder` on the help desk, twice: the second run has nothing to do.
fn run(space: &Space, example: &str, prepare: impl Fn(Command) -> Command) -> Stages {
    let pipeline = repository().join("pipelines/examples").join(example).join("pipeline.toml");
    let run = || -> Ran {
        let mut command = space.command("cladus");
        command.args(["run", &helpdesk(), "--out", "r", "--json", "--pipeline"]).arg(&pipeline);
        prepare(command).output().unwrap().into()
    };
    let first = Stages::of(&run().ok().stdout);
    let before = artifacts(space, "r");
    space.cladus("check r").ok();
    assert!(left(&space.path("r")).is_empty());
    let second = Stages::of(&run().ok().stdout);
    assert_eq!(second.made(), Vec::<&str>::new(), "nothing is redone");
    assert!(artifacts(space, "r") == before);
    std::fs::remove_dir_all(space.path("r")).unwrap();
    run().ok();
    assert!(artifacts(space, "r") == before, "from the start the same bytes");
    first
}

#[test]
fn wards_method_groups() {
    let Some(python) = python_with("polars, pyarrow, numpy, scipy") else { return };
    let folder = python.parent().unwrap();
    let space = Space::new();
    let stages = run(&space, "ward", |mut command| {
        command.args(["--clusters-per-group", "48", "--levels", "1"]);
        with_path(command, folder)
    });
    assert_eq!(stages.made(), ["embed", "group", "propose", "label", "rename"]);
    // What a reader of the script relies on: the distances that it leaves out are those of its groups.
    let script = r#"
import numpy as np, polars as pl
e = pl.read_parquet("r/iteration-1/embeddings.parquet")
g = pl.read_parquet("r/iteration-1/groups.parquet")
rows = e.join(g, on="cluster_id")
for (_,), group in rows.group_by("group_id"):
    vectors = group["embedding"].to_numpy().astype(float)
    mean = vectors.mean(axis=0)
    expected = 1 - vectors @ (mean / np.linalg.norm(mean))
    assert np.allclose(group["distance"], expected, atol=1e-5), (group["distance"], expected)
assert g["group_id"].n_unique() == 3, g
"#;
    space.python(&python, script).ok();
    let script = repository().join("pipelines/examples/ward/ward.py");
    let help = Command::new(&python).arg(script).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    for flag in ["--embeddings", "--out", "--size"] {
        assert!(help.contains(flag), "{help}");
    }
}

#[test]
fn a_taxonomy_from_a_text_file_proposes() {
    if !jq() {
        return;
    }
    let space = Space::new();
    run(&space, "taxonomy", |command| command);
    let text = repository().join("pipelines/examples/taxonomy/taxonomy.txt");
    let text = std::fs::read_to_string(text).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let path = space.path("r/iteration-1/candidates.parquet");
    let candidates = cladus_core::artifact::read_candidates(&path).unwrap().rows;
    let names: Vec<&str> = candidates.iter().map(|candidate| candidate.name.as_str()).collect();
    assert_eq!(names, lines);
    assert!(candidates.iter().all(|candidate| candidate.group_id.is_none()));
}

#[test]
fn a_taxonomys_names_can_stay_as_they_are() {
    if !jq() {
        return;
    }
    let space = Space::new();
    run(&space, "verbatim", |command| command);
    let text = repository().join("pipelines/examples/taxonomy/taxonomy.txt");
    let text = std::fs::read_to_string(text).unwrap();
    let parents = space.hierarchy("r").into_iter().filter(|node| node.cluster.level > 0);
    let mut seen = 0;
    for parent in parents {
        seen += 1;
        assert!(text.lines().any(|line| line == parent.cluster.name), "{}", parent.cluster.name);
        assert!(!parent.cluster.slug.is_empty());
    }
    assert!(seen >= 5, "{seen} parents");
}
