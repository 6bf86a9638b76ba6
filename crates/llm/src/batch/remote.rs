//! A batch as its endpoint has it.

use cladus_core::Result;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::errand::{Errand, ErrandOutcome, PAGE};
use super::line;
use crate::session::SharedSession;
use crate::session::tally::Tally;
use crate::store::{Batch, BatchNote};

/// What an endpoint says of a batch, as far as anything is done with it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Remote {
    pub(crate) id: String,
    pub(crate) status: String,
    metadata: Option<Map<String, Value>>,
    pub(crate) output_file_id: Option<String>,
    pub(crate) error_file_id: Option<String>,
    request_counts: Option<BatchCounts>,
    errors: Option<Value>,
    created_at: Option<i64>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
struct BatchCounts {
    total: u64,
    completed: u64,
    failed: u64,
}

#[derive(Deserialize)]
struct BatchPage {
    data: Vec<Value>,
    has_more: Option<bool>,
}

impl Remote {
    /// `None` where it is no batch, or has a name that is none: it becomes part of an address.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        let remote: Self = serde_json::from_slice(body).ok()?;
        remote.is_sane().then_some(remote)
    }

    fn is_sane(&self) -> bool {
        let files = [&self.output_file_id, &self.error_file_id];
        is_name(&self.id) && files.into_iter().flatten().all(|id| id.is_empty() || is_name(id))
    }

    /// Nothing more will come of it.
    pub(crate) fn has_ended(&self) -> bool {
        matches!(self.status.as_str(), "completed" | "failed" | "expired" | "cancelled")
    }

    /// The files with its answers and its refusals.
    pub(crate) fn files(&self) -> [Option<&str>; 2] {
        [&self.output_file_id, &self.error_file_id]
            .map(|id| id.as_deref().filter(|id| !id.is_empty()))
    }

    /// Questions that are done, and all there are.
    pub(crate) fn done(&self) -> (u64, u64) {
        let BatchCounts { total, completed, failed } = self.request_counts.unwrap_or_default();
        (completed + failed, total)
    }

    /// Why it failed as a whole, where it did.
    pub(crate) fn reason(&self) -> Option<String> {
        let first = self.errors.as_ref()?.get("data")?.get(0)?;
        Some(line::reason(first))
    }

    fn mark(&self) -> Option<&str> {
        self.metadata.as_ref()?.get("chunk")?.as_str()
    }
}

fn is_name(id: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
    !id.is_empty() && id.len() <= 200 && id.chars().all(fits) && id.contains(|c| c != '.')
}

/// The one of `all` with this mark; where there are several, one that may have answers.
pub(crate) fn marked(all: Vec<Remote>, chunk: &str) -> Option<Remote> {
    let (dead, alive): (Vec<_>, Vec<_>) = all
        .into_iter()
        .filter(|remote| remote.mark() == Some(chunk))
        .partition(|remote| matches!(remote.status.as_str(), "failed" | "cancelled"));
    alive.into_iter().chain(dead).next()
}

/// What came of an attempt to make a batch.
pub(crate) enum Submitted {
    /// It is there, under this name.
    Yes(String),
    /// There is none, and why: this endpoint takes no such batch.
    No(String),
}

impl SharedSession {
    /// Hands over the questions of `batch`, which nobody did before.
    ///
    /// # Errors
    /// Where it stays unclear whether it is there: it is looked for by the next process.
    pub(crate) async fn submit(&self, batch: &Batch, tally: &Tally) -> Result<Submitted> {
        let questions = self.answers.questions(batch.id)?;
        let lines = questions.iter().map(|asked| line::question(&asked.key, &asked.request));
        let lines = lines.collect::<String>().into_bytes();
        let name = format!("cladus-{}.jsonl", batch.chunk);
        let file = match self.patiently(&Errand::Upload { name: &name, lines }, tally).await? {
            ErrandOutcome::Done(body) => serde_json::from_slice::<Value>(&body)
                .ok()
                .and_then(|file| Some(file.get("id")?.as_str()?.to_owned()))
                .filter(|id| is_name(id)),
            ErrandOutcome::Absent(why)
            | ErrandOutcome::Refused(why)
            | ErrandOutcome::Unclear(why) => {
                return Ok(Submitted::No(why));
            }
        };
        let Some(file) = file else {
            return Ok(Submitted::No("its answer to an upload names no file".to_owned()));
        };
        self.answers.note_batch(batch.id, BatchNote::Uploaded(file.clone())).await?;
        let body = json!({
            "input_file_id": file,
            "endpoint": "/v1/chat/completions",
            "completion_window": "24h",
            "metadata": {"cladus": "1", "chunk": batch.chunk},
        });
        let mut backoff = crate::client::backoff::Backoff::new(self.patience);
        loop {
            let reason = match self.errand(&Errand::Create(&body), tally).await? {
                ErrandOutcome::Done(body) => match Remote::read(&body) {
                    Some(remote) => return Ok(Submitted::Yes(remote.id)),
                    None => "its answer names no batch".to_owned(),
                },
                ErrandOutcome::Absent(why) | ErrandOutcome::Refused(why) => {
                    return Ok(Submitted::No(why));
                }
                ErrandOutcome::Unclear(reason) => reason,
            };
            let Some(pause) = backoff.pause(None) else { return Err(self.no_word(&reason)) };
            self.waited(tokio::time::sleep(pause)).await?;
            // It may have been made, and only the word of it was lost.
            if let Some(remote) = self.find(batch, tally).await? {
                return Ok(Submitted::Yes(remote.id));
            }
        }
    }

    /// The endpoint's batch with the mark of `batch`.
    ///
    /// # Errors
    /// When the endpoint does not answer.
    pub(crate) async fn find(&self, batch: &Batch, tally: &Tally) -> Result<Option<Remote>> {
        /// Clocks differ, in seconds.
        const A_DAY: i64 = 86_400;
        let mut after: Option<String> = None;
        loop {
            let errand = Errand::List { after: after.as_deref() };
            let ErrandOutcome::Done(body) = self.patiently(&errand, tally).await? else {
                return Ok(None);
            };
            let Ok(BatchPage { data, has_more }) = serde_json::from_slice(&body) else {
                return Err(self.no_word("its list of batches is none"));
            };
            let full = data.len() >= PAGE;
            let page: Vec<Remote> = data
                .into_iter()
                .filter_map(|one| serde_json::from_value(one).ok())
                .filter(Remote::is_sane)
                .collect();
            // The newest come first, and ours cannot be older than the wish for it.
            let old = |remote: &Remote| {
                remote.created_at.is_some_and(|at| at < batch.created_ms / 1_000 - A_DAY)
            };
            let last = page.last().filter(|last| !old(last)).map(|last| last.id.clone());
            if let Some(found) = marked(page, &batch.chunk) {
                return Ok(Some(found));
            }
            match last {
                Some(last) if has_more.unwrap_or(full) && after.as_ref() != Some(&last) => {
                    after = Some(last);
                }
                _ => return Ok(None),
            }
        }
    }

    /// How a batch stands; `None` where the endpoint has none of this name.
    ///
    /// # Errors
    /// When the endpoint does not answer.
    pub(crate) async fn look(&self, id: &str, tally: &Tally) -> Result<Option<Remote>> {
        match self.patiently(&Errand::Look(id), tally).await? {
            ErrandOutcome::Done(body) => match Remote::read(&body) {
                Some(remote) => Ok(Some(remote)),
                None => Err(self.no_word("its answer is no batch")),
            },
            ErrandOutcome::Absent(_) | ErrandOutcome::Refused(_) | ErrandOutcome::Unclear(_) => {
                Ok(None)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(id: &str, status: &str, chunk: &str) -> Remote {
        let text = json!({"id": id, "status": status, "metadata": {"cladus": "1", "chunk": chunk}});
        Remote::read(text.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn an_orphan_is_known_by_its_mark() {
        let all = || {
            vec![
                remote("b4", "failed", "mine-0"),
                remote("b3", "in_progress", "other-0"),
                remote("b2", "expired", "mine-0"),
                remote("b1", "completed", "mine-1"),
                Remote::read(br#"{"id":"b0","status":"completed","metadata":null}"#).unwrap(),
            ]
        };
        let found = |chunk| marked(all(), chunk).map(|remote| remote.id);
        assert_eq!(found("mine-0").as_deref(), Some("b2"), "the one that may have answers");
        assert_eq!(found("mine-1").as_deref(), Some("b1"));
        assert_eq!(found("mine-2"), None);
        assert_eq!(found(""), None);
    }

    #[test]
    fn names_lead_nowhere_else() {
        for id in ["batch_67a", "file-AbC.1", "urn:b:1"] {
            assert!(is_name(id), "{id}");
        }
        for id in ["", "..", ".", "a/b", "a?b", "a b", "ä", &"a".repeat(300)] {
            assert!(!is_name(id), "{id}");
        }
        let file = json!({"id": "b", "status": "completed", "output_file_id": "../batches"});
        assert!(Remote::read(file.to_string().as_bytes()).is_none());
    }

    #[test]
    fn what_is_said_of_a_batch_is_understood() {
        let text = json!({
            "id": "b", "status": "failed", "output_file_id": "", "error_file_id": null,
            "request_counts": {"total": 9, "completed": 4, "failed": 1},
            "errors": {"object": "list", "data": [{"code": "c", "message": "m", "line": 1}]},
        });
        let remote = Remote::read(text.to_string().as_bytes()).unwrap();
        assert!(remote.has_ended());
        assert_eq!(remote.files(), [None, None]);
        assert_eq!(remote.done(), (5, 9));
        assert_eq!(remote.reason().as_deref(), Some("c: m"));
        for status in ["validating", "in_progress", "finalizing", "cancelling", "dreaming"] {
            assert!(!Remote { status: status.to_owned(), ..Remote::default() }.has_ended());
        }
    }
}
