//! What is known about all texts of a level before any class of them is named.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use rayon::prelude::*;

use crate::corpus_text::{CorpusText, NAME_WORDS};
use crate::elision::spans_in;
use crate::opening::{NameOpening, VerbLed, infinitive, opening};
use crate::scan::{Gap, Span, spans};
use crate::style::{Style, style};
use crate::tongue::{Tongue, WordRole};
use crate::vocabulary::{WordForm, WordKind, WordVocabulary};

/// What a word of a description counts, compared with one of a name.
const DESCRIPTION: f32 = 0.5;
/// What a word in brackets counts.
const ASIDE: f32 = 0.5;
/// Texts that are taken apart at once, on all cores.
const CHUNK: usize = 4_096;
/// Two sentences hold about 40.
const DESCRIPTION_WORDS: usize = 120;

/// A word of a text that has been read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Word {
    pub(crate) form: u32,
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) gap: Gap,
    /// What it counts: 1 in a name, less in a description, and little in a sentence that many
    /// texts share word for word.
    pub(crate) strength: f32,
}

/// A text taken apart.
struct Apart {
    in_name: Vec<Span>,
    /// Where the object of the name begins.
    object: usize,
    in_description: Vec<Span>,
    /// One strength a word of the description.
    weights: Vec<f32>,
}

/// All texts of one level, read once: how common each word is, how it is written, and whether
/// the names are imperatives.
#[derive(Debug)]
pub struct Corpus<'a> {
    texts: Vec<CorpusText<'a>>,
    tongue: &'static Tongue,
    style: Style,
    vocabulary: WordVocabulary,
    /// By stem: the mean over all texts of the strength that they hold it with.
    share: Vec<f32>,
    /// By hash of a description's sentence: how many texts have it.
    sentences: HashMap<u64, u32>,
}

impl<'a> Corpus<'a> {
    /// Reads all texts. Linear in their length; very long ones are cut.
    pub fn new(texts: Vec<CorpusText<'a>>) -> Self {
        let tongue = Tongue::of(&texts);
        let style = style(&texts, tongue);
        let sentences = count_sentences(&texts);
        let vocabulary = WordVocabulary::default();
        let mut corpus = Self { texts, tongue, style, vocabulary, share: Vec::new(), sentences };
        corpus.read();
        corpus
    }

    fn read(&mut self) {
        let mut total: Vec<f32> = Vec::new();
        // By stem: the last text that counted, and with what strength, so that each counts once.
        let mut seen: Vec<(usize, f32)> = Vec::new();
        for from in (0..self.texts.len()).step_by(CHUNK) {
            let chunk = from..self.texts.len().min(from + CHUNK);
            // Cutting texts into words is done on all cores, counting them in their order.
            let apart: Vec<Apart> =
                chunk.clone().into_par_iter().map(|at| self.apart(at)).collect();
            for (at, apart) in chunk.zip(apart) {
                self.count(at, apart, &mut total, &mut seen);
            }
        }
        total.resize(self.vocabulary.stem_count(), 0.0);
        let texts = self.texts.len().max(1) as f32;
        self.share = total.into_iter().map(|count| count / texts).collect();
    }

    /// Counts the words of one text, by stem in `total`; `seen` tells which of them it had before.
    fn count(
        &mut self,
        at: usize,
        apart: Apart,
        total: &mut Vec<f32>,
        seen: &mut Vec<(usize, f32)>,
    ) {
        let Apart { in_name, object, in_description, weights } = apart;
        let CorpusText { name, description, .. } = self.texts[at];
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

    fn apart(&self, at: usize) -> Apart {
        let CorpusText { name, description, .. } = self.texts[at];
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
        let usage = self.vocabulary.usage_mut(forms[index]);
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

    fn description_strengths(&self, description: &str, found: &[Span]) -> Vec<f32> {
        let mut strengths = Vec::with_capacity(found.len());
        for sentence in sentences(found) {
            let count = self.sentences.get(&hash(description, sentence)).copied().unwrap_or(1);
            let strength = DESCRIPTION / (count.max(1) as f32).sqrt();
            strengths.extend(sentence.iter().map(|_| strength));
        }
        strengths
    }

    pub(crate) fn text(&self, at: usize) -> CorpusText<'a> {
        self.texts[at]
    }

    fn opening(&self, name: &str, found: &[Span]) -> Option<NameOpening> {
        if self.tongue.is_english() {
            opening(name, found, self.style.led)
        } else {
            infinitive(name, found, self.tongue)
        }
    }

    pub(crate) fn tongue(&self) -> &'static Tongue {
        self.tongue
    }

    /// The words of a name, and its opening if it is an imperative.
    pub(crate) fn name_words(&self, at: usize) -> (Vec<Word>, Option<NameOpening>) {
        let name = self.texts[at].name;
        let found = spans_in(self.tongue, name, NAME_WORDS);
        let strength = |span: &Span| if is_aside(name, span.start) { ASIDE } else { 1.0 };
        let words =
            found.iter().filter_map(|&span| self.word(name, span, strength(&span))).collect();
        (words, self.opening(name, &found))
    }

    pub(crate) fn description_words(&self, at: usize) -> Vec<Word> {
        let description = self.texts[at].description;
        let found = spans_in(self.tongue, description, DESCRIPTION_WORDS);
        let strengths = self.description_strengths(description, &found);
        found
            .iter()
            .zip(strengths)
            .filter_map(|(&span, strength)| self.word(description, span, strength))
            .collect()
    }

    fn word(&self, text: &str, Span { start, end, gap }: Span, strength: f32) -> Option<Word> {
        let form = self.vocabulary.form_of(&text[start..end])?;
        Some(Word { form, start, end, gap, strength })
    }

    pub(crate) fn form(&self, form: u32) -> &WordForm {
        self.vocabulary.form(form)
    }

    pub(crate) fn form_by_norm(&self, norm: &str) -> Option<&WordForm> {
        self.vocabulary.by_norm(norm)
    }

    pub(crate) fn share(&self, stem: u32) -> f32 {
        self.share.get(stem as usize).copied().unwrap_or(0.0)
    }

    pub(crate) fn is_link_stem(&self, stem: u32) -> bool {
        self.vocabulary.is_link_stem(stem)
    }

    /// The stems of a name's object that say something, once each; sorted.
    pub(crate) fn name_stems(&self, at: usize) -> Vec<u32> {
        let (words, opening) = self.name_words(at);
        let object = opening.map_or(0, |opening| opening.object);
        let mut stems: Vec<u32> = words[object..]
            .iter()
            .map(|word| self.form(word.form))
            .filter(|form| {
                matches!(form.kind, WordKind::Content | WordKind::Weak | WordKind::Number)
            })
            .map(|form| form.stem)
            .collect();
        stems.sort_unstable();
        stems.dedup();
        stems
    }

    pub(crate) fn title_case(&self) -> bool {
        self.style.title_case
    }

    /// What joins two things in the language of the texts.
    pub fn and(&self) -> &'static str {
        self.tongue.and
    }

    /// Are most names imperatives ("Debug a Python script")?
    pub fn is_imperative(&self) -> bool {
        self.style.led != VerbLed::No
    }

    /// How many texts there are.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Is there nothing to name?
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }
}

/// "ASTIR HOTELS": several words in capitals tell nothing about how each of them is written.
fn is_shouted(name: &str) -> bool {
    let words =
        name.split(' ').filter(|word| word.chars().filter(|c| c.is_alphabetic()).count() > 3);
    words.count() > 1 && !name.chars().any(char::is_lowercase)
}

/// Does a word stand in brackets: "Map (initial support)"?
fn is_aside(name: &str, at: usize) -> bool {
    let before = &name[..at];
    let open = before.rfind(['(', '[']);
    let closed = before.rfind([')', ']']);
    // A name that begins with a bracket is all there is.
    open > closed && open.is_some_and(|open| !before[..open].trim().is_empty())
}

fn count_sentences(texts: &[CorpusText<'_>]) -> HashMap<u64, u32> {
    let mut counts = HashMap::new();
    for chunk in texts.chunks(CHUNK) {
        let hashes: Vec<Vec<u64>> = chunk
            .par_iter()
            .map(|&CorpusText { description, .. }| {
                let found = spans(description, DESCRIPTION_WORDS);
                sentences(&found).map(|sentence| hash(description, sentence)).collect()
            })
            .collect();
        for hash in hashes.into_iter().flatten() {
            *counts.entry(hash).or_default() += 1;
        }
    }
    // Most sentences stand once, and whoever is not found does.
    counts.retain(|_, count| *count > 1);
    counts.shrink_to_fit();
    counts
}

fn sentences(found: &[Span]) -> impl Iterator<Item = &[Span]> {
    found.chunk_by(|_, next| next.gap != Gap::Start)
}

fn hash(text: &str, sentence: &[Span]) -> u64 {
    let (Some(first), Some(last)) = (sentence.first(), sentence.last()) else { return 0 };
    BuildHasherDefault::<DefaultHasher>::default().hash_one(&text[first.start..last.end])
}
