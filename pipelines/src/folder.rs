//! A run folder: what lies where, and who may write in it.

use std::fs::{self, File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use cladus_core::config::Config;
use cladus_core::{Error, Result};

/// A run folder.
#[derive(Debug, Clone)]
pub struct RunFolder {
    root: PathBuf,
}

/// Held while a run writes; the system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub struct RunLock {
    _file: File,
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
        let folder = Self::new(root);
        if folder.hierarchy().is_file() {
            return Ok(folder);
        }
        let problem =
            if root.is_dir() { "holds no hierarchy.parquet" } else { "is not a run folder" };
        Err(Error::damaged(
            root,
            format!("{problem}: `cladus run INPUT --out {}` makes one", root.display()),
        ))
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The input, validated and normalised.
    pub fn clusters(&self) -> PathBuf {
        self.root.join("clusters.parquet")
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

    /// Every cluster with its parent and level.
    pub fn hierarchy(&self) -> PathBuf {
        self.root.join("hierarchy.parquet")
    }

    /// Every ancestor and descendant.
    pub fn closure(&self) -> PathBuf {
        self.root.join("closure.parquet")
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

    /// Makes the folder and holds it for this process.
    ///
    /// # Errors
    /// [`Error::Locked`] when another run holds it.
    pub fn lock(&self) -> Result<RunLock> {
        fs::create_dir_all(&self.root)
            .map_err(|e| Error::io("create the folder", &self.root, e))?;
        let path = self.root.join(".lock");
        let cannot_lock = |e| Error::io("lock", &path, e);
        let mut file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(cannot_lock)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Best effort: the holder may be writing its name at this moment.
                let _ = file.read_to_string(&mut holder);
                return Err(Error::Locked {
                    path: self.root.clone(),
                    holder: holder.trim().to_owned(),
                });
            }
            Err(TryLockError::Error(e)) => return Err(cannot_lock(e)),
        }
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "process {}", std::process::id()))
            .map_err(cannot_lock)?;
        Ok(RunLock { _file: file })
    }
}
