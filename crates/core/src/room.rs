//! How much of a level one question to a model holds.

use crate::artifact::Cluster;

/// Tokens of clusters' texts in one question, where nobody says otherwise. Models read far more, but
/// notice less of it.
pub const QUESTION_TOKENS: usize = 8_000;
/// Most clusters in one question that say what they are about, and most bare names.
pub const MOST_DESCRIBED: usize = 200;
/// See [`MOST_DESCRIBED`].
pub const MOST_BARE: usize = 250;

/// Longest name and longest sentence that a question shows of a cluster, in bytes.
const NAME_BYTES: usize = 160;
const SENTENCE_BYTES: usize = 200;
/// What stands around a cluster's text, in tokens.
const AROUND: usize = 8;
/// Fewer leave nothing to compare.
const LEAST: usize = 12;

/// About how many tokens `text` is: a quarter of its bytes, which is near for Latin scripts and at most
/// a third off for others.
pub fn tokens(text: &str) -> usize {
    text.len().div_ceil(4)
}

/// How many of `clusters` one question holds, each with its name and a sentence, in `budget` tokens:
/// as many as fit if they are like the mean of them, at least 12.
pub fn clusters_that_fit(clusters: &[Cluster], budget: usize) -> usize {
    let n = clusters.len().max(1);
    let mut tokens = 0;
    let mut share = 0.0;
    for Cluster { name, description, .. } in clusters {
        let bytes = name.len().min(NAME_BYTES) + sentence(description).min(SENTENCE_BYTES);
        tokens += AROUND + bytes.div_ceil(4);
        let most = if description.is_empty() { MOST_BARE } else { MOST_DESCRIBED };
        share += 1.0 / most as f64;
    }
    let by_tokens = budget.saturating_mul(n) / tokens.max(1);
    // A hair more, because thirds and the like do not add up.
    let by_number = (n as f64 / share.max(f64::MIN_POSITIVE) + 1e-6) as usize;
    by_tokens.min(by_number).clamp(LEAST, MOST_BARE)
}

/// About how many bytes the first sentence of `text` has.
fn sentence(text: &str) -> usize {
    let ends = [". ", "! ", "? ", "。"].iter().filter_map(|end| text.find(end));
    ends.min().map_or(text.len(), |end| end + 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clusters(n: usize, description: &str) -> Vec<Cluster> {
        let cluster = |at: usize| Cluster {
            id: at.to_string(),
            name: "Paper jams in printers".to_owned(),
            description: description.to_owned(),
            slug: String::new(),
            level: 0,
            members: Vec::new(),
            size: 1,
        };
        (0..n).map(cluster).collect()
    }

    #[test]
    fn bare_names_are_read_by_the_hundred() {
        assert_eq!(clusters_that_fit(&clusters(9, ""), QUESTION_TOKENS), MOST_BARE);
        let short = "Printers that stop.";
        assert_eq!(clusters_that_fit(&clusters(9, short), QUESTION_TOKENS), MOST_DESCRIBED);
        let mut mixed = clusters(5, short);
        mixed.extend(clusters(5, ""));
        assert_eq!(clusters_that_fit(&mixed, QUESTION_TOKENS), 222);
    }

    #[test]
    fn long_texts_leave_room_for_fewer() {
        let sentences = "Printers that stop. ".repeat(40);
        assert_eq!(clusters_that_fit(&clusters(9, &sentences), QUESTION_TOKENS), MOST_DESCRIBED);
        let long = "Printers that stop and ".repeat(40);
        assert_eq!(clusters_that_fit(&clusters(9, &long), QUESTION_TOKENS), 125);
        assert_eq!(clusters_that_fit(&clusters(9, &long), 2_000), 31);
        assert_eq!(clusters_that_fit(&clusters(9, &long), 1), LEAST);
        assert_eq!(clusters_that_fit(&[], QUESTION_TOKENS), MOST_BARE);
    }
}
