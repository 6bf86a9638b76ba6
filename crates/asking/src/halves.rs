//! A question that fails as a whole, cut in halves until it is known what is to blame.

/// So many parts have to be tried before it is given up on a question of which none has an answer.
const TRIED: usize = 6;
/// The same where the model is more likely to blame: the whole, and both halves.
const TRIED_IN_DOUBT: usize = 2;

/// Why a question is cut in halves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HalvingReason {
    /// It is longer than the model takes: less is said of each thing, too.
    TooLong,
    /// One of the things that it is about is to blame.
    OnesFault,
    /// One of them may be to blame, or the model, which then has no answer about others either.
    InDoubt,
}

/// The parts of a question that are still to be asked.
#[derive(Debug)]
pub struct Halves<T> {
    open: Vec<(Vec<T>, bool)>,
    failed: usize,
    went_well: bool,
}

impl<T: Copy> Halves<T> {
    /// The question about all of these.
    pub fn new(all: Vec<T>) -> Self {
        Self { open: vec![(all, false)], failed: 0, went_well: false }
    }

    /// What to ask about next, and whether less is to be said of each.
    #[expect(
        clippy::should_implement_trait,
        reason = "what comes next depends on what became of the last"
    )]
    pub fn next(&mut self) -> Option<(Vec<T>, bool)> {
        self.open.pop()
    }

    /// A part has an answer.
    pub fn went_well(&mut self) {
        self.went_well = true;
    }

    /// A part has none. Its halves are next, unless nothing seems to have an answer here; in doubt, its
    /// sibling comes before them. What is too long is cut as long as it can be.
    pub fn failed(&mut self, part: &[T], reason: HalvingReason) {
        self.failed += 1;
        let hopeless = !self.went_well
            && match reason {
                HalvingReason::TooLong => false,
                HalvingReason::OnesFault => self.failed > TRIED,
                HalvingReason::InDoubt => self.failed > TRIED_IN_DOUBT,
            };
        if hopeless && reason == HalvingReason::InDoubt {
            self.open.clear();
        }
        if part.len() < 2 || hopeless {
            return;
        }
        let short = reason == HalvingReason::TooLong;
        let (first, second) = part.split_at(part.len().div_ceil(2));
        let halves = [(second.to_vec(), short), (first.to_vec(), short)];
        let place = if reason == HalvingReason::InDoubt { 0 } else { self.open.len() };
        self.open.splice(place..place, halves);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks where these fail; what was asked, and what was left without an answer.
    fn asked(count: usize, fails: impl Fn(&[usize]) -> bool) -> (usize, Vec<usize>) {
        asked_for(HalvingReason::OnesFault, count, fails)
    }

    fn asked_for(
        reason: HalvingReason,
        count: usize,
        fails: impl Fn(&[usize]) -> bool,
    ) -> (usize, Vec<usize>) {
        let mut halves = Halves::new((0..count).collect());
        let (mut calls, mut left) = (0, (0..count).collect::<Vec<_>>());
        while let Some((part, _)) = halves.next() {
            calls += 1;
            if fails(&part) {
                halves.failed(&part, reason);
            } else {
                left.retain(|at| !part.contains(at));
                halves.went_well();
            }
        }
        (calls, left)
    }

    #[test]
    fn the_one_to_blame_is_found() {
        assert_eq!(asked(30, |_| false), (1, vec![]));
        for blamed in [0, 7, 29] {
            let (calls, left) = asked(30, |part| part.contains(&blamed));
            assert_eq!(left, [blamed]);
            assert!(calls <= 11, "{calls}");
        }
        let (_, left) = asked(60, |part| part.contains(&3) || part.contains(&50));
        assert_eq!(left, [3, 50]);
    }

    #[test]
    fn where_nothing_is_answered_it_is_given_up() {
        let (calls, left) = asked(60, |_| true);
        assert_eq!(left.len(), 60);
        assert!(calls <= 2 * TRIED + 1, "{calls}");
    }

    #[test]
    fn in_doubt_the_one_to_blame_is_found_and_a_model_that_never_answers_is_asked_thrice() {
        for blamed in [0, 7, 29] {
            let fails = |part: &[usize]| part.contains(&blamed);
            let (calls, left) = asked_for(HalvingReason::InDoubt, 30, fails);
            assert_eq!(left, [blamed]);
            assert!(calls <= 11, "{calls}");
        }
        let (calls, left) = asked_for(HalvingReason::InDoubt, 60, |_| true);
        assert_eq!((calls, left.len()), (3, 60));
    }

    #[test]
    fn what_is_too_long_is_said_shorter() {
        let mut halves = Halves::new(vec![1, 2, 3]);
        let (all, short) = halves.next().unwrap();
        assert_eq!((all.len(), short), (3, false));
        halves.failed(&all, HalvingReason::TooLong);
        assert_eq!(halves.next(), Some((vec![1, 2], true)));
        assert_eq!(halves.next(), Some((vec![3], true)));
        assert_eq!(halves.next(), None);
    }
}
