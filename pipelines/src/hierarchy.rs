//! The last step: what the iterations made, put together as `hierarchy` and `closure`.

use std::path::{Path, PathBuf};

use cladus_core::Result;
use cladus_core::artifact;
use cladus_core::fingerprint::Fingerprint;
use cladus_core::manifest;
use cladus_core::outcome::{Asked, Ran};
use cladus_core::schema;

use crate::folder::RunFolder;
use crate::tree::Tree;

/// Raised by hand when hierarchies are put together differently.
const VERSION: u32 = 1;

/// What is put together: the base clusters, and what each iteration made of them.
#[derive(Debug, Clone)]
pub struct Hierarchy {
    base: PathBuf,
    parents: Vec<PathBuf>,
    /// Where it is written.
    pub hierarchy: PathBuf,
    /// Where its closure is written.
    pub closure: PathBuf,
}

impl Hierarchy {
    /// That of `folder` after `iterations` iterations.
    pub fn of(folder: &RunFolder, iterations: usize) -> Self {
        let parents = 1..=iterations;
        Self {
            base: folder.clusters(),
            parents: parents.map(|k| folder.artifact(k, schema::PARENTS.artifact)).collect(),
            hierarchy: folder.hierarchy(),
            closure: folder.closure(),
        }
    }

    /// That of any files.
    pub fn from_files(base: &Path, parents: &[PathBuf], hierarchy: &Path, closure: &Path) -> Self {
        Self {
            base: base.to_owned(),
            parents: parents.to_vec(),
            hierarchy: hierarchy.to_owned(),
            closure: closure.to_owned(),
        }
    }

    /// What both files depend on.
    pub fn fingerprint(&self) -> Fingerprint {
        let fingerprint = Fingerprint::new("hierarchy", VERSION).input("iteration 0", &self.base);
        self.parents.iter().enumerate().fold(fingerprint, |fingerprint, (place, path)| {
            fingerprint.input(&format!("iteration {}", place + 1), path)
        })
    }

    /// Puts both together, and writes those that `wanted` says.
    ///
    /// # Errors
    /// When the parents do not fit together, or a file cannot be read or written.
    pub fn write(&self, wanted: [bool; 2]) -> Result<()> {
        let fingerprint = self.fingerprint();
        let parts = fingerprint.parts()?;
        let base = artifact::read_clusters(&self.base)?.rows;
        let parents: Vec<_> =
            self.parents.iter().map(|path| artifact::read_clusters(path)).collect::<Result<_>>()?;
        let tree = Tree::assemble(base, parents)?;
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
        Ok(())
    }
}
