//! A parent's description: two sentences about its children.

use cladus_core::artifact::Cluster;

/// How many children are named.
const NAMED: usize = 3;
/// A child's name is cut to so many words.
const WORDS: usize = 9;

/// Two sentences: the largest children by name, and what the children have in common.
///
/// The next iteration embeds this text and names from it, so it carries the children's own words.
/// `themes` are phrases that set this parent apart from its siblings, the strongest first; `name`
/// is the parent's own, which need not be said again.
pub(crate) fn describe(name: &str, children: &[&Cluster], themes: &[String]) -> String {
    let mut largest: Vec<&Cluster> = children.to_vec();
    largest.sort_by(|a, b| b.size.cmp(&a.size).then_with(|| a.id.cmp(&b.id)));
    let mut named: Vec<String> = Vec::new();
    for child in &largest {
        let name = short(&child.name);
        if named.len() < NAMED && !named.contains(&name) {
            named.push(name);
        }
    }
    let rest = children.len() - named.len().min(children.len());
    let items: u64 = children.iter().map(|child| child.size).sum();
    let first = match rest {
        0 => format!("{}.", capitalised(&and(&named))),
        1 => format!("{}, and one more.", capitalised(&named.join("; "))),
        _ => format!("{}, and {rest} more.", capitalised(&named.join("; "))),
    };
    let known = name.to_lowercase();
    let fresh: Vec<&str> = themes
        .iter()
        .map(String::as_str)
        .filter(|theme| !known.contains(&theme.to_lowercase()))
        .take(4)
        .collect();
    let second = match (fresh.as_slice(), items) {
        ([], 1) => "One item in all.".to_owned(),
        ([], _) => format!("{items} items in all."),
        ([one], _) => format!("Often about {one}."),
        _ => format!("Often about {}.", and(&fresh)),
    };
    format!("{first} {second}")
}

/// The first words of a name, without what would end a sentence.
fn short(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().take(WORDS + 1).collect();
    let cut = words.len() > WORDS;
    let text = words[..words.len().min(WORDS)].join(" ");
    let text = text.replace(['.', '!', '?', ';'], " ");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = lower_first(if text.is_empty() { name } else { &text });
    if cut { format!("{text} …") } else { text }
}

/// In the middle of a sentence a plain word begins small; "API", "iPhone" and "I" stay.
fn lower_first(text: &str) -> String {
    let first = text.split_whitespace().next().unwrap_or_default();
    let mut letters = first.chars();
    let plain = letters.next().is_some_and(char::is_uppercase)
        && first.chars().count() > 1
        && letters.all(|c| c.is_lowercase() || !c.is_alphabetic());
    if plain { change_first(text, |c| c.to_lowercase().collect()) } else { text.to_owned() }
}

fn capitalised(text: &str) -> String {
    change_first(text, |c| c.to_uppercase().collect())
}

fn change_first(text: &str, change: impl Fn(char) -> String) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| change(first) + letters.as_str())
}

/// "a", "a and b", "a, b and c".
fn and<T: AsRef<str>>(parts: &[T]) -> String {
    let parts: Vec<&str> = parts.iter().map(AsRef::as_ref).collect();
    match parts.split_last() {
        None => String::new(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster(name: &str, size: u64) -> Cluster {
        Cluster {
            id: name.to_owned(),
            name: name.to_owned(),
            description: String::new(),
            slug: String::new(),
            level: 0,
            members: Vec::new(),
            size,
        }
    }

    #[track_caller]
    fn check(name: &str, children: &[(&str, u64)], themes: &[&str], expected: &str) {
        let children: Vec<Cluster> = children.iter().map(|(n, s)| cluster(n, *s)).collect();
        let themes: Vec<String> = themes.iter().map(|t| (*t).to_owned()).collect();
        let text = describe(name, &children.iter().collect::<Vec<_>>(), &themes);
        assert_eq!(text, expected);
        assert_eq!(text.matches(". ").count() + 1, 2, "two sentences");
    }

    #[test]
    fn the_largest_children_come_first_and_themes_that_the_name_says_are_left_out() {
        check(
            "Passwords",
            &[
                ("Reset passwords", 3),
                ("API keys rotated", 9),
                ("Unlock accounts", 5),
                ("Other", 1),
            ],
            &["password", "two-factor codes", "sign-in"],
            "API keys rotated; unlock accounts; reset passwords, and one more. Often about two-factor codes and sign-in.",
        );
        check("Pets", &[("Dogs", 2), ("Cats", 1)], &[], "Dogs and cats. 3 items in all.");
    }

    #[test]
    fn a_name_that_is_a_sentence_or_a_book_does_not_break_the_two_sentences() {
        check(
            "X",
            &[("Is it down? Yes.", 2), ("No", 1)],
            &[],
            "Is it down Yes and no. 3 items in all.",
        );
        check(
            "X",
            &[("One two three four five six seven eight nine ten", 2), ("Same", 1), ("Same", 1)],
            &["a"],
            "One two three four five six seven eight nine …; same, and one more. Often about a.",
        );
    }
}
