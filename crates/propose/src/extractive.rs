//! Candidates without a model: parts of a group, named by their own words.

use cladus_core::Result;
use cladus_core::artifact::{Candidate, Cluster};
use cladus_core::progress::Progress;
use cladus_core::text::candidate_name;
use cladus_embedder::{PhraseSpace, Space};
use cladus_words::{Class, Corpus, Text, headlines};

use crate::parts::parts;

/// Cuts every group into as many parts as it has candidates wanted, and names them.
///
/// `groups` holds a group a cluster, `wanted` a number a group. The parts of a group are named
/// together, so that their names tell them apart; no two names of the level are alike.
///
/// # Errors
/// Those of embedding phrases.
pub(crate) fn propose(
    clusters: &[Cluster],
    groups: &[u32],
    space: &mut Space<'_>,
    wanted: &[usize],
    progress: &dyn Progress,
) -> Result<Vec<Candidate>> {
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); wanted.len()];
    for (row, &group) in groups.iter().enumerate() {
        members[group as usize].push(row);
    }
    let mut classes: Vec<Class> = Vec::new();
    for ((group, members), &wanted) in (0u32..).zip(&members).zip(wanted) {
        for texts in parts(members, &space.vectors, space.dim, wanted) {
            classes.push(Class { texts, set: group });
        }
        progress.advance(1);
    }
    let texts = clusters.iter().map(|cluster| Text {
        name: &cluster.name,
        description: &cluster.description,
        size: cluster.size,
    });
    let corpus = Corpus::new(texts.collect());
    let found = headlines(&corpus, &classes, Some(&mut PhraseSpace { space, progress }))?;
    let candidates = classes.into_iter().zip(found).map(|(class, headline)| {
        let id = |row: &usize| clusters[*row].id.clone();
        Candidate {
            group_id: Some(class.set),
            // Nothing is left of a name that was nothing but quotes.
            name: candidate_name(&headline.name).unwrap_or_else(|| format!("Group {}", class.set)),
            exemplars: Some(class.texts.iter().map(id).collect()),
            remark: None,
        }
    });
    Ok(candidates.collect())
}
