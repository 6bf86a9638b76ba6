//! The words of one text, and which runs of them could be phrases.

use crate::corpus::{Corpus, Word};
use crate::followed::{Followed, VARIETY};
use crate::lists::{
    is_adjective, is_irregular_participle, is_participle, is_prefix, is_thing, verb_kind,
};
use crate::scan::Gap;
use crate::tongue::WordRole;
use crate::vocabulary::{WordForm, WordKind};

/// Words that say something in a phrase.
const MOST_CONTENT: usize = 4;
/// All words of a phrase, "of the" included.
const MOST_WORDS: usize = 6;
/// The longest object of a name that is a candidate as it stands.
const MOST_WHOLE: usize = 7;
/// Ideographs of a phrase; each is half a word or so.
const MOST_IDEOGRAPHS: usize = 8;

/// The words of a name's object or of a description.
pub(crate) struct WordSource<'a, 'c, 'w> {
    pub(crate) corpus: &'c Corpus<'a>,
    pub(crate) text: &'a str,
    pub(crate) words: &'w [Word],
    pub(crate) named: bool,
    /// Does "a" or "an" stand before the first word?
    pub(crate) counted: bool,
}

impl WordSource<'_, '_, '_> {
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
                    self.kind(to - 1) != WordKind::Link && self.words[to - 1].gap != Gap::Glue,
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
            && !matches!(self.edge(0), WordKind::Link | WordKind::Stop)
            && !matches!(self.edge(to - 1), WordKind::Link | WordKind::Stop)
            && !(to > 1 && self.is_participle(to - 1))
            && (1..to).all(|at| self.edge(at) != WordKind::Stop || self.is_article(at))
            && !(1..to).any(|at| self.is_clausal(at))
            && !(to > 1 && self.is_participle(0) && self.kind(1) == WordKind::Link);
        fits.then_some((0, to))
    }

    fn kind(&self, at: usize) -> WordKind {
        let form = self.corpus.form(self.words[at].form);
        let english = self.corpus.tongue().is_english();
        if english && form.kind == WordKind::Content && (form.is_adverb() || self.is_verb(at, form))
        {
            WordKind::Stop
        } else {
            form.kind
        }
    }

    /// In prose, what is used as a verb ends a phrase like a function word. In an imperative, so
    /// does a further verb: "write a plan and present it", "pages that take forever to load"; and what is
    /// no noun behind "to" in any name: "tools to manage services", but not "guide to design patterns".
    fn is_verb(&self, at: usize, form: &WordForm) -> bool {
        let relative = at > 0 && matches!(self.norm(at - 1), "that" | "which" | "who");
        if !self.named || relative {
            return relative || form.is_verbal();
        }
        let after = at > 0
            && (self.words[at].gap == Gap::Break
                || matches!(self.norm(at - 1), "and" | "or" | "to"));
        let infinitive = at > 0 && self.norm(at - 1) == "to" && !is_thing(&form.norm);
        after
            && (infinitive || self.corpus.is_imperative())
            && verb_kind(&form.norm).is_some()
            && self.words.get(at + 1).is_none_or(|next| next.gap == Gap::Space)
    }

    /// The kind of a word at an end of a phrase: in "sign-in", "in" is part of a word.
    fn edge(&self, at: usize) -> WordKind {
        let kind = self.kind(at);
        let glued = self.glued(at) || self.glued(at + 1);
        if glued && matches!(kind, WordKind::Link | WordKind::Stop | WordKind::Weak) {
            WordKind::Content
        } else {
            kind
        }
    }

    fn glued(&self, at: usize) -> bool {
        at > 0 && self.words.get(at).is_some_and(|word| word.gap == Gap::Glue)
    }

    /// Where nouns have capitals, what never has one is none.
    fn may_be_noun(&self, at: usize) -> bool {
        let usage = &self.corpus.form(self.words[at].form).usage;
        !self.corpus.tongue().capital_nouns
            || usage.capital > 0
            || usage.lower == 0
            || usage.mixed.is_some()
    }

    fn ideograph(&self, at: usize) -> bool {
        let word = &self.words[at];
        self.text[word.start..word.end].chars().next().is_some_and(is_ideograph)
    }

    fn may_start(&self, at: usize) -> bool {
        let whole_word = !self.glued(at) || self.ideograph(at) || self.content_part(at);
        whole_word && self.edge(at) == WordKind::Content
    }

    /// A part of a hyphenated word that says something alone: "font" of "font-size", but not
    /// "sign" of "sign-in" or "multi" of "multi-value".
    fn content_part(&self, at: usize) -> bool {
        let idle = |at: usize| matches!(self.kind(at), WordKind::Link | WordKind::Stop);
        self.kind(at) == WordKind::Content
            && self.words[at].end - self.words[at].start > 3
            && !(self.glued(at) && idle(at - 1))
            && !(self.glued(at + 1) && (idle(at + 1) || is_prefix(self.norm(at))))
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
        if matches!(self.edge(last), WordKind::Link | WordKind::Stop) || !self.may_be_noun(last) {
            return false;
        }
        let word = &self.text[self.words[last].start..self.words[last].end];
        if word.ends_with("'s") || word.ends_with("’s") || self.is_half(last) {
            return false;
        }
        // "starred by somebody" is no thing.
        if self.is_participle(from) && to - from > 1 && self.kind(from + 1) == WordKind::Link {
            return false;
        }
        // A list must be whole, or it is half of two.
        !self.is_list(from, to) || (self.ends_at(to) && self.starts_at(from))
    }

    /// Is it half a compound: "Haushalts-" of "Haushalts- und Büromöbel"?
    fn is_half(&self, at: usize) -> bool {
        let mut rest = self.text[self.words[at].end..].chars();
        rest.next() == Some('-') && rest.next().is_none_or(|next| !next.is_alphanumeric())
    }

    /// May a phrase hold the word at `at` and go on?
    fn runs_on(&self, at: usize) -> bool {
        if !matches!(self.words[at].gap, Gap::Glue | Gap::Space) || self.is_clausal(at) {
            return false;
        }
        match self.kind(at) {
            WordKind::Stop => self.glued(at) || self.glued(at + 1),
            WordKind::Link if self.glued(at) => true,
            // Prose strings nouns together in too many ways; names are written with care.
            WordKind::Link if !self.named => {
                self.role(at) == WordRole::Of
                    || (self.role(at) == WordRole::The && self.role(at - 1) == WordRole::Of)
            }
            WordKind::Link => {
                matches!(self.role(at), WordRole::The | WordRole::Of)
                    || self.kind(at - 1) != WordKind::Link
            }
            _ => true,
        }
    }

    fn is_participle(&self, at: usize) -> bool {
        self.corpus.tongue().is_english() && is_participle(self.norm(at))
    }

    fn norm(&self, at: usize) -> &str {
        &self.corpus.form(self.words[at].form).norm
    }

    /// What a phrase is known by, whatever its inflection.
    pub(crate) fn key(&self, from: usize, to: usize) -> Box<[u32]> {
        (from..to)
            .filter(|&at| self.role(at) != WordRole::And)
            .map(|at| self.corpus.form(self.words[at].form).stem)
            .collect()
    }

    pub(crate) fn is_list(&self, from: usize, to: usize) -> bool {
        (from + 1..to - 1).any(|at| self.is_conjunction(at) && self.words[at].gap == Gap::Space)
    }

    pub(crate) fn is_linked(&self, from: usize, to: usize) -> bool {
        (from + 1..to - 1).any(|at| {
            self.words[at].gap == Gap::Space
                && self.kind(at) == WordKind::Link
                && self.role(at) == WordRole::Link
        })
    }

    pub(crate) fn count_follower(&self, to: usize, followed: &mut Followed) {
        if self.ends_at(to) {
            let spaced = self.words.get(to).is_some_and(|word| word.gap == Gap::Space);
            if self.is_comma(to) || (spaced && self.is_conjunction(to)) {
                // "vivid, detailed stories": a list of adjectives or of things.
                followed.conjunction += 1;
            } else if !spaced || self.kind(to) != WordKind::Link || self.is_aside(to) {
                followed.nothing += 1;
            } else {
                followed.link += 1;
                followed.of += u32::from(self.role(to) == WordRole::Of);
            }
        } else {
            followed.more += 1;
            followed.codes += u32::from(self.corpus.form(self.words[to].form).is_code());
            let next = self.corpus.form(self.words[to].form).stem;
            if followed.others.len() < VARIETY && !followed.others.contains(&next) {
                followed.others.push(next);
            }
        }
    }

    /// Counts what stands before a phrase: whether its beginning is that of a noun phrase shows in that.
    pub(crate) fn count_leader(&self, from: usize, preceded: &mut Followed) {
        if self.starts_at(from) {
            preceded.nothing += 1;
        } else {
            preceded.more += 1;
            let last = self.corpus.form(self.words[from - 1].form).stem;
            if preceded.others.len() < VARIETY && !preceded.others.contains(&last) {
                preceded.others.push(last);
            }
        }
    }

    /// Does "for", "in", "by" or the like stand somewhere before it: is it the "organization" of "list
    /// webhooks for an organization"?
    pub(crate) fn is_behind(&self, from: usize) -> bool {
        let goes_on = |at: &usize| matches!(self.words[at + 1].gap, Gap::Glue | Gap::Space);
        (0..from)
            .rev()
            .take_while(goes_on)
            .any(|at| self.role(at) == WordRole::Link && !self.glued(at) && !self.glued(at + 1))
    }

    /// Is it the "head" of "injury of head"?
    pub(crate) fn is_under(&self, from: usize) -> bool {
        let of = |to: usize| {
            to > 0 && self.words[to].gap == Gap::Space && self.role(to - 1) == WordRole::Of
        };
        of(from) || (from > 0 && self.role(from - 1) == WordRole::The && of(from - 1))
    }

    /// Is it the "pull request" of "a pull request"?
    pub(crate) fn is_counted(&self, from: usize) -> bool {
        if from == 0 {
            return self.counted;
        }
        self.words[from].gap == Gap::Space && self.is_article(from - 1)
    }

    /// "calendar events showing wrong times", "uploads stuck near the end", "losing the phone": what
    /// holds a clause is no name.
    pub(crate) fn is_clause(&self, from: usize, to: usize) -> bool {
        if !self.corpus.tongue().is_english() {
            return false;
        }
        let begun = to - from > 1 && !self.starts_at(from) && self.is_clausal(from);
        begun
            || (from + 1..to).any(|at| {
                let inner = self.words[at].gap == Gap::Space && at + 1 < to;
                let article = matches!(self.role(at), WordRole::The | WordRole::A)
                    && self.role(at - 1) != WordRole::Of;
                self.is_clausal(at) || (inner && article)
            })
    }

    /// Does a clause begin here: "events showing …", "uploads stuck …", "timer left …"?
    fn is_clausal(&self, at: usize) -> bool {
        if at == 0 || self.words[at].gap != Gap::Space || !self.corpus.tongue().is_english() {
            return false;
        }
        let (norm, before) = (self.norm(at), self.norm(at - 1));
        let plural = before.len() > 3 && before.ends_with('s') && !before.ends_with("ss");
        let noun = self.corpus.form(self.words[at - 1].form).kind == WordKind::Content;
        let weak = self.corpus.form(self.words[at - 1].form).kind == WordKind::Weak;
        let links = self.words.get(at + 1).is_some_and(|word| {
            word.gap == Gap::Space && self.corpus.form(word.form).kind == WordKind::Link
        });
        let gerund = norm.len() > 4 && norm.ends_with("ing");
        (plural && (gerund || is_participle(norm)))
            || (noun && is_irregular_participle(norm))
            || (noun && is_participle(norm) && links)
            || ((noun || weak) && self.is_predicate(at))
    }

    /// Does a name end in what befell its thing: "gift voucher expired", "tracking number missing"?
    fn is_predicate(&self, at: usize) -> bool {
        let norm = self.norm(at);
        let going = self.norm(at - 1).ends_with("ing");
        self.named
            && !going
            && at + 1 == self.words.len()
            && (is_participle(norm) || is_adjective(norm))
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
        self.role(link) != WordRole::Of
            && link + 1 < self.words.len()
            && self.words[link + 1].gap == Gap::Space
            && (self.is_article(link + 1) || self.role(link + 1) == WordRole::The)
    }

    fn is_article(&self, at: usize) -> bool {
        self.role(at) == WordRole::A
    }

    fn is_conjunction(&self, at: usize) -> bool {
        matches!(self.role(at), WordRole::And | WordRole::Or)
    }

    fn role(&self, at: usize) -> WordRole {
        self.corpus.form(self.words[at].form).role
    }

    /// Does no further word of the noun phrase follow?
    fn ends_at(&self, to: usize) -> bool {
        self.words.get(to).is_none_or(|word| {
            !matches!(word.gap, Gap::Glue | Gap::Space)
                || matches!(self.kind(to), WordKind::Link | WordKind::Stop)
                || self.is_clausal(to)
                || !self.may_be_noun(to)
        })
    }

    pub(crate) fn starts_at(&self, from: usize) -> bool {
        from == 0
            || !matches!(self.words[from].gap, Gap::Glue | Gap::Space)
            || matches!(self.kind(from - 1), WordKind::Link | WordKind::Stop)
    }

    pub(crate) fn is_part(&self, from: usize, to: usize) -> bool {
        self.glued(from) || self.glued(to)
    }

    pub(crate) fn length(&self, from: usize, to: usize) -> f32 {
        (from..to)
            .map(|at| match self.kind(at) {
                _ if self.ideograph(at) => 0.5,
                WordKind::Link if !self.glued(at) => 0.0,
                _ if self.glued(at) && at > from => 0.5,
                _ => 1.0,
            })
            .sum()
    }
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{2ffff}')
}
