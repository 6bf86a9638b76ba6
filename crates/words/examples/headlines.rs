//! Two classes of texts, and what they are called.

use cladus_words::{Class, Corpus, CorpusText, WordsOnly, headlines};

fn main() {
    let names = [
        "Debug Python scripts",
        "Debug Python imports",
        "Write cover letters",
        "Write thank-you letters",
    ];
    let texts = names.iter().map(|name| CorpusText { name, description: "", size: 1 }).collect();
    let classes = [Class { texts: vec![0, 1], set: 0 }, Class { texts: vec![2, 3], set: 0 }];
    let Ok(found) = headlines::<WordsOnly>(&Corpus::new(texts), &classes, None);
    assert_eq!(found[0].name, "Debug Python");
    assert_eq!(found[1].name, "Write letters");
}
