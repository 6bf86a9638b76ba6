//! A run folder, opened to be asked.

use std::path::{Path, PathBuf};

use cladus_core::artifact::{self, Artifact, Node};
use cladus_core::forest::Forest;
use cladus_core::{Result, runs};

use crate::catalog;

/// A finished run.
#[derive(Debug)]
pub struct FinishedRun {
    root: PathBuf,
    /// Its clusters of all levels, in the order of the artifact.
    pub nodes: Vec<Node>,
    /// Who is above whom; nodes go by their place above.
    pub forest: Forest,
    /// How many iterations it is put together from.
    pub iterations: usize,
    /// Are all of them there, so that what they made is known?
    pub complete: bool,
    /// How many levels the input brought along.
    pub given_levels: u8,
}

impl FinishedRun {
    /// Opens the run at `root`.
    ///
    /// # Errors
    /// When it is no finished run, or its hierarchy cannot be read.
    pub fn open(root: &Path) -> Result<Self> {
        let hierarchy = artifact::read_hierarchy(&runs::finished(root)?)?;
        let nodes = hierarchy.rows.clone();
        let forest = Forest::of(hierarchy)?;
        let given = levels(&given(root)?);
        let made = usize::from(levels(&nodes)).saturating_sub(given.into());
        let mut run = Self {
            root: root.to_owned(),
            nodes,
            forest,
            iterations: 0,
            complete: false,
            given_levels: given,
        };
        // Folders left from a longer run do not count.
        let is_there = |k: &usize| run.artifact(*k, "parents").is_file();
        run.iterations = (1..=made).take_while(is_there).count();
        run.complete = run.iterations == made;
        Ok(run)
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A whole artifact.
    pub fn file(&self, table: &str) -> PathBuf {
        catalog::file_of(table, &self.root)
    }

    /// An artifact of iteration `iteration` (from 1).
    pub fn artifact(&self, iteration: usize, artifact: &str) -> PathBuf {
        catalog::file_of(artifact, &self.root.join(format!("iteration-{iteration}")))
    }

    /// The hierarchy whose roots the base clusters are; empty where there is none.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn given(&self) -> Result<Vec<Node>> {
        given(&self.root)
    }

    /// All items.
    pub fn size(&self) -> u64 {
        self.forest.roots().map(|root| self.forest.size(root)).sum()
    }
}

fn given(root: &Path) -> Result<Vec<Node>> {
    let path = catalog::file_of("given", root);
    let read = path.is_file().then(|| artifact::read_hierarchy(&path));
    Ok(read.transpose()?.map(|Artifact { rows, .. }| rows).unwrap_or_default())
}

fn levels(nodes: &[Node]) -> u8 {
    nodes.iter().map(|node| node.cluster.level).max().unwrap_or(0)
}
