//! Answers as models give them.

use cladus_core::artifact::Match;
use cladus_label::{FUZZY, Matcher, Mismatch};
use proptest::prelude::*;
use strsim::{damerau_levenshtein, normalized_damerau_levenshtein};

const NAMES: [&str; 8] = [
    "Billing questions",
    "Errors in v2",
    "Errors in v4",
    "C++ programming",
    "C# programming",
    "重置密码",
    "2024",
    "Import data from spreadsheets",
];

/// The number (from 1) and the match that `answer` leads to, or what is wrong with it.
fn check(answer: &str, expect: Result<(usize, Match), &str>) {
    let found = Matcher::new(&NAMES).find(answer);
    let found = found.map(|found| (found.candidate + 1, found.matched));
    assert_eq!(found.map_err(|e| e.to_string()), expect.map_err(str::to_owned), "{answer:?}");
}

#[test]
fn numbers_and_names_as_shown_are_exact() {
    for (answer, number) in [
        ("1", 1),
        (" 2\n", 2),
        ("#3", 3),
        ("(4)", 4),
        ("[5]", 5),
        ("5.", 5),
        ("**6**", 6),
        ("Category 7", 7),
        ("No. 8", 8),
        ("answer: 8", 8),
        ("1. Billing questions", 1),
        ("1) billing question", 1),
        ("2 - Errors in v2", 2),
        ("3: it mentions the fourth version", 3),
        ("Billing questions", 1),
        ("重置密码", 6),
        ("2024", 7),
    ] {
        check(answer, Ok((number, Match::Exact)));
    }
}

#[test]
fn what_does_not_matter_does_not_matter() {
    for (answer, number) in [
        ("billing  QUESTIONS", 1),
        ("“Billing questions.”", 1),
        ("**Errors in V2**", 2),
        ("c++ programming", 4),
        ("C# Programming!", 5),
        ("「重置密码」", 6),
        ("import data, from spreadsheets", 8),
    ] {
        check(answer, Ok((number, Match::Normalised)));
    }
}

#[test]
fn misspellings_go_to_the_nearest_name() {
    check("Biling questions", Ok((1, Match::Fuzzy)));
    check("Billing question", Ok((1, Match::Fuzzy)));
    check("Import data form spreadsheets", Ok((8, Match::Fuzzy)));
    check("Import dtaa from spreadsheets", Ok((8, Match::Fuzzy)));
    check("Import data from spread sheets", Ok((8, Match::Fuzzy)));
}

#[test]
fn other_things_are_not_taken_for_misspellings() {
    for answer in [
        "Errors in v3",
        "C programming",
        "Export data from spreadsheets",
        "Something else",
        "3 wishes",
        "3-D printing",
        "2.0 migration",
        "?!",
    ] {
        check(answer, Err(&format!("{answer:?} is not one of the names offered")));
    }
}

#[test]
fn a_wrong_answer_is_told_what_is_wrong() {
    check("", Err("the answer is empty"));
    check(" \n", Err("the answer is empty"));
    for number in ["0", "9", "99999999999999999999999"] {
        check(number, Err(&format!("there is no number {number}, only 1 to 8")));
    }
    check(
        "2. Billing questions",
        Err(r#"the answer could mean "Billing questions" or "Errors in v2""#),
    );
    let essay = "This cluster is about billing. ".repeat(40_000);
    let error = Matcher::new(&NAMES).find(&essay).unwrap_err();
    assert!(matches!(error, Mismatch::Unknown { answer } if answer.chars().count() < 100));
}

#[test]
fn what_could_mean_two_means_none() {
    let ambiguous = |names: &[&str], answer| {
        let found = Matcher::new(names).find(answer);
        assert!(matches!(found, Err(Mismatch::Ambiguous { .. })), "{answer}: {found:?}");
    };
    ambiguous(&["Sign-in", "Sign in"], "SIGN IN");
    ambiguous(&["2", "1"], "1");
    ambiguous(&["grey walls inside", "gray walls inside"], "griy walls inside");
    // Written exactly like one of them, it means that one.
    let found = Matcher::new(&["Sign-in", "Sign in"]).find("Sign in").unwrap();
    assert_eq!((found.candidate, found.matched), (1, Match::Exact));
    // Twice the same name is one thing.
    assert_eq!(Matcher::new(&["Sign in", "Sign in"]).find("sign in").unwrap().candidate, 0);
}

/// One edit within a word of `name`, its first letter excepted.
fn misspelt(name: &str, at: &prop::sample::Index, insert: bool) -> String {
    let mut chars: Vec<char> = name.chars().collect();
    let inner: Vec<usize> =
        (1..chars.len()).filter(|at| chars[*at] != ' ' && chars[at - 1] != ' ').collect();
    let at = inner[at.index(inner.len())];
    if insert {
        chars.insert(at, 'q');
    } else {
        chars[at] = 'q';
    }
    chars.into_iter().collect()
}

proptest! {
    #[test]
    fn a_fuzzy_match_is_the_best_there_is(
        meant in "[a-d]{4,6}( [a-d]{4,6}){2,3}",
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 1..8),
        first: bool,
    ) {
        // Names that are all alike: each is the one before it, misspelt once more.
        let mut names = vec![meant];
        for (at, insert) in &edits {
            names.push(misspelt(&names[names.len() - 1], at, *insert));
        }
        let answer = names.remove(if first { 0 } else { names.len() - 1 });
        let best = names
            .iter()
            .filter(|name| damerau_levenshtein(&answer, name) == 1)
            .map(|name| normalized_damerau_levenshtein(&answer, name))
            .fold(0.0, f64::max);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        match Matcher::new(&names).find(&answer) {
            Ok(found) => {
                let ratio = normalized_damerau_levenshtein(&answer, names[found.candidate]);
                prop_assert!((ratio - f64::from(found.similarity)).abs() < 1e-6);
                prop_assert!(ratio >= best.max(FUZZY), "{ratio} where {best} was to be had");
            }
            Err(Mismatch::Ambiguous { first, second }) => {
                let ratio = |name: &str| normalized_damerau_levenshtein(&answer, name);
                prop_assert!(first != second && ratio(&first) == ratio(&second));
                prop_assert!(ratio(&first) >= best);
            }
            Err(_) => prop_assert!(best < FUZZY),
        }
    }

    #[test]
    fn every_name_is_found_by_itself_and_by_its_number(
        names in prop::collection::btree_set("[a-zA-Z][a-z .&+-]{0,20}[a-z]", 1..10),
    ) {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let matcher = Matcher::new(&names);
        for (at, name) in names.iter().enumerate() {
            for answer in [(*name).to_owned(), (at + 1).to_string(), format!("{}. {name}", at + 1)] {
                let found = matcher.find(&answer).unwrap();
                prop_assert_eq!((found.candidate, found.matched), (at, Match::Exact), "{}", answer);
            }
        }
    }

    #[test]
    fn no_answer_is_too_odd(answer in ".{0,60}", names in prop::collection::vec(".{0,12}", 0..5)) {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        if let Ok(found) = Matcher::new(&names).find(&answer) {
            prop_assert!(found.candidate < names.len());
        }
    }
}
