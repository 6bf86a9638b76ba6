//! Parents hold together the tree: what must be true of them, row by row.

use std::collections::{HashMap, HashSet};

use cladus_core::artifact::parquet::ReadColumns;
use cladus_core::artifact::{self, Artifact, Cluster, Parent};
use cladus_core::children::Children;
use cladus_core::{Error, Result, name};

/// What parents of one level have to fit to.
pub(super) struct Rules<'a> {
    /// The level that is made.
    pub(super) level: u8,
    /// At most so many, where it is the last level.
    pub(super) most: Option<usize>,
    /// How many children each may have.
    pub(super) children: Children,
    /// The clusters that get parents.
    pub(super) clusters: &'a Artifact<Vec<Cluster>>,
    /// Those of the levels below.
    pub(super) earlier: &'a [Artifact<Vec<Cluster>>],
}

impl Rules<'_> {
    /// The rows of `table`, where every rule holds.
    pub(super) fn check(&self, table: &ReadColumns) -> Result<Vec<Parent>> {
        let rows = artifact::clusters(table)?.rows;
        let remarks = table.nullable_texts("remark");
        self.count(table, rows.len())?;
        let place = self.clusters.index();
        let earlier: HashSet<&str> =
            self.earlier.iter().flat_map(|level| &level.rows).map(|c| c.id.as_str()).collect();
        let mut parent_of: HashMap<&str, usize> = HashMap::new();
        let mut named: HashMap<String, usize> = HashMap::new();
        for (row, parent) in rows.iter().enumerate() {
            let wrong = |column: &str, problem: &str| Err(table.value(row, column, problem));
            let children: Vec<&str> = match place.get(parent.id.as_str()) {
                Some(&cluster) => {
                    self.as_it_was(table, row, parent, &self.clusters.rows[cluster])?;
                    vec![&parent.id]
                }
                None if earlier.contains(parent.id.as_str()) => {
                    return wrong("id", &format!("{:?} is a cluster of a level below", parent.id));
                }
                None => {
                    self.made_here(table, row, parent, &place)?;
                    parent.members.iter().map(String::as_str).collect()
                }
            };
            if let Some(bound) = self.children.broken(children.len(), place.len()) {
                let count = children.len();
                return wrong(
                    "members",
                    &format!("{count} children, but {bound} (see {{params}})"),
                );
            }
            for child in children {
                if let Some(other) = parent_of.insert(child, row) {
                    let other = &rows[other].id;
                    let problem = format!("cluster {child:?} is already under {other:?}");
                    return wrong("members", &problem);
                }
            }
            if let Some(other) = named.insert(name::key(&parent.name), row)
                && (parent.level > 0 || rows[other].level > 0)
            {
                let problem = format!("{:?} is called {:?} too", rows[other].id, parent.name);
                return wrong("name", &problem);
            }
        }
        let left_out = |cluster: &&Cluster| !parent_of.contains_key(cluster.id.as_str());
        if let Some(cluster) = self.clusters.rows.iter().find(left_out) {
            let problem = format!(
                "cluster {:?} is under no parent, and does not move up alone (a row with its id does that)",
                cluster.id
            );
            return Err(Error::damaged(table.path(), problem));
        }
        let remarks = remarks
            .into_iter()
            .map(|remark| remark.map(|remark| cladus_core::text::clean(remark).into_owned()));
        let parents = rows.into_iter().zip(remarks);
        Ok(parents.map(|(cluster, remark)| Parent { cluster, remark }).collect())
    }

    fn count(&self, table: &ReadColumns, parents: usize) -> Result<()> {
        let clusters = self.clusters.rows.len();
        let problem = if parents >= clusters {
            format!(
                "{parents} parents for {clusters} clusters: there must be fewer parents than clusters"
            )
        } else if let Some(most) = self.most.filter(|most| parents > *most) {
            format!("{parents} roots, but the maximum is {most} (see {{parents}})")
        } else {
            return Ok(());
        };
        Err(Error::damaged(table.path(), problem))
    }

    /// A cluster that moves up alone is the same cluster.
    fn as_it_was(
        &self,
        table: &ReadColumns,
        row: usize,
        now: &Cluster,
        before: &Cluster,
    ) -> Result<()> {
        let changed = [
            ("name", now.name == before.name),
            ("description", now.description == before.description),
            ("slug", now.slug == before.slug),
            ("level", now.level == before.level),
            ("members", now.members == before.members),
            ("size", now.size == before.size),
        ];
        match changed.iter().find(|(_, same)| !same) {
            Some((column, _)) => {
                let problem = format!(
                    "cluster {:?} moves up alone, so its row must be as in {}",
                    now.id,
                    self.clusters.path.display()
                );
                Err(table.value(row, column, &problem))
            }
            None => Ok(()),
        }
    }

    /// A parent of two and more clusters of the level below it.
    fn made_here(
        &self,
        table: &ReadColumns,
        row: usize,
        parent: &Cluster,
        place: &HashMap<&str, usize>,
    ) -> Result<()> {
        let wrong = |column: &str, problem: String| Err(table.value(row, column, &problem));
        let mut size = 0u64;
        for child in &parent.members {
            let Some(&cluster) = place.get(child.as_str()) else {
                let clusters = self.clusters.path.display();
                return wrong("members", format!("cluster {child:?} is not in {clusters}"));
            };
            size = size.saturating_add(self.clusters.rows[cluster].size);
        }
        match parent.members.as_slice() {
            [] => return wrong("members", "has no children".to_owned()),
            [alone] => {
                let problem =
                    format!("has one child: {alone:?} moves up as it is, in a row with its id");
                return wrong("members", problem);
            }
            _ => {}
        }
        if parent.level != self.level {
            return wrong("level", format!("is {}, expected {}", parent.level, self.level));
        }
        if parent.size != size {
            return wrong(
                "size",
                format!("is {}, but the sum of its children is {size}", parent.size),
            );
        }
        Ok(())
    }
}
