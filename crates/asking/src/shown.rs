//! Clusters as a prompt shows them.

use cladus_core::artifact::Cluster;
use cladus_core::text::clean_to;
use cladus_words::sentences;

/// Longest name shown, in characters.
const NAME_CHARS: usize = 160;
/// Longest first sentence shown, in characters.
const SENTENCE_CHARS: usize = 200;
/// Longest description shown, in characters.
const DESCRIPTION_CHARS: usize = 400;

/// How much of a cluster is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Its name.
    Name,
    /// Its name and the first sentence of its description.
    Sentence,
    /// Its name and its description.
    Description,
}

/// One line about a cluster.
pub fn shown(cluster: &Cluster, detail: Detail) -> String {
    let name = clean_to(&cluster.name, NAME_CHARS);
    let more = match detail {
        Detail::Name => "".into(),
        Detail::Sentence => {
            let first = sentences(&cluster.description).first().copied().unwrap_or_default();
            clean_to(first, SENTENCE_CHARS)
        }
        Detail::Description => clean_to(&cluster.description, DESCRIPTION_CHARS),
    };
    if more.is_empty() { name.into_owned() } else { format!("{name}: {more}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_much_as_is_asked_for() {
        let cluster = Cluster {
            id: "a".to_owned(),
            name: "Paper jams".to_owned(),
            description: format!("Printers that stop. {}", "And more. ".repeat(100)),
            slug: "paper_jams".to_owned(),
            level: 0,
            members: Vec::new(),
            size: 1,
        };
        assert_eq!(shown(&cluster, Detail::Name), "Paper jams");
        assert_eq!(shown(&cluster, Detail::Sentence), "Paper jams: Printers that stop.");
        let long = shown(&cluster, Detail::Description);
        assert!(long.chars().count() <= 10 + 2 + DESCRIPTION_CHARS && long.ends_with('…'));
        let bare = Cluster { description: String::new(), ..cluster };
        assert_eq!(shown(&bare, Detail::Description), "Paper jams");
    }
}
