//! A share of a level's groups, for stages that ask no model: what such a share needs of the level is
//! the clusters of its groups, and a look at all others in passing.

use std::path::Path;

use cladus_core::Result;
use cladus_core::artifact::{self, Cluster, Embeddings, id_hash};
use cladus_core::shard::Shard;
use cladus_words::{CorpusText, LevelSurvey, LevelWords};

/// Which clusters are in which group, and which groups are in a share.
pub struct GroupShare {
    /// Of every cluster, in the order of the file of groups.
    ids: Vec<u64>,
    groups: Vec<u32>,
    /// By group.
    sizes: Vec<usize>,
    mine: Vec<bool>,
}

impl GroupShare {
    /// The groups in the file at `path`, of which those in `shard` are worked on.
    ///
    /// # Errors
    /// When the file cannot be read or breaks its contract.
    pub fn read(path: &Path, shard: Shard) -> Result<Self> {
        // All in one text: a million texts of their own would take several times as much.
        let (mut text, mut ends) = (String::new(), Vec::new());
        let (mut ids, mut groups) = (Vec::new(), Vec::new());
        let mut sizes: Vec<usize> = Vec::new();
        artifact::visit_groups(path, |rows| {
            for row in rows {
                text += &row.cluster_id;
                ends.push(text.len());
                ids.push(id_hash(&row.cluster_id));
                groups.push(row.group_id);
            }
            Ok(())
        })?;
        for group in &groups {
            let group = *group as usize;
            if group >= sizes.len() {
                sizes.resize(group + 1, 0);
            }
            sizes[group] += 1;
        }
        let id = |row: usize| &text[row.checked_sub(1).map_or(0, |last| ends[last])..ends[row]];
        let mut members: Vec<Vec<&str>> =
            sizes.iter().map(|size| Vec::with_capacity(*size)).collect();
        for (row, group) in groups.iter().enumerate() {
            members[*group as usize].push(id(row));
        }
        let mine = members.into_iter().map(|ids| shard.takes(ids)).collect();
        Ok(Self { ids, groups, sizes, mine })
    }

    /// Clusters with these ids, as hashes, in these groups, of which those that are `mine` are in the share.
    pub fn of(ids: Vec<u64>, groups: Vec<u32>, mine: Vec<bool>) -> Self {
        let mut sizes = vec![0; mine.len()];
        groups.iter().for_each(|&group| sizes[group as usize] += 1);
        Self { ids, groups, sizes, mine }
    }

    /// How many clusters the level has.
    pub fn clusters(&self) -> usize {
        self.ids.len()
    }

    /// By group, how many clusters it has.
    pub fn sizes(&self) -> &[usize] {
        &self.sizes
    }

    /// Is this group in the share?
    pub fn is_mine(&self, group: u32) -> bool {
        self.mine.get(group as usize) == Some(&true)
    }

    /// The ids of the level's clusters as hashes, sorted.
    pub fn ids(&self) -> Vec<u64> {
        let mut ids = self.ids.clone();
        ids.sort_unstable();
        ids
    }

    /// How many clusters the share has.
    fn own(&self) -> usize {
        let own = self.sizes.iter().zip(&self.mine).filter(|(_, mine)| **mine);
        own.map(|(size, _)| size).sum()
    }

    /// Goes through another file of the level, row by row.
    pub fn walk(&self) -> GroupWalk<'_> {
        GroupWalk { share: self, row: 0, agrees: true }
    }

    /// The vectors of the share's clusters in the file at `path`, row-major; `every` is shown those of
    /// all. `None` where the file's rows are not those of the groups.
    ///
    /// # Errors
    /// When the file cannot be read or breaks its contract.
    pub fn vectors(
        &self,
        path: &Path,
        mut every: impl FnMut(&[f32]),
    ) -> Result<Option<(Vec<f32>, usize)>> {
        let mut vectors: Vec<f32> = Vec::new();
        let mut walk = self.walk();
        let head = artifact::visit_embeddings(path, |rows: Embeddings| {
            // Once: it is much to move.
            vectors.reserve_exact((self.own() * rows.dim).saturating_sub(vectors.len()));
            for (row, id) in rows.cluster_ids.iter().enumerate() {
                every(rows.vector(row));
                if walk.step(id).is_some() {
                    vectors.extend_from_slice(rows.vector(row));
                }
            }
            Ok(())
        })?;
        Ok(walk.is_through().then_some((vectors, head.dim)))
    }
}

/// The clusters of a share, and the words of all.
pub struct ShareTexts {
    /// In the order of the file.
    pub clusters: Vec<Cluster>,
    /// The group of each of them.
    pub group_of: Vec<u32>,
    /// Of the whole level.
    pub words: LevelWords,
    /// The highest level of a cluster of all.
    pub level: u8,
}

impl GroupShare {
    /// The texts in the file of clusters at `path`; `with_members` says of which groups members are kept.
    /// `None` where the file's rows are not those of the groups.
    ///
    /// It is read twice: how clusters are written decides what their words count.
    ///
    /// # Errors
    /// When the file cannot be read or breaks its contract.
    pub fn texts(
        &self,
        path: &Path,
        with_members: Option<&dyn Fn(u32) -> bool>,
    ) -> Result<Option<ShareTexts>> {
        let mut survey = LevelSurvey::new(self.clusters());
        artifact::visit_clusters(path, false, |rows| {
            survey.add(&corpus_texts(&rows));
            Ok(())
        })?;
        let mut counting = survey.counting();
        let (mut clusters, mut group_of, mut level) = (Vec::new(), Vec::new(), 0);
        let mut walk = self.walk();
        artifact::visit_clusters(path, with_members.is_some(), |rows| {
            counting.add(&corpus_texts(&rows));
            for mut cluster in rows {
                level = level.max(cluster.level);
                if let Some(group) = walk.step(&cluster.id) {
                    if !with_members.is_some_and(|keeps| keeps(group)) {
                        cluster.members = Vec::new();
                    }
                    group_of.push(group);
                    clusters.push(cluster);
                }
            }
            Ok(())
        })?;
        if !walk.is_through() {
            return Ok(None);
        }
        Ok(Some(ShareTexts { clusters, group_of, words: counting.done(), level }))
    }
}

/// The clusters as the naming sees them.
pub fn corpus_texts(clusters: &[Cluster]) -> Vec<CorpusText<'_>> {
    let texts = clusters.iter().map(|cluster| CorpusText {
        name: &cluster.name,
        description: &cluster.description,
        size: cluster.size,
    });
    texts.collect()
}

/// A walk through a file that should have a row for every cluster, in the order of the groups' file.
pub struct GroupWalk<'a> {
    share: &'a GroupShare,
    row: usize,
    agrees: bool,
}

impl GroupWalk<'_> {
    /// The next row is of the cluster called `id`: its group, where that is in the share.
    pub fn step(&mut self, id: &str) -> Option<u32> {
        let row = self.row;
        self.row += 1;
        self.agrees &= self.share.ids.get(row) == Some(&id_hash(id));
        let group = *self.share.groups.get(row)?;
        self.share.is_mine(group).then_some(group)
    }

    /// Were all rows seen, in their order, and no other?
    pub fn is_through(&self) -> bool {
        self.agrees && self.row == self.share.ids.len()
    }
}
