//! Candidates without a model: parts of a group, named by their own words.

use cladus_core::Result;
use cladus_core::artifact::{Candidate, Cluster};
use cladus_core::progress::Progress;
use cladus_core::text::candidate_name;
use cladus_embedder::{PhraseSpace, Space};
use cladus_words::{Class, Corpus, Text, headlines};

use crate::group::Group;
use crate::parts::parts;

/// Cuts each of `groups` into as many parts as it has candidates wanted, and names them.
///
/// The parts of a group are named together, so that their names tell them apart; no two names that
/// are made here are alike.
///
/// # Errors
/// Those of embedding phrases.
pub(crate) fn propose(
    clusters: &[Cluster],
    groups: &[Group],
    space: &mut Space<'_>,
    progress: &dyn Progress,
) -> Result<Vec<Candidate>> {
    let mut classes: Vec<Class> = Vec::new();
    for group in groups {
        for texts in parts(&group.members, &space.vectors, space.dim, group.wanted) {
            classes.push(Class { texts, set: group.id });
        }
        progress.advance(1);
    }
    if classes.is_empty() {
        return Ok(Vec::new());
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
