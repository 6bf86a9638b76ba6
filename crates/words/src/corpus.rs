//! The texts of a level, with what is known about all of them before any class is named.

use crate::corpus_text::{CorpusText, DESCRIPTION_WORDS, NAME_WORDS};
use crate::elision::spans_in;
use crate::level_words::{LevelSurvey, LevelWords};
use crate::opening::{NameOpening, VerbLed};
use crate::scan::{Gap, Span};
use crate::tongue::Tongue;
use crate::vocabulary::{WordForm, WordKind};

/// What a word in brackets counts.
const ASIDE: f32 = 0.5;

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

/// The texts of one level, or those of it that are to be named, and what is known about all of them.
#[derive(Debug)]
pub struct Corpus<'a> {
    texts: Vec<CorpusText<'a>>,
    level: LevelWords,
}

impl<'a> Corpus<'a> {
    /// Reads all texts. Linear in their length; very long ones are cut.
    pub fn new(texts: Vec<CorpusText<'a>>) -> Self {
        let mut survey = LevelSurvey::new(texts.len());
        survey.add(&texts);
        let mut counting = survey.counting();
        counting.add(&texts);
        Self { level: counting.done(), texts }
    }

    /// Some `texts` of a level all of whose words have been counted. Classes are of these.
    pub fn part(texts: Vec<CorpusText<'a>>, level: LevelWords) -> Self {
        Self { texts, level }
    }

    /// Names of the level, of all if they are few.
    pub(crate) fn some_names(&self) -> Vec<&str> {
        self.level.names.iter().map(String::as_str).collect()
    }

    pub(crate) fn text(&self, at: usize) -> CorpusText<'a> {
        self.texts[at]
    }

    pub(crate) fn tongue(&self) -> &'static Tongue {
        self.level.tongue
    }

    /// The words of a name, and its opening if it is an imperative.
    pub(crate) fn name_words(&self, at: usize) -> (Vec<Word>, Option<NameOpening>) {
        let name = self.texts[at].name;
        let found = spans_in(self.level.tongue, name, NAME_WORDS);
        let strength = |span: &Span| if is_aside(name, span.start) { ASIDE } else { 1.0 };
        let words =
            found.iter().filter_map(|&span| self.word(name, span, strength(&span))).collect();
        (words, self.level.opening(name, &found))
    }

    pub(crate) fn description_words(&self, at: usize) -> Vec<Word> {
        let description = self.texts[at].description;
        let found = spans_in(self.level.tongue, description, DESCRIPTION_WORDS);
        let strengths = self.level.description_strengths(description, &found);
        found
            .iter()
            .zip(strengths)
            .filter_map(|(&span, strength)| self.word(description, span, strength))
            .collect()
    }

    fn word(&self, text: &str, Span { start, end, gap }: Span, strength: f32) -> Option<Word> {
        let form = self.level.vocabulary.form_of(&text[start..end])?;
        Some(Word { form, start, end, gap, strength })
    }

    pub(crate) fn form(&self, form: u32) -> &WordForm {
        self.level.vocabulary.form(form)
    }

    pub(crate) fn form_by_norm(&self, norm: &str) -> Option<&WordForm> {
        self.level.vocabulary.by_norm(norm)
    }

    pub(crate) fn share(&self, stem: u32) -> f32 {
        self.level.share.get(stem as usize).copied().unwrap_or(0.0)
    }

    pub(crate) fn is_link_stem(&self, stem: u32) -> bool {
        self.level.vocabulary.is_link_stem(stem)
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
        self.level.style.title_case
    }

    /// What joins two things in the language of the texts.
    pub fn and(&self) -> &'static str {
        self.level.tongue.and
    }

    /// Are most names imperatives ("Debug a Python script")?
    pub fn is_imperative(&self) -> bool {
        self.level.style.led != VerbLed::No
    }

    /// How many texts there are in the level.
    pub fn len(&self) -> usize {
        self.level.count
    }

    /// Is there nothing to name?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Does a word stand in brackets: "Map (initial support)"?
fn is_aside(name: &str, at: usize) -> bool {
    let before = &name[..at];
    let open = before.rfind(['(', '[']);
    let closed = before.rfind([')', ']']);
    // A name that begins with a bracket is all there is.
    open > closed && open.is_some_and(|open| !before[..open].trim().is_empty())
}
