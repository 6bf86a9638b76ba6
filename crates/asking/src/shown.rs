//! Clusters as a prompt shows them.

use cladus_core::artifact::Cluster;
use cladus_core::room::tokens;
use cladus_core::text::clean_to;
use cladus_words::sentences;

/// Longest name shown, in characters.
const NAME_CHARS: usize = 160;
/// Longest first sentence shown, in characters, and shorter ones for questions that hold too much.
const SENTENCE_CHARS: [usize; 3] = [200, 120, 60];
/// Longest description shown, in characters.
const DESCRIPTION_CHARS: usize = 400;
/// What follows where something is left out.
const MORE: &str = " …";

/// How much of a cluster is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Its name.
    Name,
    /// Its name and the first sentence of its description, of so many characters at most.
    Sentence(usize),
    /// Its name and its description.
    Description,
}

impl Detail {
    /// Its name and the first sentence of its description.
    pub const SENTENCE: Self = Self::Sentence(SENTENCE_CHARS[0]);

    /// The first sentences of as much of `clusters` as `budget` tokens hold; names alone where not even
    /// the beginnings of sentences fit.
    pub fn that_fits(clusters: &[&Cluster], budget: usize) -> Self {
        let fits = |detail: &Self| {
            clusters.iter().map(|cluster| tokens(&shown(cluster, *detail))).sum::<usize>() <= budget
        };
        SENTENCE_CHARS.map(Self::Sentence).into_iter().find(fits).unwrap_or(Self::Name)
    }
}

/// One line about a cluster. Text that is not shown to its end ends in "…".
pub fn shown(cluster: &Cluster, detail: Detail) -> String {
    let name = clean_to(&cluster.name, NAME_CHARS);
    let more = match detail {
        Detail::Name => String::new(),
        Detail::Sentence(most) => first_sentence(&cluster.description, most),
        Detail::Description => clean_to(&cluster.description, DESCRIPTION_CHARS).into_owned(),
    };
    if more.is_empty() { name.into_owned() } else { format!("{name}: {more}") }
}

fn first_sentence(description: &str, most: usize) -> String {
    let sentences = sentences(description);
    let first = clean_to(sentences.first().copied().unwrap_or_default(), most);
    if sentences.len() > 1 && !first.ends_with('…') {
        format!("{first}{MORE}")
    } else {
        first.into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster(description: &str) -> Cluster {
        Cluster {
            id: "a".to_owned(),
            name: "Paper jams".to_owned(),
            description: description.to_owned(),
            slug: "paper_jams".to_owned(),
            level: 0,
            members: Vec::new(),
            size: 1,
        }
    }

    #[test]
    fn as_much_as_is_asked_for() {
        let long = cluster(&format!("Printers that stop. {}", "And more. ".repeat(100)));
        assert_eq!(shown(&long, Detail::Name), "Paper jams");
        assert_eq!(shown(&long, Detail::SENTENCE), "Paper jams: Printers that stop. …");
        let all = shown(&long, Detail::Description);
        assert!(all.chars().count() <= 10 + 2 + DESCRIPTION_CHARS && all.ends_with('…'));
        let short = cluster("Printers that stop.");
        assert_eq!(shown(&short, Detail::SENTENCE), "Paper jams: Printers that stop.");
        assert_eq!(shown(&cluster(""), Detail::Description), "Paper jams");
        assert_eq!(shown(&cluster(""), Detail::SENTENCE), "Paper jams");
    }

    #[test]
    fn a_question_that_holds_too_much_shows_less_of_each() {
        let long = cluster(&"printers that stop in the middle of a page ".repeat(9));
        let all = vec![&long; 10];
        assert_eq!(Detail::that_fits(&all, 10_000), Detail::SENTENCE);
        assert_eq!(Detail::that_fits(&all, 400), Detail::Sentence(120));
        assert_eq!(Detail::that_fits(&all, 200), Detail::Sentence(60));
        assert_eq!(Detail::that_fits(&all, 10), Detail::Name);
        assert!(shown(&long, Detail::Sentence(60)).ends_with('…'));
    }
}
