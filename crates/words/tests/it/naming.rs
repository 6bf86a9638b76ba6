//! Names as a reader meets them: a few children in, a name out.

use std::collections::BTreeSet;

use cladus_words::{Corpus, CorpusText, WordsOnly, description, headlines, sentences};
use proptest::prelude::*;

use crate::siblings;

/// (name, description) for each class of children that has to be named beside the others.
fn names_of(classes: &[&[&str]]) -> Vec<(String, String)> {
    let texts: Vec<CorpusText<'_>> = classes
        .iter()
        .flat_map(|children| children.iter())
        .map(|name| CorpusText { name, description: "", size: 1 })
        .collect();
    let corpus = Corpus::new(texts);
    let classes = siblings(classes);
    let Ok(found) = headlines(&corpus, &classes, None::<&mut WordsOnly>);
    found.iter().map(|headline| (headline.name.clone(), description(&corpus, headline))).collect()
}

const PASSWORDS: &[&str] = &[
    "Reset a forgotten password",
    "Change the password of a colleague",
    "Explain the password rules",
    "Unlock an account after wrong passwords",
];
const INVOICES: &[&str] = &[
    "Send an invoice again",
    "Fix the totals of an invoice",
    "Translate an invoice",
    "Add a logo to invoices",
];
const BIRDS: &[&str] = &["Birds of prey", "Wading birds", "Song birds", "Flightless birds"];

#[test]
fn a_name_says_what_the_children_share() {
    let names = names_of(&[PASSWORDS, INVOICES, BIRDS]);
    for ((name, description), word) in names.iter().zip(["password", "invoice", "bird"]) {
        assert!(name.to_lowercase().contains(word), "{name:?} for {word}");
        assert!(description.to_lowercase().contains(word), "{description:?} for {word}");
    }
}

#[test]
fn siblings_with_the_same_children_are_still_told_apart() {
    let names = names_of(&[INVOICES, INVOICES, INVOICES]);
    let distinct: BTreeSet<String> = names.iter().map(|(name, _)| name.to_lowercase()).collect();
    assert_eq!(distinct.len(), 3, "{names:?}");
}

#[test]
fn acronyms_keep_their_letters() {
    let names =
        names_of(&[&["Call the REST API", "Page through the API", "Get an API key"], BIRDS]);
    assert!(names[0].0.contains("API"), "{names:?}");
}

#[test]
fn every_script_has_names() {
    let names = names_of(&[
        &["重置密码", "修改密码", "忘记密码"],
        &["إعادة تعيين كلمة المرور", "تغيير كلمة المرور"],
        &["🙂", "🙃"],
        &["???", "!!!"],
    ]);
    assert!(names.iter().all(|(name, _)| !name.trim().is_empty()), "{names:?}");
    assert!(names[1].0.contains("المرور"), "{names:?}");
}

#[test]
fn a_megabyte_of_text_is_read_in_its_first_words() {
    let long = "word ".repeat(200_000);
    let names = names_of(&[&[&long, "Another word"], INVOICES]);
    assert!(names[0].0.chars().count() <= 200, "{} characters", names[0].0.chars().count());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn names_are_short_distinct_and_described_in_two_sentences(
        classes in prop::collection::vec(
            prop::collection::vec("([A-Za-z]{2,8}|[0-9]{1,3}|of|and|!|été|密码){1}( ([a-z]{2,8}|[0-9]|for|the)){0,6}", 1..6),
            1..8,
        )
    ) {
        let classes: Vec<Vec<&str>> =
            classes.iter().map(|class| class.iter().map(String::as_str).collect()).collect();
        let slices: Vec<&[&str]> = classes.iter().map(Vec::as_slice).collect();
        let names = names_of(&slices);
        prop_assert_eq!(names.len(), classes.len());
        let mut seen = BTreeSet::new();
        for ((name, description), class) in names.iter().zip(&classes) {
            prop_assert!(!name.trim().is_empty());
            prop_assert!(name.split_whitespace().count() <= 10, "{}", name);
            if class.len() > 1 {
                prop_assert!(seen.insert(name.to_lowercase()), "{} twice in {:?}", name, names);
            }
            prop_assert_eq!(sentences(description).len(), 2, "{}", description);
        }
    }
}
