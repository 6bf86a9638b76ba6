//! Names that somebody has written: a fixed taxonomy keeps them letter for letter.

use std::collections::HashMap;

use cladus_core::artifact::{Candidate, Cluster, Parent};
use cladus_core::name::Distinct;

use crate::extractive::slug_for;
use crate::families::Family;

/// The source of parents' names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Names {
    /// Their children.
    #[default]
    Children,
    /// Candidates written by hand for all groups, letter for letter; otherwise their children.
    Candidates,
}

/// Is it a category that somebody wrote? Those that `propose` made say where they were drawn from, or
/// belong to a group.
fn is_written(candidate: &Candidate) -> bool {
    candidate.group_id.is_none() && candidate.exemplars.is_none()
}

/// Gives parents the names of their written categories. Where a category had to be parted, its largest
/// part keeps the name; no other parent bears it.
pub(crate) fn keep_names(
    parents: &mut [Parent],
    families: &[Family],
    clusters: &[Cluster],
    candidates: &[Candidate],
) {
    let mut largest: HashMap<u32, &Family> = HashMap::new();
    for family in families.iter().filter(|family| family.children.len() > 1) {
        let known = largest.entry(family.candidate).or_insert(family);
        if known.children.len() < family.children.len() {
            *known = family;
        }
    }
    let named: HashMap<&str, &str> = largest
        .values()
        .filter(|family| is_written(&candidates[family.candidate as usize]))
        .map(|family| {
            let name = candidates[family.candidate as usize].name.as_str();
            (clusters[family.children[0]].id.as_str(), name)
        })
        .collect();
    let mut taken: Distinct = named.values().collect();
    for Parent { cluster, .. } in parents.iter_mut().filter(|p| p.cluster.members.len() > 1) {
        match named.get(cluster.members[0].as_str()) {
            Some(name) if cluster.name != *name => {
                (*name).clone_into(&mut cluster.name);
                cluster.slug = slug_for(name, &[]);
            }
            Some(_) => {}
            None => {
                cluster.name = taken.give(&cluster.name, "", &[]).name;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extractive::above;

    fn cluster(id: &str) -> Cluster {
        Cluster {
            id: id.to_owned(),
            name: id.to_owned(),
            description: String::new(),
            slug: String::new(),
            level: 0,
            members: Vec::new(),
            size: 1,
        }
    }

    #[test]
    fn a_written_category_keeps_its_name_and_nobody_else_has_it() {
        let clusters: Vec<Cluster> = ["a", "b", "c", "d", "e", "f", "g"].map(cluster).into();
        let candidate = |name: &str, exemplars: Option<Vec<String>>| Candidate {
            group_id: None,
            name: name.to_owned(),
            exemplars,
            ..Candidate::default()
        };
        let candidates = [
            candidate("R&D (EMEA): iOS/macOS", None),
            candidate("made", Some(vec!["g".to_owned()])),
        ];
        let family =
            |candidate, children: &[usize]| Family { candidate, children: children.into() };
        // The category was parted, its larger part is the second one.
        let families = [family(0, &[0, 1]), family(0, &[2, 3, 4]), family(1, &[5, 6])];
        let parent = |family: &Family, name: &str| {
            let children: Vec<&Cluster> =
                family.children.iter().map(|&row| &clusters[row]).collect();
            Parent::from(above(&children, 1, name.to_owned(), String::new(), "x".to_owned()))
        };
        let names = ["Left over", "Something", "r&d (emea): ios/macos"];
        let mut parents: Vec<Parent> =
            families.iter().zip(names).map(|(family, name)| parent(family, name)).collect();
        keep_names(&mut parents, &families, &clusters, &candidates);
        let found: Vec<&str> = parents.iter().map(|p| p.cluster.name.as_str()).collect();
        assert_eq!(found, ["Left over", "R&D (EMEA): iOS/macOS", "r&d (emea): ios/macos (2)"]);
        assert_ne!(parents[1].cluster.slug, "x");
    }
}
