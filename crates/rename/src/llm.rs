//! Parents named by a model: the parents of a group in one call.

use std::collections::HashSet;

use cladus_asking::{Talk, remark};
use cladus_core::artifact::{Cluster, Parent};
use cladus_core::outcome::Asked;
use cladus_core::progress::Progress;
use cladus_core::{Result, name};
use cladus_llm::{Asker, Prompt};
use cladus_words::{Class, Headline, WordsOnly, description, headlines};

use crate::collide::{make_distinct, tell_apart};
use crate::draft::DraftParent;
use crate::extractive::{above, corpus, level_above, set_of, slug_for};
use crate::families::Family;
use crate::job::{NamedParent, NamingJob};
use crate::set::{NamedDraft, ParentSet};
use crate::sets::sets;

/// Asks for the name, description and slug of every family of several clusters; the others move up
/// as they are. In the order of the families; no two names are the same, unless both moved up
/// alone. Where a model says nothing of use, the children's own words do.
///
/// Nothing is made where calls are only planned.
///
/// # Errors
/// When no more calls are to be made.
pub(crate) async fn parents(
    level: &NamingJob<'_>,
    asker: &Asker<'_>,
    prompt: &Prompt,
    progress: &dyn Progress,
) -> Result<(Vec<Parent>, Asked)> {
    let talk = Talk { asker, prompt };
    let alone: Vec<&Cluster> =
        level.families.iter().filter_map(|family| only(level, family)).collect();
    let moved = (0..level.families.len())
        .filter(|at| level.families[*at].children.len() == 1 && level.names(&[*at]));
    progress.advance(moved.count() as u64);
    let alone: HashSet<String> = alone.iter().map(|cluster| name::key(&cluster.name)).collect();

    let sets = sets(level.clusters, level.families, level.candidates).into_iter();
    let sets = sets.filter(|set| level.names(set));
    let sets: Vec<ParentSet> = sets.map(|set| ParentSet::new(level, set)).collect();
    let names = &alone;
    let work = sets.iter().map(|set| async move {
        let named = set.name_or_halves(talk, level, names).await?;
        for name in named.iter().flatten().map(|named| &named.draft.name) {
            if !name.is_empty() {
                progress.made(name);
            }
        }
        progress.advance(set.families.len() as u64);
        Ok(named)
    });
    let named: Option<Vec<Vec<NamedDraft>>> = talk.in_order(work).await?.into_iter().collect();
    let planned = Asked { planned: true, ..Asked::default() };
    let Some(named) = named else { return Ok((Vec::new(), planned)) };

    let families = sets.iter().flat_map(|set| set.families.iter().copied());
    let mut named: Vec<(usize, NamedDraft)> = families.zip(named.into_iter().flatten()).collect();
    named.sort_unstable_by_key(|(family, _)| *family);
    let mut made = mend(level, named, progress);
    // A share does not know which names the others have.
    if level.mine.is_none() {
        if !tell_apart(talk, level, &alone, &mut made).await? {
            return Ok((Vec::new(), planned));
        }
        make_distinct(level, &alone, &mut made);
    }

    Ok(rows(level, made))
}

/// The only child of a family that has one.
fn only<'a>(level: &NamingJob<'a>, family: &Family) -> Option<&'a Cluster> {
    match family.children[..] {
        [only] => Some(&level.clusters[only]),
        _ => None,
    }
}

/// The rows of the families that are worked on: those that are made, and clusters that move up alone.
fn rows(level: &NamingJob<'_>, made: Vec<NamedParent>) -> (Vec<Parent>, Asked) {
    let mut asked = Asked::default();
    let above_all = level_above(level.clusters);
    let mut made = made.into_iter();
    let mut rows = Vec::new();
    let families = level.families.iter().enumerate().filter(|(at, _)| level.names(&[*at]));
    for (_, family) in families {
        if let Some(only) = only(level, family) {
            rows.push(Parent::from(only.clone()));
        } else if let Some(NamedParent { draft, remarks, stand_in, passing, .. }) = made.next() {
            let children: Vec<&Cluster> =
                family.children.iter().map(|&row| &level.clusters[row]).collect();
            let DraftParent { name, description, slug } = draft;
            let cluster = above(&children, above_all, name, description, slug);
            asked.fell_back += usize::from(!remarks.is_empty());
            asked.stand_ins += usize::from(stand_in);
            asked.passing += usize::from(!remarks.is_empty() && passing);
            let remark = (!remarks.is_empty()).then(|| remarks.join("; "));
            rows.push(Parent { cluster, remark });
        }
    }
    (rows, asked)
}

/// Trims what still does not fit, and lets the children's own words say what the model did not.
fn mend(
    level: &NamingJob<'_>,
    named: Vec<(usize, NamedDraft)>,
    progress: &dyn Progress,
) -> Vec<NamedParent> {
    let silent =
        |named: &NamedDraft| named.draft.name.is_empty() || named.draft.description.is_empty();
    let classes: Vec<Class> = named
        .iter()
        .filter(|(_, named)| silent(named))
        .map(|&(at, _)| {
            let family = &level.families[at];
            Class { texts: family.children.clone(), set: set_of(family, level.candidates) }
        })
        .collect();
    let mut own = own_words(level, &classes).into_iter();
    let mend = |(family, named): (usize, NamedDraft)| {
        let own = if silent(&named) { own.next() } else { None };
        let stand_in = silent(&named);
        let NamedDraft { mut draft, flaw, told_apart, shared_name } = named;
        let mut wrong = match &flaw {
            Some(flaw) => flaw.to_string(),
            None => draft.flaws().join(", "),
        };
        let mut done = Vec::new();
        let mut further = Vec::new();
        if let Some((headline, text)) = own {
            if draft.name.is_empty() {
                progress.made(&headline.name);
                draft.slug = slug_for(&headline.name, &headline.further);
                draft.name = headline.name;
                draft.description = text;
                done.push("named by its children's own words");
            } else {
                draft.description = text;
                done.push("described by its children's own words");
            }
            further = headline.further;
        } else if flaw.is_some() {
            // What came before the flaw could be used: say what was wrong with that.
            wrong = draft.flaws().join(", ");
        }
        done.extend(draft.trim());
        let mut remarks =
            if done.is_empty() { Vec::new() } else { vec![remark(&wrong, &done.join(", "))] };
        if let Some(shared) = shared_name {
            let wrong = format!("all the parents named together were to be {shared:?}");
            remarks.push(remark(&wrong, "its label was taken"));
        }
        let passing = flaw.is_some_and(|flaw| flaw.is_passing());
        NamedParent { family, draft, further, remarks, stand_in, passing, told_apart }
    };
    named.into_iter().map(mend).collect()
}

/// Names and descriptions of classes by their own words.
fn own_words(level: &NamingJob<'_>, classes: &[Class]) -> Vec<(Headline, String)> {
    if classes.is_empty() {
        return Vec::new();
    }
    let words = corpus(level.clusters);
    let found = headlines::<WordsOnly>(&words, classes, None);
    let found = found.unwrap_or_else(|never| match never {});
    let described = found.into_iter().map(|headline| {
        let text = description(&words, &headline);
        (headline, text)
    });
    described.collect()
}

#[cfg(test)]
mod tests;
