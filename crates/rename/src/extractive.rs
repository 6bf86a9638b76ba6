//! Parents without a model: named and described by their children's own words.

use cladus_core::artifact::{Candidate, Cluster};
use cladus_core::name::Distinct;
use cladus_core::progress::Progress;
use cladus_core::{Result, id, text};
use cladus_embedder::{PhraseSpace, Space};
use cladus_words::{Class, Corpus, CorpusText, Headline, description, headlines, slug_of};
use rayon::prelude::*;

use crate::families::Family;

/// The level that new parents of `clusters` are on.
pub(crate) fn level_above(clusters: &[Cluster]) -> u8 {
    clusters.iter().map(|cluster| cluster.level).max().unwrap_or(0).saturating_add(1)
}

/// The corpus of a level's clusters.
pub(crate) fn corpus(clusters: &[Cluster]) -> Corpus<'_> {
    let texts = clusters.iter().map(|cluster| CorpusText {
        name: &cluster.name,
        description: &cluster.description,
        size: cluster.size,
    });
    Corpus::new(texts.collect())
}

/// The set that a family is named in: candidates offered to every group are a set of their own.
pub(crate) fn set_of(family: &Family, candidates: &[Candidate]) -> u32 {
    candidates[family.candidate as usize].group_id.unwrap_or(u32::MAX)
}

/// One cluster a family: a new parent, or the only child as it is.
///
/// Parents whose candidates were made for one group are siblings in naming: their names tell them
/// apart. No two clusters of the level end up with one name, unless both moved up alone.
///
/// # Errors
/// Those of embedding phrases.
pub(crate) fn parents(
    clusters: &[Cluster],
    candidates: &[Candidate],
    families: &[Family],
    space: &mut Space<'_>,
    progress: &dyn Progress,
) -> Result<Vec<Cluster>> {
    let level = level_above(clusters);
    let corpus = corpus(clusters);
    let together = |family: &&Family| family.children.len() > 1;
    let classes: Vec<Class> = families
        .iter()
        .filter(together)
        .map(|family| Class { texts: family.children.clone(), set: set_of(family, candidates) })
        .collect();
    let found = match classes[..] {
        [] => Vec::new(),
        _ => headlines(&corpus, &classes, Some(&mut PhraseSpace { space, progress }))?,
    };
    let described = found.into_par_iter().map(|headline| {
        let description = description(&corpus, &headline);
        (headline, description)
    });
    let mut found = described.collect::<Vec<_>>().into_iter();

    let alone = families.iter().filter(|family| family.children.len() == 1);
    let mut taken: Distinct = alone.map(|family| &clusters[family.children[0]].name).collect();
    let mut parents = Vec::with_capacity(families.len());
    for family in families {
        if let [only] = family.children[..] {
            parents.push(clusters[only].clone());
        } else if let Some((headline, description)) = found.next() {
            let children: Vec<&Cluster> =
                family.children.iter().map(|&row| &clusters[row]).collect();
            let name = taken.give(&headline.name, corpus.and(), &headline.further).name;
            let parent = parent(&children, name, &headline, &description, level);
            progress.made(&parent.name);
            parents.push(parent);
        }
        progress.advance(1);
    }
    Ok(parents)
}

fn parent(
    children: &[&Cluster],
    name: String,
    headline: &Headline,
    description: &str,
    level: u8,
) -> Cluster {
    let slug = slug_for(&name, &headline.further);
    let description = text::clean_to(description, text::MAX_DESCRIPTION_CHARS).into_owned();
    above(children, level, name, description, slug)
}

/// A slug for a name. A name of one word leaves room for what else there is to say.
pub(crate) fn slug_for(name: &str, further: &[String]) -> String {
    let named: Vec<&str> =
        std::iter::once(name).chain(further.iter().map(String::as_str)).collect();
    slug_of(&named)
}

/// The parent of `children` with this name, description and slug.
pub(crate) fn above(
    children: &[&Cluster],
    level: u8,
    name: String,
    description: String,
    slug: String,
) -> Cluster {
    let members: Vec<String> = children.iter().map(|child| child.id.clone()).collect();
    Cluster {
        id: id::parent_id(members.iter().map(String::as_str)),
        size: children.iter().map(|child| child.size).sum(),
        name,
        description,
        slug,
        level,
        members,
    }
}
