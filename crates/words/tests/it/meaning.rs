//! Names where phrases can be embedded: by a space that is small enough to see through.

use std::convert::Infallible;

use cladus_words::{Class, Corpus, CorpusText, MeaningSpace, headlines};

/// A text lies between the axes of the words that it holds.
struct Axes {
    words: &'static [(&'static str, usize)],
    /// What holds this lies on the last axis, whatever its parts mean.
    idiom: Option<&'static str>,
    texts: Vec<f32>,
}

const DIM: usize = 4;

impl Axes {
    fn of(&self, text: &str) -> [f32; DIM] {
        let text = text.to_lowercase();
        let mut vector = [0.0; DIM];
        for (_, axis) in self.words.iter().filter(|(word, _)| text.contains(word)) {
            vector[*axis] = 1.0;
        }
        if self.idiom.is_some_and(|idiom| text.contains(idiom)) {
            vector = [0.0; DIM];
            vector[DIM - 1] = 1.0;
        }
        let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        vector.map(|x| x / length.max(1.0))
    }
}

impl MeaningSpace for Axes {
    type Error = Infallible;

    fn embed(&mut self, phrases: &[&str]) -> Result<Vec<f32>, Infallible> {
        Ok(phrases.iter().flat_map(|phrase| self.of(phrase)).collect())
    }

    fn dim(&self) -> usize {
        DIM
    }

    fn texts(&self) -> &[f32] {
        &self.texts
    }
}

const TREES: [&str; 4] = ["Oak trees", "Pine trees", "Fir trees", "Elm trees"];

/// The name of `children` beside a class of trees.
fn name_of(children: &[&str], mut space: Axes) -> String {
    let names = children.iter().chain(&TREES);
    space.texts = names.clone().flat_map(|name| space.of(name)).collect();
    let corpus =
        Corpus::new(names.map(|name| CorpusText { name, description: "", size: 1 }).collect());
    let all = children.len();
    let classes = [
        Class { texts: (0..all).collect(), set: 0 },
        Class { texts: (all..all + TREES.len()).collect(), set: 0 },
    ];
    let Ok(found) = headlines(&corpus, &classes, Some(&mut space));
    assert_eq!(found[1].name, "Trees");
    found[0].name.to_lowercase()
}

fn space(words: &'static [(&'static str, usize)]) -> Axes {
    Axes { words, idiom: None, texts: Vec::new() }
}

const TWO_KINDS: [&str; 4] = ["Song birds", "Wading birds", "Grass snakes", "Sea snakes"];

#[test]
fn a_name_of_both_halves_lies_nearest_to_the_whole() {
    let name = name_of(&TWO_KINDS, space(&[("bird", 0), ("snake", 1), ("tree", 2)]));
    assert!(name.contains("birds") && name.contains("snakes"), "{name}");
}

#[test]
fn a_name_means_what_it_says_as_a_whole() {
    let mut space = space(&[("bird", 0), ("snake", 1), ("tree", 2)]);
    space.idiom = Some("birds and snakes");
    let name = name_of(&TWO_KINDS, space);
    assert_eq!(name, "birds and grass snakes");
}

#[test]
fn a_phrase_that_means_the_same_adds_nothing() {
    let children = ["Song birds", "Wading birds", "Shore birds", "Water fowl", "Wild fowl"];
    let name = name_of(&children, space(&[("bird", 0), ("fowl", 0), ("tree", 2)]));
    assert!(name.contains("birds") != name.contains("fowl"), "{name}");
}

#[test]
fn a_parent_may_have_the_name_of_a_child_that_most_children_share() {
    let children = ["Birds", "Song birds", "Wading birds", "Birds and eggs"];
    let name = name_of(&children, space(&[("bird", 0), ("egg", 1), ("tree", 2)]));
    assert_eq!(name, "birds");
}
