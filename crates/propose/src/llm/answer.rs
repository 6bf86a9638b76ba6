//! From an answer to candidates.

use cladus_asking::names::{MAX_WORDS, cut, word_count};
use cladus_asking::remark;
use cladus_asking::values::text_of;
use cladus_core::artifact::Candidate;
use cladus_core::normal::normal_form;
use cladus_core::text::{self, candidate_name};
use cladus_llm::Reply;
use serde_json::{Map, Value};

/// Longest scope kept, in characters.
const SCOPE_CHARS: usize = 160;
/// What stands between a name and its scope.
const BETWEEN: [&str; 3] = [": ", " – ", " — "];

/// The proposals in an answer: clean, no name twice, at most `most`.
pub(super) fn proposals(reply: &Reply, most: usize) -> Vec<Candidate> {
    let list = reply.object.get("names").filter(|names| names.is_array());
    // A model that calls them otherwise has named them all the same.
    let list = list.or_else(|| reply.object.values().find(|value| value.is_array()));
    // Or has put one more object around them.
    let inner = reply.object.values().filter_map(Value::as_object);
    let list = list.or_else(|| inner.flat_map(Map::values).find(|value| value.is_array()));
    let mut forms: Vec<String> = Vec::new();
    let mut rows = Vec::new();
    for value in list.and_then(Value::as_array).into_iter().flatten() {
        if let Some(row) = proposal(value)
            && rows.len() < most
        {
            let form = normal_form(&row.name);
            if form.is_empty() || !forms.contains(&form) {
                forms.push(form);
                rows.push(row);
            }
        }
    }
    rows
}

/// A name and its scope, written as one text or as an object.
pub(super) fn proposal(value: &Value) -> Option<Candidate> {
    match value {
        Value::String(_) => parted(&text_of(value)?),
        Value::Object(object) => {
            let field = |key: &str| object.get(key).filter(|v| v.is_string()).and_then(text_of);
            let row = parted(&field("name")?)?;
            let scope = field("scope").or_else(|| field("description"));
            Some(Candidate { scope: scope.and_then(|scope| scope_of(&scope)).or(row.scope), ..row })
        }
        _ => None,
    }
}

/// "Refunds: money back for orders" is a name and what belongs in it.
fn parted(text: &str) -> Option<Candidate> {
    let cuts = BETWEEN.iter().filter_map(|sign| Some((text.find(sign)?, sign.len())));
    let (name, scope) = match cuts.min() {
        Some((at, width)) if word_count(&text[..at]) > 0 => {
            (&text[..at], scope_of(&text[at + width..]))
        }
        _ => (text, None),
    };
    Some(Candidate { name: candidate_name(name)?, scope, ..Candidate::default() })
}

fn scope_of(text: &str) -> Option<String> {
    let scope = text::clean_to(text, SCOPE_CHARS);
    let scope = scope.trim().trim_end_matches('.');
    (!scope.is_empty()).then(|| scope.to_owned())
}

pub(super) fn is_too_long(row: &Candidate) -> bool {
    word_count(&row.name) > MAX_WORDS
}

/// Names that are too long are cut, and marked.
pub(super) fn cut_to_length(row: Candidate) -> Candidate {
    if !is_too_long(&row) {
        return row;
    }
    let remark = remark(&format!("{:?} is longer than ten words", row.name), "it was cut");
    Candidate { name: cut(&row.name), remark: Some(remark), ..row }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_scope_stands_behind_the_name() {
        for (said, name, scope) in [
            (
                json!("Refunds: money back, not failed payments."),
                "Refunds",
                Some("money back, not failed payments"),
            ),
            (json!("Refunds – money: back"), "Refunds", Some("money: back")),
            (json!("\"Refunds.\""), "Refunds", None),
            (json!("Refunds:"), "Refunds:", None),
            (json!(": money"), ": money", None),
            (json!({"name": "Refunds", "scope": "money back"}), "Refunds", Some("money back")),
            (json!({"name": "Refunds: money"}), "Refunds", Some("money")),
            (json!("12:30 trains"), "12:30 trains", None),
        ] {
            let row = proposal(&said).unwrap();
            assert_eq!((row.name.as_str(), row.scope.as_deref()), (name, scope), "{said}");
        }
        for nothing in [json!(3), json!(null), json!(""), json!({"scope": "x"})] {
            assert_eq!(proposal(&nothing), None, "{nothing}");
        }
    }
}
