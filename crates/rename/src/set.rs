//! Parents that are named in one call.

use std::collections::{HashMap, HashSet};

use cladus_asking::names::{MAX_WORDS, word_count};
use cladus_asking::shown::{Detail, shown};
use cladus_asking::values::{holding, schema_of, unasked};
use cladus_asking::{Answer, Halves, Problem, Talk};
use cladus_core::artifact::Cluster;
use cladus_core::{Result, name};
use cladus_llm::{AnswerShape, Flaw, Reply};
use cladus_vectors::{Vectors, dot};
use cladus_words::slug_of;
use serde::Serialize;
use serde_json::json;

use crate::draft::DraftParent;
use crate::job::NamingJob;
use crate::sets::{DETAIL, around};

/// Most children of a parent that are shown.
const MOST_ITEMS: usize = 10;

/// What became of one parent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct NamedDraft {
    /// As far as the model said it.
    pub(crate) draft: DraftParent,
    /// Why there was no answer that could be read.
    pub(crate) flaw: Option<Flaw>,
    /// It was asked about again because of another's name, or goes by its label in place of that.
    pub(crate) told_apart: bool,
    /// The name that it shared with all of its set, before its label took the place of that.
    pub(crate) shared_name: Option<String>,
}

impl NamedDraft {
    /// Takes over a second answer, as far as it says something; with `only_names`, its name and slug alone.
    fn answer_again(&mut self, mut draft: DraftParent, only_names: bool) {
        let before = std::mem::take(&mut self.draft);
        if only_names {
            // Said with all of the text in view.
            draft.description.clone_from(&before.description);
        }
        self.draft = draft.or(before);
        self.shared_name = None;
    }

    /// Was nothing said that could be used?
    fn is_silent(&self) -> bool {
        self.flaw.is_some() && self.draft.name.is_empty()
    }
}

/// What the prompt is filled in with.
#[derive(Serialize)]
struct RenamePrompt<'a> {
    parents: Vec<ShownParent>,
    others: Vec<&'a str>,
    problems: &'a [Problem],
}

#[derive(Serialize)]
struct ShownParent {
    id: String,
    label: String,
    items: Vec<String>,
    /// How many there are besides.
    more: usize,
}

/// Some parents, with the numbers they go by in a call.
#[derive(Debug, Clone)]
pub(crate) struct ParentSet {
    /// Positions of their families.
    pub(crate) families: Vec<usize>,
    keys: Vec<String>,
    /// Families around them.
    others: Vec<usize>,
}

impl ParentSet {
    /// The parents of these families, numbered from 1, among the others of their level.
    pub(crate) fn new(level: &NamingJob<'_>, families: Vec<usize>) -> Self {
        let keys = (1..=families.len()).map(|number| number.to_string()).collect();
        let others = around(&families, Vectors::over(level.centres, level.dim));
        Self { families, keys, others }
    }

    /// Those at `places`, under the numbers that they have.
    fn part(&self, places: &[usize]) -> Self {
        Self {
            families: places.iter().map(|&at| self.families[at]).collect(),
            keys: places.iter().map(|&at| self.keys[at].clone()).collect(),
            others: self.others.clone(),
        }
    }

    /// A problem of the parent at `place`.
    pub(crate) fn problem(&self, place: usize, answer: &str, reason: &str) -> Problem {
        Problem::of_item(self.keys[place].clone(), answer, reason)
    }

    /// Asks once.
    ///
    /// # Errors
    /// When no more calls are to be made.
    pub(crate) async fn put(
        &self,
        talk: Talk<'_>,
        level: &NamingJob<'_>,
        detail: Detail,
        problems: &[Problem],
    ) -> Result<Answer> {
        let parents = self.families.iter().zip(&self.keys).map(|(&at, id)| {
            let items = typical(level, at);
            ShownParent {
                id: id.clone(),
                // It stands between quotes.
                label: level.candidate_name(at).replace('"', "'"),
                more: level.families[at].children.len() - items.len(),
                items: items.iter().map(|&row| item(&level.clusters[row], detail)).collect(),
            }
        });
        let others = self.others.iter().map(|&at| level.candidate_name(at)).collect();
        let data = RenamePrompt { parents: parents.collect(), others, problems };
        let text = json!({"type": "string"});
        let parent = json!({
            "type": "object",
            "properties": {"description": text, "name": text, "slug": text},
            "required": ["description", "name", "slug"],
            "additionalProperties": false,
        });
        let shape =
            AnswerShape { name: "parents", schema: schema_of(&self.keys, "parent", &parent) };
        let max_tokens = u32::try_from(100 + 250 * self.keys.len()).unwrap_or(u32::MAX);
        talk.ask(data, shape, max_tokens).await
    }

    /// What is said about each parent.
    pub(crate) fn read(&self, reply: &Reply) -> Vec<DraftParent> {
        let object = holding(&reply.object, &self.keys);
        for unasked in unasked(&object, &self.keys) {
            tracing::debug!("an answer about {unasked:?}, which was not asked about");
        }
        self.keys.iter().map(|key| DraftParent::read(object.get(key))).collect()
    }

    /// Names the parents of the set, and asks once more about those whose answer does not fit.
    /// `alone` holds the keys of the names that are taken by clusters that moved up alone. `None`
    /// where a call was only planned.
    ///
    /// # Errors
    /// When no more calls are to be made.
    pub(crate) async fn name(
        &self,
        talk: Talk<'_>,
        level: &NamingJob<'_>,
        alone: &HashSet<String>,
    ) -> Result<Option<Vec<NamedDraft>>> {
        let mut detail = DETAIL;
        let mut answer = self.put(talk, level, detail, &[]).await?;
        if answer == Answer::Flawed(Flaw::TooLong) {
            detail = Detail::Name;
            answer = self.put(talk, level, detail, &[]).await?;
        }
        let mut named = vec![NamedDraft::default(); self.families.len()];
        let mut problems = Vec::new();
        match answer {
            Answer::Planned => return Ok(None),
            Answer::Reply(reply) => {
                for (named, draft) in named.iter_mut().zip(self.read(&reply)) {
                    named.draft = draft;
                }
            }
            Answer::Flawed(flaw) => {
                named.iter_mut().for_each(|named| named.flaw = Some(flaw.clone()));
                if !flaw.worth_reasking() {
                    return Ok(Some(named));
                }
                problems.push(Problem::of_call(&flaw));
            }
        }
        self.take_labels(level, alone, &mut named);
        let collisions = collisions(&named, alone);
        let open: Vec<usize> = (0..named.len())
            .filter(|&at| collisions[at].is_some() || !named[at].draft.flaws().is_empty())
            .collect();
        if open.is_empty() {
            return Ok(Some(named));
        }
        if problems.is_empty() {
            problems = self.problems(&open, &named, &collisions);
        }
        let again = Reasking { open, collisions, problems, detail };
        self.ask_again(talk, level, named, again).await
    }

    /// Asks once more about the parents that are not as they should be.
    async fn ask_again(
        &self,
        talk: Talk<'_>,
        level: &NamingJob<'_>,
        mut named: Vec<NamedDraft>,
        Reasking { open, collisions, problems, detail }: Reasking,
    ) -> Result<Option<Vec<NamedDraft>>> {
        // Where only names are wrong, the children's names tell enough.
        let only_names = open.iter().all(|&at| {
            let draft = &named[at].draft;
            draft.description_flaw().is_none() && draft.slug_flaw().is_none()
        });
        let detail = if only_names { Detail::Name } else { detail };
        let part = self.part(&open);
        let again = part.put(talk, level, detail, &problems).await?;
        let (answered, flaw) = match again {
            Answer::Planned => return Ok(None),
            Answer::Reply(reply) => (part.last_word(talk, &reply), None),
            Answer::Flawed(flaw) => (Vec::new(), Some(flaw)),
        };
        for (&at, draft) in open.iter().zip(answered) {
            named[at].answer_again(draft, only_names);
        }
        for &at in &open {
            named[at].flaw.clone_from(&flaw);
            named[at].told_apart = collisions[at].is_some();
        }
        Ok(Some(named))
    }

    /// What is said about each parent when it is asked about for the last time.
    fn last_word(&self, talk: Talk<'_>, reply: &Reply) -> Vec<DraftParent> {
        let drafts = self.read(reply);
        if drafts.iter().any(|draft| draft.name.is_empty() || draft.description.is_empty()) {
            talk.asker.of_no_use(reply);
        }
        drafts
    }

    /// What is wrong with the `open` ones, for the model to read.
    fn problems(
        &self,
        open: &[usize],
        named: &[NamedDraft],
        collisions: &[Option<NameHolder>],
    ) -> Vec<Problem> {
        let problem = |&at: &usize| {
            let mut reasons: Vec<String> =
                named[at].draft.flaws().into_iter().map(str::to_owned).collect();
            reasons.extend(collisions[at].as_ref().map(|other| match other {
                NameHolder::Parent(place) => {
                    format!("parent {} has the same name", self.keys[*place])
                }
                NameHolder::Alone => "a cluster beside them has this name already".to_owned(),
            }));
            self.problem(at, &named[at].draft.name, &reasons.join(", "))
        };
        open.iter().map(problem).collect()
    }
}

impl ParentSet {
    /// Names the parents of the set; where there is no answer about all of them, those of its halves, down to
    /// the one that is to blame.
    ///
    /// # Errors
    /// When no more calls are to be made.
    pub(crate) async fn name_or_halves(
        &self,
        talk: Talk<'_>,
        level: &NamingJob<'_>,
        alone: &HashSet<String>,
    ) -> Result<Option<Vec<NamedDraft>>> {
        let mut open = Halves::new((0..self.families.len()).collect());
        let mut done: Vec<NamedDraft> = vec![NamedDraft::default(); self.families.len()];
        while let Some((part, _)) = open.next() {
            let named = match part.len() == self.families.len() {
                true => self.name(talk, level, alone).await?,
                false => self.part(&part).name(talk, level, alone).await?,
            };
            let Some(named) = named else { return Ok(None) };
            let flaw = named.first().and_then(|first| first.flaw.as_ref());
            let flaw = flaw.filter(|_| named.iter().all(NamedDraft::is_silent));
            match flaw.and_then(|flaw| talk.halving(flaw)) {
                Some(reason) => open.failed(&part, reason),
                None => open.went_well(),
            }
            part.into_iter().zip(named).for_each(|(at, named)| done[at] = named);
        }
        Ok(Some(done))
    }

    /// An answer that gives all of its parents one name tells none of them apart, and a model that
    /// says so once says so twice: their labels, which were proposed together to be different
    /// things, are better names than another call would bring.
    fn take_labels(
        &self,
        level: &NamingJob<'_>,
        alone: &HashSet<String>,
        named: &mut [NamedDraft],
    ) {
        let keys: HashSet<String> =
            named.iter().map(|named| name::key(&named.draft.name)).collect();
        let blank = keys.iter().any(String::is_empty);
        if named.len() < 2 || keys.len() > 1 || blank {
            return;
        }
        let labels: Vec<&str> = self.families.iter().map(|&at| level.candidate_name(at)).collect();
        let distinct: HashSet<String> = labels.iter().map(|label| name::key(label)).collect();
        let fit = labels.iter().all(|label| (1..=MAX_WORDS).contains(&word_count(label)));
        if distinct.len() < labels.len() || !fit || !distinct.is_disjoint(alone) {
            return;
        }
        for (named, label) in named.iter_mut().zip(labels) {
            let shared = std::mem::replace(&mut named.draft.name, label.to_owned());
            let slug = slug_of(&[label, &named.draft.description]);
            let before = std::mem::replace(&mut named.draft.slug, slug);
            if named.draft.slug_flaw().is_some() {
                named.draft.slug = before;
            }
            named.shared_name = Some(shared);
            named.told_apart = true;
        }
    }
}

/// What is to be asked again, and why.
struct Reasking {
    /// Places in the set.
    open: Vec<usize>,
    /// By place: who has its name, too.
    collisions: Vec<Option<NameHolder>>,
    problems: Vec<Problem>,
    /// What was shown of the children.
    detail: Detail,
}

/// Whose name it is, too.
enum NameHolder {
    /// The parent's at this place in the set.
    Parent(usize),
    /// A cluster's that moved up alone.
    Alone,
}

fn collisions(named: &[NamedDraft], alone: &HashSet<String>) -> Vec<Option<NameHolder>> {
    let keys: Vec<String> = named.iter().map(|named| name::key(&named.draft.name)).collect();
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, key) in keys.iter().enumerate().filter(|(_, key)| !key.is_empty()) {
        places.entry(key).or_default().push(place);
    }
    keys.iter()
        .enumerate()
        .map(|(place, key)| {
            let same = places.get(key.as_str()).into_iter().flatten();
            let parent = same.copied().find(|other| *other != place).map(NameHolder::Parent);
            parent.or_else(|| alone.contains(key).then_some(NameHolder::Alone))
        })
        .collect()
}

/// An item that is itself a parent says how many it holds.
fn item(cluster: &Cluster, detail: Detail) -> String {
    let text = shown(cluster, detail);
    match cluster.level {
        0 => text,
        _ => format!("{text} ({} clusters)", cluster.members.len()),
    }
}

/// Rows of the children that stand for a family: all, or those that are nearest to its centroid.
fn typical(level: &NamingJob<'_>, family: usize) -> Vec<usize> {
    let children = &level.families[family].children;
    if children.len() <= MOST_ITEMS {
        return children.clone();
    }
    let row = |child: usize| &level.vectors[child * level.dim..(child + 1) * level.dim];
    let mut centroid = vec![0.0f32; level.dim];
    for &child in children {
        centroid.iter_mut().zip(row(child)).for_each(|(sum, value)| *sum += value);
    }
    let mut near: Vec<(f32, usize)> =
        children.iter().map(|&child| (dot(row(child), &centroid), child)).collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    near.truncate(MOST_ITEMS);
    let mut rows: Vec<usize> = near.into_iter().map(|(_, child)| child).collect();
    rows.sort_unstable();
    rows
}
