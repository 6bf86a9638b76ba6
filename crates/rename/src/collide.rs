//! Names that several parents of a level ended up with.

use std::collections::{BTreeMap, HashMap, HashSet};

use cladus_asking::names::{MAX_WORDS, word_count};
use cladus_asking::shown::Detail;
use cladus_asking::{Answer, Problem, Talk, remark};
use cladus_core::Result;
use cladus_core::name::{self, Distinct};
use cladus_llm::Flaw;

use crate::draft::DraftParent;
use crate::extractive::slug_for;
use crate::job::{NamedParent, NamingJob};
use crate::set::ParentSet;
use crate::sets::{DETAIL, MOST_PARENTS};

/// Asks once more about parents of one name: all of them in one call, each with its children, so
/// that the model can tell them apart. Those that were all told apart before are left as they are.
/// Says no where a call was only planned.
///
/// # Errors
/// When no more calls are to be made.
pub(crate) async fn tell_apart(
    talk: Talk<'_>,
    level: &NamingJob<'_>,
    alone: &HashSet<String>,
    made: &mut [NamedParent],
) -> Result<bool> {
    let mut same: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, made) in made.iter().enumerate() {
        same.entry(name::key(&made.draft.name)).or_default().push(place);
    }
    let open: Vec<Vec<usize>> = same
        .into_values()
        .filter(|places| places.len() > 1 && places.iter().any(|&at| !made[at].told_apart))
        .map(|mut places| {
            places.truncate(MOST_PARENTS);
            places
        })
        .collect();
    let before = &*made;
    let work = open.iter().map(|places| async move {
        let set = ParentSet::new(level, places.iter().map(|&at| before[at].family).collect());
        let problem = |(place, &at): (usize, &usize)| {
            let reason = "the other parents here have the same name: tell them apart";
            set.problem(place, &before[at].draft.name, reason)
        };
        let problems: Vec<Problem> = places.iter().enumerate().map(problem).collect();
        let mut answer = set.put(talk, level, DETAIL, &problems).await?;
        if answer == Answer::Flawed(Flaw::TooLong) {
            answer = set.put(talk, level, Detail::Name, &problems).await?;
        }
        Ok(match answer {
            Answer::Planned => None,
            Answer::Flawed(_) => Some(Vec::new()),
            Answer::Reply(reply) => Some(set.read(&reply)),
        })
    });
    let answers = talk.in_order(work).await?;
    if answers.iter().any(Option::is_none) {
        return Ok(false);
    }

    let mut taken: HashMap<String, usize> = alone.iter().map(|key| (key.clone(), 1)).collect();
    for made in made.iter() {
        *taken.entry(name::key(&made.draft.name)).or_default() += 1;
    }
    for (places, drafts) in open.iter().zip(answers) {
        for (&at, draft) in places.iter().zip(drafts.into_iter().flatten()) {
            made[at].told_apart = true;
            let key = name::key(&draft.name);
            let old = name::key(&made[at].draft.name);
            let free = taken.get(&key).copied().unwrap_or(0) == usize::from(key == old);
            if draft.name_flaw().is_none() && free {
                *taken.entry(old).or_default() -= 1;
                *taken.entry(key).or_default() += 1;
                rename(&mut made[at].draft, draft);
            }
        }
    }
    Ok(true)
}

/// A new name, and what of the rest is as good as before.
fn rename(draft: &mut DraftParent, new: DraftParent) {
    if new.description_flaw().is_none() {
        draft.description.clone_from(&new.description);
    }
    let slug = if new.slug_flaw().is_none() && !new.slug.is_empty() {
        new.slug
    } else {
        slug_for(&new.name, &[])
    };
    *draft =
        DraftParent { name: new.name, slug, description: std::mem::take(&mut draft.description) };
}

/// Makes the names of a level distinct, whatever was answered. The first parent keeps a name; the
/// others get their candidate's, if that is free, or the name with more to say, or with a number.
pub(crate) fn make_distinct(
    level: &NamingJob<'_>,
    alone: &HashSet<String>,
    made: &mut [NamedParent],
) {
    let mut taken: Distinct = alone.iter().collect();
    let late: Vec<usize> =
        (0..made.len()).filter(|&place| !taken.take(&made[place].draft.name)).collect();
    let and = late.first().map_or("and", |_| level.and());
    for place in late {
        let NamedParent { draft, family, further, remarks, .. } = &mut made[place];
        let candidate = level.candidate_name(*family);
        let fits = (1..=MAX_WORDS).contains(&word_count(candidate));
        let name = if fits && taken.take(candidate) {
            candidate.to_owned()
        } else {
            taken.give(&draft.name, and, further).name
        };
        let wrong = format!("{:?} is the name of another parent", draft.name);
        remarks.push(remark(&wrong, "it was made another"));
        draft.name = name;
    }
}
