//! Parents that were there in an older hierarchy.

use cladus_core::artifact::{Cluster, Parent};
use cladus_core::name::Distinct;
use cladus_core::older::Seated;

use crate::extractive::above;
use crate::families::Family;

/// Parents that are still what they were, with the children they have now.
pub(crate) struct KeptParents {
    parents: Vec<Parent>,
}

impl KeptParents {
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

    /// Those and the `new` ones, none of which bears the name of one that was there. Whose name had to
    /// become another says so.
    pub(crate) fn with(self, new: Vec<Parent>) -> Vec<Parent> {
        let mut taken: Distinct = self.parents.iter().map(|parent| &parent.cluster.name).collect();
        let mut all = self.parents;
        for mut parent in new {
            // Who moved up alone has a name already.
            if parent.cluster.members.len() > 1 {
                let given = taken.give(&parent.cluster.name, "", &[]);
                parent.cluster.name = given.name;
                parent.remark = with_remark(parent.remark, given.remark);
            }
            all.push(parent);
        }
        all
    }
}

/// What was said of a parent, and what else there is to say.
fn with_remark(before: Option<String>, more: Option<String>) -> Option<String> {
    match (before, more) {
        (Some(before), Some(more)) => Some(format!("{before}; {more}")),
        (before, more) => before.or(more),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parent(name: &str, remark: Option<&str>) -> Parent {
        let members = vec!["a".to_owned(), "b".to_owned()];
        let cluster = Cluster {
            id: name.to_owned(),
            name: name.to_owned(),
            description: String::new(),
            slug: String::new(),
            level: 1,
            members,
            size: 2,
        };
        Parent { cluster, remark: remark.map(str::to_owned) }
    }

    #[test]
    fn a_new_parent_that_had_to_be_called_otherwise_says_so() {
        let kept = KeptParents { parents: vec![parent("Sign in", None)] };
        let all = kept.with(vec![
            parent("Sign-in", Some("the slug was made from the name")),
            parent("Billing", None),
        ]);
        assert_eq!(all[1].cluster.name, "Sign-in (2)");
        let remark = all[1].remark.as_deref().unwrap();
        assert!(remark.starts_with("the slug") && remark.contains("\"Sign-in\""), "{remark}");
        assert_eq!((&*all[2].cluster.name, &all[2].remark), ("Billing", &None));
    }
}
