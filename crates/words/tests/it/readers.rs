//! What a reader of a menu stumbles over: one example a rule.

use cladus_words::{Corpus, CorpusText, WordsOnly, headlines};

use crate::siblings;

const ROSES: &[&str] = &["Red roses", "White roses", "Wild roses"];

/// The names of classes of children.
fn named(classes: &[&[&str]]) -> Vec<String> {
    let text = |name| CorpusText { name, description: "", size: 1 };
    let corpus = Corpus::new(classes.concat().into_iter().map(text).collect());
    let Ok(found) = headlines(&corpus, &siblings(classes), None::<&mut WordsOnly>);
    found.into_iter().map(|found| found.name).collect()
}

/// The name of a class beside one of roses.
fn name_of(children: &[&str]) -> String {
    named(&[children, ROSES]).swap_remove(0)
}

#[track_caller]
fn check(children: &[&str], expected: &str) {
    assert_eq!(name_of(children), expected);
}

#[test]
fn what_codes_follow_is_a_thing() {
    check(
        &["Themes 0.30", "Themes DR16", "Themes pre-0.30", "Themes DR15", "Themes DR17"],
        "Themes",
    );
}

#[test]
fn a_word_is_written_as_its_own_children_write_it() {
    let classes: [&[&str]; 2] = [&["Logging", "Monitoring"], &["Log analysis", "Risk analysis"]];
    let name = named(&classes).swap_remove(0).to_lowercase();
    assert!(name.contains("logging"), "{name}");
}

#[test]
fn what_says_only_where_is_no_name() {
    check(&["Moss in the lawn", "Mulch for hedges"], "Moss and mulch");
}

#[test]
fn two_things_are_of_one_number() {
    check(&["Interpreter", "Translator"], "Interpreters and translators");
    check(&["Firearm discharge", "Translator"], "Firearm discharge and translator");
}

#[test]
fn there_is_one_nervous_system() {
    let name = name_of(&["Disorders of nervous system", "Injuries of nervous system", "Stroke"]);
    assert!(!name.contains("systems"), "{name}");
}

#[test]
fn what_most_are_needs_no_detail_of_one() {
    check(
        &[
            "Scripting media query",
            "Display media query",
            "Colour media query",
            "Motion media query",
            "Style container",
            "Contrast media query",
        ],
        "Media queries",
    );
}

#[test]
fn each_of_three_is_named() {
    check(&["Markdown", "HTML", "LaTeX"], "HTML, LaTeX and markdown");
}

#[test]
fn a_capital_among_small_letters_is_a_name() {
    let classes: [&[&str]; 2] =
        [&["Greenland", "world map", "volcano"], &["red roses", "white roses", "wild roses"]];
    assert!(named(&classes)[0].contains("Greenland"), "{:?}", named(&classes));
}

#[test]
fn a_word_is_not_said_in_two_forms() {
    let classes: [&[&str]; 2] = [
        &["Faktura saknas", "Skicka fakturan till en annan adress", "Rätta en felaktig faktura"],
        &["Ändra leveransadress", "Byta lösenord efter att kontot är spärrat"],
    ];
    assert!(!named(&classes)[0].to_lowercase().contains(" och faktura"), "{:?}", named(&classes));
}

#[test]
fn each_of_four_is_named_rather_than_two_and_others() {
    check(
        &["Bug tracking", "Monitoring", "Debuggers", "Logging"],
        "Bug tracking, debuggers, logging and monitoring",
    );
}

#[test]
fn what_befell_a_thing_is_no_part_of_its_name() {
    check(
        &["Loyalty card points missing", "Tracking number missing", "Gift voucher expired"],
        "Loyalty card points, tracking numbers and gift vouchers",
    );
}

#[test]
fn what_two_of_three_are_about_is_said_once() {
    let name =
        name_of(&["Best soil for blueberries", "Clay soil drainage", "Compost heap too wet"]);
    assert_eq!(name, "Soil and compost heap");
}

#[test]
fn a_bare_head_does_not_stand_beside_another_phrase() {
    let name = name_of(&[
        "Category theory",
        "Operator algebras",
        "Representation theory",
        "Commutative algebras",
        "Topology",
        "Quantum algebras",
    ]);
    assert!(!name.to_lowercase().starts_with("theory"), "{name}");
}

#[test]
fn a_heap_has_three_examples() {
    let name = name_of(&["Guitar", "Accordion", "Banjo", "Long drum", "Clapper board", "Kite"]);
    assert_eq!(name.matches(", ").count(), 2, "{name}");
    assert!(name.ends_with(" and others"), "{name}");
}

#[test]
fn a_plural_gets_no_other_one() {
    let name = name_of(&["Men's shoes", "Men wrestling", "Men and women", "Women's shoes"]);
    assert!(!name.to_lowercase().contains("mens"), "{name}");
}

#[test]
fn each_of_five_is_named_where_two_share_a_phrase() {
    check(
        &["Small airplane", "Helicopter", "Flying saucer", "Airplane", "Balloon"],
        "Airplanes, flying saucers, balloons and helicopters",
    );
}

#[test]
fn a_verb_behind_to_is_no_thing() {
    let name =
        name_of(&["Daemon to manage clusters", "Command to manage services", "Triggered service"]);
    assert!(!name.to_lowercase().contains("manage"), "{name}");
}

#[test]
fn what_stands_before_words_is_none() {
    let name = name_of(&["Multi-value", "Multi-memory", "Multi-region", "Tail calls"]);
    assert!(!name.to_lowercase().contains("multis"), "{name}");
}
