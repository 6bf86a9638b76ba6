//! Flags of stages that can place clusters into an older hierarchy.

use std::path::PathBuf;

use cladus_core::Result;
use cladus_core::artifact::Cluster;
use cladus_core::fingerprint::Fingerprint;
use cladus_core::older::{Older, Seated};

/// Where clusters were before.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub struct OntoArgs {
    /// Hierarchy of an earlier run to extend: clusters it contains keep their parents, new ones are added
    /// beside them, and parents keep their ids and names.
    #[arg(long, value_name = "FILE")]
    pub onto: Option<PathBuf>,
    /// Level of the parents in it [default: one above the clusters].
    #[arg(long, value_name = "N", requires = "onto")]
    pub onto_level: Option<u8>,
}

impl OntoArgs {
    /// `fingerprint` with what the older hierarchy holds.
    #[must_use]
    pub fn fingerprint(&self, fingerprint: Fingerprint) -> Fingerprint {
        match &self.onto {
            Some(onto) => {
                fingerprint.input("onto", onto).optional("onto_level", self.onto_level.as_ref())
            }
            None => fingerprint,
        }
    }

    /// Where `clusters` were.
    ///
    /// # Errors
    /// When the hierarchy cannot be read.
    pub fn seated(&self, clusters: &[Cluster]) -> Result<Option<Seated>> {
        let Some(path) = &self.onto else { return Ok(None) };
        Ok(Some(Seated::new(Older::read(path)?, clusters, self.onto_level)))
    }
}
