//! Base clusters that are called the same.

use std::collections::BTreeMap;

use cladus_core::normal::normal_form;

use super::BaseCluster;
use super::items::tie;

/// Whether two names are the same words, in whatever order. A tool's number before the name does not
/// count: `7_tax_quarter` is `3_quarter_tax`.
pub(super) fn are_same(a: &str, b: &str) -> bool {
    a == b || key(a) == key(b)
}

/// The words of a name, sorted.
fn key(name: &str) -> Vec<String> {
    let mut words: Vec<String> = normal_form(name).split_whitespace().map(str::to_owned).collect();
    let numbered = name.split_once('_').is_some_and(|(number, _)| {
        !number.is_empty() && number.trim_start_matches('-').chars().all(|c| c.is_ascii_digit())
    });
    if numbered && words.len() > 1 {
        words.remove(0);
    }
    if words.is_empty() {
        // Signs are all there is.
        words.push(name.to_owned());
    }
    words.sort_unstable();
    words
}

/// Pairs of the same name among these, in the order in which they count.
pub(super) fn pairs(
    a: &[BaseCluster<'_>],
    b: &[BaseCluster<'_>],
    free_a: &[usize],
    free_b: &[usize],
) -> Vec<(usize, usize)> {
    let mut called: BTreeMap<Vec<String>, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
    free_a.iter().for_each(|&x| called.entry(key(a[x].name)).or_default().0.push(x));
    for &y in free_b {
        if let Some((_, there)) = called.get_mut(&key(b[y].name)) {
            there.push(y);
        }
    }
    let mut found = Vec::new();
    for (ones, others) in called.into_values() {
        // A name that hundreds bear says nothing: sorted by size they meet side by side.
        let (mut ones, mut others) = (ones, others);
        if ones.len().saturating_mul(others.len()) > MANY {
            by_size(&mut ones, a);
            by_size(&mut others, b);
            found.extend(ones.into_iter().zip(others));
            continue;
        }
        let mut all: Vec<(usize, usize)> =
            ones.iter().flat_map(|&x| others.iter().map(move |&y| (x, y))).collect();
        let described = |&(x, y): &(usize, usize)| a[x].description != b[y].description;
        all.sort_by(|one, two| {
            let order = described(one).cmp(&described(two));
            order.then_with(|| tie(a, b, *one).cmp(&tie(a, b, *two)))
        });
        found.extend(all);
    }
    found
}

/// So many pairs of one name are compared with each other.
const MANY: usize = 10_000;

fn by_size(places: &mut [usize], all: &[BaseCluster<'_>]) {
    places.sort_by_key(|&at| (std::cmp::Reverse(all[at].size), all[at].id));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tools_number_and_the_order_of_words_do_not_count() {
        for (one, other) in [
            ("12_tax_quarter_fiscal", "3_fiscal_tax_quarter"),
            ("Reset a password", "reset a  Password."),
            ("-1_the_and", "the, and"),
            ("***", "***"),
        ] {
            assert!(are_same(one, other), "{one} {other}");
        }
        for (one, other) in [
            ("Refunds", "Refund"),
            ("2024 budget", "2025 budget"),
            ("7_", "8_"),
            ("***", "---"),
            ("a a b", "a b b"),
        ] {
            assert!(!are_same(one, other), "{one} {other}");
        }
    }
}
