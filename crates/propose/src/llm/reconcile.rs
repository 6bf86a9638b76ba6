//! What several groups have proposed, brought together: what means the same becomes one candidate, what
//! is two things becomes two, and there are about as many as the level wants.

use std::collections::{BTreeMap, HashMap};

use cladus_asking::names::word_count;
use cladus_asking::values::text_of;
use cladus_asking::{Answer, Halves, Problem, Talk, remark};
use cladus_core::Result;
use cladus_core::artifact::Candidate;
use cladus_llm::{AnswerShape, Flaw, Reply};
use serde::Serialize;
use serde_json::{Value, json};

use super::answer::{cut_to_length, proposal};

/// What came of it.
pub(super) struct Reconciled {
    pub(super) candidates: Vec<Candidate>,
    /// Rows that were not compared with others, and may be another time.
    pub(super) passing: usize,
}

/// A category, and the proposals that it takes in, by their places.
#[derive(Debug, Clone, PartialEq, Eq)]
struct MergedCategory {
    category: Candidate,
    from: Vec<usize>,
}

/// What the prompt is filled in with.
#[derive(Serialize)]
struct ReconcilePrompt<'a> {
    proposals: Vec<Shown>,
    /// About so many are wanted; 0: only what means the same is to be found.
    wanted: usize,
    problems: &'a [Problem],
}

#[derive(Serialize)]
struct Shown {
    id: usize,
    text: String,
}

/// Asks about the candidates of each of `windows` together (places in `candidates`, names once), which
/// are to become about their share of `target`; about none for [`usize::MAX`]. A group keeps a row for
/// each candidate that one of its own became. `None` where a call was only planned.
///
/// # Errors
/// When no more calls are to be made.
pub(super) async fn reconcile(
    talk: Talk<'_>,
    candidates: &[Candidate],
    windows: &[Vec<usize>],
    target: usize,
) -> Result<Option<Reconciled>> {
    let all: usize = windows.iter().map(Vec::len).sum();
    let work = windows.iter().map(|window| async move {
        let share = (target as f64 * window.len() as f64 / all.max(1) as f64).round() as usize;
        let wanted = if target == usize::MAX { 0 } else { share.clamp(1, window.len()) };
        ask_or_halves(talk, candidates, window, wanted).await
    });
    let answers: Option<Vec<_>> = talk.in_order(work).await?.into_iter().collect();
    let Some(answers) = answers else { return Ok(None) };

    let mut became: BTreeMap<&str, Vec<Candidate>> = BTreeMap::new();
    let mut uncompared: HashMap<&str, (String, bool)> = HashMap::new();
    for (window, answer) in &answers.concat() {
        match answer {
            Ok(entries) => {
                // Its parts have been compared where the whole was not.
                for &place in window {
                    uncompared.remove(candidates[place].name.as_str());
                }
                note(candidates, window, entries, &mut became);
            }
            Err(flaw) => {
                let text =
                    remark(&flaw.to_string(), "not compared with what other groups proposed");
                for &place in window {
                    let why = (text.clone(), flaw.is_passing());
                    uncompared.insert(&candidates[place].name, why);
                }
            }
        }
    }
    let mut rows = Vec::with_capacity(candidates.len());
    for row in candidates {
        match became.get(row.name.as_str()) {
            Some(categories) => rows.extend(categories.iter().map(|category| Candidate {
                group_id: row.group_id,
                // It was drawn from what the model did not see as one.
                exemplars: row.exemplars.clone().filter(|_| categories.len() == 1),
                remark: row.remark.clone(),
                ..category.clone()
            })),
            None => {
                let remark = row
                    .remark
                    .clone()
                    .or_else(|| uncompared.get(&*row.name).map(|(text, _)| text.clone()));
                rows.push(Candidate { remark, ..row.clone() });
            }
        }
    }
    let passing = uncompared.values().filter(|(_, passing)| *passing).count();
    Ok(Some(Reconciled { candidates: rows, passing }))
}

/// Notes what became of the names in `window`.
fn note<'c>(
    candidates: &'c [Candidate],
    window: &[usize],
    entries: &[MergedCategory],
    became: &mut BTreeMap<&'c str, Vec<Candidate>>,
) {
    for MergedCategory { category, from } in entries {
        let sources: Vec<&Candidate> = from.iter().map(|&at| &candidates[window[at]]).collect();
        // A name that stays says what it said.
        let same = sources.iter().find(|source| source.name == category.name);
        let scope = category.scope.clone();
        let scope = scope.or_else(|| same.or(sources.first()).and_then(|s| s.scope.clone()));
        let mut proposed_as: Vec<String> = sources
            .iter()
            .flat_map(|source| match &source.proposed_as {
                Some(names) => names.clone(),
                None => vec![source.name.clone()],
            })
            .collect();
        proposed_as.sort_unstable();
        proposed_as.dedup();
        let unchanged = proposed_as.len() == 1 && proposed_as[0] == category.name;
        let proposed_as = (!unchanged).then_some(proposed_as);
        for source in &sources {
            let row = Candidate {
                scope: scope.clone(),
                proposed_as: proposed_as.clone(),
                ..category.clone()
            };
            became.entry(&source.name).or_default().push(row);
        }
    }
}

/// Asks about one window; where there is no answer about all of it, about its halves, down to the proposals
/// that are to blame. Gives the places that each answer is about; `None` where a call was only planned.
async fn ask_or_halves(
    talk: Talk<'_>,
    candidates: &[Candidate],
    window: &[usize],
    wanted: usize,
) -> Result<Option<Vec<(Vec<usize>, ReconcileRemark)>>> {
    let mut open = Halves::new(window.to_vec());
    let mut done = Vec::new();
    while let Some((part, _)) = open.next() {
        let share = (wanted * part.len()).div_ceil(window.len().max(1));
        let Some(answer) = ask(talk, candidates, &part, share).await? else { return Ok(None) };
        match answer.as_ref().err().and_then(|flaw| talk.halving(flaw)) {
            Some(reason) => open.failed(&part, reason),
            None if part.len() > 1 => open.went_well(),
            None => {}
        }
        done.push((part, answer));
    }
    Ok(Some(done))
}

type ReconcileRemark = std::result::Result<Vec<MergedCategory>, Flaw>;

/// Asks about one window, and once more where the answer was of no use. `None` where the call was only
/// planned.
async fn ask(
    talk: Talk<'_>,
    candidates: &[Candidate],
    window: &[usize],
    wanted: usize,
) -> Result<Option<ReconcileRemark>> {
    if window.len() < 2 {
        return Ok(Some(Ok(Vec::new())));
    }
    let first = match put(talk, candidates, window, wanted, &[]).await? {
        Answer::Planned => return Ok(None),
        Answer::Reply(reply) => return Ok(Some(Ok(entries(&reply, window.len())))),
        Answer::Flawed(flaw) => flaw,
    };
    if !first.worth_reasking() {
        return Ok(Some(Err(first)));
    }
    let problems = [Problem::of_call(&first)];
    Ok(match put(talk, candidates, window, wanted, &problems).await? {
        Answer::Planned => None,
        Answer::Reply(reply) => Some(Ok(entries(&reply, window.len()))),
        Answer::Flawed(flaw) => Some(Err(flaw)),
    })
}

async fn put(
    talk: Talk<'_>,
    candidates: &[Candidate],
    window: &[usize],
    wanted: usize,
    problems: &[Problem],
) -> Result<Answer> {
    let shown =
        |(at, &place): (usize, &usize)| Shown { id: at + 1, text: candidates[place].text() };
    let data = ReconcilePrompt {
        proposals: window.iter().enumerate().map(shown).collect(),
        wanted,
        problems,
    };
    let entry = json!({
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "from": {"type": "array", "items": {"type": "integer"}},
        },
        "required": ["name", "from"],
        "additionalProperties": false,
    });
    let schema = json!({
        "type": "object",
        "properties": {"categories": {"type": "array", "items": entry}},
        "required": ["categories"],
        "additionalProperties": false,
    });
    let max_tokens = u32::try_from(200 + 40 * window.len()).unwrap_or(u32::MAX);
    talk.ask(data, AnswerShape { name: "categories", schema }, max_tokens).await
}

/// What an answer makes of proposals numbered from 1 to `count`. What it does not name, or names without
/// a proposal that it is made of, stays as it is.
fn entries(reply: &Reply, count: usize) -> Vec<MergedCategory> {
    let list = reply.object.get("categories").filter(|list| list.is_array());
    let list = list.or_else(|| reply.object.values().find(|value| value.is_array()));
    let entry = |value: &Value| {
        let category = proposal(value).filter(|row| word_count(&row.name) > 0)?;
        let ids = value.get("from").and_then(Value::as_array)?;
        let mut from: Vec<usize> = ids
            .iter()
            .filter_map(|id| text_of(id)?.trim().parse::<usize>().ok())
            .filter(|id| (1..=count).contains(id))
            .map(|id| id - 1)
            .collect();
        from.sort_unstable();
        from.dedup();
        (!from.is_empty()).then(|| MergedCategory { category: cut_to_length(category), from })
    };
    list.and_then(Value::as_array).into_iter().flatten().filter_map(entry).collect()
}
