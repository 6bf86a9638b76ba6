use crate::pick::PhraseChoice;
use std::collections::BTreeMap;
use std::convert::Infallible;

use cladus_core::name::words_key;

use super::*;
use crate::corpus_text::CorpusText;
use crate::meaning::mean;

/// Every word has an axis of its own, and texts have others than names.
struct Apart {
    axes: BTreeMap<String, usize>,
    texts: Vec<f32>,
}

const DIM: usize = 24;

impl Apart {
    fn of(names: &[&str]) -> Self {
        let mut space = Self { axes: BTreeMap::new(), texts: Vec::new() };
        let texts: Vec<String> = names.iter().map(|name| format!("text-{name}")).collect();
        space.texts = texts.iter().flat_map(|text| space.vector(text)).collect();
        space
    }

    fn axis(&mut self, word: &str) -> usize {
        let next = self.axes.len();
        *self.axes.entry(word.to_lowercase()).or_insert(next)
    }

    fn vector(&mut self, text: &str) -> Vec<f32> {
        let mut vector = vec![0.0; DIM];
        for word in text.split(' ') {
            vector[self.axis(word)] = 1.0;
        }
        mean(&vector, DIM, 0..1)
    }
}

impl MeaningSpace for Apart {
    type Error = Infallible;

    fn embed(&mut self, phrases: &[&str]) -> Result<Vec<f32>, Infallible> {
        Ok(phrases.iter().flat_map(|phrase| self.vector(phrase)).collect())
    }

    fn dim(&self) -> usize {
        DIM
    }

    fn texts(&self) -> &[f32] {
        &self.texts
    }
}

fn corpus<'a>(names: &[&'a str]) -> Corpus<'a> {
    Corpus::new(names.iter().map(|&name| CorpusText { name, description: "", size: 1 }).collect())
}

#[test]
fn a_name_should_lie_near_the_texts_and_a_little_near_their_names() {
    let names = ["Oaks", "Birds"];
    let (corpus, mut space) = (corpus(&names), Apart::of(&names));
    let classes = [Class { texts: vec![0], set: 0 }, Class { texts: vec![1], set: 0 }];
    let mut batch = [Siblings::read(&corpus, &classes, &[0, 1], Use::Reading)];
    let Ok(middle) = Middle::of(&corpus, &mut space);
    let Ok(()) = aim(&mut batch, &classes, &middle, &mut space);
    let along = |class: usize, word: &str| batch[0].aims[class][space.axes[word]];
    // What the other class has counts against it.
    assert!(along(0, "text-oaks") > 0.0 && along(0, "text-birds") < 0.0);
    assert!(along(0, "oaks") > 0.0 && along(0, "birds") < 0.0);
    let share = along(0, "oaks") / along(0, "text-oaks");
    assert!((0.1..0.3).contains(&share), "{share}");
    assert_eq!(share, along(1, "birds") / along(1, "text-birds"));
}

/// The names that are compared for the first of two classes.
fn compared(children: &[&'static str]) -> Vec<String> {
    let names: Vec<&str> = children.iter().copied().chain(["Oak trees", "Elm trees"]).collect();
    let (corpus, mut space) = (corpus(&names), Apart::of(&names));
    let all = children.len();
    let classes = [
        Class { texts: (0..all).collect(), set: 0 },
        Class { texts: (all..names.len()).collect(), set: 0 },
    ];
    let mut batch = [Siblings::read(&corpus, &classes, &[0, 1], Use::Reading)];
    let Ok(middle) = Middle::of(&corpus, &mut space);
    let Ok(()) = aim(&mut batch, &classes, &middle, &mut space);
    let Ok(()) = weigh(&mut batch, &mut space);
    let Ok(()) = choose(&mut batch, &classes, &mut space);
    batch[0].sets[0].iter().map(|picked| batch[0].named(0, picked)).collect()
}

#[test]
fn a_childs_name_is_among_those_compared_only_if_most_children_hold_it() {
    let children = ["Birds", "Song birds", "Wading birds", "Eggs of birds"];
    assert_eq!(compared(&children)[0], "Birds");
    let children = ["Song birds", "Oaks", "Grass", "Night frost"];
    let names = compared(&children);
    assert!(!names.is_empty());
    for child in children {
        assert!(
            names.iter().all(|name| words_key(name) != words_key(child)),
            "{child:?} in {names:?}"
        );
    }
}

#[test]
fn a_childs_name_is_compared_where_there_is_no_other() {
    assert_eq!(compared(&["Birds", "Birds"]), ["Birds"]);
}

/// What two phrases of a class become, where they become one.
fn bonded(children: &[&'static str], first: &str, second: &str) -> Option<String> {
    bonded_beside(children, ["Oak trees", "Elm trees"], first, second)
}

fn bonded_beside(
    children: &[&'static str],
    beside: [&'static str; 2],
    first: &str,
    second: &str,
) -> Option<String> {
    let names: Vec<&str> = children.iter().copied().chain(beside).collect();
    let corpus = corpus(&names);
    let all: Vec<usize> = (0..children.len()).collect();
    let classes = [
        Class { texts: all.clone(), set: 0 },
        Class { texts: vec![all.len(), all.len() + 1], set: 0 },
    ];
    let siblings = Siblings::read(&corpus, &classes, &[0, 1], Use::Reading);
    let choice = |name: &str| {
        let written = |choice: &PhraseChoice| choice.singular.join(" ").to_lowercase();
        let found: Vec<String> = siblings.choices[0].iter().map(written).collect();
        found
            .iter()
            .position(|found| found == name)
            .unwrap_or_else(|| panic!("{name:?} in {found:?}"))
    };
    let (_, made) = siblings.bonded(0, &[choice(first), choice(second)], &all)?;
    Some(made.written.join(" ").to_lowercase())
}

#[test]
fn what_qualifies_stands_before_and_what_is_linked_behind() {
    let paper = ["Paper bag makers", "Paper cup and box makers", "Wall paper", "Glass makers"];
    assert_eq!(bonded(&paper, "paper", "makers").as_deref(), Some("paper makers"));
    assert_eq!(bonded(&paper, "makers", "paper").as_deref(), Some("paper makers"));
    let vitamins = ["Vitamins B deficiency", "Vitamins deficiency", "A vitamin"];
    assert_eq!(bonded(&vitamins, "vitamins", "deficiency").as_deref(), Some("vitamin deficiency"));
    let disorders =
        ["Disorders of sugar metabolism", "Disorders of other metabolism", "Disorders of ears"];
    assert_eq!(
        bonded(&disorders, "disorders", "metabolism").as_deref(),
        Some("disorders of metabolism")
    );
    let labels = ["Labels for a hosted runner", "Labels for a local runner", "Labels in general"];
    assert_eq!(bonded(&labels, "runners", "labels").as_deref(), Some("labels for runners"));
}

#[test]
fn other_languages_say_of_what() {
    let made = [
        "Herstellung von optischen Geräten",
        "Herstellung von elektrischen Geräten und Maschinen",
        "Herstellung von Uhren für den Haushalt",
    ];
    let beside = ["Anbau von Getreide und Gemüse", "Anbau von Obst auf großen Flächen"];
    let found = bonded_beside(&made, beside, "herstellung", "geräten");
    assert_eq!(found.as_deref(), Some("herstellung von geräten"));
    let hechas = [
        "Fabricación de otra maquinaria de oficina",
        "Fabricación de maquinaria para la industria",
        "Fabricación de relojes para el hogar",
    ];
    let beside = ["Cultivo de cereales y legumbres", "Cultivo de frutas en los campos"];
    let found = bonded_beside(&hechas, beside, "fabricación", "maquinaria");
    assert_eq!(found.as_deref(), Some("fabricación de maquinaria"));
    let beside = ["Culture de céréales et de légumes", "Culture de fruits dans les champs"];
    let faites = [
        "Fabrication d’appareils de bureau",
        "Fabrication d’appareils pour les hôpitaux",
        "Fabrication de machines agricoles",
        "Fabrication de machines pour le textile",
        "Machines à coudre",
        "Appareils de photo",
    ];
    let found = bonded_beside(&faites, beside, "fabrication", "machines");
    assert_eq!(found.as_deref(), Some("fabrication de machines"));
    assert_eq!(bonded_beside(&faites, beside, "fabrication", "appareils"), None);
}

#[test]
fn what_stands_for_itself_is_not_put_together() {
    // One half of a list says nothing of the other.
    let lists = ["Warehousing and storage", "Cold warehousing and storage", "Grain storage"];
    assert_eq!(bonded(&lists, "warehousing", "storage"), None);
    // Once is chance.
    let once = ["Metal manufacturing", "Metal", "Scrap metal", "Glass manufacturing"];
    assert_eq!(bonded(&once, "metal", "manufacturing"), None);
    // A clause between them is another matter.
    let clause =
        ["Agents that deal in the sale of tea", "Agents who profit from the sale of wine", "Tea"];
    assert_eq!(bonded(&clause, "agents", "sale"), None);
}
