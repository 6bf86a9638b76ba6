//! The base clusters: what the user hands in becomes `clusters.parquet`, when it is not that already.

use std::path::{Path, PathBuf};

use cladus_core::artifact::{self, Cluster};
use cladus_core::content::{self, Content, Stamp};
use cladus_core::fingerprint::{Fingerprint, Parts};
use cladus_core::manifest::{self, Manifest, Reason, State};
use cladus_core::outcome::{Asked, Ran};
use cladus_core::{Error, Result, atomic};
use serde::{Deserialize, Serialize};

use crate::folder::RunFolder;
use crate::input::{self, Input, InputArgs};

/// Raised by hand when the same input gives other clusters.
const VERSION: u32 = 1;
/// What this step is called in reports.
pub const STAGE: &str = "input";

/// Where base clusters come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The file; `-` is standard input.
    pub path: PathBuf,
    /// How it is read.
    pub columns: InputArgs,
}

/// A source that was read, so that it need not be read again. Only a memory: no result depends on it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Memory {
    version: u32,
    source: Source,
    /// What was in it; only where any later change would show in the stamp.
    read: Option<(Stamp, Content)>,
}

/// Where `clusters.parquet` stands.
#[derive(Debug, Clone)]
pub struct Base {
    /// Against its source.
    pub state: State,
    /// What the user should know about the source.
    pub warnings: Vec<String>,
    /// The clusters of the source, where it had to be read.
    pub clusters: Option<Vec<Cluster>>,
    fingerprint: Fingerprint,
    parts: Parts,
    memory: Option<Memory>,
    source: Option<Source>,
}

impl Source {
    fn absolute(&self) -> Option<Self> {
        (self.path.as_os_str() != "-").then(|| Self {
            path: std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone()),
            columns: self.columns.clone(),
        })
    }

    /// The one that `folder` was made from, if it is still there.
    pub fn remembered(folder: &RunFolder) -> Option<Self> {
        let memory = Memory::load(&folder.input_memory())?;
        memory.source.path.is_file().then_some(memory.source)
    }
}

impl Memory {
    fn load(path: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(path).ok()?).ok()
    }
}

impl Base {
    /// Looks at `folder`, and into `source` where that has changed since it was read last. Without a
    /// source, the clusters are what the folder has.
    ///
    /// # Errors
    /// When the source cannot be read, or there is neither.
    pub fn look(folder: &RunFolder, source: Option<&Source>) -> Result<Self> {
        match source {
            Some(source) => Self::of(source, &folder.clusters(), Some(&folder.input_memory())),
            None => Self::as_it_is(folder, Fingerprint::new(STAGE, VERSION)),
        }
    }

    /// Looks at the artifact at `path`, and into `source` where that has changed since it was read last
    /// (as the file `memory` tells, if there is one).
    ///
    /// # Errors
    /// When the source cannot be read.
    pub fn of(source: &Source, path: &Path, memory: Option<&Path>) -> Result<Self> {
        let fingerprint = Fingerprint::new(STAGE, VERSION);
        let known = source.absolute().zip(memory).and_then(|(absolute, memory)| {
            let memory = Memory::load(memory)?;
            let (stamp, content) = memory.read?;
            let same = memory.version == VERSION
                && memory.source == absolute
                && Stamp::of(&absolute.path) == Some(stamp);
            same.then_some(content)
        });
        let (content, warnings, clusters, memory) = match known {
            Some(content) => (content, Vec::new(), None, None),
            None => {
                let stamp = Stamp::of(&source.path);
                let Input { clusters, warnings } = input::read(&source.path, &source.columns)?;
                let digest = artifact::digest_clusters(&clusters)?.to_string();
                let content = Content { digest, rows: clusters.len() };
                let read = stamp.map(|stamp| (stamp, content.clone()));
                let memory =
                    source.absolute().map(|source| Memory { version: VERSION, source, read });
                (content, warnings, Some(clusters), memory)
            }
        };
        let fingerprint = fingerprint.value("clusters", &content.digest);
        let parts = fingerprint.own_parts();
        let state = manifest::state(path, &fingerprint, &parts)?;
        let source = Some(source.clone());
        Ok(Self { state, warnings, clusters, fingerprint, parts, memory, source })
    }

    fn as_it_is(folder: &RunFolder, fingerprint: Fingerprint) -> Result<Self> {
        let path = folder.clusters();
        if !path.is_file() {
            let root = folder.root().display();
            return Err(Error::config_hint(
                format!("{root} holds no clusters yet"),
                format!("`cladus run INPUT --out {root}` takes them from INPUT"),
            ));
        }
        let found = content::of(&path)?.digest;
        let made = Manifest::load(&path)?;
        let state = match &made {
            Some(made) if made.content != found => State::Edited { since: Vec::new() },
            _ => State::Fresh { note: String::new(), fell_back: 0 },
        };
        let (warnings, parts) = (Vec::new(), Parts::new());
        Ok(Self { state, warnings, clusters: None, fingerprint, parts, memory: None, source: None })
    }

    /// Takes back an edit.
    pub fn discard_edits(&mut self) {
        if matches!(self.state, State::Edited { .. }) && self.source.is_some() {
            self.state = State::Stale(vec![Reason::Discarded]);
        }
    }

    /// The clusters as the source has them.
    ///
    /// # Errors
    /// When they have to be read again and cannot.
    pub fn clusters(&mut self) -> Result<Vec<Cluster>> {
        match (self.clusters.take(), &self.source) {
            (Some(clusters), _) => Ok(clusters),
            (None, Some(source)) => Ok(input::read(&source.path, &source.columns)?.clusters),
            (None, None) => Err(Error::Bug("clusters without a source".to_owned())),
        }
    }

    /// Writes `clusters.parquet` where it is stale. Says how many clusters it holds.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&mut self, folder: &RunFolder) -> Result<usize> {
        self.write_to(&folder.clusters(), Some(&folder.input_memory()))
    }

    /// Writes the artifact at `path` where it is stale, and what is to be remembered of its source in
    /// the file `memory`, if there is to be one. Says how many clusters it holds.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_to(&mut self, path: &Path, memory: Option<&Path>) -> Result<usize> {
        if matches!(self.state, State::Stale(_)) {
            let clusters = self.clusters()?;
            manifest::replacing(path)?;
            let written = artifact::write_clusters(path, &clusters)?;
            let note = format!("{} clusters", written.rows);
            let ran = Ran { written: Some(written), note, asked: Asked::default() };
            manifest::record_run(path, &self.fingerprint, self.parts.clone(), &ran)?;
        }
        let from_stdin = self.source.as_ref().is_some_and(|source| source.absolute().is_none());
        if let Some(memory) = memory.filter(|memory| from_stdin && memory.is_file()) {
            // What came before from a file is not what is here now.
            std::fs::remove_file(memory).map_err(|e| Error::io("remove", memory, e))?;
        }
        if let (Some(mut read), Some(memory)) = (self.memory.take(), memory) {
            let now = std::time::SystemTime::now();
            read.read = read.read.filter(|(stamp, _)| stamp.is_settled(now));
            let mut text =
                serde_json::to_string_pretty(&read).map_err(|e| Error::Bug(e.to_string()))?;
            text.push('\n');
            atomic::publish_bytes(memory, text.as_bytes())?;
        }
        Ok(content::of(path)?.rows)
    }
}
