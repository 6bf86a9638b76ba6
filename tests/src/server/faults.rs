//! Faults, and which requests they strike.
//!
//! `KIND:FAULT@RATE[xBURST]` or `KIND:FAULT#N[xBURST]`, several separated by `;`; the first rule
//! that fits a request strikes it.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::real;
use super::text::fraction;

/// What a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A chat completion that proposes names.
    Propose,
    /// A chat completion that chooses among names.
    Label,
    /// A chat completion that names and describes.
    Rename,
    /// Any other chat completion.
    Chat,
    /// Embeddings.
    Embed,
    /// The list of models.
    Models,
    /// Files and batches.
    Batches,
    /// Anything else.
    Unknown,
}

impl Kind {
    /// Is it a chat completion?
    pub fn is_chat(self) -> bool {
        matches!(self, Self::Propose | Self::Label | Self::Rename | Self::Chat)
    }
}

/// Everything that can go wrong on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// 429 with `retry-after`.
    RateLimited,
    /// 429 that does not say when to come back.
    RateLimitedSilently,
    /// 429 with `retry-after` as a date.
    RateLimitedUntil,
    /// 429 with the code `insufficient_quota`.
    Quota,
    /// A JSON error with this status: 400, 401, 403, 500, 503, 529.
    Status(u16),
    /// 502 with a page of HTML.
    BadGateway,
    /// 404 with the code `model_not_found`.
    NoModel,
    /// 400 with the code `context_length_exceeded`.
    TooLong,
    /// 200 with a page of HTML.
    Html,
    /// 200 with an error object.
    ErrorInside,
    /// No answer, and the connection stays open.
    Hang,
    /// A good answer, drop by drop.
    Slow,
    /// The connection is reset without an answer.
    Reset,
    /// Half the body, then the connection is closed.
    Cut,
    /// A body that never ends.
    HugeBody,
    /// Cut JSON and `finish_reason` length, until `max_tokens` is four times the first.
    Truncated,
    /// The same at any length: thoughts without an end.
    Endless,
    /// Names that were not offered.
    Invalid,
    /// Nothing said.
    Empty,
    /// The right form with nothing in it: empty lists, empty strings.
    Blank,
    /// No choices.
    NoChoices,
    /// `content` is null.
    NullContent,
    /// The model refuses.
    Refusal,
    /// The provider's filter cut in: `finish_reason` content_filter, nothing said.
    Filtered,
    /// Numbers where strings belong, strings where lists belong.
    WrongType,
    /// The last item is left out.
    Missing,
    /// Answers to what was never asked.
    Extra,
    /// JSON inside a Markdown fence, prose around it.
    Fence,
    /// Names in upper case.
    Case,
    /// Names with two letters swapped.
    Misspelt,
    /// The last vector is left out.
    Short,
    /// Vectors in another order, each with its right `index`.
    Shuffled,
    /// No `id`, and a `finish_reason` that nobody has heard of.
    NoId,
    /// No `usage`.
    NoUsage,
    /// A `usage` that nobody can believe.
    BadUsage,
    /// Answered by another model than was asked.
    OtherModel,
    /// As a real server does it, by its name among those of `real.rs`.
    Real(&'static str),
}

const NAMES: &[(&str, Fault)] = &[
    ("429", Fault::RateLimited),
    ("429n", Fault::RateLimitedSilently),
    ("429date", Fault::RateLimitedUntil),
    ("quota", Fault::Quota),
    ("400", Fault::Status(400)),
    ("401", Fault::Status(401)),
    ("403", Fault::Status(403)),
    ("500", Fault::Status(500)),
    ("503", Fault::Status(503)),
    ("529", Fault::Status(529)),
    ("502html", Fault::BadGateway),
    ("404model", Fault::NoModel),
    ("toolong", Fault::TooLong),
    ("html", Fault::Html),
    ("error200", Fault::ErrorInside),
    ("hang", Fault::Hang),
    ("slow", Fault::Slow),
    ("reset", Fault::Reset),
    ("cut", Fault::Cut),
    ("hugebody", Fault::HugeBody),
    ("truncated", Fault::Truncated),
    ("endless", Fault::Endless),
    ("invalid", Fault::Invalid),
    ("empty", Fault::Empty),
    ("blank", Fault::Blank),
    ("nochoices", Fault::NoChoices),
    ("nullcontent", Fault::NullContent),
    ("refusal", Fault::Refusal),
    ("filtered", Fault::Filtered),
    ("wrongtype", Fault::WrongType),
    ("missing", Fault::Missing),
    ("extra", Fault::Extra),
    ("fence", Fault::Fence),
    ("case", Fault::Case),
    ("misspelt", Fault::Misspelt),
    ("short", Fault::Short),
    ("shuffled", Fault::Shuffled),
    ("noid", Fault::NoId),
    ("nousage", Fault::NoUsage),
    ("badusage", Fault::BadUsage),
    ("othermodel", Fault::OtherModel),
];

impl Fault {
    /// Its name in a rule.
    pub fn name(self) -> &'static str {
        if let Self::Real(name) = self {
            return name;
        }
        NAMES.iter().find(|(_, fault)| *fault == self).map_or("?", |(name, _)| name)
    }

    /// Every fault's name.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, _)| *name).chain(real::names())
    }

    /// Can it strike a request of this kind at all?
    fn suits(self, kind: Kind) -> bool {
        match self {
            Self::Short | Self::Shuffled => kind == Kind::Embed,
            Self::Truncated
            | Self::Invalid
            | Self::Blank
            | Self::NoChoices
            | Self::NullContent
            | Self::Refusal
            | Self::Filtered
            | Self::Missing
            | Self::Extra
            | Self::Fence
            | Self::Case
            | Self::Misspelt
            | Self::NoId => kind.is_chat(),
            _ => kind.is_chat() || kind == Kind::Embed,
        }
    }

    /// Has whoever got this answer all that was asked for, so that there is no reason to ask the
    /// same again?
    pub(super) fn leaves_the_answer_usable(self) -> bool {
        if let Self::Real(name) = self {
            return real::leaves_the_answer_usable(name);
        }
        matches!(
            self,
            Self::Slow
                | Self::Extra
                | Self::Fence
                | Self::Case
                | Self::Misspelt
                | Self::Shuffled
                | Self::NoId
                | Self::NoUsage
                | Self::BadUsage
                | Self::OtherModel
        )
    }
}

impl Serialize for Fault {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// Which kinds a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kinds {
    One(Kind),
    Chats,
    Any,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Pick {
    Rate(f64),
    Nth(u64),
}

#[derive(Debug, Clone, PartialEq)]
struct Rule {
    kinds: Kinds,
    fault: Fault,
    pick: Pick,
    /// How many attempts of a picked request fail; `None`: all.
    burst: Option<u64>,
}

/// Rules, in the order in which they are tried.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Faults(Vec<Rule>);

/// Not a rule.
#[derive(Debug, thiserror::Error)]
#[error("{rule:?} is no fault rule: {problem}; KIND:FAULT@RATE[xBURST] or KIND:FAULT#N[xBURST]")]
pub struct NoRule {
    rule: String,
    problem: String,
}

/// A logical request, as rules see it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempt {
    pub(super) kind: Kind,
    /// Hash of what is asked.
    pub(super) key: u64,
    /// Which attempt of the same logical request this is, from 1.
    pub(super) attempt: u64,
    /// The how-manieth distinct logical request this is of its kind, of all chats, and of all;
    /// from 1.
    pub(super) nth: (u64, u64, u64),
}

impl Rule {
    fn strikes(&self, of: &Attempt, seed: u64) -> bool {
        let (meant, nth) = match self.kinds {
            Kinds::One(kind) => (kind == of.kind, of.nth.0),
            Kinds::Chats => (of.kind.is_chat(), of.nth.1),
            Kinds::Any => (true, of.nth.2),
        };
        meant
            && self.fault.suits(of.kind)
            && self.burst.is_none_or(|burst| of.attempt <= burst)
            && match self.pick {
                Pick::Nth(n) => n == nth,
                Pick::Rate(rate) => {
                    fraction(&[
                        &seed.to_le_bytes(),
                        self.fault.name().as_bytes(),
                        &of.key.to_le_bytes(),
                    ]) < rate
                }
            }
    }
}

impl Faults {
    /// The fault that strikes this attempt.
    pub(super) fn strike(
        &self,
        of: &Attempt,
        seed: u64,
        spared: impl Fn(Fault) -> bool,
    ) -> Option<Fault> {
        let rules = self.0.iter();
        rules
            .filter(|rule| rule.strikes(of, seed))
            .map(|rule| rule.fault)
            .find(|fault| !spared(*fault))
    }
}

impl FromStr for Faults {
    type Err = NoRule;

    fn from_str(rules: &str) -> Result<Self, NoRule> {
        let rules = rules.split(';').map(str::trim).filter(|rule| !rule.is_empty());
        rules.map(parse).collect::<Result<_, _>>().map(Self)
    }
}

fn parse(rule: &str) -> Result<Rule, NoRule> {
    let wrong = |problem: &str| NoRule { rule: rule.to_owned(), problem: problem.to_owned() };
    let (kind, rest) = rule.split_once(':').ok_or_else(|| wrong("there is no colon"))?;
    let kinds = match kind {
        "propose" => Kinds::One(Kind::Propose),
        "label" => Kinds::One(Kind::Label),
        "rename" => Kinds::One(Kind::Rename),
        "embed" => Kinds::One(Kind::Embed),
        "chat" => Kinds::Chats,
        "any" => Kinds::Any,
        _ => return Err(wrong("the kinds are propose, label, rename, embed, chat, any")),
    };
    let at = rest.find(['@', '#']).ok_or_else(|| wrong("there is neither @RATE nor #N"))?;
    let (name, rest) = rest.split_at(at);
    let fault = NAMES.iter().find(|(known, _)| *known == name).map(|(_, fault)| *fault);
    let fault = fault.or_else(|| real::names().find(|known| *known == name).map(Fault::Real));
    let fault = fault.ok_or_else(|| {
        wrong(&format!("the faults are {}", Fault::names().collect::<Vec<_>>().join(", ")))
    })?;
    let (pick, burst) = match rest.split_once('x') {
        Some((pick, "inf")) => (pick, None),
        Some((pick, burst)) => {
            (pick, Some(burst.parse().map_err(|_| wrong("a burst is a number or inf"))?))
        }
        None => (rest, Some(1)),
    };
    let pick = match pick.strip_prefix('#') {
        Some(n) => match n.parse() {
            Ok(n) if n > 0 => Pick::Nth(n),
            _ => return Err(wrong("N counts from 1")),
        },
        None => match pick.trim_start_matches('@').parse() {
            Ok(rate) if (0.0..=1.0).contains(&rate) => Pick::Rate(rate),
            _ => return Err(wrong("a rate is a number from 0 to 1")),
        },
    };
    Ok(Rule { kinds, fault, pick, burst })
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_a_rule_and_nonsense_has_none() {
        for name in Fault::names() {
            for rest in ["@0.5", "#3", "@1xinf", "#1x4"] {
                let rule = format!("any:{name}{rest}");
                assert!(rule.parse::<Faults>().is_ok(), "{rule}");
            }
        }
        assert_eq!(" ; ".parse::<Faults>().unwrap(), Faults::default());
        for rule in ["label", "label:500", "labels:500@1", "label:501@1", "any:500@2", "any:500#0"]
        {
            assert!(rule.parse::<Faults>().is_err(), "{rule}");
        }
    }

    #[test]
    fn rates_bursts_and_counts() {
        let attempt =
            |key, attempt, nth| Attempt { kind: Kind::Label, key, attempt, nth: (nth, 9, 9) };
        let none = |_: Fault| false;
        let struck =
            |rules: &str, of: Attempt| rules.parse::<Faults>().unwrap().strike(&of, 0, none);
        let hits =
            (0..1000).filter(|key| struck("label:500@0.2", attempt(*key, 1, 1)).is_some()).count();
        assert!((150..250).contains(&hits), "{hits}");
        let rules = "label:429#2;label:500#2x2;chat:reset#9x3;embed:short@1xinf";
        let of = |n, nth| struck(rules, attempt(1, n, nth));
        assert_eq!(of(1, 2), Some(Fault::RateLimited));
        assert_eq!(of(2, 2), Some(Fault::Status(500)));
        assert_eq!(of(3, 2), Some(Fault::Reset));
        assert_eq!(of(4, 2), None);
        assert_eq!(of(1, 1), Some(Fault::Reset));
    }
}
