//! What a model was asked about a cluster when it was labelled, and what it answered.

use cladus_core::Result;
use cladus_core::artifact;
use cladus_core::config::Config;
use cladus_llm::answers::{Answers, Exchange};
use serde::Serialize;
use serde_json::Value;

use crate::folder::RunFolder;

/// A question in which a cluster was one of the items.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ItemQuestion {
    /// The call: its `id` in the store of answers.
    pub call: i64,
    /// The model that was asked.
    pub model: String,
    /// The cluster as the model saw it.
    pub item: String,
    /// The items in the question.
    pub items: usize,
    /// The candidates that were offered, in the order they were shown.
    pub offered: Vec<String>,
    /// What the model answered for this cluster.
    pub answer: String,
}

/// The questions about the cluster `id` in an iteration (from 1), in the order they were asked; none where no
/// model was asked, or its answers are elsewhere.
///
/// # Errors
/// When the settings or the store cannot be read.
pub fn questions(folder: &RunFolder, iteration: usize, id: &str) -> Result<Vec<ItemQuestion>> {
    let exchanges = exchanges(folder, iteration)?;
    if exchanges.is_empty() {
        return Ok(Vec::new());
    }
    // By the name that it had then: people may have given it another one since.
    let clusters = artifact::read_clusters(&folder.clusters_of(iteration))?.rows;
    let Some(cluster) = clusters.into_iter().find(|cluster| cluster.id == id) else {
        return Ok(Vec::new());
    };
    Ok(exchanges.iter().filter_map(|exchange| about(exchange, &cluster.name)).collect())
}

/// Every question of an iteration (from 1) when its clusters were labelled: the model, the names that were
/// offered, and of each cluster, as the model saw it, what was answered.
///
/// # Errors
/// As [`questions`].
pub fn all_questions(folder: &RunFolder, iteration: usize) -> Result<Vec<WholeQuestion>> {
    let whole = |exchange: Exchange| {
        let items = exchange.question.lines().filter_map(item);
        let answered = |(id, text): (&str, String)| {
            exchange.answer.get(id).map(|answer| (text, in_words(answer)))
        };
        WholeQuestion {
            items: items.clone().count(),
            answers: items.filter_map(answered).collect(),
            offered: exchange.question.lines().filter_map(candidate).collect(),
            model: exchange.model.clone(),
        }
    };
    Ok(exchanges(folder, iteration)?.into_iter().map(whole).collect())
}

/// A question with all that it was about.
#[derive(Debug, Clone, PartialEq)]
pub struct WholeQuestion {
    /// The model that was asked.
    pub model: String,
    /// The items in it.
    pub items: usize,
    /// The candidates that were offered, in the order they were shown.
    pub offered: Vec<String>,
    /// Items as the model saw them, each with what it answered.
    pub answers: Vec<(String, String)>,
}

/// The names that the cluster in an item may have: the item begins with it, and a description may follow.
pub fn names_of(item: &str) -> impl Iterator<Item = &str> {
    let ends = item.match_indices([':', '.']).map(|(at, _)| &item[..at]);
    std::iter::once(item).chain(ends)
}

fn exchanges(folder: &RunFolder, iteration: usize) -> Result<Vec<Exchange>> {
    let store = match folder.config() {
        path if path.is_file() => folder.answers_of(&Config::load(&path)?),
        _ => folder.answers(),
    };
    if !store.is_file() {
        return Ok(Vec::new());
    }
    Answers::open(&store)?.exchanges("label", u32::try_from(iteration).unwrap_or(u32::MAX))
}

fn in_words(answer: &Value) -> String {
    match answer {
        Value::String(answer) => answer.clone(),
        other => other.to_string(),
    }
}

/// What `exchange` says of the cluster with this name, where that is one of its items.
fn about(exchange: &Exchange, name: &str) -> Option<ItemQuestion> {
    let items: Vec<(&str, String)> = exchange.question.lines().filter_map(item).collect();
    let (id, text) = items.iter().find(|(_, text)| names_of(text).any(|known| known == name))?;
    let answer = exchange.answer.get(*id)?;
    Some(ItemQuestion {
        call: exchange.call.number(),
        model: exchange.model.clone(),
        item: text.clone(),
        items: items.len(),
        offered: exchange.question.lines().filter_map(candidate).collect(),
        answer: in_words(answer),
    })
}

/// The id and the text of an item.
fn item(line: &str) -> Option<(&str, String)> {
    let (id, text) = line.trim().strip_prefix("<item id=\"")?.split_once("\">")?;
    Some((id, unescaped(text.strip_suffix("</item>")?)))
}

/// The name of a candidate.
fn candidate(line: &str) -> Option<String> {
    let inner = line.trim().strip_prefix("<candidate>")?;
    let name = match inner.strip_prefix("<name>") {
        Some(named) => named.split_once("</name>")?.0,
        None => inner.strip_suffix("</candidate>")?,
    };
    Some(unescaped(name))
}

/// A text as it was before it was put into a prompt.
fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use cladus_llm::CallId;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_question_about_a_cluster_is_found_by_its_name() {
        let question = "<data>\n<candidate><name>Bread &amp; cake</name> Baking. (as Rolls)</candidate>\n\
                        <candidate>Locks</candidate>\n<item id=\"1\">Rolls: Small breads.</item>\n\
                        <item id=\"2\">Rolls and keys</item>\n</data>";
        let answer = json!({"1": "Bread & cake", "2": "Locks"}).as_object().unwrap().clone();
        let (call, model) = (CallId::of(7), "m".to_owned());
        let exchange = Exchange { call, model, question: question.to_owned(), answer };
        let found = about(&exchange, "Rolls").unwrap();
        assert_eq!((found.call, found.items, &*found.answer), (7, 2, "Bread & cake"));
        assert_eq!(found.item, "Rolls: Small breads.");
        assert_eq!(found.offered, ["Bread & cake", "Locks"]);
        assert_eq!(about(&exchange, "Rolls and keys").unwrap().answer, "Locks");
        assert_eq!(about(&exchange, "Roll"), None);
    }
}
