//! The words of one text, and which runs of them could be phrases.

use crate::candidates::{Followed, VARIETY};
use crate::corpus::{Corpus, Word};
use crate::lists::{is_participle, verb_kind};
use crate::scan::Gap;
use crate::vocabulary::{Form, Kind};

/// Words that say something in a phrase.
const MOST_CONTENT: usize = 4;
/// All words of a phrase, "of the" included.
const MOST_WORDS: usize = 6;
/// The longest object of a name that is a candidate as it stands.
const MOST_WHOLE: usize = 7;
/// Ideographs of a phrase; each is half a word or so.
const MOST_IDEOGRAPHS: usize = 8;

/// The words of a name's object or of a description.
pub(crate) struct Source<'a, 'c, 'w> {
    pub(crate) corpus: &'c Corpus<'a>,
    pub(crate) text: &'a str,
    pub(crate) words: &'w [Word],
    pub(crate) named: bool,
}

impl Source<'_, '_, '_> {
    /// Calls `found` with the bounds of every candidate.
    pub(crate) fn phrases(&self, mut found: impl FnMut(usize, usize)) {
        let whole = self.whole();
        if let Some((from, to)) = whole {
            found(from, to);
        }
        for from in 0..self.words.len() {
            if !self.may_start(from) {
                continue;
            }
            let most = if self.ideograph(from) { MOST_IDEOGRAPHS } else { MOST_WORDS };
            let mut content = 0;
            for to in from + 1..=self.words.len().min(from + most) {
                if to - from > 1 && !self.runs_on(to - 1) {
                    break;
                }
                content += usize::from(
                    self.kind(to - 1) != Kind::Link && self.words[to - 1].gap != Gap::Glue,
                );
                if content > MOST_CONTENT {
                    break;
                }
                if self.may_end(from, to) && whole != Some((from, to)) {
                    found(from, to);
                }
            }
        }
    }

    /// All of a short name's object, where it is one phrase without clauses.
    fn whole(&self) -> Option<(usize, usize)> {
        let to = self.words.len();
        let fits = self.named
            && (1..=MOST_WHOLE).contains(&to)
            && self.words[1..].iter().all(|word| matches!(word.gap, Gap::Glue | Gap::Space))
            && !matches!(self.edge(0), Kind::Link | Kind::Stop)
            && !matches!(self.edge(to - 1), Kind::Link | Kind::Stop)
            && !(to > 1 && is_participle(self.norm(to - 1)))
            && (1..to).all(|at| self.edge(at) != Kind::Stop || self.is_article(at))
            && !(to > 1 && is_participle(self.norm(0)) && self.kind(1) == Kind::Link);
        fits.then_some((0, to))
    }

    fn kind(&self, at: usize) -> Kind {
        let form = self.corpus.form(self.words[at].form);
        if form.kind == Kind::Content && (form.is_adverb() || self.is_verb(at, form)) {
            Kind::Stop
        } else {
            form.kind
        }
    }

    /// In prose, what is used as a verb ends a phrase like a function word. In an imperative, so
    /// does a further verb: "write a plan and present it", "pages that take forever to load".
    fn is_verb(&self, at: usize, form: &Form) -> bool {
        let relative = at > 0 && matches!(self.norm(at - 1), "that" | "which" | "who");
        if !self.named || relative {
            return relative || form.is_verbal();
        }
        let after = at > 0
            && (self.words[at].gap == Gap::Break
                || matches!(self.norm(at - 1), "and" | "or" | "to"));
        after
            && self.corpus.is_imperative()
            && verb_kind(&form.norm).is_some()
            && self.words.get(at + 1).is_none_or(|next| next.gap == Gap::Space)
    }

    /// The kind of a word at an end of a phrase: in "sign-in", "in" is part of a word.
    fn edge(&self, at: usize) -> Kind {
        let kind = self.kind(at);
        let glued = self.glued(at) || self.glued(at + 1);
        if glued && matches!(kind, Kind::Link | Kind::Stop | Kind::Weak) {
            Kind::Content
        } else {
            kind
        }
    }

    fn glued(&self, at: usize) -> bool {
        at > 0 && self.words.get(at).is_some_and(|word| word.gap == Gap::Glue)
    }

    fn ideograph(&self, at: usize) -> bool {
        let word = &self.words[at];
        self.text[word.start..word.end].chars().next().is_some_and(is_ideograph)
    }

    fn may_start(&self, at: usize) -> bool {
        let whole_word = !self.glued(at) || self.ideograph(at) || self.content_part(at);
        whole_word && self.edge(at) == Kind::Content
    }

    /// A part of a hyphenated word that says something alone: "font" of "font-size", but not
    /// "sign" of "sign-in".
    fn content_part(&self, at: usize) -> bool {
        let idle = |at: usize| matches!(self.kind(at), Kind::Link | Kind::Stop);
        self.kind(at) == Kind::Content
            && self.words[at].end - self.words[at].start > 3
            && !(self.glued(at) && idle(at - 1))
            && !(self.glued(at + 1) && idle(at + 1))
    }

    fn may_end(&self, from: usize, to: usize) -> bool {
        let last = to - 1;
        let cut = !self.ideograph(last) && (self.glued(to) || (to - from > 1 && self.glued(from)));
        if cut {
            return to - from == 1 && self.content_part(from);
        }
        if self.ideograph(last) && to - from < 2 {
            return false;
        }
        if matches!(self.edge(last), Kind::Link | Kind::Stop) {
            return false;
        }
        // "starred by somebody" is no thing.
        if is_participle(self.norm(from)) && to - from > 1 && self.kind(from + 1) == Kind::Link {
            return false;
        }
        // A list must be whole, or it is half of two.
        !self.is_list(from, to) || (self.ends_at(to) && self.starts_at(from))
    }

    /// May a phrase hold the word at `at` and go on?
    fn runs_on(&self, at: usize) -> bool {
        if !matches!(self.words[at].gap, Gap::Glue | Gap::Space) {
            return false;
        }
        match self.kind(at) {
            Kind::Stop => self.glued(at) || self.glued(at + 1),
            Kind::Link if self.glued(at) => true,
            // Prose strings nouns together in too many ways; names are written with care.
            Kind::Link if !self.named => {
                let norm = self.norm(at);
                norm == "of" || (norm == "the" && self.norm(at - 1) == "of")
            }
            Kind::Link => self.norm(at) == "the" || self.kind(at - 1) != Kind::Link,
            _ => true,
        }
    }

    fn norm(&self, at: usize) -> &str {
        &self.corpus.form(self.words[at].form).norm
    }

    /// What a phrase is known by, whatever its inflection.
    pub(crate) fn key(&self, from: usize, to: usize) -> Box<[u32]> {
        (from..to)
            .filter(|&at| self.norm(at) != "and")
            .map(|at| self.corpus.form(self.words[at].form).stem)
            .collect()
    }

    pub(crate) fn is_list(&self, from: usize, to: usize) -> bool {
        (from + 1..to - 1).any(|at| self.is_conjunction(at) && self.words[at].gap == Gap::Space)
    }

    pub(crate) fn is_linked(&self, from: usize, to: usize) -> bool {
        (from + 1..to - 1).any(|at| {
            self.words[at].gap == Gap::Space
                && self.kind(at) == Kind::Link
                && !matches!(self.norm(at), "of" | "the" | "and" | "or")
        })
    }

    pub(crate) fn count_follower(&self, to: usize, followed: &mut Followed) {
        if self.ends_at(to) {
            let spaced = self.words.get(to).is_some_and(|word| word.gap == Gap::Space);
            if self.is_comma(to) || (spaced && self.is_conjunction(to)) {
                // "vivid, detailed stories": a list of adjectives or of things.
                followed.conjunction += 1;
            } else if !spaced || self.kind(to) != Kind::Link || self.is_aside(to) {
                followed.nothing += 1;
            } else {
                followed.link += 1;
            }
        } else {
            followed.more += 1;
            let next = self.corpus.form(self.words[to].form).stem;
            if followed.others.len() < VARIETY && !followed.others.contains(&next) {
                followed.others.push(next);
            }
        }
    }

    fn is_comma(&self, at: usize) -> bool {
        at > 0
            && self.words.get(at).is_some_and(|word| {
                self.text[self.words[at - 1].end..word.start].starts_with([',', '，', '、', '،'])
            })
    }

    /// "for a repository", "by the authenticated user": says whose or when, and the phrase before it
    /// is whole without. "of the" belongs to what is before it, and so may "for" in "encounter for …".
    fn is_aside(&self, link: usize) -> bool {
        self.norm(link) != "of"
            && link + 1 < self.words.len()
            && self.words[link + 1].gap == Gap::Space
            && (self.is_article(link + 1) || self.norm(link + 1) == "the")
    }

    fn is_article(&self, at: usize) -> bool {
        matches!(self.norm(at), "a" | "an")
    }

    fn is_conjunction(&self, at: usize) -> bool {
        matches!(self.norm(at), "and" | "or")
    }

    /// Does no further word of the noun phrase follow?
    fn ends_at(&self, to: usize) -> bool {
        self.words.get(to).is_none_or(|word| {
            !matches!(word.gap, Gap::Glue | Gap::Space)
                || matches!(self.kind(to), Kind::Link | Kind::Stop)
        })
    }

    fn starts_at(&self, from: usize) -> bool {
        from == 0
            || !matches!(self.words[from].gap, Gap::Glue | Gap::Space)
            || matches!(self.kind(from - 1), Kind::Link | Kind::Stop)
    }

    pub(crate) fn is_part(&self, from: usize, to: usize) -> bool {
        self.glued(from) || self.glued(to)
    }

    pub(crate) fn length(&self, from: usize, to: usize) -> f32 {
        (from..to)
            .map(|at| match self.kind(at) {
                _ if self.ideograph(at) => 0.5,
                Kind::Link if !self.glued(at) => 0.0,
                _ if self.glued(at) && at > from => 0.5,
                _ => 1.0,
            })
            .sum()
    }
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{2ffff}')
}
