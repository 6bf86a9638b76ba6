//! One question to a model, and what became of each cluster in it.

use cladus_asking::shown::{Detail, shown};
use cladus_asking::values::{chosen, holding, schema_of, unasked};
use cladus_asking::{Answer, Halves, Problem, Talk};
use cladus_core::artifact::CallCost;
use cladus_core::normal::normal_form;
use cladus_core::{Result, text};
use cladus_llm::{AnswerShape, Flaw, Reply, TokenUsage};
use serde::Serialize;
use serde_json::json;

use crate::job::LabelJob;
use crate::matching::{MatchedAnswer, Matcher};
use crate::questions::LabelQuestion;

/// Longest answer kept, in characters.
const ANSWER_CHARS: usize = 200;
/// Longest example of a candidate, in characters.
const EXAMPLE_CHARS: usize = 40;
/// Endpoints refuse schemas that list more names than this, or longer ones in all.
const LISTED: usize = 250;
/// What is answered where no name fits.
const NONE: &str = "none of these";
const LISTED_BYTES: usize = 12_000;

/// What became of one cluster.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct LabelVerdict {
    /// Which of the names shown was meant.
    pub(crate) matched: Option<MatchedAnswer>,
    /// What was said last.
    pub(crate) answer: Option<String>,
    /// Why no name was meant.
    pub(crate) wrong: String,
    /// May it go well another time?
    pub(crate) passing: bool,
    /// It was said that no name fits.
    pub(crate) none: bool,
}

/// What a question came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Verdicts {
    /// One a cluster of the question.
    pub(crate) verdicts: Vec<LabelVerdict>,
    /// What all its calls came to.
    pub(crate) cost: CallCost,
    /// A call was only counted.
    pub(crate) planned: bool,
}

/// What the prompt is filled in with.
#[derive(Serialize)]
struct LabelPrompt<'a> {
    candidates: Vec<Offered<'a>>,
    items: Vec<ShownCluster>,
    problems: &'a [Problem],
}

#[derive(Serialize)]
struct Offered<'a> {
    name: &'a str,
    scope: Option<&'a str>,
    examples: Vec<String>,
}

#[derive(Serialize)]
struct ShownCluster {
    id: String,
    text: String,
}

/// Puts the question, and once more for the clusters whose answer does not fit. One that is longer
/// than the model takes is put in halves, without descriptions; and one that is refused as a whole, too,
/// down to the cluster that is to blame.
///
/// # Errors
/// When no more calls are to be made.
pub(crate) async fn put(
    talk: Talk<'_>,
    level: &LabelJob<'_>,
    question: &LabelQuestion<'_>,
) -> Result<Verdicts> {
    let mut asking = LabelCall::new(talk, level, question);
    let all: Vec<usize> = (0..question.rows.len()).collect();
    let mut open = Halves::new(all);
    while let Some((part, short)) = open.next() {
        let detail = if short { Detail::Name } else { Detail::SENTENCE };
        let whole = part.len() == question.rows.len();
        match asking.put(&part, detail, whole).await? {
            Some(flaw) => {
                if let Some(reason) = talk.halving(&flaw) {
                    open.failed(&part, reason);
                }
            }
            None => open.went_well(),
        }
    }
    Ok(asking.done)
}

struct LabelCall<'a> {
    talk: Talk<'a>,
    level: &'a LabelJob<'a>,
    question: &'a LabelQuestion<'a>,
    names: Vec<&'a str>,
    done: Verdicts,
}

impl<'a> LabelCall<'a> {
    fn new(talk: Talk<'a>, level: &'a LabelJob<'a>, question: &'a LabelQuestion<'a>) -> Self {
        let names = question.shown.iter().map(|shown| shown.name).collect();
        let verdicts = vec![LabelVerdict::default(); question.rows.len()];
        Self { talk, level, question, names, done: Verdicts { verdicts, ..Verdicts::default() } }
    }

    /// Asks about the clusters at `places`, twice at most; with `again` also where the first answer is of
    /// no use at all. Returns what was wrong with the last answer as a whole.
    async fn put(&mut self, places: &[usize], detail: Detail, again: bool) -> Result<Option<Flaw>> {
        let flaw = match self.ask(places, detail, &[]).await? {
            Answer::Planned => return Ok(None),
            Answer::Reply(reply) => {
                self.read(places, &reply);
                None
            }
            Answer::Flawed(flaw) => {
                self.fail(places, &flaw);
                if !again || !flaw.worth_reasking() {
                    return Ok(Some(flaw));
                }
                Some(flaw)
            }
        };
        let open: Vec<usize> = places.iter().copied().filter(|&at| self.is_open(at)).collect();
        if open.is_empty() {
            return Ok(None);
        }
        let problems: Vec<Problem> = match &flaw {
            Some(flaw) => vec![Problem::of_call(flaw)],
            None => open
                .iter()
                .map(|&at| {
                    let verdicts = &self.done.verdicts;
                    let answer = verdicts[at].answer.as_deref().unwrap_or_default();
                    Problem::of_item(key(at), answer, &verdicts[at].wrong)
                })
                .collect(),
        };
        match self.ask(&open, detail, &problems).await? {
            Answer::Planned => Ok(None),
            Answer::Reply(reply) => {
                self.read(&open, &reply);
                if open.iter().any(|at| self.is_open(*at)) {
                    self.talk.asker.of_no_use(&reply);
                }
                Ok(None)
            }
            Answer::Flawed(again) => {
                self.fail(&open, &again);
                Ok(flaw.map(|_| again))
            }
        }
    }

    /// Nothing usable was said about this cluster so far.
    fn is_open(&self, at: usize) -> bool {
        let verdict = &self.done.verdicts[at];
        verdict.matched.is_none() && !verdict.none
    }

    async fn ask(
        &mut self,
        places: &[usize],
        detail: Detail,
        problems: &[Problem],
    ) -> Result<Answer> {
        let item = |&at: &usize| ShownCluster {
            id: key(at),
            text: shown(&self.level.clusters[self.question.rows[at]], detail),
        };
        let items = places.iter().map(item).collect();
        let offered = |shown: &crate::questions::ShownName<'a>| Offered {
            name: shown.name,
            scope: shown.scope,
            examples: shown
                .examples
                .iter()
                .map(|name| text::clean_to(name, EXAMPLE_CHARS).into_owned())
                .collect(),
        };
        let candidates = self.question.shown.iter().map(offered).collect();
        let data = LabelPrompt { candidates, items, problems };
        let keys: Vec<String> = places.iter().map(|&at| key(at)).collect();
        let bytes: usize = self.names.iter().map(|name| name.len()).sum();
        let label = if self.names.len() <= LISTED && bytes <= LISTED_BYTES {
            let listed: Vec<&str> = self.names.iter().copied().chain([NONE]).collect();
            json!({ "type": "string", "enum": listed })
        } else {
            json!({ "type": "string" })
        };
        let shape = AnswerShape { name: "labels", schema: schema_of(&keys, "label", &label) };
        let longest = self.names.iter().map(|name| name.len()).max().unwrap_or_default();
        let max_tokens = 50 + places.len() * (12 + longest / 2);
        let max_tokens = u32::try_from(max_tokens).unwrap_or(u32::MAX);
        let answer = self.talk.ask(data, shape, max_tokens).await?;
        self.done.planned |= answer == Answer::Planned;
        let cost = &mut self.done.cost;
        cost.attempts = Some(cost.attempts.unwrap_or(0) + 1);
        if let Answer::Reply(Reply { usage, .. }) = &answer {
            let TokenUsage { prompt_tokens, completion_tokens, .. } = *usage;
            add(&mut cost.prompt_tokens, prompt_tokens);
            add(&mut cost.completion_tokens, completion_tokens);
        }
        Ok(answer)
    }

    /// Finds the name that is meant for each of the clusters at `places`.
    fn read(&mut self, places: &[usize], reply: &Reply) {
        let keys: Vec<String> = places.iter().map(|&at| key(at)).collect();
        let object = holding(&reply.object, &keys);
        for unasked in unasked(&object, &keys) {
            tracing::debug!("an answer about {unasked:?}, which was not asked about");
        }
        let matcher = Matcher::new(&self.names);
        for (&at, key) in places.iter().zip(&keys) {
            let value = object.get(key);
            let said = value.and_then(chosen);
            let verdict = &mut self.done.verdicts[at];
            verdict.passing = false;
            verdict.wrong = match (value, &said) {
                (None, _) => "no answer was given for it".to_owned(),
                (Some(_), None) => "the answer is neither a text nor a number".to_owned(),
                (Some(_), Some(said)) if is_none(said, &matcher) => {
                    verdict.none = true;
                    "no name offered fits".to_owned()
                }
                // As it stands first: a name may hold an "&amp;" of its own.
                (Some(value), Some(said)) => match value
                    .as_str()
                    .and_then(|said| matcher.find(said).ok())
                    .map_or_else(|| matcher.find(said), Ok)
                {
                    Ok(matched) => {
                        verdict.matched = Some(matched);
                        String::new()
                    }
                    Err(mismatch) => mismatch.to_string(),
                },
            };
            let cleaned = said.map(|said| text::clean_to(&said, ANSWER_CHARS).into_owned());
            if let Some(cleaned) = cleaned.filter(|cleaned| !cleaned.is_empty()) {
                verdict.answer = Some(cleaned);
            }
        }
    }

    fn fail(&mut self, places: &[usize], flaw: &Flaw) {
        for &at in places {
            let verdict = &mut self.done.verdicts[at];
            verdict.wrong = flaw.to_string();
            verdict.passing = flaw.is_passing();
        }
    }
}

/// Does an answer say that no name fits? Not where a candidate is called so.
fn is_none(said: &str, matcher: &Matcher<'_>) -> bool {
    let form = normal_form(said);
    (form == NONE || form == "none") && matcher.find(said).is_err()
}

/// The number that a cluster goes by.
fn key(place: usize) -> String {
    (place + 1).to_string()
}

fn add(sum: &mut Option<u64>, tokens: Option<u64>) {
    if let Some(tokens) = tokens {
        *sum = Some(sum.unwrap_or(0) + tokens);
    }
}
