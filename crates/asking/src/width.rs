//! Into how many calls a stage's questions are cut.

/// So many calls of a stage are under way at once, as a rule: with more of them, none would end sooner.
/// Not the setting: questions must not depend on how fast they are asked.
const SLOTS: usize = 50;
/// What all calls repeat may be this share of what they say, and in any case so many tokens.
const REPEATED: f64 = 0.25;
const LITTLE: f64 = 2_000.0;

/// How many calls are worth having for `said` tokens of text of which each is told once, where every
/// call repeats `repeated` tokens besides. A model writes its answers one after the other, so narrow calls
/// side by side end sooner than a wide one; but what they repeat is paid for every time.
pub fn calls_worth(said: usize, repeated: usize) -> usize {
    let extra = (REPEATED * said as f64).max(LITTLE);
    ((extra / repeated.max(1) as f64) as usize).clamp(1, SLOTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn much_text_is_worth_many_calls() {
        assert_eq!(calls_worth(0, 500), 4, "a little is always spent on time");
        assert_eq!(calls_worth(60_000, 500), 30);
        assert_eq!(calls_worth(1_000_000, 500), SLOTS);
        assert_eq!(calls_worth(0, 9_000), 1);
    }
}
