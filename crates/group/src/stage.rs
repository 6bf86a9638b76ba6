//! The stage: files in, file out.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cladus_cli::ShardArgs;
use cladus_core::artifact;
use cladus_core::config::Config;
use cladus_core::content;
use cladus_core::fingerprint::{Fingerprint, StageArgs};
use cladus_core::outcome::{Asked, Ran};
use cladus_core::progress::Progress;
use cladus_core::room::clusters_that_fit;
use cladus_core::{Error, Result};

use crate::config::GroupParams;
use crate::districts::{DISTRICT_ROWS, DistrictPlan};
use crate::grouping::group_watched;
use crate::piecewise::{PiecewiseTask, joined};
use cladus_vectors::Vectors;

/// Raised by hand when the same input gives other groups.
pub const VERSION: u32 = 4;

/// What `cladus-group` is told.
#[derive(Debug, Clone, clap::Args)]
pub struct GroupArgs {
    /// Embeddings to group.
    #[arg(long, value_name = "FILE")]
    pub embeddings: PathBuf,
    /// File to write the groups to.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Average size of a group [default: from the level plan].
    #[arg(long, value_name = "N", conflicts_with = "question_tokens")]
    pub clusters_per_group: Option<usize>,
    /// Make groups of as many clusters as fit into a question of N tokens.
    #[arg(long, value_name = "N", requires = "clusters")]
    pub question_tokens: Option<usize>,
    /// Clusters, whose texts must fit; only read with --question-tokens.
    #[arg(long, value_name = "FILE")]
    pub clusters: Option<PathBuf>,
    /// Maximum size of a group [default: twice the average, at least 3].
    #[arg(long, value_name = "N")]
    pub max_group_size: Option<usize>,
    /// Random seed [default: 0].
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Settings file for everything not set by a flag.
    #[arg(long, value_name = "FILE")]
    pub params: Option<PathBuf>,
    /// Shards.
    #[command(flatten, next_help_heading = "Shards")]
    pub shards: ShardArgs,
}

impl GroupArgs {
    /// How vectors are to be grouped; `n` tells how many they are, where that matters.
    fn config(&self, n: impl FnOnce() -> Result<usize>) -> Result<GroupParams> {
        let settings = Config::load_or_default(self.params.as_deref())?;
        let mut most = self.max_group_size.or(settings.group.max_group_size);
        let average = match (self.clusters_per_group, self.question_tokens, &self.clusters) {
            (Some(average), ..) => average,
            (None, Some(tokens), Some(clusters)) => {
                let clusters = artifact::read_clusters(clusters)?.rows;
                let fit = clusters_that_fit(&clusters, tokens);
                let sizes = settings.groups_that_fit(clusters.len(), fit);
                most = Some(most.unwrap_or(sizes.most));
                sizes.average
            }
            _ => {
                let n = n()?;
                settings.group_size(n, settings.parents_wanted(None, n)?)
            }
        };
        let mut config = GroupParams::new(at_least_one("clusters-per-group", average)?);
        config.max_group_size =
            most.map(|most| at_least_one("max-group-size", most)).transpose()?;
        config.seed = self.seed.unwrap_or(settings.seed);
        Ok(config)
    }
}

impl StageArgs for GroupArgs {
    fn out(&self) -> PathBuf {
        self.shards.out(&self.out)
    }

    fn fingerprint(&self) -> Result<Fingerprint> {
        Ok(self.shards.fingerprint(self.whole()?))
    }
}

impl GroupArgs {
    /// What the groups of all clusters depend on.
    fn whole(&self) -> Result<Fingerprint> {
        // Where there are none yet, or none that can be read, their own part of the fingerprint says so.
        let rows = content::of(&self.embeddings).map_or(0, |content| content.rows);
        let districts = (rows > DISTRICT_ROWS).then_some(&DISTRICT_ROWS);
        let fingerprint = Fingerprint::new("group", VERSION)
            .input("embeddings", &self.embeddings)
            .optional("districts", districts);
        let settings = Config::load_or_default(self.params.as_deref())?;
        let seed = self.seed.unwrap_or(settings.seed);
        if let (Some(tokens), Some(clusters)) = (self.question_tokens, &self.clusters) {
            let most = self.max_group_size.or(settings.group.max_group_size);
            return Ok(fingerprint
                .input("clusters", clusters)
                .value("question_tokens", &tokens)
                .optional("max_group_size", most.as_ref())
                .value("seed", &seed));
        }
        let config = self.config(|| Ok(content::of(&self.embeddings)?.rows))?;
        Ok(fingerprint
            .value("clusters_per_group", &config.clusters_per_group)
            .optional("max_group_size", config.max_group_size.as_ref())
            .value("seed", &seed))
    }
}

/// Groups the embeddings. Returns what was written, and a few words about it.
///
/// # Errors
/// When a file cannot be read or written, breaks its contract, or a size is 0.
pub fn run(args: &GroupArgs, progress: &dyn Progress) -> Result<Ran> {
    let n = content::of(&args.embeddings)?.rows;
    let config = args.config(|| Ok(n))?;
    let plan = DistrictPlan::new(n, DISTRICT_ROWS, config.seed);
    let rows = if let Some(shares) = args.shards.gathered(&args.out, &args.whole()?)? {
        joined(&args.embeddings, &shares)?
    } else if plan.is_one() && args.shards.shard.is_none_or(|shard| shard.takes_piece(0)) {
        whole(&args.embeddings, n, &config, progress)?
    } else if plan.is_one() {
        // All of it is in the first share.
        Vec::new()
    } else {
        let shard = args.shards.shard;
        PiecewiseTask { embeddings: &args.embeddings, config, plan, shard }.grouped(progress)?
    };
    let written = artifact::write_groups(&args.out(), &rows)?;
    Ok(Ran { written: Some(written), note: note(&rows), asked: Asked::default() })
}

/// All `n` rows at once.
fn whole(
    path: &Path,
    n: usize,
    config: &GroupParams,
    progress: &dyn Progress,
) -> Result<Vec<artifact::Grouping>> {
    let (mut ids, mut vectors) = (Vec::with_capacity(n), Vec::new());
    let head = artifact::visit_embeddings(path, |batch| {
        // Room for all of them at once: growing would take twice as much for a moment.
        vectors.reserve_exact((n * batch.dim).saturating_sub(vectors.len()));
        ids.extend(batch.cluster_ids);
        vectors.extend(batch.vectors);
        Ok(())
    })?;
    progress.begin(ids.len() as u64);
    let vectors = Vectors::new(&vectors, head.dim).map_err(|e| Error::Bug(e.to_string()))?;
    // On a thread of the pool: from outside, each of many small pieces of work would wake it up anew.
    let (grouping, ()) = rayon::join(|| group_watched(vectors, config, progress), || ());
    let rows = ids.into_iter().zip(&grouping.group).zip(&grouping.distance);
    let row = |((cluster_id, &group_id), &distance)| artifact::Grouping {
        cluster_id,
        group_id,
        distance,
    };
    Ok(rows.map(row).collect())
}

/// A few words about groups.
fn note(rows: &[artifact::Grouping]) -> String {
    let groups = rows.iter().map(|row| row.group_id as usize + 1).max().unwrap_or(0);
    let mut sizes = vec![0usize; groups];
    rows.iter().for_each(|row| sizes[row.group_id as usize] += 1);
    let least = sizes.iter().min().copied().unwrap_or(0);
    let most = sizes.iter().max().copied().unwrap_or(0);
    match groups {
        1 => format!("all {most} in one group"),
        groups => format!("{groups} groups of {least} to {most}"),
    }
}
fn at_least_one(flag: &str, value: usize) -> Result<NonZeroUsize> {
    NonZeroUsize::new(value)
        .ok_or_else(|| Error::config(format!("--{flag} is 0, expected at least 1")))
}

/// The binary's `main`.
pub fn main() -> ExitCode {
    cladus_cli::stage_main("cladus-group", "Stage 2: embeddings to groups", run)
}
