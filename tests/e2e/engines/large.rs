//! Shares of a level that is so large that none of them keeps all of it.

use crate::extent;
use crate::space::{Space, assorted};

/// More than are compared with each other: shares then keep their own alone. In a small level they keep all,
/// which is tested elsewhere, too.
const CLUSTERS: usize = 16_500;
const FEW_CLUSTERS: usize = 400;

/// Stages with what they write and read.
const STAGES: [(&str, &str, &[&str]); 5] = [
    ("embed", "embeddings", &["clusters"]),
    ("group", "groups", &["embeddings"]),
    ("propose", "candidates", &["clusters", "groups", "embeddings"]),
    ("label", "labels", &["clusters", "groups", "candidates", "embeddings"]),
    ("rename", "parents", &["clusters", "labels", "candidates", "embeddings"]),
];

struct Level(Space);

impl Level {
    /// Runs a stage, reading in the space and writing into its folder `out`.
    fn stage(&self, name: &str, out: &str, more: &str) {
        let (name, artifact, reads) = *STAGES.iter().find(|stage| stage.0 == name).unwrap();
        let mut line: String =
            reads.iter().map(|read| format!("--{read} {read}.parquet ")).collect();
        line += match name {
            "embed" => "--embedder static ",
            "group" => "",
            _ => "--backend extractive ",
        };
        line += &format!("--out {out}{artifact}.parquet --quiet {more}");
        let words = line.split(' ').filter(|word| !word.is_empty());
        self.0.run(&format!("cladus-{name}"), words).ok();
    }

    fn is_the_same_in_shares(&self, name: &str, artifact: &str, of: usize) {
        let out = format!("in-{of}/");
        std::fs::create_dir_all(self.0.path(&out)).unwrap();
        for number in 1..=of {
            self.stage(name, &out, &format!("--shard {number}/{of}"));
        }
        self.stage(name, &out, &format!("--gather {of}"));
        for end in ["parquet", "manifest.json"] {
            let file = |folder: &str| {
                std::fs::read(self.0.path(&format!("{folder}{artifact}.{end}"))).unwrap()
            };
            assert!(file("") == file(&out), "{name} in {of}: another {artifact}.{end}");
        }
    }
}

#[test]
fn shares_that_keep_their_own_clusters_make_the_whole() {
    let space = Space::new();
    space.write("in.jsonl", assorted(extent::of(CLUSTERS, FEW_CLUSTERS)));
    space.cladus("import in.jsonl --out clusters.parquet").ok();
    let level = Level(space);
    for (name, artifact, _) in STAGES {
        level.stage(name, "", "");
        // Parents still need the whole level; groups of so few are all in the first share.
        if name != "rename" {
            for of in extent::some_of(&[3, 8, 1], 1) {
                level.is_the_same_in_shares(name, artifact, of);
            }
        }
    }
}
