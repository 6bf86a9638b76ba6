use super::*;
use proptest::prelude::*;

const ANY: Children = Children::ANY;

#[test]
fn equal_ratios_in_as_few_levels_as_stay_readable() {
    let plan = |n, max| level_plan(n, max, None, None, ANY).unwrap();
    assert_eq!(plan(1_000, 10), [100, 10]);
    assert_eq!(plan(121, 10), [35, 10]);
    assert_eq!(plan(56, 10), [10]);
    assert_eq!(plan(10, 10), [] as [usize; 0]);
    assert_eq!(plan(11, 10), [10]);
    assert_eq!(plan(0, 10), [] as [usize; 0]);
    assert_eq!(plan(10_000, 10), [1_000, 100, 10]);
    assert_eq!(plan(1_000_000, 10).len(), 5);
}

#[test]
fn many_clusters_a_root_have_a_level_between() {
    let plan = |n, children| level_plan(n, 10, None, None, children).unwrap();
    assert_eq!(plan(79, ANY), [10]);
    assert_eq!(plan(80, ANY), [23, 10]);
    assert_eq!(plan(120, ANY), [27, 10]);
    assert_eq!(level_plan(8, 1, None, None, ANY).unwrap(), [2, 1]);
    assert_eq!(plan(120, children(5, 0)), [10], "parents of five leave no room between");
    assert_eq!(level_plan(120, 10, None, Some(48), ANY).unwrap(), [27, 10]);
}

#[test]
fn a_level_that_is_not_the_last_may_have_a_few_more() {
    assert_eq!(at_most(80, 644), 96);
    assert_eq!(at_most(100, 110), 105, "it shrinks all the same");
    assert_eq!(at_most(3, 30), 3);
}

#[test]
fn what_the_user_says_about_levels_holds() {
    let sizes =
        |text: &str, n| level_plan(n, 10, Some(&text.parse::<Levels>().unwrap()), None, ANY);
    assert_eq!(sizes("3", 1_000).unwrap(), [215, 46, 10]);
    assert_eq!(sizes("100,10", 1_000).unwrap(), [100, 10]);
    assert_eq!(sizes("100,10", 80).unwrap(), [10]);
    assert!(sizes("10,100", 1_000).is_err());
    assert!(sizes("100,20", 1_000).is_err());
    assert!("a,b".parse::<Levels>().is_err() && "0".parse::<Levels>().is_err());
}

#[test]
fn smaller_groups_by_hand_mean_more_levels() {
    assert_eq!(level_plan(1_000, 10, None, Some(12), ANY).unwrap().len(), 5);
    assert_eq!(level_plan(1_000, 10, None, Some(5), ANY).unwrap().len(), 7);
    assert!(level_plan(1_000, 10, None, Some(0), ANY).is_err());
    assert!(level_plan(1_000, 0, None, None, ANY).is_err());
}

#[test]
fn candidates_follow_the_groups_sizes() {
    assert_eq!(candidates_per_group(&[40, 40, 40], 10), [4, 3, 3]);
    assert_eq!(candidates_per_group(&[1, 2, 3, 100], 10), [1, 1, 1, 7]);
    assert_eq!(candidates_per_group(&[11], 10), [6]);
    assert_eq!(candidates_per_group(&[], 10), [] as [usize; 0]);
}

/// 0: any number.
fn children(least: usize, most: usize) -> Children {
    let said = |bound: usize| Some(bound).filter(|bound| *bound > 0);
    Children::new(said(least), said(most)).unwrap()
}

#[test]
fn parents_have_room_for_their_children() {
    let plan = |n, least, most| level_plan(n, 10, None, None, children(least, most)).unwrap();
    assert_eq!(plan(79, 0, 100), [10], "room enough as it is");
    assert_eq!(plan(120, 0, 12), [35, 10], "not all of them full");
    assert_eq!(plan(1_000, 0, 10), [215, 46, 10]);
    assert_eq!(plan(20, 0, 2), [14, 10], "no more than one level for the sake of room");
    assert_eq!(plan(120, 5, 0), [10]);
    assert_eq!(plan(121, 5, 0), [10], "a level is left out");
    assert_eq!(plan(30, 5, 0), [6], "and roots are fewer");
    assert_eq!(plan(11, 30, 0), [1]);
    assert_eq!(plan(121, 3, 8), [35, 10]);
    assert_eq!(plan(13, 6, 7), [2], "six and seven");
}

#[test]
fn levels_that_contradict_the_children_are_refused() {
    let plan = |n, levels: &str, children| {
        level_plan(n, 10, Some(&levels.parse().unwrap()), None, children)
    };
    let refused = |n, levels, children, parts: [&str; 2]| {
        let error = plan(n, levels, children).unwrap_err();
        assert_eq!(error.exit_code(), crate::exit::USAGE, "{error}");
        let said = format!("{error}; {}", error.hint().unwrap_or_default());
        assert!(parts.iter().all(|part| said.contains(part)), "{said}");
    };
    refused(1_000, "100,10", children(0, 9), ["max_children is 9", "at least 112"]);
    refused(1_000, "100,10", children(11, 0), ["min_children is 11", "at most 90"]);
    refused(1_000, "200,10", children(0, 9), ["200 clusters", "at least 23"]);
    refused(1_000, "1", children(0, 9), ["room for 90 clusters", "--levels 3"]);
    assert_eq!(plan(1_000, "100,10", children(10, 10)).unwrap(), [100, 10]);
    assert_eq!(plan(1_000, "3", children(0, 5)).unwrap(), [215, 46, 10]);
    assert_eq!(plan(120, "5", children(3, 0)).unwrap(), [35, 10], "the others are left out");
}

proptest! {
    #[test]
    fn no_level_shrinks_by_more_than_the_most_or_less_than_the_fewest(
        n in 0usize..200_000,
        max in 1usize..300,
        count in 1usize..12,
        least in 0usize..40,
        most in prop_oneof![Just(0usize), 2usize..60],
    ) {
        let most = if most == 0 { 0 } else { most.max(least) };
        let children = children(least, most);
        for levels in [None, Some(Levels::Count(count))] {
            let Ok(plan) = level_plan(n, max, levels.as_ref(), None, children) else {
                prop_assert!(levels.is_some() && children.below(max, count) < n);
                continue;
            };
            prop_assert_eq!(plan.is_empty(), n <= max);
            prop_assert!(plan.last().is_none_or(|roots| (1..=max).contains(roots)));
            for (above, &size) in std::iter::once(n).chain(plan.iter().copied()).zip(&plan) {
                prop_assert!(size < above);
                prop_assert!(most == 0 || above <= most * size, "{:?}", plan);
                let held = size == 1 || least * size <= above;
                prop_assert!(held || !children.can_hold(above), "{:?}", plan);
            }
        }
    }

    #[test]
    fn plans_shrink_and_end_at_the_roots(n in 0usize..2_000_000, max in 1usize..300, count in 1usize..12) {
        for levels in [None, Some(Levels::Count(count))] {
            let plan = level_plan(n, max, levels.as_ref(), None, ANY).unwrap();
            prop_assert_eq!(plan.is_empty(), n <= max);
            prop_assert!(plan.windows(2).all(|pair| pair[0] > pair[1]));
            if let (Some(first), Some(last)) = (plan.first(), plan.last()) {
                prop_assert!(*first < n && *last == max);
            }
        }
    }

    #[test]
    fn candidates_keep_their_bounds(sizes in prop::collection::vec(1usize..80, 1..30), target in 1usize..200) {
        let wanted = candidates_per_group(&sizes, target);
        for (&size, &count) in sizes.iter().zip(&wanted) {
            prop_assert!(count >= 1 && count <= size.div_ceil(2));
        }
        let most: usize = sizes.iter().map(|&s| if s < 3 { 1 } else { s.div_ceil(2) }).sum();
        let total: usize = wanted.iter().sum();
        prop_assert_eq!(total, target.clamp(sizes.len(), most));
    }
}
