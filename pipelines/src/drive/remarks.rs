//! What was done where a model's answers could not be used as given, by the rows' remarks.

use std::collections::BTreeMap;

use cladus_core::artifact::parquet;
use cladus_core::{Result, schema};

use crate::folder::RunFolder;

/// So many kinds are named; the others are counted together.
const NAMED: usize = 4;

/// How many rows of the first `iterations` iterations have which kind of remark, the most frequent first. A
/// remark's kind is what was done instead, which it ends with.
///
/// # Errors
/// When an artifact is there and cannot be read.
pub(crate) fn counted(folder: &RunFolder, iterations: usize) -> Result<Vec<(String, usize)>> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for iteration in 1..=iterations {
        for schema in [&schema::CANDIDATES, &schema::LABELS, &schema::PARENTS] {
            let path = folder.artifact(iteration, schema.artifact);
            if path.is_file() {
                let table = parquet::read(&path, schema)?;
                for remark in table.nullable_texts("remark").into_iter().flatten() {
                    *counts.entry(kind(remark).to_owned()).or_default() += 1;
                }
            }
        }
    }
    let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
    // Stable: of equally frequent ones the first by name is first.
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    Ok(counts)
}

/// What was done instead: the last part of a remark.
fn kind(remark: &str) -> &str {
    remark.rsplit("; ").next().unwrap_or(remark)
}

/// The counts in brackets, to be put after their sum; nothing where there are none.
pub(crate) fn in_words(counts: &[(String, usize)]) -> String {
    if counts.is_empty() {
        return String::new();
    }
    let (named, others) = counts.split_at(counts.len().min(NAMED));
    let mut parts: Vec<String> =
        named.iter().map(|(kind, count)| format!("{count}: {kind}")).collect();
    let others: usize = others.iter().map(|(_, count)| count).sum();
    if others > 0 {
        parts.push(format!("{others}: others"));
    }
    format!(" ({})", parts.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remark_is_counted_by_what_was_done() {
        assert_eq!(
            kind("the answer is empty; the nearest by embedding was taken"),
            "the nearest by embedding was taken"
        );
        assert_eq!(kind("it was cut"), "it was cut");
    }

    #[test]
    fn rare_kinds_are_counted_together() {
        let count = |kind: &str, count| (kind.to_owned(), count);
        assert_eq!(in_words(&[]), "");
        assert_eq!(in_words(&[count("a", 3), count("b", 1)]), " (3: a; 1: b)");
        let many: Vec<_> = ["a", "b", "c", "d", "e", "f"].map(|kind| count(kind, 2)).into();
        assert_eq!(in_words(&many), " (2: a; 2: b; 2: c; 2: d; 4: others)");
    }
}
