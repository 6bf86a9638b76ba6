//! Into how many calls a stage's questions are cut.

use std::ops::RangeInclusive;

/// So many calls of a stage are under way at once, as a rule: with more of them, none would end sooner.
/// Not the setting: questions must not depend on how fast they are asked.
const SLOTS: usize = 50;
/// What all calls repeat may be this share of what they say, and in any case so many tokens.
const REPEATED: f64 = 0.25;
const LITTLE: f64 = 2_500.0;

/// How many calls are worth having for `said` tokens of text of which each is told once, where every
/// call repeats `repeated` tokens besides. A model writes its answers one after the other, so narrow calls
/// side by side end sooner than a wide one; but what they repeat is paid for every time.
pub fn calls_worth(said: usize, repeated: usize) -> usize {
    let extra = (REPEATED * said as f64).max(LITTLE);
    ((extra / repeated.max(1) as f64) as usize).clamp(1, SLOTS)
}

/// How wide calls about `count` things are cut, as narrow as the same bound allows, where what a call of
/// some width repeats is `repeated`: no call is wider or narrower than `widths`.
pub fn narrowest(
    count: usize,
    widths: RangeInclusive<usize>,
    said: usize,
    repeated: impl Fn(usize) -> usize,
) -> usize {
    let cost = |width: usize| count.div_ceil(width.max(1)) * repeated(width);
    let (least, most) = (*widths.start(), *widths.end());
    let least = least.max(count.div_ceil(SLOTS)).min(most);
    let bound = cost(most) as f64 + (REPEATED * said as f64).max(LITTLE);
    (least..=most).find(|&width| cost(width) as f64 <= bound).unwrap_or(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn much_text_is_worth_many_calls() {
        assert_eq!(calls_worth(0, 500), 5, "a little is always spent on time");
        assert_eq!(calls_worth(60_000, 500), 30);
        assert_eq!(calls_worth(1_000_000, 500), SLOTS);
        assert_eq!(calls_worth(0, 9_000), 1);
    }

    #[test]
    fn calls_are_as_narrow_as_they_may_be() {
        let fixed = |_: usize| 1_000;
        assert_eq!(narrowest(1_000, 8..=60, 60_000, fixed), 32, "17 calls, and 15 more");
        assert_eq!(narrowest(1_000, 8..=60, 10_000_000, fixed), 20, "all slots");
        assert_eq!(narrowest(30, 8..=60, 1_000, fixed), 10, "one call, and two more");
        // Narrower calls that repeat less cost nothing.
        assert_eq!(narrowest(200, 8..=60, 0, |width| width * 25), 8);
        assert_eq!(narrowest(0, 8..=60, 0, fixed), 8);
    }
}
