//! What is guaranteed for every input, however odd.

use std::num::NonZeroUsize;

use cladus_group::{Blocked, GroupParams, KMeans, RowGroups, TwoLevel, group, group_with};
use cladus_vectors::Vectors;
use proptest::prelude::*;

use crate::rows::{config, mixture, norm, normalise, sizes, sums};

/// Few dimensions and few different numbers: rows coincide, cancel out and vanish all the time.
fn coarse_rows() -> impl Strategy<Value = (Vec<f32>, usize)> {
    (1_usize..5, 0_usize..90).prop_flat_map(|(dim, n)| {
        let number = prop_oneof![4 => Just(0_i8), 6 => -2_i8..=2];
        proptest::collection::vec(number, n * dim).prop_map(move |numbers| {
            let mut data: Vec<f32> = numbers.into_iter().map(f32::from).collect();
            normalise(&mut data, dim);
            (data, dim)
        })
    })
}

fn configs() -> impl Strategy<Value = GroupParams> {
    (1_usize..14, proptest::option::of(1_usize..20), any::<u64>()).prop_map(|(c, most, seed)| {
        GroupParams { max_group_size: most.and_then(NonZeroUsize::new), seed, ..config(c) }
    })
}

fn two_level(cells: usize) -> TwoLevel {
    TwoLevel { cells: NonZeroUsize::new(cells) }
}

fn check_groups(n: usize, config: &GroupParams, grouping: &RowGroups) {
    assert_eq!(grouping.group.len(), n);
    let mut next = 0;
    for &g in &grouping.group {
        assert!(g <= next, "group {g} before group {next}");
        next = next.max(g + 1);
    }
    assert_eq!(grouping.groups, next as usize);
    let sizes = sizes(grouping);
    assert!(sizes.iter().all(|&size| (1..=config.bound()).contains(&size)), "{sizes:?}");
    let alone = sizes.iter().filter(|&&size| size == 1).count();
    let unavoidable = match config.bound() {
        1 => n,
        2 => n % 2,
        _ => usize::from(n == 1),
    };
    assert!(alone <= unavoidable, "{alone} rows are alone: {sizes:?}");
    if config.bound() >= 2 * config.clusters_per_group.get() {
        assert!(grouping.groups <= n.div_ceil(config.clusters_per_group.get()));
    }
}

fn check_distances(vectors: Vectors, grouping: &RowGroups) {
    let sums = sums(vectors, &grouping.group, grouping.groups);
    for (row, &g) in grouping.group.iter().enumerate() {
        let sum = &sums[g as usize];
        let dot: f64 = sum.iter().zip(vectors.row(row)).map(|(s, &x)| s * f64::from(x)).sum();
        let length = norm(sum);
        let distance = if length < 1e-6 { 1.0 } else { 1.0 - dot / length };
        assert!((f64::from(grouping.distance[row]) - distance).abs() < 1e-5);
    }
    let total: f64 = grouping.distance.iter().map(|&d| f64::from(d)).sum();
    assert!((grouping.inertia - total).abs() < 1e-9);
}

/// No row can move to a group with room, from a group that has two others, and lower the inertia.
fn check_at_rest(vectors: Vectors, config: &GroupParams, grouping: &RowGroups) {
    let dim = vectors.dim() + 1;
    let is_zero = |row: &[f32]| row.iter().all(|&x| x == 0.0);
    let padded: Vec<f32> = (0..vectors.len())
        .flat_map(|i| {
            let row = vectors.row(i);
            row.iter().copied().chain([f32::from(u8::from(is_zero(row)))])
        })
        .collect();
    let Ok(vectors) = Vectors::new(&padded, dim) else { unreachable!("a whole number of rows") };
    let sums = sums(vectors, &grouping.group, grouping.groups);
    let sizes = sizes(grouping);
    let with = |sum: &[f64], row: usize, sign: f64| -> f64 {
        let row = vectors.row(row);
        norm(&sum.iter().zip(row).map(|(s, &x)| s + sign * f64::from(x)).collect::<Vec<_>>())
    };
    for (row, &from) in grouping.group.iter().enumerate() {
        let from = from as usize;
        for to in (0..grouping.groups).filter(|&to| to != from && sizes[to] < config.bound()) {
            let before = norm(&sums[from]) + norm(&sums[to]);
            let after = with(&sums[from], row, -1.0) + with(&sums[to], row, 1.0);
            assert!(sizes[from] <= 2 || after < before + 1e-4, "row {row} from {from} to {to}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn guarantees_hold((data, dim) in coarse_rows(), config in configs(), choice in 0..2) {
        let vectors = Vectors::new(&data, dim).unwrap();
        let grouping = match choice {
            0 => group(vectors, &config),
            _ => group_with(vectors, &config, &Blocked, 1),
        };
        check_groups(vectors.len(), &config, &grouping);
        check_distances(vectors, &grouping);
        check_at_rest(vectors, &config, &grouping);
    }

    /// The method for many groups, made to divide few.
    #[test]
    fn guarantees_hold_across_cells(
        (data, dim) in coarse_rows(),
        config in configs(),
        cells in 2_usize..9,
    ) {
        let vectors = Vectors::new(&data, dim).unwrap();
        let grouping = group_with(vectors, &config, &two_level(cells), 1);
        check_groups(vectors.len(), &config, &grouping);
        check_distances(vectors, &grouping);
        // So few groups are all near each other, so that even the last one does.
        check_at_rest(vectors, &config, &grouping);
    }

    #[test]
    fn rows_that_coincide_are_spread_evenly_enough(n in 1_usize..400, c in 1_usize..30) {
        let data = [0.6, 0.8].repeat(n);
        let config = config(c);
        let vectors = Vectors::new(&data, 2).unwrap();
        for grouping in [group(vectors, &config), group_with(vectors, &config, &two_level(3), 1)] {
            check_groups(n, &config, &grouping);
            prop_assert!(grouping.groups >= n.div_ceil(config.bound()));
            prop_assert!(grouping.inertia < 1e-4);
        }
    }
}

#[test]
fn nothing_and_one() {
    let nothing = group(Vectors::new(&[], 384).unwrap(), &config(12));
    assert_eq!((nothing.groups, nothing.group.len(), nothing.inertia), (0, 0, 0.0));
    assert_eq!(group(Vectors::new(&[], 0).unwrap(), &config(12)).groups, 0);
    for row in [[1.0, 0.0], [0.0, 0.0]] {
        let one = group(Vectors::new(&row, 2).unwrap(), &config(1));
        assert_eq!((one.groups, one.group), (1, vec![0]));
        assert_eq!(one.distance, [1.0 - row[0]]);
    }
}

#[test]
fn iterations_may_be_limited_to_none() {
    let (data, _) = mixture(&[20; 10], 8, 0.5, 1);
    let vectors = Vectors::new(&data, 8).unwrap();
    let config = GroupParams { max_iterations: 0, ..config(20) };
    for method in [&Blocked as &dyn KMeans, &two_level(4)] {
        check_groups(200, &config, &group_with(vectors, &config, method, 1));
    }
}

/// Everything in a grouping, floating-point numbers by their bits.
fn bits(grouping: &RowGroups) -> (Vec<u32>, Vec<u32>, u64, Option<usize>, usize) {
    let distance = grouping.distance.iter().map(|d| d.to_bits()).collect();
    let RowGroups { iterations, sweeps, .. } = *grouping;
    (grouping.group.clone(), distance, grouping.inertia.to_bits(), iterations, sweeps)
}

#[test]
fn threads_change_nothing() {
    // More rows than a block, more centroids than a tile, a large group to split, zero rows.
    let mut shape = vec![2; 1100];
    shape.push(150);
    let (mut large, _) = mixture(&shape, 24, 0.7, 2);
    large[..24 * 5].fill(0.0);
    let (small, _) = mixture(&[7; 30], 24, 0.7, 3);
    let two_level = two_level(40);
    let cases: [(&[f32], usize, &dyn KMeans); 3] =
        [(&large, 2, &Blocked), (&large, 2, &two_level), (&small, 7, &Blocked)];
    for (data, clusters_per_group, method) in cases {
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let vectors = Vectors::new(data, 24).unwrap();
            let config = config(clusters_per_group);
            pool.install(|| bits(&group_with(vectors, &config, method, 3)))
        };
        let one = run(1);
        for threads in [2, 3, 8] {
            assert!(run(threads) == one, "{} on {threads} threads", method.name());
        }
    }
}
