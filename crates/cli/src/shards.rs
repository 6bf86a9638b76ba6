//! Flags of stages that can be done in shares.

use std::path::{Path, PathBuf};

use cladus_core::Result;
use cladus_core::fingerprint::Fingerprint;
use cladus_core::shard::{Shard, Share, gathered};

/// Which part of its work a stage is to do; without any of these, all of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::Args)]
pub struct ShardArgs {
    /// Process only shard I of N and write it beside --out, as in labels.shard-3-of-8.parquet. Shards can
    /// run in parallel, in processes that share a store of answers or on machines with their own.
    #[arg(long, value_name = "I/N", conflicts_with = "gather")]
    pub shard: Option<Shard>,
    /// Combine N shards, all of which must exist and be up to date. Takes the same other arguments as the
    /// shards, and the store with their answers (answers missing from it are asked again). Merge the
    /// stores of several machines first (cladus import-answers).
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub gather: Option<u32>,
}

impl ShardArgs {
    /// The file that is written, where the whole is at `out`.
    pub fn out(&self, out: &Path) -> PathBuf {
        self.shard.map_or_else(|| out.to_owned(), |shard| shard.path(out))
    }

    /// What that file depends on, where the whole depends on `whole`.
    #[must_use]
    pub fn fingerprint(&self, whole: Fingerprint) -> Fingerprint {
        match self.shard {
            Some(shard) => shard.fingerprint(whole),
            None => whole,
        }
    }

    /// Is what these clusters make up together to be worked on? See [`Shard::takes`].
    pub fn takes<'a>(&self, ids: impl IntoIterator<Item = &'a str>) -> bool {
        self.shard.is_none_or(|shard| shard.takes(ids))
    }

    /// The shares to be gathered, where there are such.
    ///
    /// # Errors
    /// When one of them is not there, or not current.
    pub fn gathered(&self, out: &Path, whole: &Fingerprint) -> Result<Option<Vec<Share>>> {
        self.gather.map(|of| gathered(out, of, whole)).transpose()
    }
}
