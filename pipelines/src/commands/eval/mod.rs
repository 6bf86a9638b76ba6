//! `cladus eval`

mod answered;
mod mapped;
mod twins;

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anstyle::Style;
use cladus_cli::{percentage, print};
use cladus_core::artifact::{self, Artifact, Node};
use cladus_core::{Error, Result, exit, schema};
use cladus_eval::{Forest, Health, Nearness, Truth, TruthAgreement, agreement, health, nearness};
use serde::Serialize;

use self::answered::{AnswerQuality, answered};
use self::mapped::mapped;
use self::twins::{Twins, twins};
use super::here::here;
use crate::folder::RunFolder;
use crate::input::foreign;

#[derive(Debug, clap::Args)]
pub(crate) struct EvalArgs {
    /// Run folder or hierarchy file [default: the run in the current folder].
    run: Option<PathBuf>,
    /// Known categories of the base clusters: JSON lines with `id` and `path` (names of its categories,
    /// top first); or CSV or Parquet with the same columns, or with one column per level.
    #[arg(long, value_name = "FILE")]
    truth: Option<PathBuf>,
    /// Print as JSON.
    #[arg(long)]
    json: bool,
}

/// Everything that is found.
#[derive(Debug, Serialize)]
struct EvalReport {
    agreement: Option<TruthAgreement>,
    health: Health,
    /// By iteration, where a run has its embeddings.
    nearness: Vec<LevelNearness>,
    /// Parents that mean nearly the same and stand apart.
    twins: Twins,
    /// By iteration, where a model labelled.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    answered: Vec<AnswerQuality>,
    /// How far map, tree and vectors agree, where there is a map of this hierarchy.
    #[serde(skip_serializing_if = "Option::is_none")]
    map: Option<cladus_project::Agreement>,
}

#[derive(Debug, Serialize)]
pub(super) struct LevelNearness {
    iteration: usize,
    #[serde(flatten)]
    pub(super) nearness: Nearness,
}

pub(crate) fn run(args: &EvalArgs) -> Result<u8> {
    // A truth that cannot be read is told before a large tree is.
    let truth = args.truth.as_deref().map(Truth::read).transpose()?;
    let run = args.run.clone().map_or_else(here, Ok)?;
    let (folder, path) = foreign::at(&run)?;
    let hierarchy = foreign::hierarchy(&path)?;
    let (near, answered) = match &folder {
        Some(folder) => (levels(folder, &hierarchy)?, answered(folder)?),
        None => (Vec::new(), Vec::new()),
    };
    let twins = twins(&hierarchy.rows)?;
    let forest = Forest::of(hierarchy)?;
    let agreement = match &truth {
        Some(truth) => Some(agreement(&forest, truth).ok_or_else(|| {
            Error::damaged(
                args.truth.as_deref().unwrap_or(&path),
                format!(
                    "has fewer than three items in common with {}, or all of them are in one top category",
                    path.display()
                ),
            )
        })?),
        None => None,
    };
    let map = folder.as_ref().map(|folder| mapped(folder, &forest)).transpose()?.flatten();
    let health = health(&forest);
    let report = EvalReport { agreement, health, nearness: near, twins, answered, map };
    print(&if args.json { super::json(&report)? } else { render(&report, args) })?;
    Ok(exit::OK)
}

/// How near children are to their siblings, for every iteration whose embeddings are those of clusters
/// of the hierarchy. Parents that a person merged away are in no hierarchy, and left out.
pub(super) fn levels(
    folder: &RunFolder,
    hierarchy: &Artifact<Vec<Node>>,
) -> Result<Vec<LevelNearness>> {
    let parents: std::collections::HashMap<&str, &str> = hierarchy
        .rows
        .iter()
        .filter_map(|node| Some((node.cluster.id.as_str(), node.parent_id.as_deref()?)))
        .collect();
    let mut found = Vec::new();
    for iteration in 1.. {
        let path = folder.artifact(iteration, schema::EMBEDDINGS.artifact);
        if !path.is_file() {
            break;
        }
        let embeddings = artifact::read_embeddings(&path)?.rows;
        let mut numbers = std::collections::HashMap::new();
        let (mut rows, mut of) = (Vec::new(), Vec::new());
        for (row, id) in embeddings.cluster_ids.iter().enumerate() {
            let Some(parent) = parents.get(id.as_str()) else { continue };
            let next = numbers.len();
            of.push(*numbers.entry(*parent).or_insert(next));
            rows.push(row);
        }
        let all = embeddings.cluster_ids.len();
        // Embeddings of another hierarchy have next to nothing in common with this one.
        let ours = 2 * rows.len() > all;
        let vectors: Cow<'_, [f32]> = if rows.len() == all {
            Cow::Borrowed(&embeddings.vectors)
        } else {
            rows.iter().flat_map(|&row| embeddings.vector(row)).copied().collect()
        };
        let near = ours.then(|| nearness(&vectors, embeddings.dim, &of)).flatten();
        found.extend(near.map(|nearness| LevelNearness { iteration, nearness }));
    }
    Ok(found)
}

const BOLD: Style = Style::new().bold();

fn render(report: &EvalReport, args: &EvalArgs) -> String {
    let mut text = String::new();
    if let (Some(found), Some(truth)) = (&report.agreement, &args.truth) {
        against(&mut text, found, truth);
    }
    shape(&mut text, &report.health);
    for LevelNearness { iteration, nearness } in &report.nearness {
        let sample = if *iteration == 1 && nearness.looked_at < report.health.leaves {
            format!(", {} sampled", nearness.looked_at)
        } else {
            String::new()
        };
        let what = format!("nearness {iteration}");
        let share = percentage(nearness.nearer_elsewhere);
        line(&mut text, &what, &format!("{share} of children nearer to another parent{sample}"));
    }
    let Twins { pairs, compared, nearest } = &report.twins;
    if *compared > 0 {
        let named: Vec<String> = nearest.iter().map(|[a, b]| format!("{a:?} and {b:?}")).collect();
        let named =
            if named.is_empty() { String::new() } else { format!(": {}", named.join("; ")) };
        line(
            &mut text,
            "twins",
            &format!(
                "{pairs} pairs among {compared} parents mean nearly the same but are apart{named}"
            ),
        );
    }
    for AnswerQuality { iteration, proposals, names, labels, forced } in &report.answered {
        let what = format!("answers {iteration}");
        let says =
            format!("{names} names from {proposals} proposals; {forced} of {labels} labels forced");
        line(&mut text, &what, &says);
    }
    if let Some(map) = &report.map {
        mapped::render(map, &mut text, line);
    }
    text
}

fn line(text: &mut String, what: &str, says: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{what:<22}{says}");
}

fn against(text: &mut String, found: &TruthAgreement, truth: &Path) {
    let title = format!("against {}", truth.display());
    let _ = writeln!(text, "{BOLD}{title}{BOLD:#}");
    line(text, "overall", &format!("{:.3}   mean of the starred values", found.overall));
    let top = &found.top;
    line(
        text,
        "roots and tops",
        &format!(
            "*AMI {:.3}   V {:.3}   ARI {:.3}   purity {:.3}, inverse {:.3}   ({} roots, {} top classes)",
            top.ami,
            top.v,
            top.ari,
            top.purity,
            top.inverse_purity,
            top.clusters,
            found.top_classes
        ),
    );
    against_levels(text, found);
    let triplets = found.triplets.map_or_else(|| "none".to_owned(), |mean| format!("{mean:.3}"));
    line(
        text,
        "where items part",
        &format!("Spearman {:.3}   *triplets {triplets}", found.spearman),
    );
    line(
        text,
        "spillover",
        &format!(
            "{} of {} top classes under several roots; {} of items outside their class's main root",
            found.spillover.classes,
            found.top_classes,
            percentage(found.spillover.items)
        ),
    );
    if found.missing > 0 {
        let of = format!("{} of {} items are not in the hierarchy", found.missing, found.items);
        line(text, "missing", &format!("{of}; each counts as a root of its own"));
    }
    text.push('\n');
}

/// The agreement with each level of the known categories.
fn against_levels(text: &mut String, found: &TruthAgreement) {
    for level in &found.levels {
        let star =
            if level.level == 1 || (level.level == 2 && level.items >= 50) { "*" } else { "" };
        let clusters = level.cuts.iter().find(|score| score.cut == level.best);
        let clusters = clusters.map_or(0, |score| score.similarity.clusters);
        line(
            text,
            &format!("level {}", level.level),
            &format!(
                "{star}AMI {:.3} at its best cut, {} ({clusters} clusters)   V {:.3}   ({} classes, {} items)",
                level.best_ami, level.best, level.best_v, level.classes, level.items
            ),
        );
        if let Some(purity) = level.dendrogram {
            let star = if level.level == 1 { "*" } else { "" };
            line(
                text,
                "  dendrogram purity",
                &format!("{:.3}, {star}adjusted {:.3}", purity.purity, purity.adjusted),
            );
        }
    }
}

fn shape(text: &mut String, health: &Health) {
    let _ = writeln!(text, "{BOLD}structure{BOLD:#}");
    let mut roots = format!(
        "{}, with {} to {} leaves (median {})",
        health.roots,
        health.leaves_of_roots.min,
        health.leaves_of_roots.max,
        health.leaves_of_roots.median
    );
    if health.childless_roots > 0 {
        let _ = write!(roots, "; {} of them without children", health.childless_roots);
    }
    line(text, "roots", &roots);
    for level in health.levels.iter().rev() {
        let children = &level.children;
        line(
            text,
            &format!("height {}", level.height),
            &format!(
                "{} nodes with {} to {} children (mean {:.1})",
                level.nodes, children.min, children.max, children.mean
            ),
        );
    }
    let depth = &health.depth;
    let uneven = if depth.min == depth.max {
        format!("{} below the top", depth.max)
    } else {
        format!("{} to {} below the top", depth.min, depth.max)
    };
    line(text, "leaves", &format!("{}, {uneven}", health.leaves));
    line(text, "single children", &health.single_children.to_string());
    line(
        text,
        "siblings",
        &format!(
            "{} duplicate names, {} near-duplicate pairs (similarity ≥ 0.9)",
            health.siblings_named_alike, health.siblings_nearly_alike
        ),
    );
    line(
        text,
        "names",
        &format!(
            "{} same as parent, {} empty, {} generic (such as \"Other\"){}",
            health.named_as_their_parent,
            health.nameless,
            health.heaps,
            health.names_true_of_most.map_or_else(String::new, |share| format!(
                ", {} share a word with most of their leaves",
                percentage(share)
            ))
        ),
    );
}
