//! Candidates from a model: one call a group.

use cladus_asking::names::{cut, word_count};
use cladus_asking::shown::{Detail, shown};
use cladus_asking::values::text_of;
use cladus_asking::{Answer, Problem, Talk, remark};
use cladus_core::Result;
use cladus_core::artifact::{Candidate, Cluster};
use cladus_core::normal::normal_form;
use cladus_core::outcome::Asked;
use cladus_core::progress::Progress;
use cladus_core::text::candidate_name;
use cladus_embedder::Space;
use cladus_llm::{Asker, Flaw, Prompt, Reply, Shape};
use serde::Serialize;
use serde_json::{Value, json};

use crate::extractive;
use crate::group::Group;
use crate::spelling::one_spelling;

/// Clusters outside a group that are shown with it.
const NEIGHBOURS: usize = 4;

/// Asks for the candidates of every group. Where a model gives none, the extractive ones stand in.
///
/// Candidates are in the order of the groups, and in a group as the model named them. Nothing is
/// made where calls are only planned.
///
/// # Errors
/// When no more calls are to be made, or phrases cannot be embedded.
pub(crate) async fn propose(
    clusters: &[Cluster],
    groups: &[Group],
    space: &mut Space<'_>,
    asker: &Asker<'_>,
    prompt: &Prompt,
    progress: &dyn Progress,
) -> Result<(Vec<Candidate>, Asked)> {
    let talk = Talk { asker, prompt };
    let (vectors, dim) = (space.vectors.as_slice(), space.dim);
    let work = groups.iter().map(|group| async move {
        let proposed = match group.members[..] {
            [] => Proposed::Names(Vec::new()),
            [only] => Proposed::Own(only),
            _ => {
                let neighbours = group.neighbours(vectors, dim, NEIGHBOURS);
                ask(talk, &Question { clusters, group, neighbours: &neighbours }).await?
            }
        };
        // The others are done when something stands in for them.
        if !matches!(proposed, Proposed::Nothing(..)) {
            progress.advance(1);
        }
        Ok(proposed)
    });
    let proposed = talk.in_order(work).await?;
    if proposed.iter().any(|proposed| matches!(proposed, Proposed::Planned)) {
        return Ok((Vec::new(), Asked { planned: true, ..Asked::default() }));
    }

    let failed = groups.iter().zip(&proposed);
    let failed = failed.filter(|(_, proposed)| matches!(proposed, Proposed::Nothing(..)));
    let failed: Vec<Group> = failed.map(|(group, _)| group.clone()).collect();
    let mut stand_ins = if failed.is_empty() {
        Vec::new()
    } else {
        extractive::propose(clusters, &failed, space, progress)?
    }
    .into_iter()
    .peekable();

    let mut asked = Asked::default();
    let mut candidates = Vec::new();
    for (group, proposed) in groups.iter().zip(proposed) {
        let candidate = |name: String, remark: Option<String>| Candidate {
            group_id: Some(group.id),
            name,
            exemplars: None,
            remark,
        };
        match proposed {
            Proposed::Names(names) => {
                candidates.extend(names.into_iter().map(|(name, remark)| candidate(name, remark)));
            }
            Proposed::Own(row) => {
                let name = candidate_name(&clusters[row].name);
                let name = name.unwrap_or_else(|| format!("Group {}", group.id));
                let exemplars = Some(vec![clusters[row].id.clone()]);
                candidates.push(Candidate { exemplars, ..candidate(name, None) });
            }
            Proposed::Nothing(reason, passing) => {
                let remark = remark(&reason, "named by the clusters' own words");
                while let Some(row) = stand_ins.next_if(|row| row.group_id == Some(group.id)) {
                    asked.passing += usize::from(passing);
                    candidates.push(Candidate { remark: Some(remark.clone()), ..row });
                }
            }
            Proposed::Planned => {}
        }
    }
    one_spelling(&mut candidates);
    asked.fell_back = candidates.iter().filter(|candidate| candidate.remark.is_some()).count();
    asked.passing = asked.passing.min(asked.fell_back);
    Ok((candidates, asked))
}

/// What came of one group.
enum Proposed {
    /// Names, and what was wrong with them.
    Names(Vec<(String, Option<String>)>),
    /// Its only cluster needs no other name; nobody was asked.
    Own(usize),
    /// Nothing of use: why, and whether that may pass.
    Nothing(String, bool),
    /// The call was only counted.
    Planned,
}

/// What a call is about.
struct Question<'a> {
    clusters: &'a [Cluster],
    group: &'a Group,
    neighbours: &'a [usize],
}

/// What the prompt is filled in with.
#[derive(Serialize)]
struct Data<'a> {
    items: Vec<String>,
    neighbours: Vec<String>,
    wanted: usize,
    problems: &'a [Problem],
}

impl Question<'_> {
    async fn put(&self, talk: Talk<'_>, detail: Detail, problems: &[Problem]) -> Result<Answer> {
        let show = |rows: &[usize], detail| -> Vec<String> {
            rows.iter().map(|&row| shown(&self.clusters[row], detail)).collect()
        };
        let wanted = self.group.wanted;
        let data = Data {
            items: show(&self.group.members, detail),
            neighbours: show(self.neighbours, Detail::Name),
            wanted,
            problems,
        };
        let names = json!({"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": wanted});
        let schema = json!({
            "type": "object",
            "properties": {"names": names},
            "required": ["names"],
            "additionalProperties": false,
        });
        let max_tokens = u32::try_from(100 + 40 * wanted).unwrap_or(u32::MAX);
        talk.ask(data, Shape { name: "names", schema }, max_tokens).await
    }
}

/// Asks about one group, and once more where the answer does not fit.
async fn ask(talk: Talk<'_>, question: &Question<'_>) -> Result<Proposed> {
    let mut detail = Detail::Sentence;
    let mut answer = question.put(talk, detail, &[]).await?;
    if answer == Answer::Flawed(Flaw::TooLong) {
        detail = Detail::Name;
        answer = question.put(talk, detail, &[]).await?;
    }
    let wanted = question.group.wanted;
    let (first, problems) = match answer {
        Answer::Planned => return Ok(Proposed::Planned),
        Answer::Flawed(flaw) if !flaw.worth_reasking() => {
            return Ok(Proposed::Nothing(flaw.to_string(), flaw.is_passing()));
        }
        Answer::Flawed(flaw) => (Vec::new(), vec![Problem::of_call(&flaw)]),
        Answer::Reply(reply) => {
            let names = names(&reply, wanted);
            let too_long = names.iter().filter(|name| is_too_long(name));
            let mut problems: Vec<Problem> =
                too_long.map(|name| Problem::of_answer(name, "is longer than ten words")).collect();
            if names.is_empty() {
                problems.push(Problem::of_answer("", NO_NAME));
            }
            (names, problems)
        }
    };
    if problems.is_empty() {
        return Ok(Proposed::Names(cut_to_length(first)));
    }
    let (second, wrong) = match question.put(talk, detail, &problems).await? {
        Answer::Planned => return Ok(Proposed::Planned),
        Answer::Flawed(flaw) => (Vec::new(), (flaw.to_string(), flaw.is_passing())),
        Answer::Reply(reply) => (names(&reply, wanted), (NO_NAME.to_owned(), false)),
    };
    let names = if second.is_empty() { first } else { second };
    Ok(if names.is_empty() {
        Proposed::Nothing(wrong.0, wrong.1)
    } else {
        Proposed::Names(cut_to_length(names))
    })
}

const NO_NAME: &str = "the answer held no name";

fn is_too_long(name: &str) -> bool {
    word_count(name) > cladus_asking::names::MAX_WORDS
}

/// The names in an answer: clean, none twice, at most as many as wanted.
fn names(reply: &Reply, wanted: usize) -> Vec<String> {
    let list = reply.object.get("names").filter(|names| names.is_array());
    // A model that calls them otherwise has named them all the same.
    let list = list.or_else(|| reply.object.values().find(|value| value.is_array()));
    let mut forms: Vec<String> = Vec::new();
    let mut names = Vec::new();
    for value in list.and_then(Value::as_array).into_iter().flatten() {
        let name = value.as_str().and(text_of(value)).and_then(|name| candidate_name(&name));
        if let Some(name) = name
            && names.len() < wanted
        {
            let form = normal_form(&name);
            if form.is_empty() || !forms.contains(&form) {
                forms.push(form);
                names.push(name);
            }
        }
    }
    names
}

fn cut_to_length(names: Vec<String>) -> Vec<(String, Option<String>)> {
    names
        .into_iter()
        .map(|name| match is_too_long(&name) {
            false => (name, None),
            true => {
                let remark = remark(&format!("{name:?} is longer than ten words"), "it was cut");
                (cut(&name), Some(remark))
            }
        })
        .collect()
}

#[cfg(test)]
mod tests;
