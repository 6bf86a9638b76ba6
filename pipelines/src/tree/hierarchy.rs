//! The last step: what the iterations made, put together as `hierarchy` and `closure`.

use std::path::{Path, PathBuf};

use cladus_cli::Display;
use cladus_core::Result;
use cladus_core::artifact;
use cladus_core::fingerprint::Fingerprint;
use cladus_core::manifest::{self, ArtifactState, Reason};
use cladus_core::outcome::{Asked, Ran};
use cladus_core::schema;

use crate::edits::{self, EditOutcome, Edits, outcome};
use crate::folder::RunFolder;
use cladus_core::tree::Tree;

/// What becomes of a hierarchy that was edited by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again<'a> {
    /// It is made again.
    Discard,
    /// It is kept; this makes it again.
    By(&'a str),
}

/// What an update did.
#[derive(Debug)]
pub struct Updated {
    /// Was anything written?
    pub made: bool,
    /// What became of the edits.
    pub outcomes: Vec<EditOutcome>,
}

/// Raised by hand when hierarchies are put together differently.
const VERSION: u32 = 2;

/// What is put together: the base clusters, what each iteration made of them, and people's
/// corrections.
#[derive(Debug, Clone)]
pub struct Hierarchy {
    base: PathBuf,
    /// The hierarchy whose roots the base clusters are, where there is one.
    given: Option<PathBuf>,
    parents: Vec<PathBuf>,
    edits: Edits,
    /// Where it is written.
    pub hierarchy: PathBuf,
    /// Where its closure is written.
    pub closure: PathBuf,
}

impl Hierarchy {
    /// That of `folder` after `iterations` iterations, with `edits`.
    pub fn of(folder: &RunFolder, iterations: usize, edits: &Edits) -> Self {
        let parents = 1..=iterations;
        Self {
            base: folder.clusters(),
            given: Some(folder.given()).filter(|given| given.is_file()),
            parents: parents.map(|k| folder.artifact(k, schema::PARENTS.artifact)).collect(),
            edits: edits.clone(),
            hierarchy: folder.hierarchy(),
            closure: folder.closure(),
        }
    }

    /// That of `folder` as it is, where `tree` is what its hierarchy holds: folders left from a longer
    /// run do not count.
    pub fn made(folder: &RunFolder, tree: &Tree, edits: &Edits) -> Self {
        let highest = tree.nodes().iter().map(|node| usize::from(node.cluster.level)).max();
        let given = artifact::read_hierarchy(&folder.given()).map(|given| given.rows);
        let given = given.unwrap_or_default().iter().map(|node| node.cluster.level).max();
        let made = highest.unwrap_or(0).saturating_sub(usize::from(given.unwrap_or(0)));
        let is_there = |k: &usize| folder.artifact(*k, schema::PARENTS.artifact).is_file();
        Self::of(folder, (1..=made).take_while(is_there).count(), edits)
    }

    /// How many iterations it is put together from.
    pub fn iterations(&self) -> usize {
        self.parents.len()
    }

    /// That of any files.
    pub fn from_files(
        base: &Path,
        parents: &[PathBuf],
        edits: &Edits,
        hierarchy: &Path,
        closure: &Path,
    ) -> Self {
        Self {
            base: base.to_owned(),
            given: None,
            parents: parents.to_vec(),
            edits: edits.clone(),
            hierarchy: hierarchy.to_owned(),
            closure: closure.to_owned(),
        }
    }

    /// What both files depend on.
    ///
    /// # Errors
    /// Never in practice: every edit can be written down.
    pub fn fingerprint(&self) -> Result<Fingerprint> {
        let fingerprint = Fingerprint::new("hierarchy", VERSION).input("iteration 0", &self.base);
        let parents = self.parents.iter().zip(1..);
        let fingerprint = parents.fold(fingerprint, |fingerprint, (path, iteration)| {
            fingerprint.input(&format!("iteration {iteration}"), path)
        });
        let fingerprint = match &self.given {
            Some(given) => fingerprint.input("given levels", given),
            None => fingerprint,
        };
        // Without edits it is as if there never had been any.
        Ok(match self.edits.is_empty() {
            true => fingerprint,
            false => fingerprint.text("edits", &self.edits.meaning()?),
        })
    }

    /// What the iterations made, before any edit.
    ///
    /// # Errors
    /// When the parents do not fit together, or a file cannot be read.
    pub fn unedited(&self) -> Result<Tree> {
        let base = artifact::read_clusters(&self.base)?.rows;
        let parents = self.parents.iter().map(|path| artifact::read_clusters(path));
        let tree = Tree::assemble(base, parents.collect::<Result<_>>()?)?;
        match &self.given {
            Some(given) => tree.above(artifact::read_hierarchy(given)?.rows, given),
            None => Ok(tree),
        }
    }

    /// Have the iterations changed since it was put together?
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn is_behind(&self) -> Result<bool> {
        let fingerprint = self.fingerprint()?;
        let changed = |reason: &Reason| match reason {
            Reason::Changed { part, .. } => part != "edits",
            _ => true,
        };
        Ok(match manifest::state(&self.hierarchy, &fingerprint, &fingerprint.parts()?)? {
            ArtifactState::Fresh { .. } => false,
            ArtifactState::Edited { since } | ArtifactState::Stale(since) => {
                since.iter().any(changed)
            }
        })
    }

    /// What becomes of the edits. Where there are none, nothing is read.
    ///
    /// # Errors
    /// As [`Hierarchy::unedited`].
    pub fn outcomes(&self) -> Result<Vec<EditOutcome>> {
        if self.edits.is_empty() {
            return Ok(Vec::new());
        }
        Ok(edits::apply(self.unedited()?, &self.edits)?.1)
    }

    /// Puts both together, and writes those that `wanted` says. Says what became of the edits.
    ///
    /// # Errors
    /// When the parents do not fit together, or a file cannot be read or written.
    pub fn write(&self, wanted: [bool; 2]) -> Result<Vec<EditOutcome>> {
        let fingerprint = self.fingerprint()?;
        let parts = fingerprint.parts()?;
        let (tree, outcomes) = edits::apply(self.unedited()?, &self.edits)?;
        let note = format!("{} clusters", tree.nodes().len());
        let record = |path: &Path, written| {
            let ran = Ran { written: Some(written), note: note.clone(), asked: Asked::default() };
            manifest::record_run(path, &fingerprint, parts.clone(), &ran)
        };
        let [hierarchy, closure] = wanted;
        if closure {
            manifest::replacing(&self.closure)?;
            let written = artifact::write_closure(&self.closure, &tree.ids(), &tree.closure())?;
            record(&self.closure, written)?;
        }
        if hierarchy {
            manifest::replacing(&self.hierarchy)?;
            record(&self.hierarchy, artifact::write_hierarchy(&self.hierarchy, tree.nodes())?)?;
        }
        Ok(outcomes)
    }

    /// Writes those of both that are not what they should be, but for what was edited by hand, which is
    /// told (with `again`, which makes it again). Says what became of the edits.
    ///
    /// # Errors
    /// As [`Hierarchy::write`].
    pub fn update(&self, again: Again<'_>, display: &Display) -> Result<Updated> {
        let fingerprint = self.fingerprint()?;
        let parts = fingerprint.parts()?;
        let mut wanted = [false; 2];
        for (path, wanted) in [&self.hierarchy, &self.closure].into_iter().zip(&mut wanted) {
            *wanted = match manifest::state(path, &fingerprint, &parts) {
                Ok(ArtifactState::Fresh { .. }) => false,
                Ok(ArtifactState::Stale(_)) => true,
                Ok(ArtifactState::Edited { .. }) | Err(_) if again == Again::Discard => true,
                Ok(ArtifactState::Edited { since }) => {
                    let (name, again) = (path.display(), again.how());
                    let changed =
                        if since.is_empty() { "" } else { ", though the tree has changed" };
                    display.warning(&format!(
                        "{name} was edited by hand and is kept{changed} ({again} rebuilds it)"
                    ));
                    false
                }
                Err(error) => return Err(error),
            };
        }
        let made = wanted != [false; 2];
        let outcomes = if made { self.write(wanted)? } else { self.outcomes()? };
        outcome::tell(&self.edits, &outcomes, made, display);
        Ok(Updated { made, outcomes })
    }
}

impl<'a> Again<'a> {
    pub(crate) fn how(self) -> &'a str {
        match self {
            Self::Discard => "",
            Self::By(flags) => flags,
        }
    }
}
