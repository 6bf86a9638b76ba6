use super::*;
use proptest::prelude::*;

/// Unit vectors at these angles, in degrees.
fn circle(angles: &[f32]) -> Vec<f32> {
    angles.iter().flat_map(|a| [a.to_radians().cos(), a.to_radians().sin()]).collect()
}

/// One family for each label that is there, in their order.
fn families(labels: &[usize]) -> Vec<Family> {
    let last = labels.iter().max().map_or(0, |last| last + 1);
    let family = |label: usize| Family {
        candidate: label as u32,
        children: (0..labels.len()).filter(|row| labels[*row] == label).collect(),
    };
    (0..last).map(family).filter(|family| !family.children.is_empty()).collect()
}

/// 0: any number.
fn children(least: usize, most: usize) -> Children {
    let said = |bound: usize| Some(bound).filter(|bound| *bound > 0);
    Children::new(said(least), said(most)).unwrap()
}

/// The children of each family, and what it took.
fn shaped(
    labels: &[usize],
    angles: &[f32],
    target: usize,
    children: Children,
) -> (Vec<Vec<usize>>, Shaped) {
    let (mut families, data) = (families(labels), circle(angles));
    let wanted = LevelBounds { target, least: 1, children };
    let shaped = shape(&mut families, Vectors::over(&data, 2), wanted);
    (families.into_iter().map(|family| family.children).collect(), shaped)
}

#[test]
fn a_small_family_goes_where_each_of_its_children_is_nearest() {
    let angles = [0.0, 2.0, 4.0, 90.0, 92.0, 94.0, 12.0, 80.0];
    let labels = [0, 0, 0, 1, 1, 1, 2, 2];
    let (parents, shaped) = shaped(&labels, &angles, 3, children(3, 0));
    assert_eq!(parents, [vec![0, 1, 2, 6], vec![3, 4, 5, 7]]);
    assert_eq!(shaped, Shaped { labelled: 3, given_up: 1, ..Shaped::default() });
    let wanted = LevelBounds { target: 3, least: 1, children: children(3, 0) };
    assert_eq!(shaped.note(wanted), ", 1 with fewer than 3 children dissolved");
}

#[test]
fn who_is_alone_and_near_another_alone_is_with_them() {
    let angles = [0.0, 2.0, 4.0, 100.0, 101.0, 102.0];
    let (parents, _) = shaped(&[0, 0, 0, 1, 2, 3], &angles, 4, children(2, 0));
    assert_eq!(parents, [vec![0, 1, 2], vec![3, 4, 5]]);
}

#[test]
fn the_nearest_that_has_room_gets_it() {
    // 5 is nearest to the first family, which is full.
    let angles = [0.0, 2.0, 4.0, 90.0, 92.0, 10.0];
    let (parents, _) = shaped(&[0, 0, 0, 1, 1, 2], &angles, 3, children(2, 3));
    assert_eq!(parents, [vec![0, 1, 2], vec![3, 4, 5]]);
}

#[test]
fn a_large_family_is_parted_where_it_parts() {
    let angles = [0.0, 90.0, 2.0, 92.0, 4.0, 94.0];
    let (parents, shaped) = shaped(&[0; 6], &angles, 2, children(0, 4));
    assert_eq!(parents, [vec![0, 2, 4], vec![1, 3, 5]]);
    assert_eq!(shaped, Shaped { labelled: 1, parted: 1, ..Shaped::default() });
}

#[test]
fn what_is_all_alike_is_parted_by_order() {
    let (parents, _) = shaped(&[0; 8], &[30.0; 8], 2, children(0, 4));
    assert_eq!(parents, [vec![0, 1, 2, 3], vec![4, 5, 6, 7]]);
    // Without a single word known to the embedder.
    let mut families = families(&[0; 5]);
    let wanted = LevelBounds { target: 2, least: 1, children: children(0, 4) };
    shape(&mut families, Vectors::over(&[0.0; 10], 2), wanted);
    assert_eq!(families.len(), 2);
}

#[test]
fn parts_that_are_too_many_join_others() {
    // Three families are wanted; the first has to be parted, so the two nearest others are one.
    let angles = [0.0, 1.0, 2.0, 40.0, 41.0, 42.0, 100.0, 110.0, 250.0, 251.0];
    let labels = [0, 0, 0, 0, 0, 0, 1, 2, 3, 3];
    let (parents, shaped) = shaped(&labels, &angles, 4, children(0, 4));
    assert_eq!(parents, [vec![0, 1, 2], vec![3, 4, 5], vec![6, 7], vec![8, 9]]);
    assert_eq!((shaped.parted, shaped.merges, shaped.crowded), (1, 1, 0));
}

#[test]
fn where_no_two_can_merge_the_smallest_makes_room() {
    // Five threes into four families of at most four: no two have room for each other.
    let angles: Vec<f32> = (0..15).map(|row| (row / 3 * 60 + row % 3) as f32).collect();
    let labels: Vec<usize> = (0..15).map(|row| row / 3).collect();
    let (parents, shaped) = shaped(&labels, &angles, 4, children(0, 4));
    let mut sizes: Vec<usize> = parents.iter().map(Vec::len).collect();
    sizes.sort_unstable();
    assert_eq!((sizes, shaped.crowded), (vec![3, 4, 4, 4], 1));
}

#[test]
fn where_nobody_has_room_a_small_family_is_filled_up() {
    let angles = [0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 60.0];
    let (parents, shaped) = shaped(&[0, 0, 0, 0, 0, 0, 0, 1], &angles, 2, children(3, 7));
    assert_eq!(parents, [vec![0, 1, 2, 3, 4], vec![5, 6, 7]]);
    assert_eq!((shaped.filled_up, shaped.short), (1, 0));
}

#[test]
fn what_cannot_be_is_said() {
    let angles: Vec<f32> = (0..9).map(|row| row as f32).collect();
    let (parents, shaped) = shaped(&[0; 9], &angles, 2, children(6, 7));
    assert!(parents.len() == 2 && parents.iter().all(|children| children.len() <= 7));
    let wanted = LevelBounds { target: 2, least: 1, children: children(6, 7) };
    assert!(
        shaped.note(wanted).ends_with("left with fewer than 6 children"),
        "{}",
        shaped.note(wanted)
    );
    let (parents, _) = super::tests::shaped(&[0, 1], &[0.0, 90.0], 2, children(3, 0));
    assert_eq!(parents, [vec![0, 1]], "fewer clusters than a parent should have");
}

/// A large family as labels leave one that collapse, and many small ones: in reasonable time.
#[test]
fn thousands_in_one_family_are_parted() {
    let n = 6_000;
    let angles: Vec<f32> = (0..n).map(|row| (row * 7 % 3_600) as f32 / 10.0).collect();
    let labels: Vec<usize> = (0..n).map(|row| if row < 4_000 { 0 } else { row }).collect();
    let (parents, _) = shaped(&labels, &angles, 700, children(3, 12));
    assert!(parents.len() <= 700);
    assert!(parents.iter().all(|children| (3..=12).contains(&children.len())));
}

proptest! {
    #[test]
    fn what_is_wanted_holds_and_nothing_vanishes(
        rows in prop::collection::vec((0usize..9, 0u16..40), 1..70),
        least in 0usize..9,
        most in prop_oneof![Just(0usize), 2usize..14],
        slack in 0usize..4,
        low in 1usize..6,
    ) {
        let most = if most == 0 { 0 } else { most.max(least) };
        let bounds = children(least, most);
        let (labels, angles): (Vec<usize>, Vec<f32>) =
            rows.iter().map(|(label, angle)| (*label, f32::from(angle * 9))).unzip();
        let n = rows.len();
        let target = bounds.parents(n, bounds.fewest_parents(n) + slack);
        let data = circle(&angles);
        let wanted = LevelBounds { target, least: low.min(target), children: bounds };
        let made = || {
            let mut families = families(&labels);
            shape(&mut families, Vectors::over(&data, 2), wanted);
            families
        };
        let families = made();
        prop_assert_eq!(&made(), &families, "the same every time");
        prop_assert!(families.len() <= target, "{} of {}", families.len(), target);
        let mut all: Vec<usize> = families.iter().flat_map(|f| f.children.clone()).collect();
        prop_assert!(families.iter().all(|f| f.children.is_sorted()));
        all.sort_unstable();
        prop_assert_eq!(all, (0..n).collect::<Vec<_>>());
        for family in &families {
            let size = family.children.len();
            prop_assert!(size > 0 && (most == 0 || size <= most), "{} of {}", size, most);
            prop_assert!(size >= least || !bounds.can_hold(n), "{} of {}", size, least);
        }
    }

    #[test]
    fn who_says_nothing_gets_what_merging_and_splitting_make(
        rows in prop::collection::vec((0usize..9, 0u16..40), 1..50),
        target in 1usize..9,
        least in 1usize..5,
    ) {
        let (labels, angles): (Vec<usize>, Vec<f32>) =
            rows.iter().map(|(label, angle)| (*label, f32::from(angle * 9))).unzip();
        let data = circle(&angles);
        let mut plain = families(&labels);
        let Ok(_) = merge_to(&mut plain, &mut HeldVectors(&data, 2), target, usize::MAX);
        split_to(&mut plain, &data, 2, least.min(target), 2);
        let mut families = families(&labels);
        let wanted = LevelBounds { target, least: least.min(target), children: Children::ANY };
        shape(&mut families, Vectors::over(&data, 2), wanted);
        prop_assert_eq!(families, plain);
    }
}
