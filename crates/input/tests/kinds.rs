//! Files as tools and people write them, with what a person reads off each: `kinds/*.txt`.
//!
//! ```text
//! === FILE NAME | what it is
//! its text; → is a tab
//! ---
//! name of a cluster = its size
//! name of a cluster = its size < what it is called that is above it
//! ~ what has to be said of it
//! ! what the refusal says
//! ```

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

use std::fmt::Write as _;
use std::path::Path;

use cladus_core::config::InputConfig;
use cladus_input::Input;

/// A file, and what a person reads off it.
struct Case<'a> {
    file: &'a str,
    text: String,
    clusters: Vec<&'a str>,
    says: Vec<&'a str>,
    refused: Option<&'a str>,
}

fn cases(all: &str) -> Vec<Case<'_>> {
    let written = all.split("\n=== ").skip(1);
    written
        .map(|case| {
            let (head, rest) = case.split_once('\n').expect("a line with the file's name");
            let file = head.split_once(" | ").map_or(head, |(file, _)| file);
            let (text, expected) =
                rest.rsplit_once("\n---\n").unwrap_or_else(|| panic!("{file}: nothing expected"));
            let lines = || expected.lines().filter(|line| !line.trim().is_empty());
            let marked = |mark| lines().filter_map(move |line| line.strip_prefix(mark));
            Case {
                file,
                text: format!("{}\n", text.replace('→', "\t")),
                clusters: lines().filter(|line| !line.starts_with(['~', '!'])).collect(),
                says: marked("~ ").collect(),
                refused: marked("! ").next(),
            }
        })
        .collect()
}

/// Every cluster as a line.
fn written(input: &Input) -> Vec<String> {
    let mut lines: Vec<String> = input
        .clusters
        .iter()
        .map(|cluster| format!("{} = {}", cluster.name, cluster.size))
        .collect();
    lines.sort();
    lines
}

/// Every cluster as a line, with what is above it.
fn written_below(input: &Input) -> Vec<String> {
    let name = |id: &str| {
        let found = input.given.iter().find(|node| node.cluster.id == id);
        found.map_or_else(|| id.to_owned(), |node| node.cluster.name.clone())
    };
    let leaves = input.given.iter().filter(|node| node.cluster.level == 0);
    let mut lines: Vec<String> = leaves
        .map(|node| {
            let mut line = format!("{} = {}", node.cluster.name, node.cluster.size);
            let mut above = node.parent_id.clone();
            while let Some(id) = above {
                let _ = write!(line, " < {}", name(&id));
                above = input
                    .given
                    .iter()
                    .find(|node| node.cluster.id == id)
                    .and_then(|node| node.parent_id.clone());
            }
            line
        })
        .collect();
    lines.sort();
    lines
}

/// The lines that are expected, without what is above a single cluster: that is kept nowhere.
fn without_copies(lines: &[&str]) -> Vec<String> {
    let chains: Vec<Vec<&str>> = lines.iter().map(|line| line.split(" < ").collect()).collect();
    let several = |chain: &[&str]| {
        let below =
            chains.iter().filter(|other| other.ends_with(chain) && other.len() > chain.len());
        let children: std::collections::BTreeSet<&str> =
            below.map(|other| other[other.len() - chain.len() - 1]).collect();
        children.len() > 1
    };
    let kept = |chain: &Vec<&str>| {
        let above = (1..chain.len()).filter(|&at| several(&chain[at..])).map(|at| chain[at]);
        std::iter::once(chain[0]).chain(above).collect::<Vec<_>>().join(" < ")
    };
    let mut kept: Vec<String> = chains.iter().map(kept).collect();
    kept.sort();
    kept
}

/// What is wrong with how a case is read; nothing where it is right.
fn wrong(case: &Case<'_>, folder: &Path) -> Option<String> {
    let path = folder.join(case.file);
    std::fs::write(&path, &case.text).expect("a file");
    let read = |keep_levels| {
        cladus_input::read(&path, &InputConfig { keep_levels, ..InputConfig::default() })
    };
    let input = match (read(false), case.refused) {
        (Err(error), Some(says)) => {
            let said = format!("{error} {}", error.hint().unwrap_or_default());
            return (!said.contains(says)).then(|| format!("refused otherwise: {said}"));
        }
        (Err(error), None) => return Some(format!("refused: {error}")),
        (Ok(input), Some(_)) => {
            return Some(format!(
                "accepted: {}\n  {}",
                input.understood,
                written(&input).join("\n  ")
            ));
        }
        (Ok(input), None) => input,
    };
    let below = case.clusters.iter().any(|line| line.contains(" < "));
    let found = if below {
        read(true).map_or_else(|error| vec![error.to_string()], |input| written_below(&input))
    } else {
        written(&input)
    };
    let expected = without_copies(&case.clusters);
    let said = format!("{}\n{}", input.understood, input.warnings.join("\n"));
    if found != expected {
        return Some(format!(
            "{said}\n  is       {}\n  should be {}",
            found.join("\n           "),
            expected.join("\n            ")
        ));
    }
    let silent = case.says.iter().find(|says| !said.contains(**says));
    silent.map(|says| format!("does not say {says:?}: {said}"))
}

/// Reads every case of a file and fails with all that are wrong.
fn check(all: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let cases = cases(all);
    assert!(!cases.is_empty());
    let mut report = String::new();
    let mut failed = 0;
    for case in &cases {
        if let Some(wrong) = wrong(case, folder.path()) {
            failed += 1;
            let _ = writeln!(report, "### {}\n{wrong}\n", case.file);
        }
    }
    assert!(failed == 0, "{failed} of {} files are read otherwise:\n\n{report}", cases.len());
}

macro_rules! kinds {
    ($($kind:ident)*) => {
        $(#[test]
        fn $kind() {
            check(include_str!(concat!("kinds/", stringify!($kind), ".txt")));
        })*
    };
}

kinds!(topics words matrices services research people reports tools none);

/// A file of that text, read; what was understood, or the error with its hint.
fn read_text(file: &str, text: &str, config: &InputConfig) -> Result<Input, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(file);
    std::fs::write(&path, text).expect("a file");
    cladus_input::read(&path, config)
        .map_err(|error| format!("{error} {}", error.hint().unwrap_or_default()))
}

fn with_names_in(column: &str) -> InputConfig {
    InputConfig { name_column: Some(column.to_owned()), ..InputConfig::default() }
}

#[test]
fn a_table_of_fifty_thousand_columns_is_asked_about() {
    let columns: Vec<String> = (0..50_000).map(|column| format!("x{column}")).collect();
    let numbers = vec!["1"; 50_000].join(",");
    let text = format!("name,{}\nLate parcels,{numbers}\nRefunds,{numbers}\n", columns.join(","));
    let error = read_text("wide.csv", &text, &InputConfig::default()).expect_err("refused");
    assert!(error.contains("50,001 columns") && error.contains("--name-column name"), "{error}");
    let input = read_text("wide.csv", &text, &with_names_in("name")).expect("read");
    assert_eq!(written(&input), ["Late parcels = 1", "Refunds = 1"]);
}

#[test]
fn an_export_of_thousands_of_tickets_is_asked_about() {
    let mut text =
        "Summary,Issue key,Issue Type,Status,Priority,Assignee,Reporter,Created,Updated\n"
            .to_owned();
    for ticket in 0..3_000 {
        let _ = writeln!(
            text,
            "Login fails in case {ticket},APP-{ticket},Bug,Open,High,Ann,Bob,2024-01-01,2024-01-02"
        );
    }
    let error = read_text("jira.csv", &text, &InputConfig::default()).expect_err("refused");
    assert!(error.contains("3,000 rows with Status, Assignee"), "{error}");
    assert!(error.contains("--name-column Summary"), "{error}");
    let input = read_text("jira.csv", &text, &with_names_in("Summary")).expect("read");
    assert_eq!(input.clusters.len(), 3_000);
}

#[test]
fn what_is_refused_is_read_with_the_flag_that_the_refusal_names() {
    let all = include_str!("kinds/none.txt");
    for case in cases(all).iter().filter(|case| case.refused.is_some()) {
        let error = read_text(case.file, &case.text, &InputConfig::default()).expect_err(case.file);
        let (_, column) = error.rsplit_once("--name-column ").unwrap_or_else(|| panic!("{error}"));
        // An endpoint's error has nothing that could be a name.
        if column.trim() == "COLUMN" {
            continue;
        }
        let input = read_text(case.file, &case.text, &with_names_in(column.trim()));
        let input = input.unwrap_or_else(|error| panic!("{}: {error}", case.file));
        assert!(!input.clusters.is_empty(), "{}", case.file);
    }
}

#[test]
fn parquet_is_read_in_every_compression() {
    let files = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files");
    for codec in ["none", "snappy", "gzip", "brotli", "lz4", "zstd"] {
        let path = files.join(format!("{codec}.parquet"));
        let input = cladus_input::read(&path, &InputConfig::default());
        let input = input.unwrap_or_else(|error| panic!("{codec}: {error}"));
        assert_eq!(written(&input), ["Late parcels = 12", "Refunds = 3"], "{codec}");
    }
}
