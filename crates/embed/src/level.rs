//! The clusters that a process embeds: all of a level, or those in its share.

use std::collections::HashSet;
use std::path::Path;

use cladus_cli::ShardArgs;
use cladus_core::Result;
use cladus_core::artifact::{self, Cluster, Embeddings};
use cladus_embedder::{CorpusSample, EmbeddedText, EmbedderKind};

/// Clusters to embed.
pub(crate) struct LevelShare {
    /// Only those of the share; with members where there is a level below.
    pub(crate) clusters: Vec<Cluster>,
    /// What a built-in embedder would learn of the whole level.
    corpus: Option<CorpusSample>,
}

impl LevelShare {
    /// Reads the level at `path` and keeps what is in the share. An embedder of this `kind`, if any, may
    /// have to be fitted with this `seed`.
    ///
    /// # Errors
    /// When the file cannot be read or breaks its contract.
    pub(crate) fn read(
        path: &Path,
        shards: ShardArgs,
        members: bool,
        kind: Option<&EmbedderKind>,
        seed: u64,
    ) -> Result<Self> {
        let mut clusters = Vec::new();
        let mut corpus = kind.map(|kind| kind.sample(seed));
        artifact::visit_clusters(path, members, |rows| {
            if let Some(corpus) = &mut corpus {
                corpus.add(&texts(&rows));
            }
            // By text: what is the same in several clusters is embedded once, and so it is in one share.
            let mine = |cluster: &Cluster| shards.takes([&*cluster.name, &*cluster.description]);
            clusters.extend(rows.into_iter().filter(mine));
            Ok(())
        })?;
        Ok(Self { clusters, corpus })
    }

    pub(crate) fn texts(&self) -> Vec<EmbeddedText<'_>> {
        texts(&self.clusters)
    }

    /// The texts that an embedder of the whole level is fitted on.
    pub(crate) fn corpus(&self) -> Vec<EmbeddedText<'_>> {
        self.corpus.as_ref().map(CorpusSample::texts).unwrap_or_default()
    }

    /// Those of the embeddings of the level below at `path` that these clusters may come to lie between.
    ///
    /// # Errors
    /// When the file cannot be read or breaks its contract.
    pub(crate) fn children(&self, path: &Path, shards: ShardArgs) -> Result<Embeddings> {
        if shards.shard.is_none() {
            return Ok(artifact::read_embeddings(path)?.rows);
        }
        let ids =
            self.clusters.iter().flat_map(|cluster| cluster.members.iter().chain([&cluster.id]));
        let needed: HashSet<&str> = ids.map(String::as_str).collect();
        let (mut ids, mut vectors) = (Vec::new(), Vec::new());
        let head = artifact::visit_embeddings(path, |rows| {
            for (row, id) in rows.cluster_ids.iter().enumerate() {
                if needed.contains(id.as_str()) {
                    vectors.extend_from_slice(rows.vector(row));
                    ids.push(id.clone());
                }
            }
            Ok(())
        })?;
        Ok(Embeddings { cluster_ids: ids, vectors, ..head })
    }
}

fn texts(clusters: &[Cluster]) -> Vec<EmbeddedText<'_>> {
    clusters.iter().map(|cluster| EmbeddedText::new(&cluster.name, &cluster.description)).collect()
}
