//! Months as tools leave them.

use std::convert::Infallible;

use cladus_core::sameness::MatchBy;
use proptest::prelude::*;

use super::{BaseCluster, How, MatchCounts, NearnessVectors, Same, same};

/// A cluster that owns what [`BaseCluster`] borrows.
#[derive(Debug, Clone)]
struct Owned {
    id: String,
    name: String,
    members: Vec<String>,
    size: u64,
}

fn owned(id: &str, name: &str, members: &[&str]) -> Owned {
    let members: Vec<String> = members.iter().map(|&item| item.to_owned()).collect();
    Owned { id: id.to_owned(), name: name.to_owned(), size: members.len() as u64, members }
}

fn bases(all: &[Owned]) -> Vec<BaseCluster<'_>> {
    all.iter()
        .map(|o| BaseCluster {
            id: &o.id,
            name: &o.name,
            description: "",
            members: &o.members,
            size: o.size,
        })
        .collect()
}

/// Names that begin with the same letter are near.
fn by_letter(
    a: &[BaseCluster<'_>],
    b: &[BaseCluster<'_>],
) -> Result<Option<NearnessVectors>, Infallible> {
    let vectors = |all: &[BaseCluster<'_>]| -> Vec<f32> {
        let one = |base: &BaseCluster<'_>| {
            let letter = base.name.bytes().next().map_or(0, |c| usize::from(c % 32));
            (0..32).map(move |at| if at == letter { 1.0 } else { 0.0 })
        };
        all.iter().flat_map(one).collect()
    };
    Ok(Some(NearnessVectors { a: vectors(a), b: vectors(b), dim: 32, least: 0.8 }))
}

fn matched(a: &[Owned], b: &[Owned], by: MatchBy) -> Same {
    let Ok(found) = same(&bases(a), &bases(b), by, by_letter);
    found
}

/// `a=x members` for every pair.
fn told(a: &[Owned], b: &[Owned], by: MatchBy) -> String {
    let pair = |&(x, y, how): &(usize, usize, How)| {
        format!("{}={} {}", a[x].id, b[y].id, format!("{how:?}").to_lowercase())
    };
    let pairs: Vec<String> = matched(a, b, by).pairs.iter().map(pair).collect();
    pairs.join(", ")
}

#[test]
fn topics_that_were_numbered_anew_are_found_by_their_names() {
    let old = [
        owned("0", "delivery, late", &[]),
        owned("1", "tomato, blight", &[]),
        owned("2", "coffee, cold", &[]),
    ];
    let new = [
        owned("0", "cold, coffee", &[]),
        owned("1", "delivery, late", &[]),
        owned("2", "trees", &[]),
    ];
    assert_eq!(told(&old, &new, MatchBy::Auto), "0=1 name, 1=2 nearness, 2=0 name");
    assert_eq!(told(&old, &new, MatchBy::Ids), "0=0 id, 1=1 id, 2=2 id");
    assert_eq!(told(&old, &new, MatchBy::Members), "");
    let found = matched(&old, &new, MatchBy::Auto).matched;
    assert_eq!(
        found,
        MatchCounts { names: 2, nearness: 1, same_id: 3, doubtful: 3, ..MatchCounts::default() }
    );
    assert!(found.ids_are_in_doubt());
}

#[test]
fn members_count_before_names_and_only_those_that_both_months_know() {
    let old = [owned("a", "Slugs", &["1", "2", "3"]), owned("b", "Roses", &["4", "5", "6"])];
    // Half of it is new this month, and the names were exchanged.
    let new = [owned("x", "Roses", &["1", "2", "7", "8", "9"]), owned("y", "Slugs", &["4", "5"])];
    assert_eq!(told(&old, &new, MatchBy::Auto), "a=x members, b=y members");
    assert_eq!(told(&old, &new, MatchBy::Names), "a=y name, b=x name");
}

#[test]
fn a_cluster_that_was_renamed_keeps_its_id_where_ids_hold() {
    let old: Vec<Owned> =
        (0..6).map(|at| owned(&format!("c{at}"), &format!("Name {at}"), &[])).collect();
    let mut new = old.clone();
    new[3].name = "Quite different".to_owned();
    let found = matched(&old, &new, MatchBy::Auto);
    assert_eq!((found.pairs.len(), found.matched.ids, found.matched.doubtful), (6, 6, 1));
    assert!(!found.matched.ids_are_in_doubt());
    // Members speak against it.
    let mut old = old;
    old[2].members = vec!["1".to_owned(), "2".to_owned()];
    old[3].members = vec!["3".to_owned(), "4".to_owned()];
    new[2].members = vec!["1".to_owned(), "2".to_owned(), "3".to_owned(), "4".to_owned()];
    new[3].members = vec!["1".to_owned()];
    assert_eq!(matched(&old, &new, MatchBy::Auto).pairs.len(), 5);
}

#[test]
fn of_several_of_one_name_the_nearest_in_size_is_it() {
    let sized = |id: &str, size| Owned { size, ..owned(id, "Other", &[]) };
    let old = [sized("a", 10), sized("b", 500)];
    let new = [sized("x", 480), sized("y", 12), sized("z", 3)];
    assert_eq!(told(&old, &new, MatchBy::Auto), "a=y name, b=x name");
}

fn month() -> impl Strategy<Value = Vec<Owned>> {
    let cluster = (0..5_u8, proptest::collection::btree_set(0..12_u8, 0..4));
    proptest::collection::vec(cluster, 0..12).prop_map(|clusters| {
        let one = |(at, (name, items)): (usize, (u8, std::collections::BTreeSet<u8>))| Owned {
            id: format!("{}", (at * 7) % 13),
            name: format!("{} topic", ["a", "ab", "b", "c", "d"][usize::from(name)]),
            size: items.len() as u64 + 1,
            members: items.into_iter().map(|item| item.to_string()).collect(),
        };
        clusters.into_iter().enumerate().map(one).collect()
    })
}

proptest! {
    #[test]
    fn it_is_one_to_one_and_the_same_from_the_other_side(a in month(), b in month()) {
        for (_, by) in MatchBy::ALL {
            let (there, back) = (matched(&a, &b, by), matched(&b, &a, by));
            prop_assert_eq!(there.matched, back.matched);
            let mut turned: Vec<(usize, usize, How)> =
                back.pairs.iter().map(|&(y, x, how)| (x, y, how)).collect();
            turned.sort_by_key(|pair| pair.0);
            prop_assert_eq!(&there.pairs, &turned);
            let ones: std::collections::BTreeSet<usize> = there.pairs.iter().map(|p| p.0).collect();
            let others: std::collections::BTreeSet<usize> = there.pairs.iter().map(|p| p.1).collect();
            prop_assert_eq!((ones.len(), others.len()), (there.pairs.len(), there.pairs.len()));
        }
    }

    #[test]
    fn a_month_is_the_same_as_itself_under_fresh_ids(month in month()) {
        // Where names differ, every cluster is found again.
        let mut old = month;
        for (at, cluster) in old.iter_mut().enumerate() {
            cluster.name = format!("{} number {at}", cluster.name);
        }
        let fresh: Vec<Owned> =
            old.iter().map(|o| Owned { id: format!("fresh-{}", o.id), ..o.clone() }).collect();
        let found = matched(&old, &fresh, MatchBy::Auto);
        prop_assert_eq!(found.pairs.len(), old.len());
        let named = matched(&old, &fresh, MatchBy::Names);
        prop_assert!(named.pairs.iter().all(|&(x, y, _)| x == y));
    }
}
