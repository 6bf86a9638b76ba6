//! Files that are whole, and say what they are.

use std::fs;

use cladus_tests::server::{Behaviour, Kind};

use super::{Play, roots};
use crate::space::assorted;

// K11: one vector too few, and the flat list was saved as the finished tree.
#[test]
fn a_vector_too_few_is_no_tree() {
    let flags = "--embedder api --embedding-model test-embed";
    let play = Play::new(&assorted(56), Behaviour::faulty("embed:short@1xinf"));
    let ran = play.run(flags);
    assert_ne!(ran.code, 0, "{}", ran.stderr);
    ran.complains(&["vector", "hint"]);
    assert!(!play.space.path("r/hierarchy.parquet").exists());
    assert!(!play.space.path("r/iteration-1/embeddings.parquet").exists());
    assert_eq!(play.server.stats().of(Kind::Propose), 0, "nothing was built upon it");

    // Once is a slip, and does not show.
    play.server.configure(|behaviour| *behaviour = Behaviour::default());
    let nodes = play.tree(flags);
    assert!((5..=10).contains(&roots(&nodes).len()));
}

// K14: a file cut at a line was read as if it were whole; one that could not be read was paid for
// again without a word.
#[test]
fn a_cut_file_is_neither_taken_for_whole_nor_paid_for_again() {
    let play = Play::new(&assorted(56), Behaviour::default());
    play.tree("");
    for stage in ["embeddings", "groups", "candidates", "labels", "parents"] {
        let file = format!("r/iteration-1/{stage}.parquet");
        let path = play.space.path(&file);
        let whole = fs::read(&path).unwrap();
        for length in [0, whole.len() / 2, whole.len() - 1] {
            fs::write(&path, &whole[..length]).unwrap();
            play.server.reset();
            play.run("").exits(3).complains(&[&format!("{stage}.parquet")]);
            assert_eq!(play.server.stats().requests, 0, "{file} at {length} bytes");
            assert_eq!(fs::read(&path).unwrap().len(), length, "{file} was overwritten");
        }
        fs::write(&path, &whole).unwrap();
    }
    assert_eq!(play.states(""), ["fresh"; 5]);
    let input = fs::read(play.space.path("r/clusters.parquet")).unwrap();
    play.space.write("cut.parquet", &input[..input.len() / 2]);
    play.space.cladus("run cut.parquet --out never").exits(3).complains(&["cut.parquet"]);
}

// K24: every level repeated the items of all below it, and no column said which level it was.
#[test]
fn items_are_listed_once_and_levels_are_told() {
    let play = Play::new(&assorted(200), Behaviour::default());
    let nodes = play.tree("--max-clusters 4");
    let levels: Vec<u8> = nodes.iter().map(|node| node.cluster.level).collect();
    assert!(levels.iter().max() >= Some(&2), "a tree of several levels");
    let listed: usize = nodes.iter().map(|node| node.cluster.members.len()).sum();
    let items: usize = (0..200).map(|i| i % 5 + 1).sum();
    let edges = nodes.iter().filter(|node| node.parent_id.is_some()).count();
    assert_eq!(listed, items + edges);
}
