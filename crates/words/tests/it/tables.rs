//! Children and the name a reader would expect, as data.

use cladus_words::{Corpus, CorpusText, Headline, WordsOnly, description, headlines};

use crate::siblings;

/// Names the classes, all of them siblings, of children given as "name" or "name: description".
fn named(classes: &[&[&str]]) -> Vec<(Headline, String)> {
    let texts: Vec<CorpusText<'_>> = classes
        .concat()
        .into_iter()
        .map(|child| {
            let (name, description) = child.split_once(": ").unwrap_or((child, ""));
            CorpusText { name, description, size: 1 }
        })
        .collect();
    let classes = siblings(classes);
    let corpus = Corpus::new(texts);
    let found = headlines::<WordsOnly>(&corpus, &classes, None).unwrap();
    found
        .into_iter()
        .map(|headline| {
            let text = description(&corpus, &headline);
            (headline, text)
        })
        .collect()
}

#[track_caller]
fn check(classes: &[&[&str]], expected: &[&str]) {
    let names: Vec<String> = named(classes).into_iter().map(|(found, _)| found.name).collect();
    assert_eq!(names, expected);
}

const ANIMALS: &[&[&str]] = &[
    &["Sparrow families", "Owl families", "Duck families", "Finch families"],
    &["Freshwater pike", "Freshwater perch", "Freshwater eels"],
    &["Leaf beetles", "Bark beetles", "Water beetles"],
];

#[test]
fn what_the_children_share_is_the_name() {
    check(ANIMALS, &["Families", "Freshwater eels, perches and pikes", "Beetles"]);
}

#[test]
fn imperatives_get_an_imperative() {
    check(
        &[
            &["Debug Python data frames", "Debug Python scripts", "Debug Python imports"],
            &["Write cover letters for nurses", "Write cover letters", "Write thank-you letters"],
            &["Explain contract law", "Explain tenancy law", "Explain inheritance law"],
        ],
        &["Debug Python", "Write cover and thank-you letters", "Explain law"],
    );
}

#[test]
fn verbs_that_differ_leave_a_noun() {
    check(
        &[
            &["List invoices", "Create an invoice", "Delete an invoice", "Send an invoice"],
            &["Add a team member", "Remove a team member", "Show team members"],
            &["Rename a project", "Copy a project", "Archive projects", "Find projects"],
        ],
        &["Invoices", "Team members", "Projects"],
    );
}

#[test]
fn the_verb_behind_the_preamble_counts() {
    check(
        &[
            &["Provide guidance on resetting passwords", "Explain how to reset passwords"],
            &["Help users export monthly reports", "Guide on exporting yearly reports"],
        ],
        &["Reset passwords", "Export reports"],
    );
}

#[test]
fn shared_ends_and_beginnings_are_said_once() {
    check(
        &[
            &[
                "Code scanning alerts",
                "Code scanning alerts by branch",
                "Secret scanning alerts",
                "Secret scanning alerts by team",
            ],
            &[
                "Disorders of the ear",
                "Disorders of the ear canal",
                "Disorders of the eye",
                "Disorders of the eye socket",
            ],
            &["Paper jams", "Paper sizes", "Ink stains", "Ink levels"],
        ],
        &["Scanning alerts", "Disorders", "Paper jams and sizes, and ink levels and stains"],
    );
}

#[test]
fn capitals_follow_the_corpus() {
    check(
        &[
            &[
                "Tokens for the API: An API token.",
                "API limits: Calls to the API.",
                "API errors: When the API says no.",
            ],
            &["Python modules: Written in Python.", "Modules in Python: Importing Python code."],
            &["Login with OAuth: Uses OAuth.", "OAuth scopes: What OAuth allows."],
        ],
        &["API", "Python", "OAuth"],
    );
    check(
        &[
            &["Board Games", "Card Games", "Word Games"],
            &["CorpusText Editors", "Hex Editors", "Image Editors"],
        ],
        &["Games", "Editors"],
    );
}

#[test]
fn nothing_shared_leaves_a_list_of_the_children() {
    check(
        &[&["Passwords", "Two-factor login", "Locked accounts"]],
        &["Two-factor login, locked accounts and passwords"],
    );
}

#[test]
fn words_shared_with_siblings_do_not_name() {
    check(
        &[
            &[
                "Garden tools: Tools for the garden.",
                "Garden hoses: For the garden.",
                "Garden sheds: In the garden.",
            ],
            &[
                "Garden roses: Roses for the garden.",
                "Climbing roses: In the garden.",
                "Wild roses: Not in the garden.",
            ],
        ],
        &["Garden hoses, sheds and tools", "Roses"],
    );
}

#[test]
fn other_scripts_get_names_in_their_own() {
    check(&[&["重置密码", "重置密码的邮件"], &["更新账单", "查看账单"]], &["重置密码", "账单"]);
    check(&[&["إعادة تعيين كلمة المرور", "نسيت كلمة المرور"]], &["كلمة المرور"]);
}

#[test]
fn a_number_comes_last() {
    check(
        &[&["Parking permits", "Parking permits"], &["Parking permits", "Parking permits"]],
        &["Parking permits", "Parking permits (2)"],
    );
}

#[test]
fn a_class_of_one_keeps_its_name() {
    check(
        &[&["Lost luggage at the station"], &["Late trains", "Late buses"]],
        &["Lost luggage at the station", "Late buses and trains"],
    );
}

#[test]
fn a_single_common_word_is_not_enough() {
    check(
        &[
            &["Opening hours of the museum", "Opening hours on Sundays", "Opening hours at Easter"],
            &["Working hours of guards", "Working hours at night", "Paid hours"],
        ],
        &["Opening hours", "Working and paid hours"],
    );
}

/// The description of the first class.
#[track_caller]
fn check_description(classes: &[&[&str]], expected: &str) {
    assert_eq!(named(classes)[0].1, expected);
}

#[test]
fn a_description_tells_what_is_shared_and_some_children() {
    check_description(
        &[
            &[
                "Reset a forgotten password: The reset email got lost in the spam folder.",
                "Unlock an account after wrong passwords: The reset email helps here, too.",
                "Choose a strong password: Length matters more than signs.",
            ],
            &["Order a parking permit: For the spam folder.", "Renew a parking permit: Each year."],
        ],
        "Covers passwords, accounts and email in 3 clusters. People want to unlock an account after wrong passwords, reset a forgotten password or choose a strong password.",
    );
    check_description(
        ANIMALS,
        "Covers families in 4 clusters. The largest are duck families, finch families and owl families.",
    );
    check_description(&[&["重置密码", "忘记密码"]], "密码。忘记密码、重置密码。");
}

#[test]
fn only_what_can_be_counted_gets_a_plural_of_its_own() {
    check(
        &[&["Chronic gout", "Gout of the knee"], &["Red parrot", "Blue parrot"]],
        &["Gout", "Parrots"],
    );
    check(&[&["Brass timer", "Egg timer"], &["Water polo", "Polo on horses"]], &["Timers", "Polo"]);
}

#[test]
fn names_in_capitals_are_read_and_not_shouted() {
    check(
        &[&["GRAND HOTELS", "ROYAL HOTELS"], &["Cheap hostels", "Youth hostels"]],
        &["Hotels", "Hostels"],
    );
}

#[test]
fn examples_of_one_kind_are_put_as_such() {
    let many =
        ["Library activities", "Museum activities", "Translation activities", "Archive activities"];
    let found = named(&[&many, &["Red roses", "White roses"]]);
    let name = &found[0].0.name;
    assert!(name.ends_with(" and other activities") && name.contains(", "), "{name}");
}
