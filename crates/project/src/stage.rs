//! The stage: files in, file out.

use std::path::PathBuf;
use std::process::ExitCode;

use cladus_core::artifact::{self, MapPoint};
use cladus_core::config::Config;
use cladus_core::fingerprint::{Fingerprint, StageArgs};
use cladus_core::forest::Forest;
use cladus_core::outcome::{Asked, Ran};
use cladus_core::progress::Progress;
use cladus_core::{Error, Result};

use crate::layout::project;

/// Raised by hand when the same input gives another map.
pub const VERSION: u32 = 1;

/// What `cladus-project` is told.
#[derive(Debug, Clone, clap::Args)]
pub struct ProjectArgs {
    /// Hierarchy to lay out.
    #[arg(long, value_name = "FILE")]
    pub hierarchy: PathBuf,
    /// Embeddings of its base clusters.
    #[arg(long, value_name = "FILE")]
    pub embeddings: PathBuf,
    /// File to write the map to.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Random seed [default: 0].
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Settings file for everything not set by a flag.
    #[arg(long, value_name = "FILE")]
    pub params: Option<PathBuf>,
}

impl ProjectArgs {
    fn seed(&self) -> Result<u64> {
        Ok(self.seed.unwrap_or(Config::load_or_default(self.params.as_deref())?.seed))
    }
}

impl StageArgs for ProjectArgs {
    fn out(&self) -> PathBuf {
        self.out.clone()
    }

    fn fingerprint(&self) -> Result<Fingerprint> {
        let fingerprint = Fingerprint::new("project", VERSION)
            .input("hierarchy", &self.hierarchy)
            .input("embeddings", &self.embeddings);
        Ok(fingerprint.value("seed", &self.seed()?))
    }
}

/// Lays the hierarchy out. Returns what was written, and a few words about it.
///
/// # Errors
/// When a file cannot be read or written, breaks its contract, or no cluster of the hierarchy has a
/// vector.
pub fn run(args: &ProjectArgs, progress: &dyn Progress) -> Result<Ran> {
    let forest = Forest::of(artifact::read_hierarchy(&args.hierarchy)?)?;
    let embeddings = artifact::read_embeddings(&args.embeddings)?.rows;
    let places = project(&forest, &embeddings, args.seed()?, progress).ok_or_else(|| {
        let problem = format!("has no vector of any cluster of {}", args.hierarchy.display());
        Error::damaged(&args.embeddings, problem)
    })?;
    let place =
        |(node, [x, y]): (usize, [f32; 2])| MapPoint { id: forest.id(node).to_owned(), x, y };
    let rows: Vec<MapPoint> = places.into_iter().enumerate().map(place).collect();
    let written = artifact::write_map(&args.out, &rows)?;
    let note = format!("{} places", rows.len());
    Ok(Ran { written: Some(written), note, asked: Asked::default() })
}

/// The binary's `main`.
pub fn main() -> ExitCode {
    cladus_cli::stage_main(
        "cladus-project",
        "Optional: lay a hierarchy out as a map in two dimensions",
        run,
    )
}
