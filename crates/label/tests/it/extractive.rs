//! Labels by embedding.

use std::num::NonZeroUsize;

use cladus_core::artifact::Match;
use cladus_label::{
    LabelChoice, LabelTask, NothingOffered, OfferedCandidate, Offers, Scope, label,
};
use cladus_vectors::Vectors;
use proptest::prelude::*;

const DIM: usize = 2;

/// Unit vectors at these angles, in degrees.
fn at(angles: &[f32]) -> Vec<f32> {
    angles.iter().flat_map(|angle| [angle.to_radians().cos(), angle.to_radians().sin()]).collect()
}

fn candidate(group: impl Into<Option<u32>>, exemplars: &[u32]) -> OfferedCandidate {
    OfferedCandidate {
        group: group.into(),
        exemplars: exemplars.to_vec(),
        ..OfferedCandidate::default()
    }
}

fn nearest(k: usize) -> Scope {
    Scope::Nearest(NonZeroUsize::new(k).unwrap())
}

fn run(
    clusters: &[f32],
    groups: &[u32],
    candidates: &[OfferedCandidate],
    names: &[f32],
    scope: Scope,
) -> Result<Vec<LabelChoice>, NothingOffered> {
    label(&LabelTask {
        clusters: Vectors::over(&at(clusters), DIM),
        groups,
        candidates,
        names: Vectors::over(&at(names), DIM),
        scope,
    })
}

fn chosen(choices: &[LabelChoice]) -> Vec<u32> {
    choices.iter().map(|choice| choice.candidate).collect()
}

#[test]
fn the_scope_decides_what_is_offered() {
    let candidates =
        [candidate(0, &[]), candidate(0, &[]), candidate(1, &[]), candidate(None, &[])];
    let (clusters, names) = ([0.0, 40.0, 10.0, 170.0], [0.0, 50.0, 90.0, 180.0]);
    let groups = [0, 0, 1, 1];
    let run = |scope| run(&clusters, &groups, &candidates, &names, scope).unwrap();

    assert_eq!(chosen(&run(Scope::Group)), [0, 1, 2, 3]);
    for scope in [Scope::All, nearest(2), nearest(9)] {
        assert_eq!(chosen(&run(scope)), [0, 1, 0, 3], "{scope}");
    }
    let only = run(nearest(1));
    assert!(only.iter().all(|c| c.matched == Match::Only && c.runner_up.is_none()));
    let all = run(Scope::All);
    assert!(all.iter().all(|c| c.matched == Match::Nearest));
    assert_eq!(all[0].runner_up.unwrap().candidate, 1);
}

#[test]
fn a_fixed_taxonomy_is_offered_to_every_group() {
    let candidates = [candidate(None, &[]), candidate(None, &[])];
    let choices = run(&[0.0, 90.0, 5.0], &[0, 7, 7], &candidates, &[0.0, 90.0], Scope::Group);
    assert_eq!(chosen(&choices.unwrap()), [0, 1, 0]);
}

#[test]
fn a_group_without_candidates_is_named() {
    let error = |candidates: &[OfferedCandidate], scope| {
        let names = vec![0.0; candidates.len()];
        run(&[0.0, 0.0], &[0, 7], candidates, &names, scope).unwrap_err()
    };
    let of_another = [candidate(0, &[])];
    assert_eq!(error(&of_another, Scope::Group), NothingOffered::ToGroup(7));
    assert!(error(&of_another, Scope::Group).to_string().starts_with("group 7 has no candidates"));
    for scope in [Scope::Group, Scope::All, nearest(3)] {
        assert_eq!(error(&[], scope), NothingOffered::AtAll);
    }
    assert_eq!(run(&[], &[], &[], &[], Scope::Group), Ok(vec![]));
}

#[test]
fn exemplars_weigh_more_than_a_misleading_name() {
    // The name of the second lies on the first's clusters.
    let clusters = [0.0, 4.0, 80.0, 84.0];
    let candidates = [candidate(0, &[0, 1]), candidate(0, &[2, 3])];
    let choices = run(&clusters, &[0; 4], &candidates, &[0.0, 10.0], Scope::Group).unwrap();
    assert_eq!(chosen(&choices), [0, 0, 1, 1]);
}

#[test]
fn a_name_alone_moves_towards_the_clusters_it_finds() {
    // By the names alone, the cluster at 43° would be the second's; but what the first is nearest
    // to lies at 30° and what the second is nearest to at 85°.
    let clusters = [29.0, 30.0, 31.0, 43.0, 84.0, 85.0, 86.0];
    let candidates = [candidate(None, &[]), candidate(None, &[])];
    let choices = run(&clusters, &[0; 7], &candidates, &[0.0, 80.0], Scope::All).unwrap();
    assert_eq!(chosen(&choices), [0, 0, 0, 0, 1, 1, 1]);
}

#[test]
fn a_candidate_keeps_one_of_the_clusters_it_was_drawn_from() {
    // The second and third lie on top of each other, and the second comes first.
    let clusters = [0.0, 50.0, 52.0];
    let candidates = [candidate(0, &[0]), candidate(0, &[1, 2]), candidate(0, &[1, 2])];
    let choices = run(&clusters, &[0; 3], &candidates, &[0.0, 51.0, 51.0], Scope::Group).unwrap();
    let mut used = chosen(&choices);
    used.sort_unstable();
    assert_eq!(used, [0, 1, 2]);
    let kept = choices.iter().find(|choice| choice.candidate == 2).unwrap();
    let other = kept.runner_up.unwrap();
    assert_eq!((other.candidate, other.margin), (1, 0.0));

    // There is nothing to spare for a third candidate where there are only two clusters.
    let choices = run(
        &[0.0, 50.0],
        &[0; 2],
        &[candidate(0, &[0]), candidate(0, &[1]), candidate(0, &[1])],
        &[0.0, 50.0, 50.0],
        Scope::Group,
    );
    assert_eq!(chosen(&choices.unwrap()), [0, 1]);
}

prop_compose! {
    fn tasks()(
        clusters in prop::collection::vec((0.0_f32..360.0, 0_u32..5), 1..60),
        candidates in prop::collection::vec((0.0_f32..360.0, prop::option::of(0_u32..5), prop::collection::vec(any::<prop::sample::Index>(), 0..4)), 1..12),
        scope in prop_oneof![Just(Scope::Group), Just(Scope::All), (1_usize..6).prop_map(nearest)],
    ) -> (Vec<f32>, Vec<u32>, Vec<OfferedCandidate>, Vec<f32>, Scope) {
        let rows = clusters.len();
        let (angles, groups) = clusters.into_iter().unzip();
        let names = candidates.iter().map(|(angle, ..)| *angle).collect();
        let candidates = candidates
            .into_iter()
            .map(|(_, group, exemplars)| OfferedCandidate {
                group,
                exemplars: exemplars.iter().map(|at| at.index(rows) as u32).collect(),
                ..OfferedCandidate::default()
            })
            .collect();
        (angles, groups, candidates, names, scope)
    }
}

proptest! {
    #[test]
    fn every_cluster_has_one_candidate_of_those_offered(
        (clusters, groups, candidates, names, scope) in tasks()
    ) {
        let offered = |cluster: usize, candidate: u32| {
            scope != Scope::Group
                || candidates[candidate as usize].group.is_none_or(|group| group == groups[cluster])
        };
        let starved = (0..groups.len())
            .filter(|cluster| (0..candidates.len()).all(|at| !offered(*cluster, at as u32)))
            .map(|cluster| groups[cluster])
            .min();
        let found = run(&clusters, &groups, &candidates, &names, scope);
        if let Some(group) = starved {
            prop_assert_eq!(found, Err(NothingOffered::ToGroup(group)));
            return Ok(());
        }
        let choices = found.unwrap();
        prop_assert_eq!(choices.len(), clusters.len());
        for (cluster, choice) in choices.iter().enumerate() {
            prop_assert!(offered(cluster, choice.candidate));
            prop_assert!((0.0..=1.0).contains(&choice.similarity));
            prop_assert_eq!(choice.matched == Match::Only, choice.runner_up.is_none());
            if let Some(other) = choice.runner_up {
                prop_assert!(other.candidate != choice.candidate && other.margin >= 0.0);
                prop_assert!(offered(cluster, other.candidate));
            }
        }
        // A candidate without clusters has no exemplar that could be spared.
        let count = |at: u32| choices.iter().filter(|choice| choice.candidate == at).count();
        if matches!(scope, Scope::Group | Scope::All) {
            for (at, candidate) in (0..).zip(&candidates) {
                let spare = |row: &u32| {
                    offered(*row as usize, at) && count(choices[*row as usize].candidate) > 1
                };
                prop_assert!(count(at) > 0 || !candidate.exemplars.iter().any(spare), "{at}");
            }
        }
    }

    #[test]
    fn offers_by_nearness_are_the_nearest((clusters, groups, candidates, names, _) in tasks(), k in 1_usize..6) {
        let (points, places) = (at(&clusters), at(&names));
        let (points, places) = (Vectors::over(&points, DIM), Vectors::over(&places, DIM));
        let offers = Offers::new(nearest(k), &groups, &candidates, points, places).unwrap();
        let cosine = |cluster: usize, at: usize| {
            points.row(cluster).iter().zip(places.row(at)).map(|(x, y)| x * y).sum::<f32>()
        };
        for cluster in 0..groups.len() {
            let offered = offers.offered_to(cluster);
            prop_assert_eq!(offered.len(), k.min(candidates.len()));
            prop_assert!(offered.windows(2).all(|pair| pair[0] < pair[1]));
            let worst = offered.iter().map(|at| cosine(cluster, *at as usize)).fold(2.0, f32::min);
            for other in (0..candidates.len()).filter(|at| !offered.contains(&(*at as u32))) {
                prop_assert!(cosine(cluster, other) <= worst + 1e-5);
            }
        }
    }
}
