//! The parents of a share, without a model: of other clusters only words are counted, and vectors added up where
//! families are merged.

use std::path::Path;

use cladus_asking::part::{GroupShare, ShareTexts, corpus_texts};
use cladus_asking::part_space::ShareSpace;
use cladus_asking::share_note::{ShareMade, share_note};
use cladus_asking::stage::MadeRows;
use cladus_core::artifact::{self, Parent, id_hash};
use cladus_core::children::Children;
use cladus_core::outcome::Asked;
use cladus_core::progress::Progress;
use cladus_core::shard::Shard;
use cladus_core::{Error, Result};
use cladus_embedder::Embedders;
use cladus_vectors::neighbours;
use cladus_words::{Corpus, OpenName, Telling, open_headlines, told_apart};

use crate::extractive::{NamedLevel, classes};
use crate::families::{Family, FamilySums, by_label, merge_to};
use crate::open::OpenParents;
use crate::shape::{LevelBounds, Shaped};
use crate::work::{fewest, note};

/// What parents are made of, as files.
pub(crate) struct RenameFiles<'a> {
    pub(crate) clusters: &'a Path,
    pub(crate) labels: &'a Path,
    pub(crate) candidates: &'a Path,
    pub(crate) embeddings: &'a Path,
}

/// The set that a candidate belongs to if it was made for no group.
const EVERY_GROUP: u32 = u32::MAX;

/// Which cluster carries which candidate.
struct LevelLabels {
    /// The clusters' ids, as hashes, in the order of the file.
    ids: Vec<u64>,
    labels: Vec<u32>,
}

/// What families need to know of candidates.
struct LevelCandidates {
    names: Vec<String>,
    sets: Vec<u32>,
}

/// Families of all clusters, and how they came about.
struct LevelFamilies {
    families: Vec<Family>,
    /// The set of each.
    sets: Vec<u32>,
    said: String,
}

impl RenameFiles<'_> {
    /// The parents of the families in `shard`; `target` tells how many a level of so many clusters wants.
    ///
    /// `None` where more has to be kept of the level: in a small one clusters draw each other, vectors of
    /// somebody's own cannot be joined by phrases, and families that are split need their vectors. It is `None`,
    /// too, where the files do not fit each other row by row.
    ///
    /// # Errors
    /// When a file cannot be read or breaks its contract, or phrases cannot be embedded.
    pub(crate) fn parents(
        &self,
        shard: Shard,
        target: impl FnOnce(usize) -> Result<usize>,
        embedder: &str,
        embedders: &Embedders,
        progress: &dyn Progress,
    ) -> Result<Option<ShareMade<Parent>>> {
        let LevelLabels { ids, labels } = self.labels()?;
        if neighbours(ids.len()) > 0 {
            return Ok(None);
        }
        let Some(level) = self.families(&ids, &labels, target(ids.len())?)? else {
            return Ok(None);
        };
        drop(labels);
        let Some((own, share)) = level.share(shard, ids) else { return Ok(None) };
        let space = ShareSpace::read(&share, self.embeddings, embedder, self.clusters, embedders)?;
        let Some(mut space) = space else { return Ok(None) };
        let alone = |family: u32| level.families[family as usize].children.len() == 1;
        let Some(texts) = share.texts(self.clusters, Some(&alone))? else { return Ok(None) };
        drop(share);
        progress.begin(own.len() as u64);
        level.named(&own, texts, &mut space, progress).map(Some)
    }

    fn labels(&self) -> Result<LevelLabels> {
        let (mut ids, mut labels) = (Vec::new(), Vec::new());
        artifact::visit_labels(self.labels, |rows| {
            for (id, candidate) in rows {
                ids.push(id_hash(&id));
                labels.push(candidate);
            }
            Ok(())
        })?;
        Ok(LevelLabels { ids, labels })
    }

    /// `None` where they are not in the order of their numbers.
    fn candidates(&self) -> Result<Option<LevelCandidates>> {
        let (mut names, mut sets) = (Vec::new(), Vec::new());
        let in_order = artifact::visit_candidates(self.candidates, |rows| {
            sets.extend(rows.iter().map(|row| row.group_id.unwrap_or(EVERY_GROUP)));
            names.extend(rows.into_iter().map(|row| row.name));
            Ok(())
        })?;
        Ok(in_order.then_some(LevelCandidates { names, sets }))
    }

    fn families(
        &self,
        ids: &[u64],
        labels: &[u32],
        target: usize,
    ) -> Result<Option<LevelFamilies>> {
        let Some(LevelCandidates { names, sets }) = self.candidates()? else { return Ok(None) };
        if labels.iter().any(|&label| label as usize >= names.len()) {
            return Ok(None);
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut families = by_label(labels, &names);
        let taxonomy = sets.contains(&EVERY_GROUP).then_some(names.len());
        let least = fewest(target, ids.len(), taxonomy);
        if families.len() < least {
            return Ok(None);
        }
        let bounds = LevelBounds { target, least, children: Children::default() };
        let labelled = families.len();
        let mut sums = FileSums::of(self.embeddings, ids);
        let merges = merge_to(&mut families, &mut sums, bounds.target, usize::MAX)?;
        let sets = families.iter().map(|family| sets[family.candidate as usize]).collect();
        let said = Shaped::merged(labelled, merges).note(bounds);
        Ok(sums.agrees.then_some(LevelFamilies { families, sets, said }))
    }
}

impl LevelFamilies {
    /// The places of the families in `shard`, those of a set together, and how to find their clusters.
    fn share(&self, shard: Shard, ids: Vec<u64>) -> Option<(Vec<usize>, GroupShare)> {
        let mine: Vec<bool> =
            self.sets.iter().map(|&set| shard.takes_piece(set as usize)).collect();
        let mut family_of = vec![u32::MAX; ids.len()];
        for (at, family) in self.families.iter().enumerate() {
            let at = u32::try_from(at).ok()?;
            family.children.iter().for_each(|&row| family_of[row] = at);
        }
        let own = (0..mine.len()).filter(|&at| mine[at]).collect();
        Some((own, GroupShare::of(ids, family_of, mine)))
    }

    /// The parents of the families at the places `own`, of which the texts are.
    fn named(
        &self,
        own: &[usize],
        texts: ShareTexts,
        space: &mut ShareSpace,
        progress: &dyn Progress,
    ) -> Result<ShareMade<Parent>> {
        let ShareTexts { clusters, group_of, words, level } = texts;
        let families = self.of_rows(own, &group_of);
        let corpus = Corpus::part(corpus_texts(&clusters), words);
        let sets: Vec<u32> = own.iter().map(|&place| self.sets[place]).collect();
        let classes = classes(&families, &sets);
        let found = match classes[..] {
            [] => Vec::new(),
            _ => open_headlines(&corpus, &classes, Some(space))?,
        };
        let (open, tellings): (Vec<OpenName>, Vec<Telling>) = found.into_iter().unzip();
        let said = told_apart(&open).into_iter().zip(tellings.iter().cloned()).collect();
        let and = corpus.and();
        let level = NamedLevel { level: level.saturating_add(1), and, clusters: &clusters };
        let parents = level.parents(&families, said, progress);
        // Whether the whole level's names are imperatives is not known here.
        let open = match corpus.is_imperative() {
            true => None,
            false => {
                let mut said = open.into_iter().zip(tellings);
                let said = families.iter().map(|family| match family.children[..] {
                    [_] => None,
                    _ => said.next(),
                });
                let open = OpenParents::new(and, &self.said, own, &parents, said);
                share_note(&open)?
            }
        };
        let alone = families.iter().filter(|family| family.children.len() == 1).count();
        let note = note(parents.len(), alone) + &self.said;
        let rows = parents.into_iter().map(Parent::from).collect();
        Ok(ShareMade { made: MadeRows { rows, note, asked: Asked::default() }, open })
    }

    /// The families at the places `own`, of rows of the share: row `at` is of the family at `family_of[at]`.
    fn of_rows(&self, own: &[usize], family_of: &[u32]) -> Vec<Family> {
        let candidate = |&place: &usize| self.families[place].candidate;
        let empty = |place| Family { candidate: candidate(place), children: Vec::new() };
        let mut families: Vec<Family> = own.iter().map(empty).collect();
        for (row, &family) in family_of.iter().enumerate() {
            if let Ok(at) = own.binary_search(&(family as usize)) {
                families[at].children.push(row);
            }
        }
        families
    }
}

/// Sums of vectors in a file, which is read once for each time that families are merged.
struct FileSums<'a> {
    path: &'a Path,
    /// The clusters that its rows should be of.
    ids: &'a [u64],
    agrees: bool,
    dim: usize,
    sums: Vec<f32>,
}

impl<'a> FileSums<'a> {
    fn of(path: &'a Path, ids: &'a [u64]) -> Self {
        Self { path, ids, agrees: true, dim: 0, sums: Vec::new() }
    }
}

impl FamilySums for FileSums<'_> {
    type Error = Error;

    fn prepare(&mut self, families: &[Family]) -> Result<()> {
        let mut place_of = vec![0; self.ids.len()];
        for (place, family) in families.iter().enumerate() {
            family.children.iter().for_each(|&row| place_of[row] = place);
        }
        let (mut row, mut agrees) = (0, true);
        let Self { ids, sums, dim, .. } = self;
        sums.clear();
        artifact::visit_embeddings(self.path, |rows| {
            *dim = rows.dim;
            sums.resize(families.len() * rows.dim, 0.0);
            for (at, id) in rows.cluster_ids.iter().enumerate() {
                agrees &= ids.get(row) == Some(&id_hash(id));
                if let Some(&place) = place_of.get(row) {
                    let sum = &mut sums[place * rows.dim..][..rows.dim];
                    sum.iter_mut().zip(rows.vector(at)).for_each(|(sum, value)| *sum += value);
                }
                row += 1;
            }
            Ok(())
        })?;
        self.agrees &= agrees && row == self.ids.len();
        Ok(())
    }

    fn sum(&self, place: usize, _: &Family) -> Vec<f32> {
        self.sums[place * self.dim..][..self.dim].to_vec()
    }
}

#[cfg(test)]
mod tests;
