//! The phrases that could name a class: runs of one to four words of its texts.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::corpus::Corpus;
use crate::followed::{Followed, NamePlaces};
use crate::source::WordSource;
use crate::tongue::WordRole;

/// A phrase, whatever its inflection.
#[derive(Debug)]
pub(crate) struct Phrase<'a> {
    /// Its stems in order, links included, "and" left out: "R&D" is "R and D".
    pub(crate) stems: Box<[u32]>,
    /// Forms of its first and its last word, by use: "invoices" and "invoiced" are one phrase.
    ends: Vec<((u32, u32), u32)>,
    /// Written words that say something; a part of a hyphenated word counts half.
    pub(crate) length: f32,
    /// Does a name (of the sibling set) hold it?
    pub(crate) named: bool,
    /// Is it only a part of hyphenated words?
    pub(crate) part: bool,
    /// Does it hold "and" or "or"?
    pub(crate) list: bool,
    /// Does it hold another link than "of" and "of the"?
    pub(crate) linked: bool,
    /// Does it hold a clause ("events showing wrong times"), or an article that is none of "of the"?
    pub(crate) clause: bool,
    /// What follows it, by use.
    pub(crate) followed: Followed,
    /// What precedes it, likewise.
    pub(crate) preceded: Followed,
    /// How often it stands after "a" or "an": it is one of several.
    pub(crate) counted: u32,
    pub(crate) places: NamePlaces,
    /// Spellings with their weight.
    pub(crate) spellings: Vec<(&'a str, u32)>,
}

impl Phrase<'_> {
    /// Forms of its first and its last word, as it is used most.
    pub(crate) fn ends(&self) -> (u32, u32) {
        let best = self.ends.iter().max_by_key(|(ends, count)| (*count, Reverse(*ends)));
        best.map_or((0, 0), |(ends, _)| *ends)
    }

    /// Its stems without links, or all of them if there are only links ("in-by").
    pub(crate) fn content_stems(&self, corpus: &Corpus<'_>) -> Vec<u32> {
        let content: Vec<u32> =
            self.stems.iter().copied().filter(|&stem| !corpus.is_link_stem(stem)).collect();
        if content.is_empty() { self.stems.to_vec() } else { content }
    }
}

/// A phrase in a text of a class.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Posting {
    pub(crate) phrase: u32,
    /// Index within the class.
    pub(crate) text: u32,
    /// 1 in the name, less in the description.
    pub(crate) strength: f32,
    /// Does it stand behind another word of its noun phrase: "theory" of "category theory"?
    pub(crate) within: bool,
}

/// The phrases of a sibling set: classes that are named together.
#[derive(Debug, Default)]
pub(crate) struct PhraseCandidates<'a> {
    pub(crate) phrases: Vec<Phrase<'a>>,
    /// By class, sorted by phrase, then text; one posting a pair.
    pub(crate) postings: Vec<Vec<Posting>>,
    by_stems: HashMap<Box<[u32]>, u32>,
}

impl<'a> PhraseCandidates<'a> {
    /// Collects the phrases of all `classes`, each a list of text numbers.
    pub(crate) fn collect(corpus: &Corpus<'a>, classes: &[&[usize]]) -> Self {
        let mut all = Self::default();
        for class in classes {
            let mut postings = Vec::new();
            for (text, &at) in class.iter().enumerate() {
                let text = u32::try_from(text).unwrap_or(u32::MAX);
                let (words, opening) = corpus.name_words(at);
                let object = opening.map_or(0, |opening| opening.object);
                let name = WordSource {
                    corpus,
                    text: corpus.text(at).name,
                    words: &words[object..],
                    named: true,
                    counted: object > 0 && corpus.form(words[object - 1].form).role == WordRole::A,
                };
                all.add(&name, text, &mut postings);
                let words = corpus.description_words(at);
                let description = WordSource {
                    corpus,
                    text: corpus.text(at).description,
                    words: &words,
                    named: false,
                    counted: false,
                };
                all.add(&description, text, &mut postings);
            }
            postings.sort_by(|a, b| {
                (a.phrase, a.text)
                    .cmp(&(b.phrase, b.text))
                    .then(b.strength.total_cmp(&a.strength))
                    .then(a.within.cmp(&b.within))
            });
            postings.dedup_by_key(|posting| (posting.phrase, posting.text));
            all.postings.push(postings);
        }
        all
    }

    fn add(&mut self, source: &WordSource<'a, '_, '_>, text: u32, postings: &mut Vec<Posting>) {
        source.phrases(|from, to| {
            let words = &source.words[from..to];
            let stems = source.key(from, to);
            let next = u32::try_from(self.phrases.len()).unwrap_or(u32::MAX);
            let number = *self.by_stems.entry(stems.clone()).or_insert(next);
            if number == next {
                self.phrases.push(Phrase {
                    stems,
                    ends: Vec::new(),
                    length: source.length(from, to),
                    named: false,
                    part: true,
                    list: source.is_list(from, to),
                    linked: source.is_linked(from, to),
                    clause: source.is_clause(from, to),
                    followed: Followed::default(),
                    preceded: Followed::default(),
                    counted: 0,
                    places: NamePlaces::default(),
                    spellings: Vec::new(),
                });
            }
            let phrase = &mut self.phrases[number as usize];
            phrase.named |= source.named;
            phrase.part &= source.is_part(from, to);
            phrase.list &= source.is_list(from, to);
            source.count_follower(to, &mut phrase.followed);
            source.count_leader(from, &mut phrase.preceded);
            phrase.counted += u32::from(source.is_counted(from));
            phrase.places.named += u32::from(source.named);
            phrase.places.behind += u32::from(source.named && source.is_behind(from));
            phrase.places.under += u32::from(source.named && source.is_under(from));
            let spelling = &source.text[words[0].start..words[words.len() - 1].end];
            let weight = if source.named { 3 } else { 1 };
            let ends = (words[0].form, words[words.len() - 1].form);
            match phrase.ends.iter_mut().find(|(known, _)| *known == ends) {
                Some((_, count)) => *count += weight,
                None => phrase.ends.push((ends, weight)),
            }
            match phrase.spellings.iter_mut().find(|(known, _)| *known == spelling) {
                Some((_, count)) => *count += weight,
                None => phrase.spellings.push((spelling, weight)),
            }
            let within = !source.starts_at(from);
            postings.push(Posting { phrase: number, text, strength: words[0].strength, within });
        });
    }
}
