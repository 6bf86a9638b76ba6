//! How sure placements are, by a run's own margins.

use crate::artifact::Match;

/// How sure a placement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sure {
    /// Nothing else was offered.
    Only,
    /// Much nearer than the next.
    Clear,
    /// Among the closer calls.
    Close,
    /// Among the closest calls, or not settled by the model that was asked.
    Doubtful,
}

/// The bounds between what is in doubt, close and clear.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sureness {
    /// The lowest tenth of margins lies below it: in doubt.
    pub toss_up: Option<f32>,
    /// The quarter above that lies below this: close.
    pub close: Option<f32>,
    /// The largest margin.
    pub most: Option<f32>,
}

/// How a cluster came under its parent, as far as that says how sure it is.
#[derive(Debug, Clone, Copy)]
pub struct LabelFacts<'a> {
    /// How an answer became the label.
    pub matched: Match,
    /// By how much (cosine) the label is nearer than the runner-up.
    pub margin: Option<f32>,
    /// What was wrong with an answer.
    pub remark: Option<&'a str>,
}

impl Sureness {
    /// Of a run whose placements have these margins.
    pub fn of(margins: impl Iterator<Item = f32>) -> Self {
        let mut margins: Vec<f32> = margins.filter(|margin| margin.is_finite()).collect();
        margins.sort_by(f32::total_cmp);
        let quantile = |share: usize| margins.get(share * margins.len() / 100).copied();
        Self { toss_up: quantile(10), close: quantile(35), most: margins.last().copied() }
    }

    /// How sure `placed` is, where a model was asked in this run, or none was.
    pub fn class(&self, placed: LabelFacts<'_>, asked_model: bool) -> Sure {
        let below = |bound: Option<f32>| placed.margin.zip(bound).is_some_and(|(m, b)| m < b);
        if placed.remark.is_some() || stands_in(placed, asked_model) || below(self.toss_up) {
            Sure::Doubtful
        } else if placed.margin.is_none() {
            Sure::Only
        } else if below(self.close) {
            Sure::Close
        } else {
            Sure::Clear
        }
    }

    /// Why `placed` is in doubt, in a word or two; `None` where it is not.
    pub fn doubt(&self, placed: LabelFacts<'_>, asked_model: bool) -> Option<&'static str> {
        (self.class(placed, asked_model) == Sure::Doubtful).then(|| match placed.remark {
            Some(_) => "remark",
            None if stands_in(placed, asked_model) => "no answer",
            None => "low margin",
        })
    }
}

/// Is the nearest candidate there because a model's answer settled nothing?
fn stands_in(placed: LabelFacts<'_>, asked_model: bool) -> bool {
    placed.matched == Match::Nearest && asked_model
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_tenth_and_what_a_model_left_open_are_in_doubt() {
        let sureness = Sureness::of((0..100_u8).map(f32::from));
        let placed = |matched, margin, remark| LabelFacts { matched, margin, remark };
        let nearest = |margin| placed(Match::Nearest, Some(margin), None);
        assert_eq!(sureness.class(nearest(9.0), false), Sure::Doubtful);
        assert_eq!(sureness.class(nearest(10.0), false), Sure::Close);
        assert_eq!(sureness.class(nearest(35.0), false), Sure::Clear);
        assert_eq!(sureness.doubt(nearest(9.0), false), Some("low margin"));
        assert_eq!(sureness.doubt(nearest(35.0), false), None);
        assert_eq!(sureness.doubt(nearest(35.0), true), Some("no answer"));
        let remarked = placed(Match::Exact, None, Some("cut"));
        assert_eq!(sureness.doubt(remarked, true), Some("remark"));
        assert_eq!(sureness.class(placed(Match::Only, None, None), true), Sure::Only);
    }
}
