//! When are two names two things, however alike they look?

/// Words that may come and go without changing what is meant.
const FILLERS: [&str; 12] =
    ["a", "an", "and", "for", "in", "its", "of", "on", "our", "the", "their", "your"];

/// How alike two words must be to pass for one, misspelt.
const SAME_WORD: f64 = 0.7;

/// Could one of these normal forms be the other, misspelt?
///
/// No when they differ in a number, a letter standing alone or a Roman numeral ("errors in v2"
/// and "errors in v3"), or in a word that begins differently ("import" and "export",
/// "authenticated" and "unauthenticated"), however similar the whole is.
pub(crate) fn may_be_misspelt(left: &str, right: &str) -> bool {
    let (mut left_only, mut right_only): (Vec<&str>, Vec<&str>) =
        (Vec::new(), right.split(' ').collect());
    for word in left.split(' ') {
        match right_only.iter().position(|other| *other == word) {
            Some(at) => {
                right_only.remove(at);
            }
            None => left_only.push(word),
        }
    }
    if left_only.concat() == right_only.concat() {
        return true; // "data base" and "database"
    }
    for words in [&mut left_only, &mut right_only] {
        words.retain(|word| !FILLERS.contains(word));
    }
    left_only.len() == right_only.len()
        && left_only.iter().zip(&right_only).all(|(left, right)| is_same_word(left, right))
}

fn is_same_word(left: &str, right: &str) -> bool {
    !is_code(left)
        && !is_code(right)
        && left.chars().next() == right.chars().next()
        && strsim::normalized_damerau_levenshtein(left, right) >= SAME_WORD
}

/// A word whose every character counts.
fn is_code(word: &str) -> bool {
    word.chars().any(char::is_numeric)
        || word.chars().nth(1).is_none()
        || word.chars().all(|c| matches!(c, 'i' | 'v' | 'x'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_or_another_thing() {
        for (left, right, same) in [
            ("billing questions", "biling questions", true),
            ("billing question", "billing questions", true),
            ("debugging of python code", "debugging python code", true),
            ("database design", "data base design", true),
            ("problems with e mail", "problems with email", true),
            ("errors in v2", "errors in v3", false),
            ("python 3.1 errors", "python 3.11 errors", false),
            ("vitamin a deficiency", "vitamin b deficiency", false),
            ("type i diabetes", "type ii diabetes", false),
            ("import of data", "export of data", false),
            ("unauthenticated requests", "authenticated requests", false),
            ("requests with tokens", "requests without tokens", false),
            ("not billing questions", "billing questions", false),
        ] {
            assert_eq!(may_be_misspelt(left, right), same, "{left} | {right}");
            assert_eq!(may_be_misspelt(right, left), same, "{right} | {left}");
        }
    }
}
