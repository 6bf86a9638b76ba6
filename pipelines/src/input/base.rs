//! The base clusters: what the user hands in becomes `clusters.parquet`, when it is not that already.

use std::path::{Path, PathBuf};

use cladus_core::artifact::{self, Cluster, Node};
use cladus_core::config::InputConfig;
use cladus_core::content::{self, Content, Stamp};
use cladus_core::fingerprint::{Fingerprint, Parts};
use cladus_core::manifest::{self, ArtifactState, Manifest, Reason};
use cladus_core::outcome::{Asked, Ran};
use cladus_core::{Error, Result, atomic};
use cladus_input::{Input, Understood};
use serde::{Deserialize, Serialize};

use crate::folder::RunFolder;
use crate::folder::aside::{GIVEN, NOISE};
use cladus_core::tree::Tree;

/// Raised by hand when the same input gives other clusters.
const VERSION: u32 = 4;
/// What this step is called in reports.
pub const STAGE: &str = "input";

/// Where base clusters come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputSource {
    /// The file; `-` is standard input.
    pub path: PathBuf,
    /// How it is read.
    pub config: InputConfig,
}

/// What is to be said of an input.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputReading {
    /// How it was read.
    #[serde(flatten)]
    pub understood: Understood,
    /// What the user should know about it; whole sentences.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub warnings: Vec<String>,
    /// What it takes the place of.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub replaces: Option<Replaced>,
}

/// Clusters that others take the place of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replaced {
    /// How many they are.
    pub clusters: usize,
    /// How many items they have.
    pub items: u64,
    /// How many of their ids are there still.
    pub ids_in_both: usize,
}

/// A source that was read, so that it need not be read again. Only a memory: no result depends on it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Memory {
    version: u32,
    source: InputSource,
    /// What was in it; only where any later change would show in the stamp.
    read: Option<(Stamp, BaseFound)>,
}

/// What was found in a source.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct BaseFound {
    clusters: Content,
    /// What was set aside, and the levels that are kept.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    beside: Option<String>,
    told: InputReading,
}

/// Where `clusters.parquet` stands.
#[derive(Debug, Clone)]
pub struct Base {
    /// Against its source.
    pub state: ArtifactState,
    /// What is to be said of the source.
    pub told: Option<InputReading>,
    /// What was read from the source, where it had to be.
    read: Option<Input>,
    fingerprint: Fingerprint,
    parts: Parts,
    memory: Option<Memory>,
    source: Option<InputSource>,
}

impl InputSource {
    fn absolute(&self) -> Option<Self> {
        (self.path.as_os_str() != "-").then(|| Self {
            path: std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone()),
            config: self.config.clone(),
        })
    }

    /// The one that `folder` was made from, if it is still there.
    pub fn remembered(folder: &RunFolder) -> Option<Self> {
        let memory = Memory::load(&folder.input_memory())?;
        memory.source.path.exists().then_some(memory.source)
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
    pub fn look(folder: &RunFolder, source: Option<&InputSource>) -> Result<Self> {
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
    pub fn of(source: &InputSource, path: &Path, memory: Option<&Path>) -> Result<Self> {
        let fingerprint = Fingerprint::new(STAGE, VERSION);
        let known = source.absolute().zip(memory).and_then(|(absolute, memory)| {
            let memory = Memory::load(memory)?;
            let (stamp, found) = memory.read?;
            let same = memory.version == VERSION
                && memory.source == absolute
                && Stamp::of(&absolute.path) == Some(stamp);
            same.then_some(found)
        });
        let (found, read, memory) = match known {
            Some(found) => (found, None, None),
            None => {
                let stamp = Stamp::of(&source.path);
                let input = cladus_input::read(&source.path, &source.config)?;
                let found = BaseFound::of(&input)?;
                let read = stamp.map(|stamp| (stamp, found.clone()));
                let memory =
                    source.absolute().map(|source| Memory { version: VERSION, source, read });
                (found, Some(input), memory)
            }
        };
        let mut fingerprint = fingerprint.value("clusters", &found.clusters.digest);
        if let Some(beside) = &found.beside {
            fingerprint = fingerprint.value("beside", beside);
        }
        let parts = fingerprint.own_parts();
        let state = manifest::state(path, &fingerprint, &parts)?;
        let mut told = found.told;
        if matches!(state, ArtifactState::Stale(_)) && path.is_file() && read.is_some() {
            told.replaces = read.as_ref().and_then(|input| replaced(path, &input.clusters));
        }
        let source = Some(source.clone());
        Ok(Self { state, told: Some(told), read, fingerprint, parts, memory, source })
    }

    fn as_it_is(folder: &RunFolder, fingerprint: Fingerprint) -> Result<Self> {
        let path = folder.clusters();
        if !path.is_file() {
            let root = folder.root().display();
            return Err(Error::config_hint(
                format!("{root} contains no clusters yet"),
                format!("`cladus run INPUT --out {root}` reads them from INPUT"),
            ));
        }
        let found = content::of(&path)?.digest;
        let made = Manifest::load(&path)?;
        let state = match &made {
            Some(made) if made.content != found => ArtifactState::Edited { since: Vec::new() },
            _ => ArtifactState::Fresh { note: String::new(), fell_back: 0 },
        };
        let parts = Parts::new();
        Ok(Self { state, told: None, read: None, fingerprint, parts, memory: None, source: None })
    }

    /// Takes back an edit.
    pub fn discard_edits(&mut self) {
        if matches!(self.state, ArtifactState::Edited { .. }) && self.source.is_some() {
            self.state = ArtifactState::Stale(vec![Reason::Discarded]);
        }
    }

    /// What the source holds.
    ///
    /// # Errors
    /// When it has to be read again and cannot.
    fn input(&mut self) -> Result<Input> {
        match (self.read.take(), &self.source) {
            (Some(input), _) => Ok(input),
            (None, Some(source)) => cladus_input::read(&source.path, &source.config),
            (None, None) => Err(Error::Bug("clusters without a source".to_owned())),
        }
    }

    /// The clusters as the source has them.
    ///
    /// # Errors
    /// When they have to be read again and cannot.
    pub fn clusters(&mut self) -> Result<Vec<Cluster>> {
        Ok(self.input()?.clusters)
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
        if matches!(self.state, ArtifactState::Stale(_)) {
            let input = self.input()?;
            manifest::replacing(path)?;
            if memory.is_some() {
                write_noise(&path.with_file_name(NOISE), &input.noise)?;
                write_given(&path.with_file_name(GIVEN), input.given)?;
            }
            let written = artifact::write_clusters(path, &input.clusters)?;
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

impl BaseFound {
    fn of(input: &Input) -> Result<Self> {
        let Input { clusters, noise, given, understood, warnings } = input;
        let digest = artifact::digest_clusters(clusters)?.to_string();
        let mut beside = Vec::new();
        if !noise.is_empty() {
            beside.push(artifact::digest_clusters(noise)?.to_string());
        }
        if !given.is_empty() {
            let rows: Vec<Cluster> = given.iter().map(|node| node.cluster.clone()).collect();
            beside.push(artifact::digest_clusters(&rows)?.to_string());
        }
        Ok(Self {
            clusters: Content { digest, rows: clusters.len() },
            beside: (!beside.is_empty()).then(|| beside.join(" ")),
            told: InputReading {
                understood: understood.clone(),
                warnings: warnings.clone(),
                replaces: None,
            },
        })
    }
}

/// What is at `path` and differs from `new`; nothing where it cannot be read.
fn replaced(path: &Path, new: &[Cluster]) -> Option<Replaced> {
    let old = artifact::read_clusters(path).ok()?.rows;
    let ids: std::collections::HashSet<&str> =
        new.iter().map(|cluster| cluster.id.as_str()).collect();
    let both = old.iter().filter(|cluster| ids.contains(cluster.id.as_str())).count();
    Some(Replaced {
        clusters: old.len(),
        items: old.iter().map(|cluster| cluster.size).sum(),
        ids_in_both: both,
    })
}

fn write_noise(path: &Path, noise: &[Cluster]) -> Result<()> {
    if noise.is_empty() {
        return removed(path);
    }
    artifact::write_clusters(path, noise).map(drop)
}

fn write_given(path: &Path, given: Vec<Node>) -> Result<()> {
    if given.is_empty() {
        return removed(path);
    }
    artifact::write_hierarchy(path, Tree::of_nodes(given)?.nodes()).map(drop)
}

fn removed(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Error::io("remove", path, e)),
        _ => Ok(()),
    }
}

impl InputReading {
    /// A line about what was read, one about what it replaces, and the warnings.
    pub fn tell(&self, folder: &Path, display: &cladus_cli::Display) {
        let Self { understood, warnings, replaces } = self;
        display.line(&understood.to_string());
        if let Some(old) = replaces {
            let is_other = old.ids_in_both * 2 < old.clusters;
            let line = format!(
                "{}: {} clusters, {} items are replaced by {} clusters, {} items ({} ids in common)",
                folder.display(),
                old.clusters,
                old.items,
                understood.clusters,
                understood.items,
                old.ids_in_both
            );
            if is_other {
                display.warning(&format!("another data set: {line}"));
            } else {
                display.line(&line);
            }
        }
        warnings.iter().for_each(|warning| display.warning(warning));
    }
}
