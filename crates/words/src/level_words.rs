//! What is counted of all texts of a level, whether they are kept or not.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use rayon::prelude::*;

use crate::corpus_text::{CorpusText, DESCRIPTION_WORDS, NAME_WORDS};
use crate::elision::spans_in;
use crate::opening::{NameOpening, infinitive, opening};
use crate::scan::{Gap, Span, spans};
use crate::style::{Style, StyleCount};
use crate::tongue::{Tongue, TongueSample, WordRole};
use crate::vocabulary::{WordKind, WordVocabulary};

/// What a word of a description counts, compared with one of a name.
const DESCRIPTION: f32 = 0.5;
/// Texts that are taken apart at once, on all cores.
const CHUNK: usize = 4_096;
/// So many names are enough to know where the middle of all names is.
const NAMES: usize = 4_096;

/// A text taken apart.
struct Apart {
    in_name: Vec<Span>,
    /// Where the object of the name begins.
    object: usize,
    in_description: Vec<Span>,
    /// One strength a word of the description.
    weights: Vec<f32>,
}

/// The first look at the texts of a level, in their order: in which language they are and how they are
/// written.
#[derive(Debug)]
pub struct LevelSurvey {
    /// How many texts there are to be.
    expected: usize,
    /// How many there were.
    count: usize,
    tongue: TongueSample,
    style: StyleCount,
    sentences: HashMap<u64, u32>,
    names: BTreeSet<String>,
}

impl LevelSurvey {
    /// Of so many texts, none of which has been seen.
    pub fn new(expected: usize) -> Self {
        Self {
            expected,
            count: 0,
            tongue: TongueSample::new(expected),
            style: StyleCount::default(),
            sentences: HashMap::new(),
            names: BTreeSet::new(),
        }
    }

    /// Looks at the next texts.
    pub fn add(&mut self, texts: &[CorpusText<'_>]) {
        let step = self.expected.div_ceil(NAMES).max(1);
        for text in texts {
            self.tongue.add(self.count, text);
            self.style.add(text);
            let name = text.name.trim();
            if self.count.is_multiple_of(step) && !name.is_empty() {
                self.names.insert(name.to_owned());
            }
            self.count += 1;
        }
        for chunk in texts.chunks(CHUNK) {
            let hashes: Vec<Vec<u64>> = chunk
                .par_iter()
                .map(|&CorpusText { description, .. }| {
                    let found = spans(description, DESCRIPTION_WORDS);
                    sentences(&found).map(|sentence| hash(description, sentence)).collect()
                })
                .collect();
            for hash in hashes.into_iter().flatten() {
                *self.sentences.entry(hash).or_default() += 1;
            }
        }
    }

    /// All texts have been looked at: now their words can be counted.
    pub fn counting(self) -> LevelCounting {
        let tongue = self.tongue.tongue();
        let mut sentences = self.sentences;
        // Most sentences stand once, and whoever is not found does.
        sentences.retain(|_, count| *count > 1);
        sentences.shrink_to_fit();
        let words = LevelWords {
            tongue,
            style: self.style.style(tongue),
            vocabulary: WordVocabulary::default(),
            share: Vec::new(),
            count: 0,
            sentences,
            names: self.names,
        };
        LevelCounting { words, total: Vec::new(), seen: Vec::new() }
    }
}

/// The second look: how common each word is.
#[derive(Debug)]
pub struct LevelCounting {
    words: LevelWords,
    total: Vec<f32>,
    /// By stem: the last text that counted, and with what strength, so that each counts once.
    seen: Vec<(usize, f32)>,
}

impl LevelCounting {
    /// Counts the next texts: the same as were looked at, in the same order.
    pub fn add(&mut self, texts: &[CorpusText<'_>]) {
        for chunk in texts.chunks(CHUNK) {
            // Cutting texts into words is done on all cores, counting them in their order.
            let apart: Vec<Apart> = chunk.par_iter().map(|text| self.words.apart(*text)).collect();
            for (text, apart) in chunk.iter().zip(apart) {
                self.words.count(*text, apart, &mut self.total, &mut self.seen);
            }
        }
    }

    /// All texts have been counted.
    pub fn done(self) -> LevelWords {
        let Self { mut words, mut total, .. } = self;
        total.resize(words.vocabulary.stem_count(), 0.0);
        let texts = words.count.max(1) as f32;
        words.share = total.into_iter().map(|count| count / texts).collect();
        words
    }
}

/// What is known about all texts of a level: how common each word is, how it is written, and whether
/// the names are imperatives.
#[derive(Debug)]
pub struct LevelWords {
    pub(crate) tongue: &'static Tongue,
    pub(crate) style: Style,
    pub(crate) vocabulary: WordVocabulary,
    /// By stem: the mean over all texts of the strength that they hold it with.
    pub(crate) share: Vec<f32>,
    /// How many texts there are.
    pub(crate) count: usize,
    /// By hash of a description's sentence: how many texts have it.
    sentences: HashMap<u64, u32>,
    /// Some of the names.
    pub(crate) names: BTreeSet<String>,
}

impl LevelWords {
    /// Counts the words of one text, by stem in `total`; `seen` tells which of them it had before.
    fn count(
        &mut self,
        text: CorpusText<'_>,
        apart: Apart,
        total: &mut Vec<f32>,
        seen: &mut Vec<(usize, f32)>,
    ) {
        let at = self.count;
        self.count += 1;
        let Apart { in_name, object, in_description, weights } = apart;
        let CorpusText { name, description, .. } = text;
        let names = vec![1.0; in_name.len()];
        for (text, spans, from, strengths, named) in
            [(name, in_name, object, names, true), (description, in_description, 0, weights, false)]
        {
            let forms: Vec<u32> = spans
                .iter()
                .map(|span| self.vocabulary.add(self.tongue, &text[span.start..span.end]))
                .collect();
            for index in from..spans.len() {
                self.count_use(text, &spans, &forms, index, named);
                let stem = self.vocabulary.form(forms[index]).stem as usize;
                if stem >= seen.len() {
                    seen.resize(stem + 1, (usize::MAX, 0.0));
                    total.resize(stem + 1, 0.0);
                }
                let known = if seen[stem].0 == at { seen[stem].1 } else { 0.0 };
                if strengths[index] > known {
                    seen[stem] = (at, strengths[index]);
                    total[stem] += strengths[index] - known;
                }
            }
        }
    }

    fn apart(&self, text: CorpusText<'_>) -> Apart {
        let CorpusText { name, description, .. } = text;
        let in_name = spans_in(self.tongue, name, NAME_WORDS);
        let object = self.opening(name, &in_name).map_or(0, |found| found.object);
        let in_description = spans_in(self.tongue, description, DESCRIPTION_WORDS);
        let weights = self.description_strengths(description, &in_description);
        Apart { in_name, object, in_description, weights }
    }

    /// Counts how a word is used at one place.
    fn count_use(&mut self, text: &str, spans: &[Span], forms: &[u32], index: usize, named: bool) {
        let spaced = |at: usize| spans.get(at).is_some_and(|span| span.gap == Gap::Space);
        let before_determiner =
            spaced(index + 1) && self.vocabulary.form(forms[index + 1]).determiner;
        let after_auxiliary = spaced(index) && self.vocabulary.form(forms[index - 1]).auxiliary;
        let counted = self.after_article(spans, forms, index);
        let shouted = named && is_shouted(text);
        let says_case =
            spans[index].gap != Gap::Start && !shouted && !(named && self.style.title_case);
        let surface = &text[spans[index].start..spans[index].end];
        let initial = named && index == 0 && self.style.begun_low;
        let usage = self.vocabulary.usage_mut(forms[index]);
        usage.initial.0 += u32::from(initial && surface.starts_with(char::is_uppercase));
        usage.initial.1 += u32::from(initial && surface.starts_with(char::is_lowercase));
        usage.count += 1;
        usage.counted += u32::from(counted);
        usage.named += u32::from(named);
        usage.last += u32::from(named && index + 1 == spans.len());
        usage.verb += u32::from(before_determiner || after_auxiliary);
        if !shouted && surface.chars().skip(1).any(char::is_uppercase) {
            match &mut usage.mixed {
                Some((spelling, count)) if spelling == surface => *count += 1,
                Some(_) => {}
                none => *none = Some((surface.to_owned(), 1)),
            }
        } else if says_case {
            let capital = surface.starts_with(char::is_uppercase);
            usage.capital += u32::from(capital);
            usage.lower += u32::from(!capital);
        }
    }

    /// Is this the "request" of "a pull request"?
    fn after_article(&self, spans: &[Span], forms: &[u32], index: usize) -> bool {
        let plain = |at: usize| {
            let kind = self.vocabulary.form(forms[at]).kind;
            matches!(kind, WordKind::Content | WordKind::Weak | WordKind::Number)
        };
        let goes_on = |at: usize| spans.get(at).is_some_and(|span| span.gap == Gap::Space);
        if !plain(index) || (goes_on(index + 1) && plain(index + 1)) {
            return false;
        }
        let first = (0..=index).rev().take(4).find(|&at| !goes_on(at) || at == 0 || !plain(at - 1));
        first.is_some_and(|at| {
            at > 0 && goes_on(at) && self.vocabulary.form(forms[at - 1]).role == WordRole::A
        })
    }

    pub(crate) fn description_strengths(&self, description: &str, found: &[Span]) -> Vec<f32> {
        let mut strengths = Vec::with_capacity(found.len());
        for sentence in sentences(found) {
            let count = self.sentences.get(&hash(description, sentence)).copied().unwrap_or(1);
            let strength = DESCRIPTION / (count.max(1) as f32).sqrt();
            strengths.extend(sentence.iter().map(|_| strength));
        }
        strengths
    }

    pub(crate) fn opening(&self, name: &str, found: &[Span]) -> Option<NameOpening> {
        if self.tongue.is_english() {
            opening(name, found, self.style.led)
        } else {
            infinitive(name, found, self.tongue)
        }
    }
}

/// "ASTIR HOTELS": several words in capitals tell nothing about how each of them is written.
fn is_shouted(name: &str) -> bool {
    let words =
        name.split(' ').filter(|word| word.chars().filter(|c| c.is_alphabetic()).count() > 3);
    words.count() > 1 && !name.chars().any(char::is_lowercase)
}

fn sentences(found: &[Span]) -> impl Iterator<Item = &[Span]> {
    found.chunk_by(|_, next| next.gap != Gap::Start)
}

fn hash(text: &str, sentence: &[Span]) -> u64 {
    let (Some(first), Some(last)) = (sentence.first(), sentence.last()) else { return 0 };
    BuildHasherDefault::<DefaultHasher>::default().hash_one(&text[first.start..last.end])
}
