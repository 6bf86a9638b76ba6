//! Vectors of parents: where their children lie.

use std::collections::HashMap;

use cladus_core::artifact::{Cluster, Embeddings};
use cladus_vectors::{Vectors, mean_direction};

/// What the file says of such vectors.
pub(crate) const MADE: &str = "means of children";

/// For each of `clusters` the direction of the mean of its children's vectors, or its own where it is
/// one of the `children` itself (it moved up alone). `None` where no child is known, or their mean has
/// no direction.
pub(crate) fn means(clusters: &[Cluster], children: &Embeddings) -> Vec<Option<Vec<f32>>> {
    let rows = Vectors::over(&children.vectors, children.dim);
    let row_of: HashMap<&str, usize> =
        children.cluster_ids.iter().enumerate().map(|(row, id)| (id.as_str(), row)).collect();
    let mean = |cluster: &Cluster| {
        if let Some(&row) = row_of.get(cluster.id.as_str()) {
            return Some(rows.row(row).to_vec());
        }
        // Members of a base cluster are items, whose ids are none of ours.
        let members = if cluster.level > 0 { &cluster.members[..] } else { &[] };
        mean_direction(rows, members.iter().filter_map(|id| row_of.get(id.as_str()).copied()))
    };
    clusters.iter().map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster(id: &str, level: u8, members: &[&str]) -> Cluster {
        Cluster {
            id: id.to_owned(),
            name: id.to_owned(),
            description: String::new(),
            slug: String::new(),
            level,
            members: members.iter().map(|&id| id.to_owned()).collect(),
            size: 1,
        }
    }

    #[test]
    fn parents_lie_where_their_children_do() {
        let children = Embeddings {
            cluster_ids: ["a", "b", "c"].map(str::to_owned).to_vec(),
            vectors: vec![1.0, 0.0, 0.0, 1.0, -1.0, 0.0],
            dim: 2,
            embedder: None,
            centre: None,
            made: None,
        };
        let clusters = [
            cluster("p", 1, &["a", "b"]),
            cluster("b", 0, &["c"]),
            cluster("opposed", 1, &["a", "c"]),
            cluster("stranger", 1, &["x"]),
            cluster("base", 0, &["a"]),
        ];
        let half = 0.5_f32.sqrt();
        let means = means(&clusters, &children);
        let first = means[0].as_ref().unwrap();
        assert!((first[0] - half).abs() < 1e-6 && (first[1] - half).abs() < 1e-6);
        assert_eq!(means[1..], [Some(vec![0.0, 1.0]), None, None, None]);
    }
}
