//! The candidates of a share's groups, without a model: of other groups only words are counted.

use std::path::Path;

use cladus_asking::part::{GroupShare, ShareTexts, corpus_texts};
use cladus_asking::part_space::ShareSpace;
use cladus_asking::share_note::ShareMade;
use cladus_asking::stage::MadeRows;
use cladus_core::Result;
use cladus_core::artifact::Candidate;
use cladus_core::outcome::Asked;
use cladus_core::progress::Progress;
use cladus_core::shard::Shard;
use cladus_embedder::Embedders;
use cladus_vectors::neighbours;
use cladus_words::{Corpus, open_guides, told_apart};

use crate::extractive::{candidates, cut};
use crate::group::CandidateGroup;
use crate::open::said;
use crate::work::note;

/// What candidates are made of, as files.
pub(crate) struct ProposeFiles<'a> {
    pub(crate) clusters: &'a Path,
    pub(crate) groups: &'a Path,
    pub(crate) embeddings: &'a Path,
}

impl ProposeFiles<'_> {
    /// The candidates of the groups in `shard`; `target` tells how many a level of so many clusters wants.
    ///
    /// `None` where more has to be kept of the level: in a small one all clusters draw each other, and
    /// vectors of somebody's own cannot be joined by phrases. It is `None`, too, where the files do not fit
    /// each other row by row.
    ///
    /// # Errors
    /// When a file cannot be read or breaks its contract, or phrases cannot be embedded.
    pub(crate) fn candidates(
        &self,
        shard: Shard,
        target: impl FnOnce(usize) -> Result<usize>,
        embedder: &str,
        embedders: &Embedders,
        progress: &dyn Progress,
    ) -> Result<Option<ShareMade<Candidate>>> {
        let groups = GroupShare::read(self.groups, shard)?;
        if neighbours(groups.clusters()) > 0 {
            return Ok(None);
        }
        let space = ShareSpace::read(&groups, self.embeddings, embedder, self.clusters, embedders)?;
        let Some(mut space) = space else { return Ok(None) };
        let Some(texts) = groups.texts(self.clusters, None)? else { return Ok(None) };
        let ShareTexts { clusters, group_of, words, .. } = texts;
        let target = target(groups.clusters())?;
        let own = CandidateGroup::of_share(&group_of, groups.sizes(), target);
        progress.begin(own.len() as u64);
        let classes = cut(&own, &space.vectors, space.dim, progress);
        let corpus = Corpus::part(corpus_texts(&clusters), words);
        let names = match classes[..] {
            [] => Vec::new(),
            _ => open_guides(&corpus, &classes, Some(&mut space))?,
        };
        let rows = candidates(&clusters, &classes, told_apart(&names));
        // Whether the whole level's names are imperatives is not known here.
        let open = match corpus.is_imperative() {
            true => None,
            false => said(own.len(), names)?,
        };
        let made = MadeRows { note: note(&rows, own.len()), rows, asked: Asked::default() };
        Ok(Some(ShareMade { made, open }))
    }
}

#[cfg(test)]
mod tests {
    use cladus_cli::ShardArgs;
    use cladus_core::artifact::{self, Artifact, Cluster, Embeddings, Grouping};
    use cladus_core::progress::Quiet;
    use cladus_core::shard::Share;
    use cladus_embedder::{EmbeddedText, Space, choose, embed_distinct};

    use super::*;
    use crate::open::joined;
    use crate::work::ProposeInputs;

    /// More than are compared with each other.
    const CLUSTERS: usize = 16_500;
    const GROUPS: usize = 400;
    const TARGET: usize = 1_200;

    /// A level in files, as the stages before leave it.
    struct Level {
        folder: tempfile::TempDir,
        clusters: Artifact<Vec<Cluster>>,
        groups: Vec<u32>,
    }

    /// With names that are `led` by verbs or not.
    fn cluster(row: usize, led: bool) -> Cluster {
        let things =
            ["passwords", "invoices", "builds", "recipes", "contracts", "photos", "sensors"];
        let verbs = ["Reset", "Explain", "Fix", "Export", "Compare"];
        let (thing, other) = (things[row / GROUPS % 7], things[row / 3 % 7]);
        let (verb, place) = (verbs[row % 5], row % 89);
        Cluster {
            id: format!("c{row:05}"),
            name: match led {
                true => format!("{verb} {thing} and {other} of office {place}"),
                false => format!("{thing} and {other} of office {place}"),
            },
            description: format!(
                "Asked about {other}. People {verb} {thing} in house {}.",
                row % 31
            ),
            slug: "a_b_c".to_owned(),
            level: 0,
            members: Vec::new(),
            size: row as u64 % 9 + 1,
        }
    }

    fn level(embedder: &str, led: bool) -> Level {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let rows: Vec<Cluster> = (0..CLUSTERS).map(|row| cluster(row, led)).collect();
        artifact::write_clusters(&at("clusters"), &rows).unwrap();
        let texts: Vec<EmbeddedText<'_>> =
            rows.iter().map(|row| EmbeddedText::new(&row.name, &row.description)).collect();
        let embedder = choose(embedder, &texts, 3).unwrap();
        let embeddings = Embeddings {
            cluster_ids: rows.iter().map(|row| row.id.clone()).collect(),
            vectors: embed_distinct(embedder.as_ref(), &texts, &|_| {}).unwrap(),
            dim: embedder.dim(),
            embedder: Some(embedder.id()),
            centre: embedder.centre().map(<[f32]>::to_vec),
            made: None,
        };
        artifact::write_embeddings(&at("embeddings"), &embeddings).unwrap();
        let groups: Vec<u32> = (0..CLUSTERS).map(|row| (row % GROUPS) as u32).collect();
        let grouping = rows.iter().zip(&groups).map(|(row, &group_id)| Grouping {
            cluster_id: row.id.clone(),
            group_id,
            distance: 0.0,
        });
        artifact::write_groups(&at("groups"), &grouping.collect::<Vec<_>>()).unwrap();
        Level { clusters: Artifact::new(&at("clusters"), rows), groups, folder }
    }

    impl Level {
        fn of_part(&self, shard: Shard) -> Option<ShareMade<Candidate>> {
            let at = |name: &str| self.folder.path().join(name);
            let (clusters, groups, embeddings) = (at("clusters"), at("groups"), at("embeddings"));
            let files =
                ProposeFiles { clusters: &clusters, groups: &groups, embeddings: &embeddings };
            let embedders = Embedders::default();
            files.candidates(shard, |_| Ok(TARGET), "auto", &embedders, &Quiet).unwrap()
        }

        /// As it is made of all clusters.
        fn of_all(&self, shard: Shard) -> MadeRows<Candidate> {
            let (embedders, path) = (Embedders::default(), self.folder.path().join("embeddings"));
            let space =
                Space::of(&self.clusters, Some(&path), "auto", 0, None, &embedders).unwrap();
            let inputs = ProposeInputs {
                clusters: &self.clusters.rows,
                groups: self.groups.clone(),
                target: TARGET,
                open: false,
                space,
                seated: None,
                shards: ShardArgs { shard: Some(shard), gather: None },
                model: None,
            };
            inputs.propose(&Quiet).unwrap()
        }
    }

    #[test]
    fn a_share_says_what_it_would_say_if_it_kept_all() {
        for (embedder, shares) in [("static", &["2/3"][..]), ("lexical", &["1/64"])] {
            let level = level(embedder, embedder == "static");
            for shard in shares.iter().map(|shard| shard.parse().unwrap()) {
                let (part, all) = (level.of_part(shard).unwrap().made, level.of_all(shard));
                assert!(!part.rows.is_empty());
                assert_eq!(part.rows, all.rows, "{embedder} {shard}");
                assert_eq!(part.note, all.note);
            }
        }
    }

    #[test]
    fn rows_that_do_not_fit_are_left_to_the_whole() {
        let level = level("static", true);
        let mut rows = level.clusters.rows.clone();
        rows[7].id = "another".to_owned();
        artifact::write_clusters(&level.folder.path().join("clusters"), &rows).unwrap();
        assert!(level.of_part("1/3".parse().unwrap()).is_none());
    }

    #[test]
    fn names_of_shares_are_told_apart_as_those_of_one_process() {
        let level = level("static", false);
        let all = level.of_all("1/1".parse().unwrap());
        for of in [1, 3] {
            let share = |shard: Shard| {
                let path = shard.path(&level.folder.path().join("candidates.parquet"));
                let ShareMade { made, open } = level.of_part(shard).unwrap();
                artifact::write_candidates_open(&path, &made.rows, open).unwrap();
                Share { path, fell_back: 0, unanswered: 0 }
            };
            let shares: Vec<Share> = Shard::all(of).map(share).collect();
            let found = joined(&shares).unwrap().unwrap();
            assert_eq!((found.rows, found.note), (all.rows.clone(), all.note.clone()), "of {of}");
            artifact::write_candidates(&shares[0].path, &all.rows).unwrap();
            assert!(joined(&shares).unwrap().is_none(), "one does not say");
        }
    }

    #[test]
    fn names_that_may_be_imperatives_are_left_to_the_whole() {
        let made = level("static", true).of_part("1/8".parse().unwrap()).unwrap();
        assert!(made.open.is_none());
    }
}
