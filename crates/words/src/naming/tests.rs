use std::collections::BTreeMap;
use std::convert::Infallible;

use cladus_core::name::words_key;

use super::*;
use crate::corpus::Text;
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

impl Meaning for Apart {
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
    Corpus::new(names.iter().map(|&name| Text { name, description: "", size: 1 }).collect())
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
