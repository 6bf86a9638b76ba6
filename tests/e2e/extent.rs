//! How much of what is sampled is tested: a little wherever the tests run, all of it in CI.

use std::sync::OnceLock;

/// The environment variable that asks for the whole.
pub const THOROUGH: &str = "CLADUS_TEST_THOROUGH";

fn thorough() -> bool {
    static ASKED: OnceLock<bool> = OnceLock::new();
    *ASKED.get_or_init(|| std::env::var_os(THOROUGH).is_some_and(|value| !value.is_empty()))
}

/// `whole` of something where the whole is asked for, otherwise `few`.
pub fn of(whole: usize, few: usize) -> usize {
    if thorough() { whole } else { few }
}

/// All of `all`, or `few` of them, evenly spread and the same every time, the first among them.
pub fn some_of<T: Clone>(all: &[T], few: usize) -> Vec<T> {
    some_from(all, few, 0)
}

/// The same, from the place `first` on, counted in a circle: tests that begin at different places have
/// between them all that each of them leaves out.
pub fn some_from<T: Clone>(all: &[T], few: usize, first: usize) -> Vec<T> {
    let most = of(all.len(), few.min(all.len()));
    (0..most).map(|at| all[(first + at * all.len() / most) % all.len()].clone()).collect()
}

#[test]
fn some_are_spread_evenly() {
    let all: Vec<usize> = (0..100).collect();
    let some = some_of(&all, 4);
    assert!(some == [0, 25, 50, 75] || some == all);
    assert_eq!(some_of(&all[..2], 4), [0, 1]);
    assert_eq!(some_of::<usize>(&[], 4), [] as [usize; 0]);
    let some = some_from(&all, 4, 190);
    assert!(some == [90, 15, 40, 65] || some.len() == all.len());
}
