//! A run folder: what lies where, and who may write in it.

pub(crate) mod aside;
pub(crate) mod lock;

use crate::folder::aside::{GIVEN, NOISE};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use cladus_core::config::Config;
use cladus_core::{Error, Result, atomic, runs};

use crate::folder::lock::RunLock;

/// A run folder.
#[derive(Debug, Clone)]
pub struct RunFolder {
    root: PathBuf,
}

impl RunFolder {
    /// The folder at `root`, which need not exist yet.
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// The folder of a finished run.
    ///
    /// # Errors
    /// When it holds no hierarchy.
    pub fn finished(root: &Path) -> Result<Self> {
        runs::finished(root)?;
        Ok(Self::new(root))
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The input, validated and normalised.
    pub fn clusters(&self) -> PathBuf {
        self.root.join("clusters.parquet")
    }

    /// What the input calls noise, in the columns of the above.
    pub fn noise(&self) -> PathBuf {
        self.root.join(NOISE)
    }

    /// The hierarchy that the input is, where its levels are kept.
    pub fn given(&self) -> PathBuf {
        self.root.join(GIVEN)
    }

    /// The run's resolved configuration.
    pub fn config(&self) -> PathBuf {
        self.root.join("cladus.toml")
    }

    /// The answers of models, where no other store is named.
    pub fn answers(&self) -> PathBuf {
        self.root.join("answers.sqlite")
    }

    /// The answers of models, where `config` has them.
    pub fn answers_of(&self, config: &Config) -> PathBuf {
        config.llm.answers.clone().unwrap_or_else(|| self.answers())
    }

    /// What is remembered of artifacts, so that they need not be read to know what they hold.
    pub fn memory(&self) -> PathBuf {
        self.root.join(".contents.json")
    }

    /// What is remembered of the input.
    pub fn input_memory(&self) -> PathBuf {
        self.root.join(".input.json")
    }

    /// Prompts that take the place of the built-in ones.
    pub fn prompts(&self) -> PathBuf {
        self.root.join("prompts")
    }

    /// The hierarchy that the clusters are placed into, by the ids that its clusters have here.
    pub fn onto(&self) -> PathBuf {
        self.root.join("onto.parquet")
    }

    /// People's corrections.
    pub fn edits(&self) -> PathBuf {
        self.root.join("edits.toml")
    }

    /// Every cluster with its parent and level.
    pub fn hierarchy(&self) -> PathBuf {
        self.root.join("hierarchy.parquet")
    }

    /// Every ancestor and descendant.
    pub fn closure(&self) -> PathBuf {
        self.root.join("closure.parquet")
    }

    /// Every cluster in two dimensions, where somebody wanted that.
    pub fn map(&self) -> PathBuf {
        self.root.join("map.parquet")
    }

    /// An artifact of iteration `iteration` (from 1).
    pub fn artifact(&self, iteration: usize, artifact: &str) -> PathBuf {
        self.root.join(format!("iteration-{iteration}")).join(format!("{artifact}.parquet"))
    }

    /// Folders of iterations beyond `last`, by name.
    pub fn iterations_after(&self, last: usize) -> Vec<String> {
        (last + 1..)
            .map(|iteration| format!("iteration-{iteration}"))
            .take_while(|name| self.root.join(name).is_dir())
            .collect()
    }

    /// What iteration `iteration` (from 1) starts from.
    pub fn clusters_of(&self, iteration: usize) -> PathBuf {
        if iteration == 1 { self.clusters() } else { self.artifact(iteration - 1, "parents") }
    }

    /// Holds the folder for this process, if there is one: what another run holds is known before
    /// anything is read.
    ///
    /// # Errors
    /// As [`lock`](Self::lock).
    pub fn lock_if_there(&self) -> Result<Option<RunLock>> {
        self.root.is_dir().then(|| self.lock()).transpose()
    }

    /// Makes the folder and holds it for this process. What killed runs left half written is removed,
    /// and what stands in the way of an artifact is told.
    ///
    /// # Errors
    /// [`Error::Locked`] when another run holds it; when it cannot be written.
    pub fn lock(&self) -> Result<RunLock> {
        fs::create_dir_all(&self.root)
            .map_err(|e| Error::io("create the folder", &self.root, e))?;
        let lock = RunLock::take(&self.root)?;
        self.make_ready()?;
        Ok(lock)
    }

    /// Every artifact that is there can be replaced. Leftovers of killed runs go.
    fn make_ready(&self) -> Result<()> {
        let read = |folder: &Path| {
            let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
            let paths =
                |entries: Vec<fs::DirEntry>| entries.iter().map(fs::DirEntry::path).collect();
            entries.map(paths).map_err(|e| Error::io("read", folder, e))
        };
        let top: Vec<PathBuf> = read(&self.root)?;
        let is_iteration = |path: &&PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str());
            name.is_some_and(|name| name.starts_with("iteration-"))
        };
        let iterations = top.iter().filter(is_iteration).cloned();
        for folder in std::iter::once(self.root.clone()).chain(iterations) {
            atomic::tidy(&folder);
            atomic::check(&folder.join("probe"))?;
            let artifact = |path: &&PathBuf| path.extension().is_some_and(|e| e == "parquet");
            read(&folder)?
                .iter()
                .filter(artifact)
                .try_for_each(|path| atomic::check_place(path))?;
        }
        Ok(())
    }
}
