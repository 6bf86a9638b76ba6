//! What every stage makes of fixed inputs, as it was when its VERSION was last raised. Artifacts of one
//! VERSION are the same bytes wherever they were made; who moves them raises it.
//!
//! The inputs lie in `tests/golden`, the digests in `tests/golden/digests.json`. After a VERSION was
//! raised, `CLADUS_TEST_GOLDEN=write` in the environment writes the new digests.
//!
//! Digests are of what a stage decides (ids, names, groups, labels), not of its cosines: the last digit of a
//! sum may differ between two kinds of processor.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs;
use std::path::PathBuf;

use cladus_core::artifact;
use cladus_tests::server::Behaviour;
use serde::{Deserialize, Serialize};

use crate::models::Bench;
use crate::space::{Space, repository};

/// What a stage made, and under which VERSION.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Golden {
    version: String,
    digest: String,
}

const STAGES: [(&str, &[&str], &str); 5] = [
    ("embed", &["clusters"], "embeddings"),
    ("group", &["embeddings"], "groups"),
    ("propose", &["clusters", "groups", "embeddings"], "candidates"),
    ("label", &["clusters", "groups", "candidates", "embeddings"], "labels"),
    ("rename", &["clusters", "labels", "candidates", "embeddings"], "parents"),
];

fn inputs() -> PathBuf {
    repository().join("tests/golden")
}

/// A stage on the fixed inputs, with `flags` besides.
fn made(space: &Space, stage: &str, flags: &str) -> Golden {
    let (_, inputs, artifact) = STAGES.into_iter().find(|(name, ..)| *name == stage).unwrap();
    let mut line = vec![stage.to_owned()];
    for input in inputs {
        let file = self::inputs().join(format!("{input}.parquet"));
        line.extend([format!("--{input}"), file.display().to_string()]);
    }
    let out = format!("{stage}.parquet");
    line.extend(["--out".to_owned(), out.clone()]);
    line.extend(flags.split_whitespace().map(str::to_owned));
    space.run("cladus", line).ok();
    let manifest = fs::read(space.path(&format!("{stage}.manifest.json"))).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    let version = manifest["parts"]["version"].as_str().unwrap().to_owned();
    let path = space.path(&out);
    let decided = match artifact {
        "embeddings" => {
            // What a vector points to: its strongest numbers. All are compared with the fixed ones.
            let made = artifact::read_embeddings(&path).unwrap().rows;
            near(
                &made,
                &artifact::read_embeddings(&self::inputs().join("embeddings.parquet"))
                    .unwrap()
                    .rows,
            );
            lines(&[format!("{} x {} by {:?}", made.cluster_ids.len(), made.dim, made.embedder)])
        }
        "groups" => {
            let rows = artifact::read_groups(&path).unwrap().rows;
            lines(&rows.iter().map(|row| (&row.cluster_id, row.group_id)).collect::<Vec<_>>())
        }
        "candidates" => lines(&artifact::read_candidates(&path).unwrap().rows),
        "labels" => {
            let rows = artifact::read_labels(&path).unwrap().rows;
            let decided = |row: &artifact::Label| {
                (row.cluster_id.clone(), row.candidate_id, row.answer.clone(), row.remark.clone())
            };
            lines(&rows.iter().map(decided).collect::<Vec<_>>())
        }
        _ => lines(&artifact::read_clusters(&path).unwrap().rows),
    };
    Golden { version, digest: blake3::hash(decided.as_bytes()).to_hex()[..32].to_owned() }
}

fn lines<T: Debug>(rows: &[T]) -> String {
    rows.iter().map(|row| format!("{row:?}\n")).collect()
}

#[track_caller]
fn near(made: &artifact::Embeddings, fixed: &artifact::Embeddings) {
    assert_eq!((&made.cluster_ids, made.dim), (&fixed.cluster_ids, fixed.dim));
    for (at, (made, fixed)) in made.vectors.iter().zip(&fixed.vectors).enumerate() {
        assert!(
            (made - fixed).abs() < 1e-4,
            "number {at}: {made}, and was {fixed}: raise VERSION in crates/embed/src/stage.rs and write tests/golden/embeddings.parquet anew"
        );
    }
}

#[test]
fn what_a_stage_makes_moves_only_with_its_version() {
    let bench = Bench::small(Behaviour::default());
    let space = &bench.space;
    let model = format!(
        "--backend llm --model test --base-url {} --answers answers.sqlite",
        bench.server.base_url()
    );
    let mut found: BTreeMap<String, Golden> = BTreeMap::new();
    for (stage, flags) in [
        ("embed", "--embedder lexical"),
        ("group", "--clusters-per-group 20"),
        ("propose", "--parents 10"),
        ("label", ""),
        ("rename", "--parents 10"),
    ] {
        found.insert(stage.to_owned(), made(space, stage, flags));
        if !matches!(stage, "embed" | "group") {
            let by_model = made(space, stage, &format!("{flags} {model}"));
            found.insert(format!("{stage} with a model"), by_model);
        }
    }
    let path = inputs().join("digests.json");
    let written: BTreeMap<String, Golden> = match fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).unwrap(),
        Err(_) => BTreeMap::new(),
    };
    for (stage, now) in &found {
        let Some(then) = written.get(stage) else { continue };
        let crate_name = stage.split(' ').next().unwrap();
        assert!(
            now.digest == then.digest || now.version != then.version,
            "{stage} makes something else of the same inputs, and its VERSION is still {}: raise it in \
             crates/{crate_name}/src/stage.rs, then run this test with CLADUS_TEST_GOLDEN=write",
            now.version
        );
    }
    if std::env::var_os("CLADUS_TEST_GOLDEN").is_some() {
        fs::write(&path, serde_json::to_string_pretty(&found).unwrap() + "\n").unwrap();
        return;
    }
    assert_eq!(found, written, "a VERSION was raised: run this test with CLADUS_TEST_GOLDEN=write");
}
