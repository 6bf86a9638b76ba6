//! How the phrases of a name are written, for readers.

use crate::candidates::Phrase;
use crate::class::Use;
use crate::corpus::Corpus;
use crate::lists::is_thing;
use crate::pick::PhraseChoice;
use crate::rank::{Ranked, is_modifier};
use crate::spell::{PhraseNumber, spelled, upper_first};

/// Gives a choice its words: as the texts have them, and as a name of the class has them.
pub(crate) fn word(
    corpus: &Corpus<'_>,
    phrase: &Phrase<'_>,
    entry: &Ranked,
    (class, purpose): (&[usize], Use),
    choice: &mut PhraseChoice,
) {
    let several = entry.texts.len() > 1 || phrase.counted > 0;
    let number = if several { PhraseNumber::Several } else { PhraseNumber::Open };
    if purpose == Use::Guiding {
        choice.singular = spelled(corpus, phrase, PhraseNumber::Open, &|_| true);
        choice.written = spelled(corpus, phrase, number, &|_| true);
        return;
    }
    let english = corpus.tongue().is_english();
    // "Logging" is no "log" because a sibling speaks of logs, and hepatitis is not "hepatic".
    let noun = |spelling: &str| {
        let last = spelling.rsplit([' ', '-']).next().unwrap_or(spelling).to_lowercase();
        let verbal = || corpus.form_by_norm(&last).is_some_and(|form| form.is_verbal());
        !(english && (is_modifier(&last) || verbal()))
    };
    let own = own_spellings(corpus, phrase, entry, class, noun);
    let own = |spelling: &str| own.contains(&spelling);
    let name = english && is_name(corpus, phrase);
    let written = |number: PhraseNumber| {
        let mut words = spelled(corpus, phrase, number, &own);
        if name && let Some(last) = words.last_mut() {
            *last = upper_first(last);
        }
        words
    };
    choice.singular = written(PhraseNumber::Open);
    let plural = phrase.spellings.iter().any(|(spelling, _)| ends_in_plural(spelling));
    // There is one nervous system in "disorders of nervous system".
    let one = phrase.places.is_under() && phrase.counted == 0 && !plural;
    choice.written = written(if name || one { PhraseNumber::Kept } else { number });
    let thing = phrase.named && is_countable(&corpus.form(phrase.ends().1).norm);
    if english && !name && !one && !several && thing {
        choice.plural =
            Some(written(PhraseNumber::Several)).filter(|plural| *plural != choice.written);
    }
}

/// The spellings of a phrase that most names of a class have, or most of its texts; such as `will_do`, if
/// there are any.
fn own_spellings<'a>(
    corpus: &Corpus<'_>,
    phrase: &Phrase<'a>,
    entry: &Ranked,
    class: &[usize],
    will_do: impl Fn(&str) -> bool,
) -> Vec<&'a str> {
    let mut spellings: Vec<&str> = phrase.spellings.iter().map(|&(spelling, _)| spelling).collect();
    if spellings.len() < 2 {
        return spellings;
    }
    if spellings.iter().any(|spelling| will_do(spelling)) {
        spellings.retain(|spelling| will_do(spelling));
    }
    let lower: Vec<String> = spellings.iter().map(|spelling| spelling.to_lowercase()).collect();
    let mut counts = vec![(0, 0); spellings.len()];
    for &(text, _) in &entry.texts {
        let text = corpus.text(class[text as usize]);
        let (name, description) = (text.name.to_lowercase(), text.description.to_lowercase());
        for (count, spelling) in counts.iter_mut().zip(&lower) {
            count.0 += usize::from(stands_in(&name, spelling));
            count.1 += usize::from(stands_in(&description, spelling));
        }
    }
    let most = counts.iter().copied().max().unwrap_or((0, 0));
    let most = if most.0 > 0 { (most.0, 0) } else { most };
    let mut counts = counts.into_iter();
    spellings.retain(|_| counts.next().is_some_and(|count| count >= most));
    spellings
}

/// The phrases of a name in one number, as far as that can be: "translators and interpreters", where each is
/// one child, and "airplanes and kites", but "illness and firearm discharge".
pub(crate) fn agreeing<'a>(
    picked: impl Iterator<Item = (&'a Vec<String>, Option<&'a Vec<String>>)>,
) -> Vec<Vec<String>> {
    let picked: Vec<(&Vec<String>, Option<&Vec<String>>)> = picked.collect();
    let plural = |words: &Vec<String>| words.last().is_some_and(|word| ends_in_plural(word));
    let plural = picked.iter().all(|(written, of_several)| plural(of_several.unwrap_or(written)))
        || picked.iter().any(|(written, _)| plural(written));
    let of = |(written, of_several): (&Vec<String>, Option<&Vec<String>>)| match of_several {
        Some(several) if plural => several.clone(),
        _ => written.clone(),
    };
    picked.into_iter().map(of).collect()
}

/// Do two phrases hold forms of one word, which a stemmer that is none or a simple one did not see: "dostawy"
/// and "dostawa"?
pub(crate) fn inflect(corpus: &Corpus<'_>, a: &[String], b: &[String]) -> bool {
    const SHARED: usize = 5;
    const ENDING: usize = 2;
    let forms = |a: &String, b: &String| {
        let (a, b) = (a.to_lowercase(), b.to_lowercase());
        let shared = a.chars().zip(b.chars()).take_while(|(x, y)| x == y).count();
        shared >= SHARED && a.chars().count().max(b.chars().count()) <= shared + ENDING
    };
    !corpus.tongue().is_english() && a.iter().any(|a| b.iter().any(|b| forms(a, b)))
}

/// Where names begin in lower case, a word that never does is a name: "Croatia" among emoji.
fn is_name(corpus: &Corpus<'_>, phrase: &Phrase<'_>) -> bool {
    let usage = &corpus.form(phrase.ends().1).usage;
    usage.initial.0 > 0 && usage.initial.1 == 0 && usage.lower == 0 && usage.capital == 0
}

/// Is it the word for one of several things, and none for what they do or are?
pub(crate) fn is_countable(norm: &str) -> bool {
    const ABSTRACT: [&str; 7] = ["ss", "ion", "ment", "ance", "ence", "ity", "ing"];
    norm.len() > 3 && is_thing(norm) && !ABSTRACT.iter().any(|ending| norm.ends_with(ending))
}

fn ends_in_plural(spelling: &str) -> bool {
    let singular = ["ss", "is", "us"].iter().any(|ending| spelling.ends_with(ending));
    spelling.ends_with('s') && !singular
}

/// Does a text hold a spelling, as words of its own?
fn stands_in(text: &str, spelling: &str) -> bool {
    text.match_indices(spelling).any(|(at, _)| {
        let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let after = text[at + spelling.len()..].chars().next();
        !letter(text[..at].chars().next_back()) && !letter(after)
    })
}
