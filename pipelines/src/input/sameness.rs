//! The base clusters of an older tree, found again in a newer one.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use cladus_compare::{BaseCluster, MatchCounts, NearnessVectors, Same, same};
use cladus_core::Result;
use cladus_core::artifact::{self, Cluster, Node};
use cladus_core::fingerprint::Fingerprint;
use cladus_core::manifest::{self, ArtifactState};
use cladus_core::outcome::{Asked, Ran};
use cladus_core::sameness::MatchBy;
use cladus_embedder::{
    EmbeddedText, EmbedderChoice, EmbedderKind, EmbedderRequest, Embedders, FEW_TEXTS,
    embed_distinct,
};

use crate::folder::RunFolder;
use crate::input::foreign;

/// From this cosine on, two names mean the same: in the vectors of the models, and in those that are made
/// of the words of these very texts.
const NEAR: f32 = 0.7;
const NEAR_BY_WORDS: f32 = 0.5;

/// Raised by hand when the same clusters are matched in another way.
const VERSION: u32 = 1;

/// Matches the clusters of `a` with those of `b`.
///
/// # Errors
/// When what is left cannot be embedded.
pub(crate) fn matched(a: &[&Cluster], b: &[&Cluster], by: MatchBy) -> Result<Same> {
    same(&bases(a), &bases(b), by, |a, b| near(a, b).map(Some))
}

fn bases<'a>(clusters: &[&'a Cluster]) -> Vec<BaseCluster<'a>> {
    let base = |cluster: &&'a Cluster| BaseCluster {
        id: &cluster.id,
        name: &cluster.name,
        description: &cluster.description,
        members: &cluster.members,
        size: cluster.size,
    };
    clusters.iter().map(base).collect()
}

fn near(a: &[BaseCluster<'_>], b: &[BaseCluster<'_>]) -> Result<NearnessVectors> {
    let texts: Vec<EmbeddedText<'_>> =
        a.iter().chain(b).map(|base| EmbeddedText::new(base.name, base.description)).collect();
    let EmbedderChoice { kind, .. } =
        EmbedderRequest::Auto(FEW_TEXTS).choose(texts.iter().copied());
    let least = if kind == EmbedderKind::Lexical { NEAR_BY_WORDS } else { NEAR };
    let embedder = Embedders::default().fit(&kind, &texts, 0)?;
    let mut vectors = embed_distinct(embedder.as_ref(), &texts, &|_| {})?;
    let of_b = vectors.split_off(a.len() * embedder.dim());
    Ok(NearnessVectors { a: vectors, b: of_b, dim: embedder.dim(), least })
}

/// What base clusters were recognised by, in a few words.
pub(crate) fn in_words(matched: &MatchCounts) -> String {
    let MatchCounts { ids, members, names, nearness, .. } = *matched;
    let by = [(ids, "id"), (members, "members"), (names, "name"), (nearness, "similar meaning")];
    let by = by.into_iter().filter(|(count, _)| *count > 0);
    by.map(|(count, what)| format!("{count} by {what}")).collect::<Vec<_>>().join(", ")
}

/// What to say where ids say something else than names and members.
pub(crate) fn doubt(matched: &MatchCounts, by: MatchBy) -> Option<String> {
    let MatchCounts { same_id, doubtful, .. } = *matched;
    if !matched.ids_are_in_doubt() {
        return None;
    }
    let what = format!(
        "of {same_id} ids in common, {doubtful} belong to clusters with other names and members, as \
         after a renumbering"
    );
    match by {
        MatchBy::Ids => Some(format!("{what}: --match auto uses members and names")),
        MatchBy::Auto => Some(format!("{what}; so ids are ignored (--match ids uses them)")),
        MatchBy::Members | MatchBy::Names => None,
    }
}

/// The base clusters among these nodes: those that no other names as its parent.
pub(crate) fn leaves(nodes: &[Node]) -> Vec<usize> {
    let parents: HashSet<&str> =
        nodes.iter().filter_map(|node| node.parent_id.as_deref()).collect();
    (0..nodes.len()).filter(|&at| !parents.contains(nodes[at].cluster.id.as_str())).collect()
}

/// The older hierarchy of a run, with its base clusters under the ids that they bear now.
#[derive(Debug)]
pub(crate) struct Rebased {
    from: PathBuf,
    /// The base clusters.
    pub(crate) clusters: PathBuf,
    by: MatchBy,
    /// Where it is written.
    pub(crate) out: PathBuf,
}

impl Rebased {
    /// That of `folder`, of the hierarchy at `onto`.
    pub(crate) fn of(folder: &RunFolder, onto: &Path, by: MatchBy) -> Self {
        let (from, clusters, out) = (onto.to_owned(), folder.clusters(), folder.onto());
        Self { from, clusters, by, out }
    }

    fn fingerprint(&self) -> Fingerprint {
        foreign::input(Fingerprint::new("onto", VERSION), "onto", &self.from)
            .input("clusters", &self.clusters)
            .value("match", &self.by.to_string())
    }

    /// Is it what it would be if it were made again? Whoever edits it by hand has said who is who.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub(crate) fn is_fresh(&self) -> Result<bool> {
        let fingerprint = self.fingerprint();
        let state = manifest::state(&self.out, &fingerprint, &fingerprint.parts()?)?;
        Ok(!matches!(state, ArtifactState::Stale(_)))
    }

    /// Writes it where it is not fresh; then says who was recognised.
    ///
    /// # Errors
    /// When a file cannot be read or written, or names cannot be embedded.
    pub(crate) fn update(&self) -> Result<Option<MatchCounts>> {
        if self.out.is_file() && self.is_fresh()? {
            return Ok(None);
        }
        let older = foreign::hierarchy(&self.from)?.rows;
        let now = artifact::read_clusters(&self.clusters)?.rows;
        let (nodes, matched) = rebased(older, &now, self.by)?;
        manifest::replacing(&self.out)?;
        let written = artifact::write_hierarchy(&self.out, &nodes)?;
        let ran = Ran { written: Some(written), note: in_words(&matched), asked: Asked::default() };
        let fingerprint = self.fingerprint();
        manifest::record_run(&self.out, &fingerprint, fingerprint.parts()?, &ran)?;
        Ok(Some(matched))
    }
}

/// `older` with the ids of `now` for the base clusters that are in both, and with ids that nobody has now
/// for the others.
fn rebased(mut older: Vec<Node>, now: &[Cluster], by: MatchBy) -> Result<(Vec<Node>, MatchCounts)> {
    let places = leaves(&older);
    let was: Vec<&Cluster> = places.iter().map(|&at| &older[at].cluster).collect();
    let is: Vec<&Cluster> = now.iter().collect();
    let Same { pairs, matched } = self::matched(&was, &is, by)?;
    let ids: HashSet<&str> = now.iter().map(|c| c.id.as_str()).collect();
    let mut named: Vec<Option<String>> = vec![None; older.len()];
    pairs.iter().for_each(|&(a, b, _)| named[places[a]] = Some(now[b].id.clone()));
    let mut taken: HashSet<String> = older.iter().map(|node| node.cluster.id.clone()).collect();
    let mut renamed: HashMap<String, String> = HashMap::new();
    for (at, node) in older.iter().enumerate() {
        let id = &node.cluster.id;
        let new = match named[at].take() {
            Some(new) => new,
            // Somebody else bears it now.
            None if ids.contains(id.as_str()) => {
                let free = |n: &usize| {
                    let new = format!("{id} (before{})", ".".repeat(*n));
                    !ids.contains(new.as_str()) && !taken.contains(&new)
                };
                let n = (0..).find(free).unwrap_or_default();
                let new = format!("{id} (before{})", ".".repeat(n));
                taken.insert(new.clone());
                new
            }
            None => continue,
        };
        renamed.insert(id.clone(), new);
    }
    let rename = |id: &mut String| {
        if let Some(new) = renamed.get(id) {
            id.clone_from(new);
        }
    };
    for (at, node) in older.iter_mut().enumerate() {
        rename(&mut node.cluster.id);
        node.parent_id.iter_mut().for_each(rename);
        // The members of base clusters are items.
        if places.binary_search(&at).is_err() {
            node.cluster.members.iter_mut().for_each(rename);
        }
    }
    Ok((older, matched))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(id: &str, name: &str, parent: Option<&str>, members: &[&str]) -> Node {
        let cluster = Cluster {
            id: id.to_owned(),
            name: name.to_owned(),
            description: String::new(),
            slug: String::new(),
            level: u8::from(parent.is_none()),
            members: members.iter().map(|&member| member.to_owned()).collect(),
            size: 1,
        };
        Node { cluster, parent_id: parent.map(str::to_owned) }
    }

    #[test]
    fn an_older_tree_gets_the_ids_of_now_and_nobody_else_bears_them() {
        let older = vec![
            node("p", "Both", None, &["0", "1", "2"]),
            node("0", "Slugs", Some("p"), &["0"]),
            node("1", "Roses", Some("p"), &[]),
            node("2", "Mowers", Some("p"), &[]),
        ];
        let now = |id: &str, name: &str| node(id, name, None, &[]).cluster;
        // One is gone, and its id is another's; a new one is called like a parent.
        let now = [now("0", "Roses"), now("2", "Slugs"), now("1", "Coffee"), now("p", "Tea")];
        let (nodes, matched) = rebased(older, &now, MatchBy::Auto).unwrap();
        let told: Vec<(&str, &str, Option<&str>)> = nodes
            .iter()
            .map(|n| (n.cluster.id.as_str(), n.cluster.name.as_str(), n.parent_id.as_deref()))
            .collect();
        assert_eq!(
            told,
            [
                ("p (before)", "Both", None),
                ("2", "Slugs", Some("p (before)")),
                ("0", "Roses", Some("p (before)")),
                ("2 (before)", "Mowers", Some("p (before)")),
            ]
        );
        assert_eq!(nodes[0].cluster.members, ["2", "0", "2 (before)"]);
        assert_eq!(nodes[1].cluster.members, ["0"], "an item is no cluster");
        assert_eq!((matched.names, matched.doubtful), (2, 3));
    }
}
