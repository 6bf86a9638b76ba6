//! Which phrases together make the name that a reader would give a class.
//!
//! What readers go by is not nearness alone: a name is true of most children, and each phrase of it of
//! several; it is short; and it says what siblings are not. So names of one, two and three phrases are
//! compared as they would be written, by where the name lies as a whole, how much of the class its
//! phrases cover, and what they would cost a reader.

use std::collections::BTreeSet;

use cladus_core::name::words_key;
use rayon::prelude::*;

use crate::class::{Class, Use};
use crate::meaning::{MeaningSpace, dot};
use crate::parts::{PhrasePart, broad, part};
use crate::pick::{MOST, abbreviates, apart};
use crate::siblings::Siblings;
use crate::worded::inflect;

/// How much nearness counts in other languages than English, which the models know less of.
const FOREIGN: f32 = 0.5;
/// A name that less of a class holds than this names a heap.
const HEAP: f32 = 0.2;
/// Phrases nearer to each other than this say the same.
const TWINS: f32 = 0.8;
/// What each phrase after the first must bring where nobody reads the name.
const GUIDE_FURTHER: f32 = 0.015;
/// What a second phrase must bring, in cosine: a short name is easier to read.
const SECOND: f32 = 0.03;
/// What one must bring beyond that where another covers most of the class.
const ENOUGH: f32 = 0.02;
const MOSTLY: f32 = 0.7;
/// What a third one must bring beyond that.
const THIRD: f32 = 0.08;
/// What a phrase costs beside one that covers [`SAYS`] of a class, hardly more elsewhere, where it adds less
/// than [`ADDS`].
const DETAIL: f32 = 0.06;
const SAYS: f32 = 0.45;
/// So much of the class must hold it in names.
const SAYS_BY_NAME: f32 = 0.33;
const OWN: f32 = 0.9;
const ADDS: f32 = 0.15;
/// What it is worth that all of a class holds the broadest phrase.
const BROAD: f32 = 0.08;
/// Classes of so few have nothing but details, and their names should hold each.
const SMALL: usize = 3;
const EACH: f32 = 0.12;
/// What a name costs that less than half of a class holds, for all that is missing.
const SPARSE: f32 = 0.25;
/// How much of what is told must be held by names.
const BY_NAME: f32 = 1.3;
/// What being a bare head costs where nothing stands beside it, of what it costs otherwise.
const BARE_ALONE: f32 = 0.5;
/// The characters of ", and others".
const OTHERS: usize = 12;
/// So few children can be named one by one.
pub(crate) const FEW: usize = 4;
/// And so many where two of them share a phrase.
pub(crate) const LISTED: usize = 5;
/// What it is worth that each of them is named.
const ROLL: f32 = 0.26;
/// Of that, what every phrase takes.
const LESS: f32 = 0.05;
/// What covering all of a class is worth, in cosine.
const COVER: f32 = 0.2;
/// Names of a class that are embedded: the best by the mean of their phrases' vectors, which is nearly
/// theirs.
pub(crate) const EMBEDDED: usize = 24;

/// Some phrases of a class, as indices into its choices, and how well they name it.
#[derive(Debug, Clone)]
struct PhraseSet {
    picked: Vec<usize>,
    /// Apart from where the name lies.
    worth: f32,
    /// With that, as far as it is known.
    value: f32,
    /// The share of the class that it covers.
    cover: f32,
    /// The share of it that holds one of its phrases, whatever its siblings hold.
    told: f32,
    /// Is each of its phrases one of a single child?
    narrow: bool,
    /// Does it name each of few children?
    each: bool,
    /// Is it a set of as many as there may be, with room for "and others"?
    fits: bool,
}

impl PhraseSet {
    /// Does it name next to nothing of the class, or one child by each phrase?
    fn is_loose(&self) -> bool {
        self.narrow || self.told < HEAP
    }

    /// Is it one phrase that most of the class holds? Then a child may be called so, too.
    fn is_broad(&self) -> bool {
        self.picked.len() == 1 && 2.0 * self.cover >= 1.0
    }
}

/// Gives every class of a batch the best sets of phrases for its name, best first.
///
/// # Errors
/// Those of embedding names.
pub(crate) fn choose<M: MeaningSpace>(
    batch: &mut [Siblings<'_>],
    classes: &[Class],
    meaning: &mut M,
) -> Result<(), M::Error> {
    let drafted: Vec<Vec<Vec<(PhraseSet, String)>>> = batch
        .par_iter()
        .map(|siblings| {
            (0..siblings.set.len()).map(|place| drafted(siblings, place, classes)).collect()
        })
        .collect();
    let names: BTreeSet<&str> =
        drafted.iter().flatten().flatten().map(|(_, name)| name.as_str()).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let vectors = meaning.embed(&names)?;
    let dim = meaning.dim();
    batch.par_iter_mut().zip(&drafted).for_each(|(siblings, drafted)| {
        let foreign = if siblings.corpus.tongue().is_english() { 1.0 } else { FOREIGN };
        for (place, drafted) in drafted.iter().enumerate() {
            let aim = &siblings.aims[place];
            let mut sets: Vec<PhraseSet> = drafted
                .iter()
                .filter_map(|(set, name)| {
                    let row = names.binary_search(&name.as_str()).ok()?;
                    let vector = vectors.get(row * dim..(row + 1) * dim)?;
                    Some(PhraseSet { value: set.worth + foreign * dot(vector, aim), ..set.clone() })
                })
                .collect();
            best_first(&mut sets);
            siblings.settle_on(place, sets, classes);
        }
    });
    Ok(())
}

/// The same by words alone.
pub(crate) fn choose_by_words(batch: &mut [Siblings<'_>], classes: &[Class]) {
    batch.par_iter_mut().for_each(|siblings| {
        for place in 0..siblings.set.len() {
            let sets = drafted(siblings, place, classes).into_iter().map(|(set, _)| set).collect();
            siblings.settle_on(place, sets, classes);
        }
    });
}

/// The names of a class that are worth embedding. A name that a child has says too little, unless most
/// of the children hold it.
fn drafted(siblings: &Siblings<'_>, place: usize, classes: &[Class]) -> Vec<(PhraseSet, String)> {
    let texts = &classes[siblings.set[place]].texts;
    let children: BTreeSet<String> =
        texts.iter().map(|&text| words_key(siblings.corpus.text(text).name)).collect();
    let aim = siblings.aims.get(place).map_or(&[][..], Vec::as_slice);
    let mut sets = sets(siblings, place, aim);
    best_first(&mut sets);
    let named = || sets.iter().map(|set| (set.clone(), siblings.named(place, &set.picked)));
    let own = named().filter(|(set, name)| {
        (set.is_broad() && siblings.purpose == Use::Reading) || !children.contains(&words_key(name))
    });
    let mut own: Vec<(PhraseSet, String)> = own.take(EMBEDDED).collect();
    let read = siblings.purpose == Use::Reading;
    if read && texts.len() > FEW && own.first().is_some_and(|(best, _)| best.is_loose()) {
        // A heap may need three examples, which are never among the best by what they cost.
        let three = sets.iter().find(|set| set.fits);
        let three = three.map(|set| (set.clone(), siblings.named(place, &set.picked)));
        own.truncate(EMBEDDED - 1);
        own.extend(three);
    }
    if own.is_empty() { named().take(EMBEDDED).collect() } else { own }
}

impl Siblings<'_> {
    /// Takes sets for the class at `place`, best first, and tells whether the best one is a heap's.
    fn settle_on(&mut self, place: usize, mut sets: Vec<PhraseSet>, classes: &[Class]) {
        let children = self.weights(place).len();
        let loose = |best: &PhraseSet| !best.each && best.is_loose();
        self.heaps[place] =
            self.purpose == Use::Reading && children > 3 && sets.first().is_some_and(loose);
        self.broad[place] = sets.first().is_some_and(PhraseSet::is_broad);
        // Three examples say more of a heap than two, and two more than one.
        if self.heaps[place]
            && let Some(examples) = examples(&sets, children)
        {
            let examples = sets.remove(examples);
            sets.insert(0, examples);
        }
        let texts = &classes[self.set[place]].texts;
        let mut sets: Vec<Vec<usize>> = sets.into_iter().map(|set| set.picked).collect();
        let joint = match self.purpose {
            Use::Reading if !self.heaps[place] => {
                sets.first().and_then(|best| self.bonded(place, best, texts))
            }
            _ => None,
        };
        if let Some((joint, choice)) = joint {
            self.choices[place].push(choice);
            sets.insert(0, joint);
        }
        self.sets[place] = sets;
    }
}

/// Which of some sets holds the best examples of a heap.
fn examples(sets: &[PhraseSet], children: usize) -> Option<usize> {
    let three = |set: &PhraseSet| children > FEW && set.fits;
    let two = || sets.iter().position(|set| set.picked.len() == 2);
    sets.iter().position(three).or_else(two)
}

/// By value, then as they stand: shorter names first, better phrases first.
fn best_first(sets: &mut [PhraseSet]) {
    sets.sort_by(|a, b| b.value.total_cmp(&a.value));
}

/// The phrases of a class, and how a set of them is valued.
pub(crate) struct Valuation<'a> {
    pub(crate) purpose: Use,
    pub(crate) parts: Vec<PhrasePart>,
    /// By pair of phrases: how alike their vectors are.
    pub(crate) like: Vec<Vec<f32>>,
    /// By pair of phrases: whether the first one holds the words of the second.
    pub(crate) holds: Vec<Vec<bool>>,
    /// Phrases that most of the class holds.
    pub(crate) broad: Vec<usize>,
    /// By text of the class.
    pub(crate) weights: &'a [f32],
    /// Are whole noun phrases told from others, as well as they are in English?
    pub(crate) english: bool,
    /// What nearness counts.
    pub(crate) trust: f32,
}

impl Valuation<'_> {
    fn of(&self, mut picked: Vec<usize>, narrow: bool) -> PhraseSet {
        let parts = &self.parts;
        let count = picked.len() as f32;
        let sum: f32 = picked.iter().map(|&at| parts[at].near).sum();
        let square: f32 = picked
            .iter()
            .flat_map(|&a| picked.iter().map(move |&b| (a, b)))
            .map(|(a, b)| self.like[a][b])
            .sum();
        let (mut cover, mut told, mut held) = (0.0, 0.0, 0.0);
        for (text, weight) in self.weights.iter().enumerate() {
            let of = |by: fn(&PhrasePart) -> &[f32]| {
                picked.iter().map(|&at| by(&parts[at])[text]).fold(0.0_f32, f32::max)
            };
            cover += weight * of(|part| &part.holds);
            told += weight * of(|part| &part.told);
            held += weight * of(|part| &part.named);
        }
        let each = self.names_each(&picked, MOSTLY);
        let fits = picked.len() == MOST && self.fits(&picked, OTHERS);
        let own = picked.iter().map(|&at| parts[at].worth).sum::<f32>() / count;
        let form: f32 = picked.iter().map(|&at| parts[at].form).sum();
        let worth = match self.purpose {
            Use::Guiding => own - form - GUIDE_FURTHER * (count - 1.0),
            Use::Reading => {
                let costs: f32 = picked.iter().map(|&at| parts[at].costs).sum();
                let narrow: f32 = picked.iter().map(|&at| parts[at].narrow).sum();
                own - form - costs + COVER * cover + self.breadth(&picked, held)
                    - self.further(&picked, told)
                    - self.bare(&picked)
                    - self.sparse(told, held)
                    + if each { self.listing(&picked) + narrow } else { 0.0 }
            }
        };
        let near = if square > 0.0 { sum / square.sqrt() } else { sum / count };
        let value = worth + near * self.trust;
        // The broadest first.
        picked.sort_by(|&a, &b| parts[b].cover.total_cmp(&parts[a].cover).then(a.cmp(&b)));
        PhraseSet { picked, worth, value, cover, told, narrow, each, fits }
    }

    /// What it is worth how many children hold it, whatever its siblings hold: "runners" rather than
    /// "GitHub-hosted runners". Few children should all be in their name, if whole phrases name them.
    fn breadth(&self, picked: &[usize], held: f32) -> f32 {
        if self.weights.len() <= SMALL {
            let whole = picked.iter().all(|&at| self.parts[at].form == 0.0);
            return if whole { EACH * held } else { 0.0 };
        }
        let broad = |&at: &usize| self.parts[at].held * (1.0 - self.parts[at].aside);
        BROAD * picked.iter().map(broad).fold(0.0_f32, f32::max)
    }

    /// What it is worth that each of few children is named, the less the longer the list; a bare head is
    /// as bad as a phrase more.
    fn listing(&self, picked: &[usize]) -> f32 {
        let bare = picked.iter().filter(|&&at| self.parts[at].bare > 0.0).count();
        ROLL - LESS * (picked.len() + bare) as f32
    }

    /// What it costs to leave out more than half of a class; what only descriptions hold counts little.
    fn sparse(&self, told: f32, held: f32) -> f32 {
        if self.weights.len() < FEW || !self.english {
            return 0.0;
        }
        SPARSE * (0.5 - told.min(BY_NAME * held)).max(0.0)
    }

    /// What bare heads among several phrases cost, but those that belong to another one.
    fn bare(&self, picked: &[usize]) -> f32 {
        if picked.len() < 2 {
            return BARE_ALONE * self.parts[picked[0]].bare;
        }
        let both = |a: usize, b: usize| {
            let (a, b) = (&self.parts[a].named, &self.parts[b].named);
            a.iter().zip(b).filter(|(a, b)| **a + **b == 2.0).count()
        };
        let belongs = |at: usize| picked.iter().any(|&other| other != at && both(at, other) > 1);
        let costs = |&at: &usize| self.parts[at].bare > 0.0 && !belongs(at);
        picked.iter().copied().filter(costs).map(|at| self.parts[at].bare).sum()
    }

    /// What the phrases after the first cost.
    fn further(&self, picked: &[usize], told: f32) -> f32 {
        let parts = &self.parts;
        // "Scrolling" needs nothing after it.
        let alone = picked.iter().any(|&at| parts[at].cover > MOSTLY);
        // "Media queries and styles", of which all but one child are media queries: the rest is a detail.
        let says_it = |&at: &usize| {
            let part = &parts[at];
            part.cover > SAYS && part.held > SAYS_BY_NAME && part.cover > OWN * part.all && {
                told - part.all < ADDS * (picked.len() - 1) as f32
            }
        };
        let detail = self.weights.len() > SMALL && picked.iter().any(says_it);
        let detail = if detail { DETAIL } else { 0.0 };
        match picked.len() {
            1 => 0.0,
            2 => SECOND + detail + if alone { ENOUGH } else { 0.0 },
            _ => SECOND + detail + THIRD,
        }
    }
}

/// All sets of up to [`MOST`] phrases that can stand in one name, valued by the mean of their vectors.
fn sets(siblings: &Siblings<'_>, place: usize, aim: &[f32]) -> Vec<PhraseSet> {
    let choices = &siblings.choices[place];
    let phrase = |at: usize| siblings.phrase(place, at);
    let like = pairs(choices.len(), |a, b| dot(&choices[a].vector, &choices[b].vector));
    let together = pairs(choices.len(), |a, b| {
        apart(siblings.corpus, phrase(a), phrase(b))
            && !abbreviates(&choices[a].written, &choices[b].written)
            && !abbreviates(&choices[b].written, &choices[a].written)
            && like[a][b] < TWINS
            && !(siblings.purpose == Use::Reading
                && inflect(siblings.corpus, &choices[a].written, &choices[b].written))
    });
    let parts: Vec<PhrasePart> =
        (0..choices.len()).map(|at| part(siblings, place, at, aim)).collect();
    let broad = broad(&parts, MOSTLY);
    let holds = pairs(choices.len(), |a, b| {
        let stems = &phrase(b).stems;
        phrase(a).stems.windows(stems.len()).any(|run| run == &stems[..])
    });
    let valuation = Valuation {
        purpose: siblings.purpose,
        parts,
        like,
        holds,
        broad,
        weights: siblings.weights(place),
        english: siblings.corpus.tongue().is_english(),
        trust: if siblings.corpus.tongue().is_english() { 1.0 } else { FOREIGN },
    };
    let mut found: Vec<PhraseSet> = Vec::new();
    let mut open: Vec<Vec<usize>> = (0..choices.len()).map(|at| vec![at]).collect();
    while let Some(picked) = open.pop() {
        if picked.len() < MOST {
            let last = picked[picked.len() - 1];
            let next = (last + 1..choices.len())
                .filter(|&next| picked.iter().all(|&at| together[at][next]));
            open.extend(next.map(|next| [&picked[..], &[next]].concat()));
        }
        let narrow = picked.iter().all(|&at| siblings.support(place, at) < 2);
        found.push(valuation.of(picked, narrow));
    }
    if siblings.purpose == Use::Reading && (FEW..=LISTED).contains(&valuation.weights.len()) {
        let within = |at: usize| siblings.entry(place, at).within;
        let listed = valuation.roll_call(&together, within).filter(|picked| picked.len() > MOST);
        found.extend(listed.map(|picked| valuation.of(picked, true)).filter(|set| set.each));
    }
    // The order of equals is that of reading, not that of the search.
    found.sort_by(|a, b| (a.picked.len(), &a.picked).cmp(&(b.picked.len(), &b.picked)));
    found
}

/// What `of` says of every two of `count`.
fn pairs<T>(count: usize, of: impl Fn(usize, usize) -> T) -> Vec<Vec<T>> {
    (0..count).map(|a| (0..count).map(|b| of(a, b)).collect()).collect()
}
