//! What one phrase brings to the name of a class, and what it costs a reader.

use crate::class::Use;
use crate::meaning::dot;
use crate::pick::PhraseChoice;
use crate::siblings::Siblings;
use crate::worded::is_countable;

/// What holding a phrase in the description counts, beside in the name.
const TOLD: f32 = 1.2;
/// The power of how much commoner a phrase is here than elsewhere, in what it covers.
const LIFT: f32 = 0.7;
/// How much fitting by words counts where nothing is embedded.
const BY_WORDS: f32 = 0.25;
/// What being commoner here than elsewhere is worth.
const CONTRAST: f32 = 0.06;
/// What being hardly a noun phrase costs, for each factor of e below [`HARDLY`].
const SPOILT: f32 = 0.1;
/// Below this quality it is hardly a noun phrase.
const HARDLY: f32 = 0.15;
/// What every word of a phrase beyond three costs: a long one is prose.
const WORDY: f32 = 0.04;
/// What a phrase costs that no child has in its name.
const UNTOLD: f32 = 0.2;
/// What it costs beyond that if it is short for something: no name explains it ("ACM").
const SHORT: f32 = 0.15;
/// What a phrase costs that never says what a child is about, only where or for whom.
const ASIDE: f32 = 0.1;
/// What "disorders in diseases" costs: two phrases of which only the first says what it is about.
const LINKED: f32 = 0.1;
/// What a phrase of a single child costs, where there are five or more.
const NARROW: f32 = 0.13;
/// The same where there are four children.
const NARROW4: f32 = 0.08;
/// What a phrase of a small share of the children costs, at most.
const FEW: f32 = 0.06;
/// What being no whole noun phrase costs, for each factor of e.
const QUALITY: f32 = 0.02;
/// What going with another verb than the name's costs, likewise.
const OTHER_VERB: f32 = 0.02;
/// What a bare head costs beside another phrase.
const BARE: f32 = 0.12;
/// Longer phrases read like prose ("hours on an approved timesheet").
const FEW_WORDS: usize = 3;

/// What is known of one phrase of a class.
pub(crate) struct PhrasePart {
    pub(crate) near: f32,
    pub(crate) worth: f32,
    /// What being no whole noun phrase, or a long one, costs.
    pub(crate) form: f32,
    /// What being true of few children costs, or beside the point.
    pub(crate) costs: f32,
    /// By text: whether it holds it; the second in its name.
    pub(crate) told: Vec<f32>,
    pub(crate) named: Vec<f32>,
    /// The same, less where siblings hold it as well.
    pub(crate) holds: Vec<f32>,
    /// How much of the class holds it, and how much in names.
    pub(crate) all: f32,
    pub(crate) held: f32,
    pub(crate) cover: f32,
    /// Part of the costs: what being true of few children costs.
    pub(crate) narrow: f32,
    /// What standing beside another phrase costs it.
    pub(crate) bare: f32,
    /// Is it a part of longer phrases only?
    pub(crate) within: bool,
    /// Is it a part of a phrase of one child?
    pub(crate) torn: bool,
    /// Characters and words of it as it is written.
    pub(crate) room: (usize, usize),
    /// The share of names in which another word says what they are about.
    pub(crate) aside: f32,
}

pub(crate) fn part(siblings: &Siblings<'_>, place: usize, at: usize, aim: &[f32]) -> PhrasePart {
    let choice = &siblings.choices[place][at];
    let (phrase, entry) = (siblings.phrase(place, at), siblings.entry(place, at));
    let weights = siblings.weights(place);
    let mut told = vec![0.0; weights.len()];
    for &(text, strength) in &entry.texts {
        // What only the description says is less true of it.
        told[text as usize] = if strength >= 1.0 { 1.0 } else { TOLD * strength };
    }
    let lift = entry.excess.powf(LIFT);
    let holds: Vec<f32> = told.iter().map(|told| told * lift).collect();
    let share = |by: &[f32]| by.iter().zip(weights).map(|(holds, weight)| holds * weight).sum();
    let named: Vec<f32> = told.iter().map(|&told| if told < 1.0 { 0.0 } else { 1.0 }).collect();
    let (all, held, cover): (f32, f32, f32) = (share(&told), share(&named), share(&holds));
    let words = choice.written.len().saturating_sub(FEW_WORDS) as f32;
    // Where nothing is embedded, words say how near a phrase is.
    let most =
        siblings.choices[place].iter().map(|choice| choice.fit).fold(f32::MIN_POSITIVE, f32::max);
    let by_words = BY_WORDS * choice.fit / most;
    let aside = phrase.places.aside();
    let bare = bare(siblings, place, at);
    let narrow = narrow(siblings.support(place, at), weights.len());
    let room = choice.written.iter().map(|word| word.chars().count() + 1).sum();
    PhrasePart {
        near: if choice.vector.is_empty() { by_words } else { dot(&choice.vector, aim) },
        worth: match siblings.purpose {
            Use::Guiding => worth(choice, entry.quality),
            Use::Reading => worth(choice, entry.quality) + CONTRAST * entry.excess,
        },
        form: SPOILT * -(entry.quality.max(1e-2) / HARDLY).ln().min(0.0) + WORDY * words,
        costs: narrow
            + if held > 0.0 { 0.0 } else { UNTOLD + if is_short(choice) { SHORT } else { 0.0 } }
            // Where nearly all children are "for an authenticated user", that is what they are about.
            + ASIDE * aside * (1.0 - cover.powi(3))
            + if phrase.linked { LINKED } else { 0.0 },
        told,
        named,
        holds,
        all,
        held,
        cover,
        aside,
        narrow,
        within: entry.within,
        torn: entry.within && siblings.support(place, at) < 2,
        bare: bare * (1.0 - held),
        room: (room, choice.written.len()),
    }
}

/// What a phrase costs beside others that is a bare head, torn from what says which: the "theory" of
/// "category theory".
fn bare(siblings: &Siblings<'_>, place: usize, at: usize) -> f32 {
    let phrase = siblings.phrase(place, at);
    if !siblings.corpus.tongue().is_english()
        || phrase.stems.len() > 1
        || !siblings.entry(place, at).within
    {
        return 0.0;
    }
    let norm = &siblings.corpus.form(phrase.ends().1).norm;
    let singular = |ending: &str| norm.strip_suffix(ending).is_some_and(is_countable);
    let thing = is_countable(norm) || singular("s") || singular("es");
    match (thing, siblings.support(place, at)) {
        (false, _) => BARE,
        (true, 1) => BARE / 2.0,
        (true, _) => 0.0,
    }
}

/// Is it an abbreviation in capitals?
fn is_short(choice: &PhraseChoice) -> bool {
    let upper = |word: &String| word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    !choice.written.is_empty() && choice.written.iter().all(upper)
}

/// What a phrase costs that is a detail of one child, or of few.
fn narrow(support: usize, children: usize) -> f32 {
    if children < 4 {
        return 0.0;
    }
    if support < 2 {
        return if children == 4 { NARROW4 } else { NARROW };
    }
    let share = support as f32 / children as f32;
    FEW * (1.0 - share / 0.2).max(0.0)
}

/// What a phrase is worth wherever it lies.
fn worth(choice: &PhraseChoice, quality: f32) -> f32 {
    QUALITY * quality.max(1e-3).ln() + OTHER_VERB * choice.agreement.max(1e-3).ln()
}

/// Whole phrases that more than a share of the class holds.
pub(crate) fn broad(parts: &[PhrasePart], share: f32) -> Vec<usize> {
    let broad = |&at: &usize| parts[at].held > share && parts[at].form == 0.0;
    (0..parts.len()).filter(broad).collect()
}
