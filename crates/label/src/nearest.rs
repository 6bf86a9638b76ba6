//! The two nearest of what each cluster is offered.

use cladus_vectors::dot;
use rayon::prelude::*;

use crate::offers::Offers;
use cladus_vectors::Vectors;

/// The two nearest candidates of a cluster, with their cosines; equally near: the first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct NearestTwo {
    pub(crate) best: (u32, f32),
    pub(crate) second: Option<(u32, f32)>,
}

/// By cluster. Linear in the pairs offered.
pub(crate) fn nearest(
    clusters: Vectors<'_>,
    references: Vectors<'_>,
    offers: &Offers,
) -> Vec<NearestTwo> {
    /// Clusters compared with one candidate after the other: so many fit the innermost cache.
    const TILE: usize = 16;

    let lists = offers.by_list();
    let tiles: Vec<(&[u32], &[u32])> = lists
        .iter()
        .flat_map(|(offered, members)| members.chunks(TILE).map(|tile| (*offered, tile)))
        .collect();
    let found: Vec<Vec<NearestTwo>> = tiles
        .par_iter()
        .map(|(offered, tile)| {
            let unknown = NearestTwo { best: (0, f32::NEG_INFINITY), second: None };
            let mut found = vec![unknown; tile.len()];
            for candidate in *offered {
                let reference = references.row(*candidate as usize);
                for (nearest, cluster) in found.iter_mut().zip(*tile) {
                    nearest.see(*candidate, dot(clusters.row(*cluster as usize), reference));
                }
            }
            found
        })
        .collect();

    let unknown = NearestTwo { best: (0, f32::NEG_INFINITY), second: None };
    let mut by_cluster = vec![unknown; clusters.len()];
    for ((_, tile), found) in tiles.iter().zip(found) {
        for (cluster, nearest) in tile.iter().zip(found) {
            by_cluster[*cluster as usize] = nearest;
        }
    }
    by_cluster
}

impl NearestTwo {
    /// Candidates must be seen in rising order.
    fn see(&mut self, candidate: u32, cosine: f32) {
        if self.best.1 == f32::NEG_INFINITY {
            self.best = (candidate, cosine);
        } else if cosine > self.best.1 {
            self.second = Some(self.best);
            self.best = (candidate, cosine);
        } else if self.second.is_none_or(|(_, second)| cosine > second) {
            self.second = Some((candidate, cosine));
        }
    }
}
