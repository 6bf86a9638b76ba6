//! What a model is asked about one group.

use cladus_asking::shown::{Detail, shown};
use cladus_asking::{Answer, Halves, Problem, Talk};
use cladus_core::Result;
use cladus_core::artifact::{Candidate, Cluster};
use cladus_core::room::QUESTION_TOKENS;
use cladus_llm::{AnswerShape, Flaw};
use serde::Serialize;
use serde_json::json;

use super::answer::{cut_to_length, is_too_long, proposals};
use crate::group::CandidateGroup;

const NO_NAME: &str = "the answer held no name";

/// What came of one group.
pub(super) enum Proposed {
    /// Names with their scopes, and what was wrong with them.
    Names(Vec<Candidate>),
    /// Its only cluster needs no other name; nobody was asked.
    Own(usize),
    /// Nothing of use: what was wrong with the answer, where it was not only that it held no name.
    Nothing(Option<Flaw>),
    /// The call was only counted.
    Planned,
}

/// Why there is nothing of use.
pub(super) fn reason(flaw: Option<&Flaw>) -> String {
    flaw.map_or_else(|| NO_NAME.to_owned(), ToString::to_string)
}

/// What a call is about.
pub(super) struct ProposeQuestion<'a> {
    items: Vec<&'a Cluster>,
    neighbours: Vec<&'a Cluster>,
    counts: CategoryCounts,
}

/// How many categories are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
struct CategoryCounts {
    /// About so many.
    wanted: usize,
    least: usize,
    most: usize,
}

impl CategoryCounts {
    /// A fifth more or less, or only less where the number is a bound.
    fn about(wanted: usize, open: bool) -> Self {
        let some = wanted / 5;
        Self { wanted, least: wanted - some, most: if open { wanted + some } else { wanted } }
    }

    /// For `part` of `all` clusters.
    fn share(self, part: usize, all: usize) -> Self {
        let share = |count: usize| (count * part).div_ceil(all.max(1)).max(1);
        Self { wanted: share(self.wanted), least: share(self.least), most: share(self.most) }
    }
}

/// What the prompt is filled in with.
#[derive(Serialize)]
struct ProposePrompt<'a> {
    items: Vec<String>,
    neighbours: Vec<String>,
    #[serde(flatten)]
    counts: CategoryCounts,
    problems: &'a [Problem],
}

impl<'a> ProposeQuestion<'a> {
    pub(super) fn new(
        clusters: &'a [Cluster],
        group: &CandidateGroup,
        neighbours: &[usize],
        open: bool,
    ) -> Self {
        let these = |rows: &[usize]| rows.iter().map(|&row| &clusters[row]).collect();
        let counts = CategoryCounts::about(group.wanted, open);
        Self { items: these(&group.members), neighbours: these(neighbours), counts }
    }

    async fn put(&self, talk: Talk<'_>, detail: Detail, problems: &[Problem]) -> Result<Answer> {
        let show = |these: &[&Cluster], detail| -> Vec<String> {
            these.iter().map(|cluster| shown(cluster, detail)).collect()
        };
        let data = ProposePrompt {
            items: show(&self.items, detail),
            neighbours: show(&self.neighbours, Detail::Name),
            counts: self.counts,
            problems,
        };
        let most = self.counts.most;
        let names =
            json!({"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": most});
        let schema = json!({
            "type": "object",
            "properties": {"names": names},
            "required": ["names"],
            "additionalProperties": false,
        });
        let max_tokens = u32::try_from(100 + 80 * most).unwrap_or(u32::MAX);
        talk.ask(data, AnswerShape { name: "names", schema }, max_tokens).await
    }

    /// Asks; where there is no answer about all of the clusters, about halves of them, down to the one that
    /// is to blame.
    pub(super) async fn ask(&self, talk: Talk<'_>) -> Result<Proposed> {
        let whole = self.ask_whole(talk).await?;
        let Proposed::Nothing(Some(flaw)) = &whole else { return Ok(whole) };
        let Some(reason) = talk.halving(flaw).filter(|_| self.items.len() > 1) else {
            return Ok(whole);
        };
        let mut open = Halves::new((0..self.items.len()).collect());
        let mut names: Vec<Candidate> = Vec::new();
        if let Some((all, _)) = open.next() {
            open.failed(&all, reason);
        }
        while let Some((part, _)) = open.next() {
            match self.part(&part).ask_whole(talk).await? {
                Proposed::Names(found) => {
                    open.went_well();
                    let new = |row: &Candidate| names.iter().all(|known| known.name != row.name);
                    let found: Vec<Candidate> = found.into_iter().filter(new).collect();
                    names.extend(found);
                }
                Proposed::Nothing(flaw) => {
                    if let Some(reason) = flaw.and_then(|flaw| talk.halving(&flaw)) {
                        open.failed(&part, reason);
                    }
                }
                Proposed::Planned => return Ok(Proposed::Planned),
                Proposed::Own(_) => {}
            }
        }
        Ok(if names.is_empty() { whole } else { Proposed::Names(names) })
    }

    /// The same about some of its clusters, with a share of its names.
    fn part(&self, places: &[usize]) -> Self {
        let items: Vec<&Cluster> = places.iter().map(|&at| self.items[at]).collect();
        Self {
            counts: self.counts.share(items.len(), self.items.len()),
            items,
            neighbours: self.neighbours.clone(),
        }
    }

    /// Asks about all, and once more where the answer does not fit.
    async fn ask_whole(&self, talk: Talk<'_>) -> Result<Proposed> {
        let mut detail = Detail::that_fits(&self.items, QUESTION_TOKENS);
        let mut answer = self.put(talk, detail, &[]).await?;
        if answer == Answer::Flawed(Flaw::TooLong) {
            detail = Detail::Name;
            answer = self.put(talk, detail, &[]).await?;
        }
        let most = self.counts.most;
        let (first, problems) = match answer {
            Answer::Planned => return Ok(Proposed::Planned),
            Answer::Flawed(flaw) if !flaw.worth_reasking() => {
                return Ok(Proposed::Nothing(Some(flaw)));
            }
            Answer::Flawed(flaw) => (Vec::new(), vec![Problem::of_call(&flaw)]),
            Answer::Reply(reply) => {
                let rows = proposals(&reply, most);
                let too_long = rows.iter().filter(|row| is_too_long(row));
                let mut problems: Vec<Problem> = too_long
                    .map(|row| Problem::of_answer(&row.name, "is longer than ten words"))
                    .collect();
                if rows.is_empty() {
                    problems.push(Problem::of_answer("", NO_NAME));
                }
                (rows, problems)
            }
        };
        if problems.is_empty() {
            return Ok(Proposed::Names(first));
        }
        let (second, wrong) = match self.put(talk, detail, &problems).await? {
            Answer::Planned => return Ok(Proposed::Planned),
            Answer::Flawed(flaw) => (Vec::new(), Some(flaw)),
            Answer::Reply(reply) => {
                let second = proposals(&reply, most);
                if second.is_empty() && first.is_empty() {
                    talk.asker.of_no_use(&reply);
                }
                (second, None)
            }
        };
        let rows = if second.is_empty() { first } else { second };
        Ok(if rows.is_empty() {
            Proposed::Nothing(wrong)
        } else {
            Proposed::Names(rows.into_iter().map(cut_to_length).collect())
        })
    }
}
