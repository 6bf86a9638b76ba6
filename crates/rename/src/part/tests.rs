//! Shares that keep their own clusters come to what one process makes that keeps all.

use cladus_cli::ShardArgs;
use cladus_core::artifact::{
    Artifact, CallCost, Candidate, Cluster, Embeddings, Label, Match, write_candidates,
    write_clusters, write_embeddings, write_labels, write_parents_open,
};
use cladus_core::progress::Quiet;
use cladus_core::shard::Share;
use cladus_embedder::{EmbeddedText, Space, choose, embed_distinct};

use super::*;
use crate::families::HeldVectors;
use crate::open::joined;
use crate::verbatim::Names;
use crate::work::RenameInputs;

/// More than are compared with each other.
const CLUSTERS: usize = 16_500;
const GROUPS: usize = 300;
/// Of each group.
const PARENTS: usize = 4;

/// A level in files, as the stages before leave it.
struct Level {
    folder: tempfile::TempDir,
    clusters: Artifact<Vec<Cluster>>,
    candidates: Vec<Candidate>,
    labels: Vec<u32>,
}

/// With names that are `led` by verbs or not.
fn cluster(row: usize, led: bool) -> Cluster {
    let things = ["passwords", "invoices", "builds", "recipes", "contracts", "photos", "sensors"];
    let verbs = ["Reset", "Explain", "Fix", "Export", "Compare"];
    let (thing, other) = (things[row / GROUPS % 7], things[row / 3 % 7]);
    let (verb, place) = (verbs[row % 5], row % 89);
    Cluster {
        id: format!("c{row:05}"),
        name: match led {
            true => format!("{verb} {thing} and {other} of office {place}"),
            false => format!("{thing} and {other} of office {place}"),
        },
        description: format!("Asked about {other}. People {verb} {thing} in house {}.", row % 31),
        slug: "a_b_c".to_owned(),
        level: (row % 2) as u8,
        members: vec![format!("item {row}")],
        size: row as u64 % 9 + 1,
    }
}

/// Every tenth group has a candidate that one cluster alone carries, the others those of three or four.
fn label(row: usize) -> u32 {
    let group = row % GROUPS;
    let of_group = match (group.is_multiple_of(10), row < GROUPS) {
        (true, true) => PARENTS - 1,
        (true, false) => row / GROUPS % (PARENTS - 1),
        (false, _) => row / GROUPS % PARENTS,
    };
    (group * PARENTS + of_group) as u32
}

fn level(led: bool) -> Level {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let rows: Vec<Cluster> = (0..CLUSTERS).map(|row| cluster(row, led)).collect();
    write_clusters(&at("clusters"), &rows).unwrap();
    let texts: Vec<EmbeddedText<'_>> =
        rows.iter().map(|row| EmbeddedText::new(&row.name, &row.description)).collect();
    let embedder = choose("lexical", &texts, 3).unwrap();
    let embeddings = Embeddings {
        cluster_ids: rows.iter().map(|row| row.id.clone()).collect(),
        vectors: embed_distinct(embedder.as_ref(), &texts, &|_| {}).unwrap(),
        dim: embedder.dim(),
        embedder: Some(embedder.id()),
        centre: embedder.centre().map(<[f32]>::to_vec),
        made: None,
    };
    write_embeddings(&at("embeddings"), &embeddings).unwrap();
    let candidates: Vec<Candidate> = (0..GROUPS * PARENTS)
        .map(|number| Candidate {
            group_id: Some((number / PARENTS) as u32),
            // Two groups may have called theirs alike.
            name: format!("Candidate {}", number.max(1)),
            ..Candidate::default()
        })
        .collect();
    write_candidates(&at("candidates"), &candidates).unwrap();
    let labels: Vec<u32> = (0..CLUSTERS).map(label).collect();
    let labelled = rows.iter().zip(&labels).map(|(row, &candidate_id)| Label {
        cluster_id: row.id.clone(),
        candidate_id,
        answer: None,
        matched: Match::Nearest,
        similarity: 1.0,
        runner_up: None,
        margin: None,
        remark: None,
        asked: CallCost::default(),
    });
    write_labels(&at("labels"), &labelled.collect::<Vec<_>>()).unwrap();
    Level { clusters: Artifact::new(&at("clusters"), rows), candidates, labels, folder }
}

impl Level {
    fn of_part(&self, shard: Shard, target: usize) -> Option<ShareMade<Parent>> {
        let at = |name: &str| self.folder.path().join(name);
        let (clusters, labels) = (at("clusters"), at("labels"));
        let (candidates, embeddings) = (at("candidates"), at("embeddings"));
        let files = RenameFiles {
            clusters: &clusters,
            labels: &labels,
            candidates: &candidates,
            embeddings: &embeddings,
        };
        let embedders = Embedders::default();
        files.parents(shard, |_| Ok(target), "auto", &embedders, &Quiet).unwrap()
    }

    fn of_all(&self, target: usize) -> MadeRows<Parent> {
        let (embedders, path) = (Embedders::default(), self.folder.path().join("embeddings"));
        let space = Space::of(&self.clusters, Some(&path), "auto", 0, None, &embedders).unwrap();
        let inputs = RenameInputs {
            clusters: &self.clusters.rows,
            candidates: &self.candidates,
            labels: self.labels.clone(),
            target,
            open: false,
            children: Children::default(),
            names: Names::Children,
            space,
            seated: None,
            shards: ShardArgs { shard: None, gather: None },
            model: None,
        };
        inputs.rename(&Quiet).unwrap()
    }

    fn gathered(&self, of: u32, target: usize) -> Option<MadeRows<Parent>> {
        let share = |shard: Shard| {
            let path = shard.path(&self.folder.path().join("parents.parquet"));
            let ShareMade { made, open } = self.of_part(shard, target).unwrap();
            write_parents_open(&path, &made.rows, open).unwrap();
            Share { path, fell_back: 0, unanswered: 0 }
        };
        joined(&Shard::all(of).map(share).collect::<Vec<_>>()).unwrap()
    }
}

fn sorted(mut made: MadeRows<Parent>) -> (Vec<Parent>, String) {
    made.rows.sort_by(|a, b| a.cluster.id.cmp(&b.cluster.id));
    (made.rows, made.note)
}

#[test]
fn shares_come_to_what_is_made_of_all() {
    let level = level(false);
    // As many as there are labels, and fewer, so that some are merged.
    for (target, of) in [(GROUPS * PARENTS, 2), (1_100, 2)] {
        let all = sorted(level.of_all(target));
        assert!(all.1.contains("moved up alone"), "{}", all.1);
        assert_eq!(all.1.contains("merged"), target < GROUPS * PARENTS, "{}", all.1);
        let found = sorted(level.gathered(of, target).unwrap());
        assert!(found.0 == all.0, "{target} parents in {of} shares");
        assert_eq!(found.1, all.1);
    }
}

#[test]
fn sums_of_a_file_are_those_of_vectors_at_hand() {
    let (folder, rows) = (tempfile::tempdir().unwrap(), 6_000);
    let path = folder.path().join("embeddings");
    let vectors: Vec<f32> =
        (0..rows).flat_map(|row| [(row as f32).sin(), (row as f32).cos()]).collect();
    let embeddings = Embeddings {
        cluster_ids: (0..rows).map(|row| format!("c{row:05}")).collect(),
        vectors: vectors.clone(),
        dim: 2,
        embedder: None,
        centre: None,
        made: None,
    };
    write_embeddings(&path, &embeddings).unwrap();
    let ids: Vec<u64> = embeddings.cluster_ids.iter().map(|id| id_hash(id)).collect();
    let families: Vec<Family> = (0..rows / 2)
        .map(|at| Family { candidate: at as u32, children: vec![at, at + rows / 2] })
        .collect();
    // More than a window, so that they are merged in several rounds.
    let (mut held, mut read) = (families.clone(), families);
    let Ok(merges) = merge_to(&mut held, &mut HeldVectors(&vectors, 2), 100, usize::MAX);
    let mut sums = FileSums::of(&path, &ids);
    assert_eq!(merge_to(&mut read, &mut sums, 100, usize::MAX).unwrap(), merges);
    assert!(sums.agrees && read == held && read.len() == 100);
    let mut others = ids;
    others[7] = id_hash("another");
    let mut other = FileSums::of(&path, &others);
    other.prepare(&read).unwrap();
    assert!(!other.agrees);
}

#[test]
fn names_that_may_be_imperatives_are_left_to_the_whole() {
    let level = level(true);
    assert!(level.of_part("1/64".parse().unwrap(), GROUPS * PARENTS).unwrap().open.is_none());
}

#[test]
fn what_does_not_fit_or_has_to_be_split_is_left_to_the_whole() {
    let shard = "1/3".parse().unwrap();
    let mut level = level(false);
    assert!(level.of_part(shard, CLUSTERS).is_none(), "far fewer labels than parents are wanted");
    for (file, target) in [("clusters", GROUPS * PARENTS), ("embeddings", 1_100)] {
        let path = level.folder.path().join(file);
        let before = std::fs::read(&path).unwrap();
        if file == "clusters" {
            level.clusters.rows[7].id = "another".to_owned();
            write_clusters(&path, &level.clusters.rows).unwrap();
        } else {
            let mut rows = artifact::read_embeddings(&path).unwrap().rows;
            rows.cluster_ids[7] = "another".to_owned();
            write_embeddings(&path, &rows).unwrap();
        }
        assert!(level.of_part(shard, target).is_none(), "{file}");
        std::fs::write(&path, before).unwrap();
    }
    assert!(level.of_part(shard, 1_100).is_some());
}
