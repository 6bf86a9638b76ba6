//! From vectors and a hierarchy to places.

use cladus_core::artifact::Embeddings;
use cladus_core::forest::Forest;
use cladus_core::progress::Progress;
use cladus_vectors::Vectors;

use crate::affinity::Affinities;
use crate::descent::{Schedule, descend};
use crate::points::Points;
use crate::{rest, start};

/// So many points are laid out themselves; of more, every so many-th, and the others among them.
const SKELETON: usize = 10_000;
/// A point sees about so many others, or a third of all.
const PERPLEXITY: f64 = 30.0;
const SCHEDULE: Schedule = Schedule { early: 250, late: 500 };

/// The place of every node of `forest`, −1 to 1 in both directions; `None` where no node has a vector.
pub fn project(
    forest: &Forest,
    embeddings: &Embeddings,
    seed: u64,
    progress: &dyn Progress,
) -> Option<Vec<[f32; 2]>> {
    let points = Points::of(forest, embeddings);
    if points.len() == 0 {
        return None;
    }
    let skeleton = skeleton(&points);
    let rounds = (SCHEDULE.early + SCHEDULE.late) as u64;
    progress.begin(rounds + (points.len() - skeleton.len()) as u64);
    let bones = laid_out(&points, &skeleton, seed, &|| progress.advance(1));
    let places = match skeleton.len() < points.len() {
        true => rest::placed(&points, &skeleton, &bones, &|n| progress.advance(n)),
        false => bones,
    };
    let mut all: Vec<Option<[f32; 2]>> = vec![None; forest.len()];
    for (&node, place) in points.nodes.iter().zip(fitted(&places)) {
        all[node] = Some(place);
    }
    above(forest, &mut all);
    below(forest, &mut all);
    Some(all.into_iter().map(Option::unwrap_or_default).collect())
}

/// Every so many-th point below each root, the first at least, so that all parents have their share.
fn skeleton(points: &Points<'_>) -> Vec<usize> {
    let step = points.len().div_ceil(SKELETON);
    let mut chosen = Vec::new();
    let mut before = None;
    let mut place = 0;
    for (point, root) in points.roots.iter().enumerate() {
        place = if before == Some(root) { place + 1 } else { 0 };
        before = Some(root);
        if place % step == 0 {
            chosen.push(point);
        }
    }
    chosen
}

fn laid_out(points: &Points<'_>, of: &[usize], seed: u64, tell: &dyn Fn()) -> Vec<[f32; 2]> {
    let joined = points.joined(of);
    let rows = Vectors::over(&joined, 3 * points.dim());
    let mut places = start::principal(rows, seed);
    // Of two nobody is nearer than the other.
    if rows.len() > 2 {
        let perplexity = PERPLEXITY.min((rows.len() - 1) as f64 / 3.0);
        let affinities = Affinities::of(rows, perplexity);
        descend(&mut places, &affinities, SCHEDULE, tell);
    }
    places
}

/// The same places in a square from −1 to 1, as large as fits.
fn fitted(places: &[[f32; 2]]) -> Vec<[f32; 2]> {
    let (mut least, mut most) = ([f32::INFINITY; 2], [f32::NEG_INFINITY; 2]);
    for place in places {
        for axis in 0..2 {
            least[axis] = least[axis].min(place[axis]);
            most[axis] = most[axis].max(place[axis]);
        }
    }
    let half = (0.5 * (most[0] - least[0]).max(most[1] - least[1])).max(f32::MIN_POSITIVE);
    let to_square = |place: &[f32; 2]| {
        std::array::from_fn(|axis| (place[axis] - 0.5 * (least[axis] + most[axis])) / half)
    };
    places.iter().map(to_square).collect()
}

/// What is above points lies at the most central of those below it.
fn above(forest: &Forest, places: &mut [Option<[f32; 2]>]) {
    let mut below: Vec<Vec<[f32; 2]>> = vec![Vec::new(); forest.len()];
    for node in forest.top_down().into_iter().rev() {
        let under = std::mem::take(&mut below[node]);
        if places[node].is_none() {
            places[node] = medoid(&under);
        }
        let Some(parent) = forest.parent(node) else { continue };
        // The lists of large trees are handed up, not copied.
        if under.is_empty() {
            below[parent].extend(places[node]);
        } else if below[parent].is_empty() {
            below[parent] = under;
        } else {
            below[parent].extend(under);
        }
    }
}

/// The place nearest to the median in both directions: no outlier moves it.
fn medoid(places: &[[f32; 2]]) -> Option<[f32; 2]> {
    let median = |axis: usize| {
        let mut values: Vec<f32> = places.iter().map(|place| place[axis]).collect();
        let middle = values.len() / 2;
        values.select_nth_unstable_by(middle, f32::total_cmp);
        values[middle]
    };
    if places.is_empty() {
        return None;
    }
    let (x, y) = (median(0), median(1));
    let away = |place: &[f32; 2]| (place[0] - x).powi(2) + (place[1] - y).powi(2);
    places.iter().copied().min_by(|a, b| away(a).total_cmp(&away(b)))
}

/// How far from each other those lie that have no vector, in a map two wide.
const CLOSE: f32 = 0.004;

/// What has no vector, and nothing below that has, lies around what it hangs from, as seeds in a
/// sunflower.
fn below(forest: &Forest, places: &mut [Option<[f32; 2]>]) {
    const GOLDEN_ANGLE: f32 = 2.399_963_2;
    for node in forest.top_down() {
        let Some([x, y]) = places[node] else { continue };
        let open = forest.children(node).iter().filter(|child| places[**child].is_none());
        for (number, child) in open.copied().collect::<Vec<_>>().into_iter().enumerate() {
            let (far, angle) = (CLOSE * (number as f32 + 0.5).sqrt(), GOLDEN_ANGLE * number as f32);
            places[child] = Some([x + far * angle.cos(), y + far * angle.sin()]);
        }
    }
}
