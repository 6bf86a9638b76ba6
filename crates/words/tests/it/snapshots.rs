//! Names of whole levels, as they come out: one file of `names` a kind of text or a language.
//!
//! A block of a file is a parent: a line "= its name", then its children. All parents of a file are
//! named together. Where a name changes, the failure prints the file as it would be.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use cladus_words::{
    Class, Corpus, CorpusText, WordsOnly, description, headlines, is_heap, sentences,
};

struct Parent {
    name: String,
    children: Vec<String>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/names")
}

fn read(text: &str) -> Vec<Parent> {
    let parent = |block: &str| {
        let mut lines = block.lines();
        let name = lines.next().and_then(|line| line.strip_prefix("= ")).unwrap().to_owned();
        Parent { name, children: lines.map(str::to_owned).collect() }
    };
    text.trim_end().split("\n\n").map(parent).collect()
}

/// Name and description of every parent.
fn named(parents: &[Parent]) -> Vec<(String, String)> {
    let children = parents.iter().flat_map(|parent| &parent.children);
    let text = |(at, name): (usize, &'_ String)| (name.clone(), 1 + (at as u64 * 7) % 11);
    let texts: Vec<(String, u64)> = children.enumerate().map(text).collect();
    let text = |(name, size): &(String, u64)| (name.clone(), *size);
    let owned: Vec<(String, u64)> = texts.iter().map(text).collect();
    let corpus = Corpus::new(
        owned
            .iter()
            .map(|(name, size)| CorpusText { name, description: "", size: *size })
            .collect(),
    );
    let mut next = 0;
    let classes: Vec<Class> = parents
        .iter()
        .map(|parent| {
            let texts = (next..next + parent.children.len()).collect();
            next += parent.children.len();
            Class { texts, set: 0 }
        })
        .collect();
    let Ok(found) = headlines(&corpus, &classes, None::<&mut WordsOnly>);
    found.iter().map(|found| (found.name.clone(), description(&corpus, found))).collect()
}

fn files() -> Vec<(String, Vec<Parent>)> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |path: &PathBuf| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, read(&std::fs::read_to_string(path).unwrap()))
    };
    files.iter().map(read).collect()
}

#[test]
fn names_are_what_they_were() {
    let mut changed = String::new();
    for (file, parents) in files() {
        let names = named(&parents);
        if names.iter().map(|(name, _)| name).ne(parents.iter().map(|parent| &parent.name)) {
            write!(changed, "\n{file}.txt:\n").unwrap();
            for ((name, _), parent) in names.iter().zip(&parents) {
                write!(changed, "= {name}\n{}\n\n", parent.children.join("\n")).unwrap();
            }
        }
    }
    assert!(changed.is_empty(), "{changed}");
}

/// What joins two things in English, or says what English sentences say here.
const ENGLISH: [&str; 12] = [
    "and", "or", "of", "the", "with", "about", "clusters", "items", "covers", "largest", "it",
    "others",
];

#[test]
fn nothing_english_stands_in_other_languages() {
    let languages = ["de", "es", "fr", "it", "nl", "pl", "pt", "sv"];
    let mut seen = 0;
    for (file, parents) in files().iter().filter(|(file, _)| languages.contains(&&**file)) {
        seen += 1;
        for (name, description) in named(parents) {
            let both = format!("{name} {description}").to_lowercase();
            let words: Vec<&str> = both.split(|c: char| !c.is_alphanumeric()).collect();
            // Dutch has clusters, items and "of" (or) as well.
            let dutch = ["clusters", "items", "of"];
            for word in ENGLISH.iter().filter(|word| file != "nl" || !dutch.contains(word)) {
                assert!(!words.contains(word), "{word:?} in {file}: {name}: {description}");
            }
            assert_eq!(sentences(&description).len(), 2, "{description}");
        }
    }
    assert_eq!(seen, languages.len());
}

#[test]
fn descriptions_of_a_level_do_not_all_read_alike() {
    let (_, parents) = files().into_iter().find(|(file, _)| file == "recipes").unwrap();
    let mut beginnings: Vec<String> = named(&parents)
        .into_iter()
        .map(|(_, text)| text.split_whitespace().take(1).collect())
        .map(|word: String| if word.parse::<u32>().is_ok() { "number".to_owned() } else { word })
        .collect();
    beginnings.sort();
    beginnings.dedup();
    assert!(beginnings.len() > 1, "{beginnings:?}");
}

#[test]
fn a_heap_is_called_one() {
    let heap = ["Git", "Printers in the hall", "Lost umbrella", "Tax of 2020", "Blue paint"];
    let rest = ["Red roses", "White roses", "Wild roses"];
    let parent = |children: &[&str]| Parent {
        name: String::new(),
        children: children.iter().map(|&child| child.to_owned()).collect(),
    };
    let names = named(&[parent(&heap), parent(&rest)]);
    assert!(is_heap(&names[0].0), "{names:?}");
    assert_eq!(names[1].0, "Roses");
    assert!(!is_heap(&names[1].0));
}
