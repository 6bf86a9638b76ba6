//! Parents without a model: named and described by their children's own words.

use std::collections::HashSet;

use cladus_core::artifact::{Candidate, Cluster};
use cladus_core::progress::Progress;
use cladus_core::{Result, id, text};
use cladus_embedder::{PhraseSpace, Space};
use cladus_words::{Class, Corpus, Headline, Text, description, headlines, slug_of};
use rayon::prelude::*;

use crate::families::Family;

/// The level that new parents of `clusters` are on.
pub(crate) fn level_above(clusters: &[Cluster]) -> u8 {
    clusters.iter().map(|cluster| cluster.level).max().unwrap_or(0).saturating_add(1)
}

/// The corpus of a level's clusters.
pub(crate) fn corpus(clusters: &[Cluster]) -> Corpus<'_> {
    let texts = clusters.iter().map(|cluster| Text {
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
    let mut taken: HashSet<String> =
        alone.map(|family| clusters[family.children[0]].name.to_lowercase()).collect();
    let mut parents = Vec::with_capacity(families.len());
    for family in families {
        if let [only] = family.children[..] {
            parents.push(clusters[only].clone());
        } else if let Some((headline, description)) = found.next() {
            let children: Vec<&Cluster> =
                family.children.iter().map(|&row| &clusters[row]).collect();
            let parent = parent(&children, &headline, &description, level, &mut taken);
            progress.made(&parent.name);
            parents.push(parent);
        }
        progress.advance(1);
    }
    Ok(parents)
}

fn parent(
    children: &[&Cluster],
    headline: &Headline,
    description: &str,
    level: u8,
    taken: &mut HashSet<String>,
) -> Cluster {
    let name =
        distinct(&headline.name, &headline.further, |name| taken.insert(name.to_lowercase()));
    let slug = slug_for(&name, &headline.further);
    above(
        children,
        level,
        name,
        text::clean_to(description, text::MAX_DESCRIPTION_CHARS).into_owned(),
        slug,
    )
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

/// `name`, or, where another cluster has it already, the name with what else there is to say, or
/// with a number: the first that `take` takes.
pub(crate) fn distinct(
    name: &str,
    further: &[String],
    mut take: impl FnMut(&str) -> bool,
) -> String {
    let name = text::clean_to(name, text::MAX_CANDIDATE_CHARS).into_owned();
    let with_more = further.iter().map(|phrase| format!("{name} and {phrase}"));
    let short = |name: &String| name.split_whitespace().count() <= 10;
    let with_number = (2..).map(|number| format!("{name} {number}"));
    let mut names = std::iter::once(name.clone()).chain(with_more.filter(short)).chain(with_number);
    // The numbers do not end, so one is free.
    names.find(|name| take(name)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_name_says_more_or_gets_a_number() {
        let mut taken = HashSet::from(["printing".to_owned()]);
        let further = ["paper jams".to_owned()];
        let mut distinct = |name: &str, further: &[String]| {
            distinct(name, further, |name| taken.insert(name.to_lowercase()))
        };
        assert_eq!(distinct("Scanning", &further), "Scanning");
        assert_eq!(distinct("Printing", &further), "Printing and paper jams");
        assert_eq!(distinct("Printing", &further), "Printing 2");
        assert_eq!(distinct("printing", &[]), "printing 3");
    }
}
