//! Names in which two phrases are one.

use crate::corpus::Corpus;
use crate::pick::PhraseChoice;
use crate::relate::{Bond, bond};
use crate::siblings::Siblings;
use crate::spell::qualifying;

/// Words of two phrases as one, at most.
const MOST_JOINED: usize = 5;

impl Siblings<'_> {
    /// The choices with two of them as one, where children say how they belong together: "disorders" and
    /// "metabolism" are "disorders of metabolism".
    pub(crate) fn bonded(
        &self,
        place: usize,
        picked: &[usize],
        texts: &[usize],
    ) -> Option<(Vec<usize>, PhraseChoice)> {
        let choices = &self.choices[place];
        let pairs = (0..picked.len()).flat_map(|a| (a + 1..picked.len()).map(move |b| (a, b)));
        pairs.into_iter().find_map(|(a, b)| {
            let (at_a, at_b) = (picked[a], picked[b]);
            let (one, other) = (self.phrase(place, at_a), self.phrase(place, at_b));
            if one.list || other.list || one.linked || other.linked {
                return None;
            }
            let found = bond(self.corpus, texts, one, other)?;
            let (first, second) = if found.in_order { (at_a, at_b) } else { (at_b, at_a) };
            let bond = &found.bond;
            let of = bond.is_of() && self.is_head_of(place, first, second);
            if !(of || found.is_usual()) {
                return None;
            }
            let (singular, written) = joined(self.corpus, &choices[first], &choices[second], bond)?;
            let made = PhraseChoice { singular, written, plural: None, ..choices[at_a].clone() };
            let rest = picked.iter().copied().filter(|&at| at != at_a && at != at_b);
            Some((std::iter::once(choices.len()).chain(rest).collect(), made))
        })
    }

    /// Does the head take "of" in half of its uses, and stand with the other choice in a tenth of the
    /// children?
    fn is_head_of(&self, place: usize, head: usize, other: usize) -> bool {
        let phrase = self.phrase(place, head);
        let all = phrase.followed.nothing + phrase.followed.link + phrase.followed.more;
        let texts = |at: usize| self.entry(place, at).texts.iter().filter(|(_, s)| *s >= 1.0);
        let both = texts(head).filter(|(text, _)| texts(other).any(|(known, _)| known == text));
        let both = both.count();
        phrase.length <= 1.0
            && 2 * phrase.followed.of >= all
            && both > 1
            && 10 * both >= self.weights(place).len()
    }
}

/// Two phrases as one, as it is written of one and of several; none where it would be long.
fn joined(
    corpus: &Corpus<'_>,
    first: &PhraseChoice,
    second: &PhraseChoice,
    bond: &Bond,
) -> Option<(Vec<String>, Vec<String>)> {
    let of = |first: &[String], second: &[String]| match bond {
        Bond::Qualifies => [first, second].concat(),
        Bond::Links { word, .. } => [first, std::slice::from_ref(word), second].concat(),
    };
    let written = match bond {
        Bond::Qualifies => of(&qualifying(corpus, &first.singular), &second.written),
        Bond::Links { .. } => of(&first.written, &second.written),
    };
    (written.len() <= MOST_JOINED && !elides(corpus, bond, &second.written))
        .then(|| (of(&first.singular, &second.singular), written))
}

/// Would the link lose its vowel, or not have lost it: French "d’articles", but "de plats"?
fn elides(corpus: &Corpus<'_>, bond: &Bond, second: &[String]) -> bool {
    const VOWELS: [char; 10] = ['a', 'e', 'i', 'o', 'u', 'h', 'é', 'è', 'ê', 'y'];
    let Bond::Links { word, .. } = bond else { return false };
    let french = corpus.tongue().and == "et";
    let vowel = second.first().is_some_and(|word| word.to_lowercase().starts_with(VOWELS));
    word.ends_with(['’', '\'']) || (french && vowel)
}
