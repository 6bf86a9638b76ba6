//! The labels of a share by group, without a model: nothing else of the level is kept.

use std::collections::HashMap;
use std::path::Path;

use cladus_asking::part::GroupShare;
use cladus_asking::stage::MadeRows;
use cladus_core::Result;
use cladus_core::artifact::{self, Candidate, Label, id_hash};
use cladus_core::outcome::Asked;
use cladus_core::progress::Progress;
use cladus_core::schema;
use cladus_core::shard::Shard;
use cladus_embedder::{EmbeddedText, Embedders, embed_distinct, maker_of};
use cladus_vectors::{Vectors, neighbours};

use crate::extractive::{LabelTask, label};
use crate::offered::OfferedCandidate;
use crate::scope::Scope;
use crate::work::{note, row};

/// What labels are made of, as files.
pub(crate) struct LabelFiles<'a> {
    pub(crate) clusters: &'a Path,
    pub(crate) groups: &'a Path,
    pub(crate) candidates: &'a Path,
    pub(crate) embeddings: &'a Path,
}

/// The candidates of a share's groups.
struct ShareCandidates {
    /// Their numbers in the level.
    numbers: Vec<u32>,
    rows: Vec<Candidate>,
}

impl LabelFiles<'_> {
    /// The labels of the clusters in `shard`.
    ///
    /// `None` where more than its groups decides: in a small level all clusters draw each other, a
    /// candidate that was drawn from nothing looks for clusters anywhere, and vectors of somebody's own
    /// cannot be joined by names. It is `None`, too, where the files do not fit each other row by row.
    ///
    /// # Errors
    /// When a file cannot be read or breaks its contract, or names cannot be embedded.
    pub(crate) fn labels(
        &self,
        shard: Shard,
        embedder: &str,
        embedders: &Embedders,
        progress: &dyn Progress,
    ) -> Result<Option<MadeRows<Label>>> {
        let groups = GroupShare::read(self.groups, shard)?;
        if neighbours(groups.clusters()) > 0 {
            return Ok(None);
        }
        let head = artifact::embeddings_head(self.embeddings)?;
        let Some(embedder) = maker_of(&head, embedder, self.clusters, embedders)? else {
            return Ok(None);
        };
        let Some(candidates) = ShareCandidates::read(self.candidates, &groups)? else {
            return Ok(None);
        };
        let Some((ids, group_of)) = self.own_clusters(&groups)? else { return Ok(None) };
        let Some(offered) = candidates.offered(&ids) else { return Ok(None) };
        let Some((vectors, dim)) = groups.vectors(self.embeddings, |_| ())? else {
            return Ok(None);
        };
        progress.begin(ids.len() as u64);
        let texts: Vec<String> = candidates.rows.iter().map(Candidate::text).collect();
        let texts: Vec<EmbeddedText<'_>> =
            texts.iter().map(|text| EmbeddedText::name(text)).collect();
        let names = embed_distinct(embedder.as_ref(), &texts, &|_| {})?;
        let task = LabelTask {
            clusters: Vectors::over(&vectors, dim),
            groups: &group_of,
            candidates: &offered,
            names: Vectors::over(&names, dim),
            scope: Scope::Group,
        };
        // Every group has a candidate: that has been seen.
        let Ok(choices) = label(&task) else { return Ok(None) };
        progress.advance(ids.len() as u64);
        let number = |at: u32| candidates.numbers[at as usize];
        let rows: Vec<Label> = ids
            .iter()
            .zip(choices)
            .map(|(id, choice)| {
                let made = row(id, choice);
                Label {
                    candidate_id: number(made.candidate_id),
                    runner_up: made.runner_up.map(number),
                    ..made
                }
            })
            .collect();
        Ok(Some(MadeRows { note: note(&rows), rows, asked: Asked::default() }))
    }

    /// The share's clusters with their groups, in the order of the level.
    fn own_clusters(&self, groups: &GroupShare) -> Result<Option<(Vec<String>, Vec<u32>)>> {
        let (mut ids, mut group_of) = (Vec::new(), Vec::new());
        let mut walk = groups.walk();
        artifact::visit_ids(self.clusters, &schema::CLUSTERS, "id", |batch| {
            for id in batch {
                if let Some(group) = walk.step(&id) {
                    group_of.push(group);
                    ids.push(id);
                }
            }
            Ok(())
        })?;
        Ok(walk.is_through().then_some((ids, group_of)))
    }
}

impl ShareCandidates {
    /// `None` where some are offered to all, were drawn from no cluster or one that is not there, or a
    /// group has none.
    fn read(path: &Path, groups: &GroupShare) -> Result<Option<Self>> {
        let known = groups.ids();
        let mut served = vec![false; groups.sizes().len()];
        let mut found = Self { numbers: Vec::new(), rows: Vec::new() };
        let (mut number, mut fit) = (0_u32, true);
        let in_order = artifact::visit_candidates(path, |rows| {
            for row in rows {
                fit &= is_drawn(&row, &known);
                // One of a group that is not there is offered to nobody.
                let group = row.group_id.unwrap_or(u32::MAX);
                if let Some(served) = served.get_mut(group as usize) {
                    *served = true;
                }
                if groups.is_mine(group) {
                    found.numbers.push(number);
                    found.rows.push(row);
                }
                number += 1;
            }
            Ok(())
        })?;
        let fit = fit && in_order && served.into_iter().all(|served| served);
        Ok(fit.then_some(found))
    }

    /// The candidates by places among the share's clusters; `None` where one was drawn from another
    /// share's, too.
    fn offered(&self, ids: &[String]) -> Option<Vec<OfferedCandidate>> {
        let place_of: HashMap<&str, u32> = ids.iter().map(String::as_str).zip(0..).collect();
        let offered = |row: &Candidate| {
            let place = |id: &String| place_of.get(id.as_str()).copied();
            let exemplars: Option<Vec<u32>> = row.exemplars.iter().flatten().map(place).collect();
            Some(OfferedCandidate { group: row.group_id, exemplars: exemplars?, same_as: None })
        };
        self.rows.iter().map(offered).collect()
    }
}

/// Is it of a group, and of clusters that are there? `known` are the hashes of their ids.
fn is_drawn(candidate: &Candidate, known: &[u64]) -> bool {
    let exemplars = candidate.exemplars.as_deref().unwrap_or_default();
    let is_known = |id: &String| known.binary_search(&id_hash(id)).is_ok();
    candidate.group_id.is_some() && !exemplars.is_empty() && exemplars.iter().all(is_known)
}
