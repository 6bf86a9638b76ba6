//! Parents that were there in an older hierarchy.

use std::collections::HashSet;

use cladus_core::artifact::{Cluster, Parent};
use cladus_core::older::Seated;

use crate::extractive::{above, distinct};
use crate::families::Family;

/// Parents that are still what they were, with the children they have now.
pub(crate) struct Kept {
    parents: Vec<Parent>,
}

impl Kept {
    /// Takes the families out of `families` that are an older parent still.
    pub(crate) fn take(families: &mut Vec<Family>, clusters: &[Cluster], seated: &Seated) -> Self {
        let under = seated.under();
        let mut parents = Vec::new();
        families.retain(|family| {
            let still = match family.children[..] {
                // It moves up as it is.
                [_] => None,
                _ => seated.still(&family.children, &under),
            };
            let Some(old) = still else { return true };
            let children: Vec<&Cluster> =
                family.children.iter().map(|&row| &clusters[row]).collect();
            let Cluster { name, description, slug, level, .. } = old.clone();
            let parent = above(&children, level, name, description, slug);
            parents.push(Parent::from(Cluster { id: old.id.clone(), ..parent }));
            false
        });
        Self { parents }
    }

    /// How many.
    pub(crate) fn len(&self) -> usize {
        self.parents.len()
    }

    /// Those and the `new` ones, none of which bears the name of one that was there.
    pub(crate) fn with(self, new: Vec<Parent>) -> Vec<Parent> {
        let key = |name: &str| name.to_lowercase();
        let mut taken: HashSet<String> =
            self.parents.iter().map(|parent| key(&parent.cluster.name)).collect();
        let mut all = self.parents;
        for mut parent in new {
            // Who moved up alone has a name already.
            if parent.cluster.members.len() > 1 {
                let name = distinct(&parent.cluster.name, &[], |name| taken.insert(key(name)));
                parent.cluster.name = name;
            }
            all.push(parent);
        }
        all
    }
}
