//! The invariants of ARCHITECTURE.md that a program can see.

mod circles;
mod functions;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::space::repository;

pub(crate) fn rust_files(below: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![below.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    found
}

/// Whether a file, by its path within the repository, holds tests or is none of ours.
fn is_test(path: &Path) -> bool {
    path.iter().any(|part| {
        let part = part.to_string_lossy();
        part == "tests" || part == "target" || part.trim_end_matches(".rs").ends_with("tests")
    })
}

/// Names of the packages that `package` is built from.
fn dependencies(package: &str) -> Vec<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(repository())
        .args(["tree", "--package", package, "--edges", "normal,build", "--prefix", "none"])
        .args(["--format", "{p}", "--offline"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

#[test]
fn stages_never_depend_on_each_other() {
    let stages = ["embed", "group", "propose", "label", "rename", "project"];
    let stages = stages.map(|stage| format!("cladus-{stage}"));
    for stage in &stages {
        let found = dependencies(stage);
        assert!(found.contains(stage), "{found:?}");
        for other in stages.iter().filter(|other| *other != stage) {
            assert!(!found.contains(other), "{stage} depends on {other}");
        }
    }
}

#[test]
fn group_and_project_have_no_network_no_language_and_no_query_engine() {
    for stage in ["cladus-group", "cladus-project"] {
        let found = dependencies(stage);
        for heavy in
            ["polars", "reqwest", "hyper", "tokio", "async-openai", "rust-stemmers", "cladus-words"]
        {
            assert!(!found.iter().any(|name| name == heavy), "{stage} depends on {heavy}");
        }
    }
}

#[test]
fn only_the_artifact_module_names_arrow_and_parquet() {
    for folder in ["crates", "pipelines/src"] {
        for file in rust_files(&repository().join(folder)) {
            if file.components().any(|part| part.as_os_str() == "artifact") {
                continue;
            }
            let text = std::fs::read_to_string(&file).unwrap();
            for name in ["arrow::", "use parquet", "::parquet::arrow"] {
                assert!(!text.contains(name), "{} names {name}", file.display());
            }
        }
    }
}

#[test]
fn only_the_crate_for_models_names_a_network() {
    for folder in ["crates", "pipelines"] {
        for entry in std::fs::read_dir(repository().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let manifest = path.join("Cargo.toml");
            if !manifest.is_file() || path.ends_with("llm") {
                continue;
            }
            let text = std::fs::read_to_string(&manifest).unwrap();
            // Questions in SQL read what is kept of answers, and people's databases are files like any other.
            let reads = path.ends_with("query") || path.ends_with("input");
            // Object stores are a network, too, and stores of answers are copied there.
            let copies = path.ends_with("remote") && !text.contains("async-openai");
            for name in ["async-openai", "reqwest", "rusqlite", "tokio"] {
                let known = copies || reads && name == "rusqlite";
                assert!(known || !text.contains(name), "{} names {name}", manifest.display());
            }
        }
    }
}

#[test]
fn nobody_builds_a_query_engine_or_clients_of_clouds_without_asking_for_them() {
    let lock = |folder: &str| {
        std::fs::read_to_string(repository().join(folder).join("Cargo.lock")).unwrap()
    };
    for (library, folder) in [("polars", "crates/query"), ("object_store", "crates/remote")] {
        let line = format!("name = \"{library}\"\n");
        assert!(!lock(".").contains(&line), "the workspace depends on {library}");
        assert!(lock(folder).contains(&line));
    }
}

#[test]
fn snakemake_has_a_share_of_group_for_each_district() {
    let read = |path: &str| std::fs::read_to_string(repository().join(path)).unwrap();
    let value = |text: &str, before: &str| {
        let (_, rest) = text.split_once(before).unwrap();
        rest.lines().next().unwrap().trim_end_matches(';').to_owned()
    };
    let ours = value(&read("crates/group/src/districts.rs"), "pub const DISTRICT_ROWS: usize = ");
    assert_eq!(value(&read("pipelines/Snakefile"), "\nDISTRICT_ROWS = "), ours);
}

#[test]
fn every_crate_takes_the_workspaces_lints() {
    for folder in ["crates", "."] {
        for entry in std::fs::read_dir(repository().join(folder)).unwrap() {
            let manifest = entry.unwrap().path().join("Cargo.toml");
            if manifest.is_file() {
                let text = std::fs::read_to_string(&manifest).unwrap();
                assert!(text.contains("[lints]\nworkspace = true"), "{}", manifest.display());
            }
        }
    }
}

/// Lines that open a block of Rust in documentation, without the line after them.
fn blocks_of_code(text: &str) -> Vec<&str> {
    let mut lines = text.lines().map(str::trim);
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        let said = line.strip_prefix("//!").or_else(|| line.strip_prefix("///"));
        let Some(language) = said.and_then(|said| said.trim().strip_prefix("```")) else {
            continue;
        };
        if matches!(language, "" | "rust" | "no_run" | "should_panic") {
            found.push(lines.next().unwrap_or_default());
        }
        // To the end of the block.
        lines.find(|line| line.ends_with("```"));
    }
    found
}

#[test]
fn code_in_documentation_is_an_example_that_is_run() {
    // Documentation is not tested by itself: that would come behind the list of what was skipped, and
    // take minutes.
    for folder in ["crates", "pipelines/src", "tests/src", "tests/skipped"] {
        for file in rust_files(&repository().join(folder)) {
            let text = std::fs::read_to_string(&file).unwrap();
            for first in blocks_of_code(&text) {
                let example = first.starts_with("#![doc = include_str!(\"../examples/");
                assert!(example, "{}: code that nobody runs: {first}", file.display());
            }
        }
    }
    assert_eq!(
        blocks_of_code("/// ```text\n/// a\n/// ```\n/// b\n//! ```\n//! c\n//! ```"),
        ["//! c"]
    );
}

#[test]
fn mains_are_a_few_lines_and_files_are_read_in_one_sitting() {
    for folder in ["crates", "pipelines", "tests"] {
        for file in rust_files(&repository().join(folder)) {
            let lines = std::fs::read_to_string(&file).unwrap().lines().count();
            let is_test = file.components().any(|part| part.as_os_str() == "tests");
            let most = if file.ends_with("main.rs") && !is_test { 12 } else { 600 };
            assert!(lines <= most, "{} has {lines} lines", file.display());
        }
    }
}

#[test]
fn the_map_says_what_every_crate_uses() {
    let map = std::fs::read_to_string(repository().join("ARCHITECTURE.md")).unwrap();
    let mut folders = vec!["pipelines".to_owned(), "tests".to_owned()];
    for entry in std::fs::read_dir(repository().join("crates")).unwrap() {
        folders.push(format!("crates/{}", entry.unwrap().file_name().to_str().unwrap()));
    }
    for folder in folders {
        let manifest =
            std::fs::read_to_string(repository().join(&folder).join("Cargo.toml")).unwrap();
        let manifest: toml::Table = manifest.parse().unwrap();
        let dependencies = manifest["dependencies"].as_table().unwrap();
        let mut uses: Vec<&str> =
            dependencies.keys().filter_map(|name| name.strip_prefix("cladus-")).collect();
        uses.sort_unstable();
        let uses = if uses.is_empty() { "none of ours".to_owned() } else { uses.join(", ") };
        let row = map.lines().find(|line| line.starts_with(&format!("| `{folder}` |")));
        let row = row.unwrap_or_else(|| panic!("{folder} is not in ARCHITECTURE.md"));
        assert!(row.ends_with(&format!("| {uses} |")), "{folder} uses {uses}:\n{row}");
    }
}

/// Names of the types that a file defines at its top level, tests aside.
fn types_of(text: &str) -> impl Iterator<Item = &str> {
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    code.lines().filter_map(|line| {
        let line = match line.strip_prefix("pub") {
            Some(rest) if rest.starts_with('(') => rest.split_once(") ")?.1,
            Some(rest) => rest.trim_start(),
            None => line,
        };
        let (keyword, rest) = line.split_once(' ')?;
        let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
        ["struct", "enum", "trait", "type", "union"].contains(&keyword).then_some(name)
    })
}

#[test]
fn a_type_name_means_one_thing() {
    let mut places: BTreeMap<String, BTreeSet<PathBuf>> = BTreeMap::new();
    for folder in ["crates", "pipelines/src"] {
        for file in rust_files(&repository().join(folder)) {
            let path = file.strip_prefix(repository()).unwrap();
            if is_test(path) {
                continue;
            }
            for name in types_of(&std::fs::read_to_string(&file).unwrap()) {
                places.entry(name.to_owned()).or_default().insert(path.to_owned());
            }
        }
    }
    assert!(places.len() > 300, "{} types", places.len());
    // A library's own error is called so everywhere.
    places.remove("Error");
    let twice: Vec<_> = places.iter().filter(|(_, files)| files.len() > 1).collect();
    assert!(twice.is_empty(), "{twice:#?}");
}
