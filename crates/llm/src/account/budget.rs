//! What may be spent. Pure arithmetic: no clock, no files.
//!
//! Before a call is sent, the most it can come to is reserved; when it has ended, what it did come to
//! takes the reservation's place. What is spent and what is reserved together never pass a limit.

use std::fmt;

use serde::Serialize;

/// The most that a run may ever spend; `None` is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SpendingLimits {
    /// Calls.
    pub calls: Option<u64>,
    /// Tokens, prompts and answers.
    pub tokens: Option<u64>,
    /// Billionths of a dollar.
    pub nanodollars: Option<u64>,
}

/// What has been spent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Spending {
    /// Calls that were sent.
    pub calls: u64,
    /// Tokens, prompts and answers.
    pub tokens: u64,
    /// Billionths of a dollar, of the calls whose price is known.
    pub nanodollars: u64,
    /// Calls that may have cost something and whose price is not known.
    pub unpriced: u64,
}

impl Spending {
    /// What it cost in billionths of a dollar; `None` once a call's price is not known.
    pub fn cost(&self) -> Option<u64> {
        (self.unpriced == 0).then_some(self.nanodollars)
    }
}

/// Room for one call. Give it back with [`Budget::settle`], [`Budget::settle_unknown`] or
/// [`Budget::release`].
#[derive(Debug, PartialEq, Eq)]
#[must_use = "what is reserved stays reserved until it is settled or released"]
pub struct Reservation {
    tokens: u64,
    nanodollars: Option<u64>,
}

/// Whether one more call may be sent.
#[derive(Debug, PartialEq, Eq)]
pub enum Room {
    /// It may.
    Reserved(Reservation),
    /// Not now; calls in flight may turn out cheaper than reserved. Ask again when one has ended.
    Wait,
    /// It does not fit, whatever becomes of the calls in flight.
    Exhausted(Limit),
}

/// The limit that one more call would pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Calls.
    Calls {
        /// The limit.
        limit: u64,
        /// Calls so far.
        spent: u64,
    },
    /// Tokens.
    Tokens {
        /// The limit.
        limit: u64,
        /// Tokens so far.
        spent: u64,
        /// The most the next call can come to.
        next: u64,
    },
    /// Dollars.
    Dollars {
        /// The limit, in billionths.
        limit: u64,
        /// Spent so far, in billionths.
        spent: u64,
        /// The most the next call can come to, in billionths.
        next: u64,
    },
    /// There is a limit in dollars, and the next call's price is not known.
    Unpriced {
        /// The limit, in billionths.
        limit: u64,
    },
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Calls { limit, spent } => {
                write!(f, "the budget of {limit} calls is used up ({spent} made)")
            }
            Self::Tokens { limit, spent, next } => write!(
                f,
                "the budget of {limit} tokens is used up ({spent} used, the next call may take {next})"
            ),
            Self::Dollars { limit, spent, next } => write!(
                f,
                "the budget of {} is used up ({} spent, the next call may cost {})",
                dollars(limit),
                dollars(spent),
                dollars(next)
            ),
            Self::Unpriced { limit } => write!(
                f,
                "the budget of {} cannot be kept: the price of the next call is not known",
                dollars(limit)
            ),
        }
    }
}

/// Billionths of a dollar as people read them: cents, and more digits below one.
fn dollars(nanodollars: u64) -> String {
    let (whole, rest) = (nanodollars / 1_000_000_000, nanodollars % 1_000_000_000);
    let digits = format!("{rest:09}");
    let needed = digits.trim_end_matches('0').len().max(2);
    format!("${whole}.{}", &digits[..needed])
}

/// What may be spent, what is, and what is reserved by calls in flight.
#[derive(Debug, Clone)]
pub struct Budget {
    limits: SpendingLimits,
    spent: Spending,
    held: Spending,
}

impl Budget {
    /// A budget of which `spent` is gone already.
    pub fn new(limits: SpendingLimits, spent: Spending) -> Self {
        Self { limits, spent, held: Spending::default() }
    }

    /// Asks for room for one call of at most `tokens` (prompt and longest answer) and `nanodollars`.
    pub fn reserve(&mut self, tokens: u64, nanodollars: Option<u64>) -> Room {
        // Without a limit in dollars a price need not be known.
        let cost = nanodollars.unwrap_or(0);
        if let (Some(limit), None) = (self.limits.nanodollars, nanodollars) {
            return Room::Exhausted(Limit::Unpriced { limit });
        }
        let (spent, held) = (&self.spent, &self.held);
        let sides = [
            (self.limits.calls, spent.calls, held.calls, 1),
            (self.limits.tokens, spent.tokens, held.tokens, tokens),
            (self.limits.nanodollars, spent.nanodollars, held.nanodollars, cost),
        ];
        let passes = |limit: Option<u64>, used: u64, next: u64| {
            limit.is_some_and(|limit| used.saturating_add(next) > limit)
        };
        // Were every call in flight for nothing, would it fit? If not, waiting is in vain.
        for (side, (limit, spent, _, next)) in sides.into_iter().enumerate() {
            if let Some(value) = limit.filter(|_| passes(limit, spent, next)) {
                return Room::Exhausted(match side {
                    0 => Limit::Calls { limit: value, spent },
                    1 => Limit::Tokens { limit: value, spent, next },
                    _ => Limit::Dollars { limit: value, spent, next },
                });
            }
        }
        if sides
            .into_iter()
            .any(|(limit, spent, held, next)| passes(limit, spent.saturating_add(held), next))
        {
            return Room::Wait;
        }
        self.held.calls += 1;
        self.held.tokens = self.held.tokens.saturating_add(tokens);
        self.held.nanodollars = self.held.nanodollars.saturating_add(cost);
        Room::Reserved(Reservation { tokens, nanodollars })
    }

    /// The call came to `tokens` and `nanodollars`; 0 and `Some(0)` where it was refused.
    pub fn settle(&mut self, reservation: Reservation, tokens: u64, nanodollars: Option<u64>) {
        self.release(reservation);
        self.spent.calls += 1;
        self.spent.tokens = self.spent.tokens.saturating_add(tokens);
        match nanodollars {
            Some(cost) => self.spent.nanodollars = self.spent.nanodollars.saturating_add(cost),
            None => self.spent.unpriced += 1,
        }
    }

    /// Nobody knows what the call came to: it counts as all that was reserved.
    pub fn settle_unknown(&mut self, reservation: Reservation) {
        let Reservation { tokens, nanodollars } = reservation;
        self.settle(reservation, tokens, nanodollars);
    }

    /// The call was never sent.
    #[expect(clippy::needless_pass_by_value, reason = "a reservation is given back once")]
    pub fn release(&mut self, reservation: Reservation) {
        let cost = reservation.nanodollars.unwrap_or(0);
        self.held.calls = self.held.calls.saturating_sub(1);
        self.held.tokens = self.held.tokens.saturating_sub(reservation.tokens);
        self.held.nanodollars = self.held.nanodollars.saturating_sub(cost);
    }

    /// Counted anew: so much is spent.
    pub fn set_spent(&mut self, spent: Spending) {
        self.spent = spent;
    }

    /// Other limits from now on.
    pub fn set_limits(&mut self, limits: SpendingLimits) {
        self.limits = limits;
    }

    /// What has been spent, without what is reserved.
    pub fn spent(&self) -> Spending {
        self.spent
    }

    /// Calls in flight.
    pub fn in_flight(&self) -> u64 {
        self.held.calls
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reserved(room: Room) -> Reservation {
        match room {
            Room::Reserved(reservation) => reservation,
            other => panic!("expected room, got {other:?}"),
        }
    }

    #[test]
    fn waits_while_calls_in_flight_may_be_cheaper() {
        let limits = SpendingLimits { tokens: Some(100), ..SpendingLimits::default() };
        let mut budget = Budget::new(limits, Spending::default());
        let first = reserved(budget.reserve(80, None));
        assert_eq!(budget.reserve(80, None), Room::Wait);
        budget.settle(first, 20, None);
        let second = reserved(budget.reserve(80, None));
        budget.settle_unknown(second);
        let limit = Limit::Tokens { limit: 100, spent: 100, next: 1 };
        assert_eq!(budget.reserve(1, None), Room::Exhausted(limit));
        assert_eq!(budget.spent().unpriced, 2);
        assert_eq!(budget.spent().cost(), None);
    }

    #[test]
    fn what_does_not_fit_at_all_does_not_wait() {
        let limits =
            SpendingLimits { nanodollars: Some(2_500_000_000), ..SpendingLimits::default() };
        let mut budget = Budget::new(limits, Spending::default());
        let held = reserved(budget.reserve(1, Some(10)));
        let Room::Exhausted(limit) = budget.reserve(1, Some(3_000_000_000)) else { panic!() };
        assert_eq!(
            limit.to_string(),
            "the budget of $2.50 is used up ($0.00 spent, the next call may cost $3.00)"
        );
        let Room::Exhausted(limit) = budget.reserve(1, None) else { panic!() };
        assert!(limit.to_string().contains("price"), "{limit}");
        budget.release(held);
        assert_eq!(budget.spent(), Spending::default());
        assert_eq!(budget.in_flight(), 0);
    }

    #[test]
    fn earlier_processes_count() {
        let limits = SpendingLimits { calls: Some(3), ..SpendingLimits::default() };
        let spent = Spending { calls: 2, ..Spending::default() };
        let mut budget = Budget::new(limits, spent);
        let third = reserved(budget.reserve(1, None));
        assert_eq!(budget.reserve(1, None), Room::Wait, "the third may never be sent");
        budget.settle(third, 0, Some(0));
        let limit = Limit::Calls { limit: 3, spent: 3 };
        assert_eq!(budget.reserve(1, None), Room::Exhausted(limit));
        budget.set_limits(SpendingLimits { calls: Some(4), ..SpendingLimits::default() });
        budget.release(reserved(budget.clone().reserve(1, None)));
    }

    #[derive(Debug, Clone)]
    enum Step {
        Reserve {
            tokens: u64,
            cost: u64,
        },
        /// The oldest call in flight ends; it came to this share of what was reserved, in percent.
        Settle {
            percent: u64,
        },
        Lose,
        Release,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            3 => (0..60u64, 0..60u64).prop_map(|(tokens, cost)| Step::Reserve { tokens, cost }),
            1 => (0..=100u64).prop_map(|percent| Step::Settle { percent }),
            1 => Just(Step::Lose),
            1 => Just(Step::Release),
        ]
    }

    proptest! {
        #[test]
        fn no_interleaving_passes_a_limit(
            steps in prop::collection::vec(step(), 0..200),
            calls in 0..30u64,
            tokens in 0..600u64,
            nanodollars in 0..600u64,
        ) {
            let limits = SpendingLimits {
                calls: Some(calls), tokens: Some(tokens), nanodollars: Some(nanodollars),
            };
            let mut budget = Budget::new(limits, Spending::default());
            let mut flying = Vec::new();
            for step in steps {
                match step {
                    Step::Reserve { tokens, cost } => match budget.reserve(tokens, Some(cost)) {
                        Room::Reserved(reservation) => flying.push(reservation),
                        Room::Wait => prop_assert!(!flying.is_empty(), "nothing to wait for"),
                        Room::Exhausted(_) => {
                            // Larger limits let the same call go.
                            let mut raised = budget.clone();
                            raised.set_limits(SpendingLimits::default());
                            let room = raised.reserve(tokens, Some(cost));
                            prop_assert!(matches!(room, Room::Reserved(_)));
                        }
                    },
                    _ if flying.is_empty() => {}
                    Step::Settle { percent } => {
                        let call = flying.remove(0);
                        let share = |most: u64| most * percent / 100;
                        let (tokens, cost) = (share(call.tokens), call.nanodollars.map(share));
                        budget.settle(call, tokens, cost);
                    }
                    Step::Lose => budget.settle_unknown(flying.remove(0)),
                    Step::Release => budget.release(flying.remove(0)),
                }
                let (spent, held) = (budget.spent, budget.held);
                prop_assert!(spent.calls + held.calls <= calls);
                prop_assert!(spent.tokens + held.tokens <= tokens);
                prop_assert!(spent.nanodollars + held.nanodollars <= nanodollars);
                prop_assert_eq!(budget.in_flight(), flying.len() as u64);
            }
            for call in flying {
                budget.release(call);
            }
            prop_assert_eq!(budget.held, Spending::default(), "nothing is lost on the way");
        }
    }
}
