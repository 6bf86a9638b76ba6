//! Where points lie that are not laid out themselves: between those they are most like.

use cladus_vectors::visit_products;

use crate::affinity::{Neighbour, keep};
use crate::points::Points;

/// So many of those that are placed decide.
const NEAREST: usize = 10;
/// How much nearer those below the same parent count as (cosine).
const SAME_PARENT: f32 = 0.15;

/// The places of all points, of which `skeleton` (rising) lie at `places`.
pub(crate) fn placed(
    points: &Points<'_>,
    skeleton: &[usize],
    places: &[[f32; 2]],
    tell: &dyn Fn(u64),
) -> Vec<[f32; 2]> {
    let mut all = vec![[0.0; 2]; points.len()];
    let mut is_placed = vec![false; points.len()];
    for (&point, place) in skeleton.iter().zip(places) {
        all[point] = *place;
        is_placed[point] = true;
    }
    let mut first = 0;
    let mut first_bone = 0;
    while first < points.len() {
        let root = points.roots[first];
        let end = first + points.roots[first..].partition_point(|other| *other == root);
        let last_bone = skeleton.partition_point(|&point| point < end);
        let open: Vec<usize> = (first..end).filter(|&point| !is_placed[point]).collect();
        let bones = &skeleton[first_bone..last_bone];
        for (point, place) in between(points, &open, bones, &places[first_bone..last_bone]) {
            all[point] = place;
        }
        tell(open.len() as u64);
        (first, first_bone) = (end, last_bone);
    }
    all
}

/// The places of `open` points among `bones` of the same root.
fn between(
    points: &Points<'_>,
    open: &[usize],
    bones: &[usize],
    places: &[[f32; 2]],
) -> Vec<(usize, [f32; 2])> {
    let vectors = points.vectors();
    let rows = points.rows(open);
    let others = vectors.gather(&points.rows(bones));
    let parents: Vec<usize> = bones.iter().map(|&bone| points.parent(bone)).collect();
    let mut state: Vec<(usize, Neighbour)> =
        open.iter().map(|&at| (points.parent(at), Neighbour::new())).collect();
    visit_products(
        vectors,
        Some(&rows),
        &others,
        &mut state,
        |(parent, near), _, first, products| {
            for (bone, cosine) in (first..).zip(products) {
                let beside = if parents[bone] == *parent { SAME_PARENT } else { 0.0 };
                keep(near, NEAREST, cosine + beside, bone as u32);
            }
        },
    );
    let place = |(point, (_, near)): (&usize, (usize, Neighbour))| (*point, middle(&near, places));
    open.iter().zip(state).map(place).collect()
}

/// The mean of the nearest, those that are barely so counting least.
fn middle(near: &[(f32, u32)], places: &[[f32; 2]]) -> [f32; 2] {
    let least = near.last().map_or(0.0, |(cosine, _)| *cosine);
    let (mut sum, mut x, mut y) = (0.0, 0.0, 0.0);
    for (cosine, bone) in near {
        let weight = (cosine - least).max(0.0).powi(2) + 1e-6;
        let [at_x, at_y] = places[*bone as usize];
        sum += weight;
        x += weight * at_x;
        y += weight * at_y;
    }
    [x / sum, y / sum]
}
