//! Parents without a model: named and described by their children's own words.

use cladus_asking::part::corpus_texts;
use cladus_core::artifact::{Candidate, Cluster};
use cladus_core::name::Distinct;
use cladus_core::progress::Progress;
use cladus_core::{Result, id, text};
use cladus_embedder::{PhraseSpace, Space};
use cladus_words::{Class, Corpus, Telling, headlines, slug_of};
use rayon::prelude::*;

use crate::families::Family;

/// The level that new parents of `clusters` are on.
pub(crate) fn level_above(clusters: &[Cluster]) -> u8 {
    clusters.iter().map(|cluster| cluster.level).max().unwrap_or(0).saturating_add(1)
}

/// The corpus of a level's clusters.
pub(crate) fn corpus(clusters: &[Cluster]) -> Corpus<'_> {
    Corpus::new(corpus_texts(clusters))
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
    let corpus = corpus(clusters);
    let sets: Vec<u32> = families.iter().map(|family| set_of(family, candidates)).collect();
    let classes = classes(families, &sets);
    let found = match classes[..] {
        [] => Vec::new(),
        _ => headlines(&corpus, &classes, Some(&mut PhraseSpace { space, progress }))?,
    };
    let said = found.into_par_iter().map(|headline| {
        let telling = Telling::of(&corpus, &headline);
        (headline.name, telling)
    });
    let named = NamedLevel { level: level_above(clusters), and: corpus.and(), clusters };
    Ok(named.parents(families, said.collect(), progress))
}

/// The families of several clusters as they are named; `sets` has the set of every family.
pub(crate) fn classes(families: &[Family], sets: &[u32]) -> Vec<Class> {
    let together = families.iter().zip(sets).filter(|(family, _)| family.children.len() > 1);
    together.map(|(family, &set)| Class { texts: family.children.clone(), set }).collect()
}

/// Clusters whose families have names.
pub(crate) struct NamedLevel<'a> {
    /// That of new parents.
    pub(crate) level: u8,
    /// What joins the parts of a name.
    pub(crate) and: &'a str,
    pub(crate) clusters: &'a [Cluster],
}

impl NamedLevel<'_> {
    /// One cluster a family; `said` has those of several clusters.
    pub(crate) fn parents(
        &self,
        families: &[Family],
        said: Vec<(String, Telling)>,
        progress: &dyn Progress,
    ) -> Vec<Cluster> {
        let alone = families.iter().filter(|family| family.children.len() == 1);
        let mut taken: Distinct =
            alone.map(|family| &self.clusters[family.children[0]].name).collect();
        let mut said = said.into_iter();
        let mut parents = Vec::with_capacity(families.len());
        for family in families {
            if let [only] = family.children[..] {
                parents.push(self.clusters[only].clone());
            } else if let Some((name, telling)) = said.next() {
                let children: Vec<&Cluster> =
                    family.children.iter().map(|&row| &self.clusters[row]).collect();
                let ParentText { name, description, slug } =
                    ParentText::of(&name, &telling, self.and, &mut taken);
                progress.made(&name);
                parents.push(above(&children, self.level, name, description, slug));
            }
            progress.advance(1);
        }
        parents
    }
}

/// What is written of a parent.
pub(crate) struct ParentText {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) slug: String,
}

impl ParentText {
    /// Under `name`, or what is free like it among those that are `taken`.
    pub(crate) fn of(name: &str, telling: &Telling, and: &str, taken: &mut Distinct) -> Self {
        let description = telling.under(name);
        let given = taken.give(name, and, telling.further()).name;
        Self {
            slug: slug_for(&given, telling.further()),
            description: text::clean_to(&description, text::MAX_DESCRIPTION_CHARS).into_owned(),
            name: given,
        }
    }
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
