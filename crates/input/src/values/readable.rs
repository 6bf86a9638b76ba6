//! Names that machines made, as people would write them.

/// So many keywords make a whole name.
const WHOLE: usize = 5;
/// Of more than that, so many.
const FIRST: usize = 4;

/// Keywords as a name: all of a few, the first of many.
pub(crate) fn name_of(words: &[String]) -> String {
    let kept = if words.len() <= WHOLE { words.len() } else { FIRST };
    words[..kept].join(", ")
}

/// `12_tax_quarter_fiscal` is "tax, quarter, fiscal", `0_Label___` is "Label".
pub(crate) fn without_number(name: &str) -> Option<String> {
    let rest = numbered(name)?;
    let words: Vec<String> =
        rest.split('_').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// What follows the number of a topic.
fn numbered(name: &str) -> Option<&str> {
    let (number, rest) = name.trim().split_once('_')?;
    let digits = number.strip_prefix('-').unwrap_or(number);
    (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then_some(rest)
}

/// Were these names made by a machine? Nearly all of them are a number and words, and the numbers differ.
pub(crate) fn are_numbered<'a>(names: impl Iterator<Item = &'a str>) -> bool {
    let (mut all, mut like, mut numbers) = (0, 0, std::collections::HashSet::new());
    for name in names.filter(|name| !name.trim().is_empty()) {
        all += 1;
        if numbered(name).is_some() {
            like += 1;
            numbers.insert(name.split('_').next().unwrap_or_default());
        }
    }
    all > 0 && like * 10 >= all * 8 && numbers.len() * 2 > like
}

/// "Community 3", "Topic 12", "cluster_7", "42": a number, and no name.
pub(crate) fn is_placeholder(name: &str) -> bool {
    let words = crate::values::vocabulary::words(name);
    let mut words = words.split(' ').peekable();
    let kinds = [
        "community",
        "topic",
        "cluster",
        "group",
        "thema",
        "gruppe",
        "theme",
        "label",
        "category",
        "groupe",
        "grupo",
        "tema",
        "segment",
        "unnamed",
        "untitled",
        "class",
        "c",
        "t",
        "kategorie",
    ];
    let first = words.next().unwrap_or_default();
    let number = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    if number(first) {
        return words.next().is_none();
    }
    let stem = first.trim_end_matches(|c: char| c.is_ascii_digit());
    if !kinds.contains(&stem) {
        return false;
    }
    match words.next() {
        None => stem.len() < first.len(),
        Some(word) => number(word) && words.next().is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machine_names_are_made_readable() {
        assert_eq!(
            without_number("12_tax_quarter_fiscal").as_deref(),
            Some("tax, quarter, fiscal")
        );
        assert_eq!(without_number("0_Label___").as_deref(), Some("Label"));
        assert_eq!(without_number("-1_the_and").as_deref(), Some("the, and"));
        assert_eq!(without_number("serde_json"), None);
        assert!(are_numbered(["0_a_b", "1_c_d"].into_iter()));
        assert!(!are_numbered(["2_factor", "passwords", "sign in"].into_iter()));
        assert!(!are_numbered(["2024_budget", "2024_plan", "2024_x"].into_iter()));
    }

    #[test]
    fn placeholders_are_numbers() {
        for name in ["Community 3", "Topic 12", "cluster_7", "Cluster7", "42", "Thema 4"] {
            assert!(is_placeholder(name), "{name}");
        }
        for name in ["Topic modelling", "3 phases", "Community events 2", "Classes", "B2B"] {
            assert!(!is_placeholder(name), "{name}");
        }
    }
}
