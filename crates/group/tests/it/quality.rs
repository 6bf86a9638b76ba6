//! Groups are good, not only valid.

use std::num::NonZeroUsize;

use cladus_group::{Blocked, FitOptions, GroupParams, KMeans, TwoLevel, group, group_with};
use cladus_vectors::Vectors;

use crate::rows::{config, inertia, mixture, sizes};

/// Whether rows of a group are of one cluster.
fn is_pure(group: &[u32], truth: &[u32]) -> bool {
    let mut cluster_of = std::collections::BTreeMap::new();
    group.iter().zip(truth).all(|(g, t)| cluster_of.entry(g).or_insert(t) == &t)
}

#[test]
fn planted_clusters_are_found() {
    for seed in 0..10 {
        let (data, truth) = mixture(&[12; 30], 16, 0.4, seed);
        let vectors = Vectors::new(&data, 16).unwrap();
        let grouping = group_with(vectors, &config(12), &Blocked, 8);
        // Both are numbered by first rows, which take turns.
        assert_eq!(grouping.group, truth, "from seed {seed}");
    }
}

#[test]
fn a_cluster_too_large_for_a_prompt_is_divided_and_not_mixed() {
    for seed in 0..10 {
        let (data, truth) = mixture(&[60, 12, 12, 12, 12, 12], 16, 0.4, seed);
        let grouping = group(Vectors::new(&data, 16).unwrap(), &config(12));
        assert!(is_pure(&grouping.group, &truth), "{:?}", grouping.group);
        assert_eq!(grouping.groups, 10);
        assert!(sizes(&grouping).iter().all(|&size| size <= 24));
    }
}

#[test]
fn rows_without_words_stay_among_themselves() {
    let (mut data, _) = mixture(&[20, 20, 20], 8, 0.3, 5);
    for row in data.chunks_exact_mut(3 * 8) {
        row[..8].fill(0.0);
    }
    let grouping = group(Vectors::new(&data, 8).unwrap(), &config(20));
    let expected: Vec<u32> = (0..60).map(|i| i % 3).collect();
    assert_eq!(grouping.group, expected);
    assert!(grouping.distance.iter().step_by(3).all(|&d| d == 1.0));
    assert!(grouping.distance.iter().skip(1).step_by(3).all(|&d| d < 0.2));
}

#[test]
fn refinement_beats_lloyd_within_the_bound() {
    // Noise as in sentence embeddings, where neighbours are at cosine distances of about 0.4.
    let (data, _) = mixture(&[10; 100], 64, 1.0, 7);
    let vectors = Vectors::new(&data, 64).unwrap();
    for start in 0..4 {
        let options = FitOptions { seed: 0, start, max_iterations: 100 };
        let lloyd = inertia(vectors, &Blocked.fit(vectors, 77, options).group);
        let config = GroupParams { seed: start, ..config(13) };
        let ours = group_with(vectors, &config, &Blocked, 1);
        // As many groups, and none larger than the bound: still better.
        assert!(ours.groups <= 77 && ours.inertia < 0.97 * lloyd, "{} {lloyd}", ours.inertia);
        assert!((ours.inertia - inertia(vectors, &ours.group)).abs() < 1e-2);
    }
}

#[test]
fn more_starts_pay() {
    let (data, _) = mixture(&[10; 40], 32, 2.0, 8);
    let vectors = Vectors::new(&data, 32).unwrap();
    let total = |starts| -> f64 {
        let config = |seed| GroupParams { seed, ..config(10) };
        (0..8).map(|seed| group_with(vectors, &config(seed), &Blocked, starts).inertia).sum()
    };
    let (one, eight) = (total(1), total(8));
    assert!(eight < 0.999 * one, "{one} {eight}");
}

#[test]
fn cells_cost_little_inertia() {
    // More groups than a row is compared with, so that cells decide; sizes differ.
    let sizes: Vec<usize> = (0..2600).map(|i| 2 + i % 5).collect();
    let (data, _) = mixture(&sizes, 24, 1.0, 10);
    let vectors = Vectors::new(&data, 24).unwrap();
    let config = config(3);
    let all = group_with(vectors, &config, &Blocked, 1);
    let cells = TwoLevel { cells: NonZeroUsize::new(50) };
    let some = group_with(vectors, &config, &cells, 1);
    assert_eq!((all.method, some.method), ("blocked", "two-level"));
    assert!(some.inertia < 1.02 * all.inertia, "{} {}", some.inertia, all.inertia);
}
