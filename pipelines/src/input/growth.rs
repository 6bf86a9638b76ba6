//! Clusters that are placed into the hierarchy of an earlier run.

use std::path::{Path, PathBuf};

use cladus_cli::Display;
use cladus_compare::MatchCounts;
use cladus_core::children::Children;
use cladus_core::config::Config;
use cladus_core::older::Older;
use cladus_core::tree::Tree;
use cladus_core::{Error, Result};

use crate::folder::RunFolder;
use crate::input::foreign;
use crate::input::sameness::{Rebased, doubt, in_words};

/// The hierarchy that is meant by `onto`, a run folder or a file, by its absolute path; it is not that
/// of the run in `folder` itself.
///
/// # Errors
/// When there is none, or it is the run's own.
pub(crate) fn hierarchy_of(onto: &Path, folder: &RunFolder) -> Result<PathBuf> {
    let path = if onto.is_dir() { RunFolder::finished(onto)?.hierarchy() } else { onto.to_owned() };
    let absolute = |path: &Path| std::path::absolute(path).map_err(|e| Error::io("find", path, e));
    let found = absolute(&path)?;
    if found == absolute(&folder.hierarchy())? {
        return Err(Error::config_hint(
            format!("--onto {} is the run itself", onto.display()),
            "give another folder with --out: the earlier run is not changed",
        ));
    }
    Ok(found)
}

/// Writes the older hierarchy that `config` means for the clusters of `folder`, where it is not as it
/// would be made; says who was recognised in it by what.
///
/// # Errors
/// When it cannot be read or written.
pub(crate) fn seat(folder: &RunFolder, config: &Config, display: &Display) -> Result<()> {
    let Some(onto) = &config.onto else { return Ok(()) };
    let Some(matched) = Rebased::of(folder, onto, config.match_by).update()? else { return Ok(()) };
    let MatchCounts { ids, members, names, nearness, .. } = matched;
    let known = ids + members + names + nearness;
    let by = if known == 0 { String::new() } else { format!(": {}", in_words(&matched)) };
    let what = if known == 1 { "base cluster" } else { "base clusters" };
    display.line(&format!("{known} {what} of the earlier run were found again{by}"));
    doubt(&matched, config.match_by).into_iter().for_each(|doubt| display.warning(&doubt));
    Ok(())
}

fn older(path: &Path) -> Result<Older> {
    Tree::of_hierarchy(foreign::hierarchy(path)?).map(Older::of)
}

/// How many roots the hierarchy at `path` has.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn roots(path: &Path) -> Result<usize> {
    Ok(older(path)?.sizes().last().copied().unwrap_or(0))
}

/// The sizes of the levels above `clusters` clusters that are placed into the hierarchy at `path`: those
/// it has, grown as the clusters have, and so many that parents have room for their `children`; at most
/// `max_clusters` roots.
///
/// # Errors
/// When it cannot be read, or so few roots cannot hold all clusters.
pub(crate) fn targets(
    path: &Path,
    clusters: usize,
    max_clusters: usize,
    children: Children,
) -> Result<Vec<usize>> {
    let sizes = older(path)?.sizes();
    let (base, levels) = match sizes.split_first() {
        Some((base, levels)) => ((*base).max(1), levels),
        None => (1, &[][..]),
    };
    let grown = |size: usize| size.max((size * clusters).div_ceil(base));
    let mut targets: Vec<usize> = levels.iter().map(|&size| grown(size)).collect();
    if let Some(last) = targets.last_mut() {
        *last = (*last).min(max_clusters.max(1));
    }
    let mut above = clusters;
    for target in &mut targets {
        *target = (*target).max(children.fewest_parents(above));
        above = above.min(*target);
    }
    let roots = max_clusters.max(1);
    if let (Some(most), true) = (children.most(), above > roots) {
        return Err(Error::config_hint(
            format!(
                "{} has {} levels, too few for {clusters} clusters under {roots} roots where \
                 max_children is {most}",
                path.display(),
                levels.len()
            ),
            format!("raise --max-clusters to {above}, or raise --max-children"),
        ));
    }
    Ok(targets)
}
