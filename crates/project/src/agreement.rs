//! How far a map, the tree and the vectors agree.

use cladus_core::artifact::Embeddings;
use cladus_core::forest::Forest;
use cladus_vectors::{Vectors, dot, visit_products};
use rayon::prelude::*;
use serde::Serialize;

use crate::affinity::{Neighbour, keep};
use crate::points::Points;

/// So many points are looked at, at most: every so many-th.
const SAMPLE: usize = 1_000;
/// So many neighbours of each.
const NEIGHBOURS: usize = 15;

/// What was found, of the map and of the vectors as they are: a map that is far better than those flatters
/// the tree.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Agreement {
    /// Points that were looked at; each is compared with all.
    pub looked_at: usize,
    /// How far neighbours on the map are neighbours among the vectors (Venna and Kaski 2001; of 15): 1 where
    /// all are.
    pub trustworthiness: f64,
    /// Of the tree with the map; `None` with fewer than two roots.
    pub map: Option<Roots>,
    /// Of the tree with the vectors.
    pub vectors: Option<Roots>,
}

/// How far roots are regions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Roots {
    /// The share of points whose own root's centre is the nearest.
    pub own_nearest: f64,
    /// The share of a point's 15 nearest that are under its root, in the mean.
    pub neighbours: f64,
    /// How much nearer points are to those of their own root than to those of the next (Rousseeuw 1987),
    /// −1 to 1.
    pub silhouette: f64,
}

/// What is found of one point.
#[derive(Default)]
struct Seen {
    neighbours: Vec<u32>,
    /// Cosines of these.
    cosines: Vec<f32>,
    /// How many are nearer, by cosine, than each of these.
    nearer: Vec<usize>,
    near: Neighbour,
}

/// Looks at the map `places` (a place a node) of `forest`. `None` where fewer than four nodes have vectors.
pub fn agreement(
    forest: &Forest,
    embeddings: &Embeddings,
    places: &[[f32; 2]],
) -> Option<Agreement> {
    let points = Points::of(forest, embeddings);
    let n = points.len();
    let k = NEIGHBOURS.min(n.saturating_sub(1) / 2);
    if k == 0 || n < 4 {
        return None;
    }
    let all: Vec<usize> = (0..n).collect();
    let data = points.vectors().gather(&points.rows(&all));
    let vectors = Vectors::over(&data, points.dim());
    let at: Vec<[f32; 2]> = points.nodes.iter().map(|&node| places[node]).collect();
    let sample: Vec<u32> = (0..n).step_by(n.div_ceil(SAMPLE)).map(|point| point as u32).collect();
    let mut seen: Vec<Seen> =
        sample.par_iter().map(|&point| on_the_map(point as usize, &at, vectors, k)).collect();
    visit_products(vectors, Some(&sample), &data, &mut seen, |seen, point, first, products| {
        for (other, &cosine) in (first..).zip(products) {
            if other != point {
                keep(&mut seen.near, k, cosine, other as u32);
                for (nearer, neighbour) in seen.nearer.iter_mut().zip(&seen.cosines) {
                    *nearer += usize::from(cosine > *neighbour);
                }
            }
        }
    });
    let too_far: usize = seen
        .iter()
        .flat_map(|seen| &seen.nearer)
        .map(|nearer| (nearer + 1).saturating_sub(k))
        .sum();
    let most = (sample.len() * k * (2 * n - 3 * k - 1)) as f64 / 2.0;
    let roots = points.roots.as_slice();
    let several = roots.iter().any(|root| *root != roots[0]);
    let near = |seen: &Seen| seen.near.iter().map(|(_, other)| *other).collect::<Vec<_>>();
    let tree = PointsByRoot { roots, sample: &sample };
    Some(Agreement {
        looked_at: sample.len(),
        trustworthiness: 1.0 - too_far as f64 / most,
        map: several.then(|| tree.on_the_map(&at, seen.iter().map(|seen| seen.neighbours.clone()))),
        vectors: several.then(|| tree.among(vectors, seen.iter().map(near))),
    })
}

/// The `k` nearest of a point on the map.
fn on_the_map(point: usize, at: &[[f32; 2]], vectors: Vectors<'_>, k: usize) -> Seen {
    let mut near = Neighbour::new();
    for (other, place) in at.iter().enumerate().filter(|(other, _)| *other != point) {
        keep(&mut near, k, -away(at[point], *place), other as u32);
    }
    let neighbours: Vec<u32> = near.into_iter().map(|(_, other)| other).collect();
    let cosine = |other: &u32| dot(vectors.row(point), vectors.row(*other as usize));
    // What rounds differently in a matrix product is not nearer than itself.
    let cosines: Vec<f32> = neighbours.iter().map(|other| cosine(other) + 1e-6).collect();
    Seen { nearer: vec![0; neighbours.len()], neighbours, cosines, near: Neighbour::new() }
}

fn away(a: [f32; 2], b: [f32; 2]) -> f32 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

/// Points by their roots.
struct PointsByRoot<'a> {
    roots: &'a [u32],
    sample: &'a [u32],
}

impl PointsByRoot<'_> {
    /// Points of each root.
    fn members(&self) -> Vec<Vec<usize>> {
        let count = self.roots.iter().max().map_or(0, |most| *most as usize + 1);
        let mut members = vec![Vec::new(); count];
        for (point, root) in self.roots.iter().enumerate() {
            members[*root as usize].push(point);
        }
        members
    }

    fn on_the_map(&self, at: &[[f32; 2]], near: impl Iterator<Item = Vec<u32>>) -> Roots {
        let members = self.members();
        let median = |points: &Vec<usize>, axis: usize| {
            let mut values: Vec<f32> = points.iter().map(|&point| at[point][axis]).collect();
            values.sort_by(f32::total_cmp);
            values.get(values.len() / 2).copied()
        };
        let centres: Vec<Option<[f32; 2]>> =
            members.iter().map(|points| Some([median(points, 0)?, median(points, 1)?])).collect();
        let distances = |point: usize| -> (Vec<f64>, Vec<f64>) {
            let far = |place| f64::from(away(at[point], place));
            let mean = |points: &Vec<usize>| {
                points.iter().map(|&other| far(at[other])).sum::<f64>() / points.len() as f64
            };
            let to_centre = centres.iter().map(|centre| centre.map_or(f64::NAN, far));
            (to_centre.collect(), members.iter().map(mean).collect())
        };
        self.told(&members, distances, near)
    }

    fn among(&self, vectors: Vectors<'_>, near: impl Iterator<Item = Vec<u32>>) -> Roots {
        let members = self.members();
        let mean = |points: &Vec<usize>| {
            let mut sum = vec![0.0_f32; vectors.dim()];
            for &point in points {
                sum.iter_mut().zip(vectors.row(point)).for_each(|(sum, x)| *sum += x);
            }
            sum.iter().map(|sum| sum / points.len() as f32).collect()
        };
        let means: Vec<Vec<f32>> = members.iter().map(mean).collect();
        // The mean cosine with some rows is the cosine with their mean.
        let distances = |point: usize| -> (Vec<f64>, Vec<f64>) {
            let with = |mean: &Vec<f32>| f64::from(dot(vectors.row(point), mean));
            let length = |mean: &Vec<f32>| f64::from(dot(mean, mean)).sqrt();
            let to_centre = means.iter().map(|mean| 1.0 - with(mean) / length(mean));
            (to_centre.collect(), means.iter().map(|mean| 1.0 - with(mean)).collect())
        };
        self.told(&members, distances, near)
    }

    /// From how far points are from each root's centre, and from its points in the mean (a point itself,
    /// at no distance, among them). A root without points is at no distance that is a number.
    fn told(
        &self,
        members: &[Vec<usize>],
        distances: impl Fn(usize) -> (Vec<f64>, Vec<f64>) + Sync,
        near: impl Iterator<Item = Vec<u32>>,
    ) -> Roots {
        let of_one = |&point: &u32| {
            let own = self.roots[point as usize] as usize;
            let (to_centre, to_points) = distances(point as usize);
            let nearest = to_centre.iter().all(|far| far.is_nan() || to_centre[own] <= *far);
            let others = to_points.iter().enumerate().filter(|(root, _)| *root != own);
            let next = others.map(|(_, far)| *far).fold(f64::INFINITY, f64::min);
            let count = members[own].len() as f64;
            let within = to_points[own] * count / (count - 1.0);
            let most = within.max(next);
            let silhouette = if count > 1.0 && most > 0.0 { (next - within) / most } else { 0.0 };
            (f64::from(u8::from(nearest)), silhouette)
        };
        let found: Vec<(f64, f64)> = self.sample.par_iter().map(of_one).collect();
        let root = |point: u32| self.roots[point as usize];
        let shared = self.sample.iter().zip(near).map(|(&point, near)| {
            let same = near.iter().filter(|&&other| root(other) == root(point)).count();
            same as f64 / near.len().max(1) as f64
        });
        let n = self.sample.len() as f64;
        Roots {
            own_nearest: found.iter().map(|(nearest, _)| nearest).sum::<f64>() / n,
            neighbours: shared.sum::<f64>() / n,
            silhouette: found.iter().map(|(_, silhouette)| silhouette).sum::<f64>() / n,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawn::{embeddings, forest};

    /// Two roots of ten leaves each, a quarter of a circle apart.
    fn two_roots() -> (Forest, Embeddings, Vec<f32>) {
        let leaves = (0..20).map(|i| format!("l{i:02}<{}", if i < 10 { "r" } else { "s" }));
        let words: Vec<String> =
            ["r".to_owned(), "s".to_owned()].into_iter().chain(leaves).collect();
        let angle = |i: usize| 2.0 * (i % 10) as f32 + if i < 10 { 0.0 } else { 90.0 };
        let angles: Vec<f32> = (0..20).map(angle).collect();
        let rows: Vec<(String, f32)> =
            angles.iter().enumerate().map(|(i, angle)| (format!("l{i:02}"), *angle)).collect();
        (forest(&words.join(" ")), embeddings(&rows), angles)
    }

    #[test]
    fn a_map_that_shows_the_vectors_is_trusted_and_one_that_does_not_is_not() {
        let (forest, embeddings, angles) = two_roots();
        let place = |angle: f32| [angle.to_radians().cos(), angle.to_radians().sin()];
        let parents = [[0.0; 2]; 2];
        let map: Vec<[f32; 2]> =
            parents.into_iter().chain(angles.iter().copied().map(place)).collect();
        let found = agreement(&forest, &embeddings, &map).unwrap();
        assert_eq!(found.looked_at, 20);
        assert!((found.trustworthiness - 1.0).abs() < 1e-9, "{found:?}");
        let (on_map, vectors) = (found.map.unwrap(), found.vectors.unwrap());
        assert_eq!((on_map.own_nearest, vectors.own_nearest), (1.0, 1.0));
        assert_eq!((on_map.neighbours, vectors.neighbours), (1.0, 1.0));
        assert!(on_map.silhouette > 0.8 && vectors.silhouette > 0.9, "{found:?}");

        // Every other leaf of one root lies among those of the other.
        let mixed: Vec<[f32; 2]> = parents
            .into_iter()
            .chain((0..20).map(|i| place(angles[if i % 2 == 0 { i } else { (i + 10) % 20 }])))
            .collect();
        let found = agreement(&forest, &embeddings, &mixed).unwrap();
        assert!(found.trustworthiness < 0.7, "{found:?}");
        assert!(found.map.unwrap().silhouette < 0.2, "{found:?}");
        assert_eq!(found.vectors.unwrap().own_nearest, 1.0);
    }

    #[test]
    fn one_root_has_nothing_to_be_told_from() {
        let forest = forest("r a<r b<r c<r d<r e<r");
        let rows = ["a", "b", "c", "d", "e"]
            .iter()
            .zip(0..)
            .map(|(id, i)| ((*id).to_owned(), 10.0 * i as f32));
        let found = agreement(&forest, &embeddings(&rows.collect::<Vec<_>>()), &[[0.0; 2]; 6]);
        assert!(found.unwrap().map.is_none());
        assert!(
            agreement(&forest, &embeddings(&[("a".to_owned(), 1.0)]), &[[0.0; 2]; 6]).is_none()
        );
    }
}
