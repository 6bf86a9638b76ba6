//! The built-in embedders, as runs and stages choose and use them.

use std::collections::BTreeMap;
use std::fs;

use cladus_core::artifact;
use serde_json::Value;

use crate::space::{Space, assorted};

/// What the manifest of the first iteration's embeddings says: note and parts.
fn manifest(space: &Space, run: &str) -> (String, BTreeMap<String, String>) {
    let path = space.path(run).join("iteration-1/embeddings.manifest.json");
    let manifest: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let parts = serde_json::from_value(manifest["parts"].clone()).unwrap();
    (manifest["note"].as_str().unwrap().to_owned(), parts)
}

fn embedder_of(space: &Space, embeddings: &str) -> String {
    artifact::read_embeddings(&space.path(embeddings)).unwrap().rows.embedder.unwrap()
}

fn japanese() -> String {
    let things = ["パスワード", "請求書", "写真", "契約", "配送", "予約"];
    let verbs = ["をリセットする", "を確認したい", "が届かない", "を変更してください"];
    let lines = things.iter().flat_map(|thing| verbs.iter().map(move |verb| (thing, verb)));
    lines
        .map(|(thing, verb)| {
            serde_json::json!({"name": format!("{thing}{verb}")}).to_string() + "\n"
        })
        .collect()
}

#[test]
fn a_few_english_texts_are_read_by_the_transformer() {
    let space = Space::new();
    space.write("in.jsonl", assorted(40));
    let ran = space.cladus("run in.jsonl --out r").ok();
    assert!(!ran.stderr.contains("fresh ones"), "names are put beside the same vectors");
    let (note, parts) = manifest(&space, "r");
    assert_eq!(note, "40 vectors of 384 (minilm-1: up to 5000 texts)");
    assert!(parts["embedder"].starts_with("minilm-1 "), "{parts:?}");
    assert!(!parts.contains_key("seed"), "another seed, the same vectors");
    assert!(embedder_of(&space, "r/iteration-1/embeddings.parquet").starts_with("minilm-1 "));
    // Asked for by name, it is the same.
    let report = space.cladus("run in.jsonl --out r --embedder minilm --dry-run --json").ok();
    assert!(!report.stdout.contains("stale"), "{}", report.stdout);
}

#[test]
fn many_texts_are_read_by_the_static_one() {
    let space = Space::new();
    let names: Vec<String> =
        (0..5_001).map(|i| format!("Reset the password of user {i}")).collect();
    space.write("in.jsonl", crate::space::named(names));
    space.cladus("run in.jsonl --out r --until embed --iteration 1").ok();
    let (note, parts) = manifest(&space, "r");
    assert_eq!(note, "5001 vectors of 256 (static-2: more than 5000 texts)");
    assert!(parts["embedder"].starts_with("static-"), "{parts:?}");
}

#[test]
fn languages_that_no_model_knows_are_read_by_their_own_words() {
    let space = Space::new();
    space.write("in.jsonl", japanese());
    space.cladus("run in.jsonl --out r --max-clusters 4").ok();
    let (note, parts) = manifest(&space, "r");
    assert_eq!(note, "24 vectors of 256 (lexical-1: the texts are Japanese)");
    assert_eq!(parts["embedder"], "lexical-1");
    assert_eq!(parts["seed"], "0");
    let other = space.cladus("run in.jsonl --out r --max-clusters 4 --seed 1 --dry-run").ok();
    assert!(other.stdout.contains("seed: 0 -> 1"), "{}", other.stdout);
}

#[test]
fn threads_do_not_change_a_bit() {
    let space = Space::new();
    space.write("in.jsonl", assorted(60));
    for embedder in ["minilm", "static"] {
        let runs: Vec<_> = ["1", "2", "5"]
            .iter()
            .map(|threads| {
                let out = format!("{embedder}-{threads}");
                let mut command = space.command("cladus");
                command.args(["run", "in.jsonl", "--quiet", "--embedder", embedder, "--out", &out]);
                let ran = command.env("RAYON_NUM_THREADS", threads).output().unwrap();
                assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
                space.artifacts(&out)
            })
            .collect();
        assert!(runs[0] == runs[1] && runs[1] == runs[2], "{embedder}");
    }
}

#[test]
fn a_text_has_its_vector_whoever_is_beside_it() {
    let space = Space::new();
    space.write("in.jsonl", assorted(60));
    space.cladus("run in.jsonl --out r --until embed --iteration 1 --quiet").ok();
    let all =
        artifact::read_embeddings(&space.path("r/iteration-1/embeddings.parquet")).unwrap().rows;
    let clusters = space.clusters("r/clusters.parquet");
    artifact::write_clusters(&space.path("one.parquet"), &clusters[7..8]).unwrap();
    space.run("cladus-embed", ["--clusters", "one.parquet", "--out", "one-embedded.parquet"]).ok();
    let one = artifact::read_embeddings(&space.path("one-embedded.parquet")).unwrap().rows;
    let row = all.cluster_ids.iter().position(|id| *id == clusters[7].id).unwrap();
    assert_eq!(one.vectors[..], all.vectors[row * all.dim..(row + 1) * all.dim]);
}

/// A model of the BERT family in a folder, of one layer, with weights that are drawn.
fn model(space: &Space, folder: &str) {
    fs::create_dir(space.path(folder)).unwrap();
    let words =
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "reset", "passwords", "invoices", "builds", "fix"];
    let file = |name: &str| format!("{folder}/{name}");
    space.write(&file("vocab.txt"), words.join("\n"));
    let config = serde_json::json!({
        "model_type": "bert", "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2,
        "intermediate_size": 16, "hidden_act": "gelu", "layer_norm_eps": 1e-12,
        "max_position_embeddings": 32,
    });
    space.write(&file("config.json"), config.to_string());
    let mut shapes = vec![
        ("embeddings.word_embeddings.weight".to_owned(), vec![words.len(), 8]),
        ("embeddings.position_embeddings.weight".to_owned(), vec![32, 8]),
        ("embeddings.token_type_embeddings.weight".to_owned(), vec![2, 8]),
    ];
    let norm = |shapes: &mut Vec<(String, Vec<usize>)>, name: &str| {
        shapes.extend(["weight", "bias"].map(|part| (format!("{name}.LayerNorm.{part}"), vec![8])));
    };
    norm(&mut shapes, "embeddings");
    for (name, outputs, inputs) in [
        ("attention.self.query", 8, 8),
        ("attention.self.key", 8, 8),
        ("attention.self.value", 8, 8),
        ("attention.output.dense", 8, 8),
        ("intermediate.dense", 16, 8),
        ("output.dense", 8, 16),
    ] {
        let name = format!("encoder.layer.0.{name}");
        shapes.push((format!("{name}.weight"), vec![outputs, inputs]));
        shapes.push((format!("{name}.bias"), vec![outputs]));
    }
    norm(&mut shapes, "encoder.layer.0.attention.output");
    norm(&mut shapes, "encoder.layer.0.output");
    let (mut header, mut data) = (serde_json::Map::new(), Vec::new());
    for (name, shape) in shapes {
        let begin = data.len();
        for i in 0..shape.iter().product::<usize>() {
            let drawn = ((begin + i * 7919) % 23) as f32 / 11.5 - 1.0;
            let value = if name.ends_with("LayerNorm.weight") { 1.0 } else { drawn };
            data.extend(value.to_le_bytes());
        }
        let place = serde_json::json!({"dtype": "F32", "shape": shape, "data_offsets": [begin, data.len()]});
        header.insert(name, place);
    }
    let header = Value::Object(header).to_string();
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    space.write(&file("model.safetensors"), bytes);
}

#[test]
fn a_folder_with_a_transformer_is_an_embedder() {
    let space = Space::new();
    space.write("in.jsonl", assorted(40));
    model(&space, "tiny");
    let ran = space.cladus("run in.jsonl --out r --embedder ./tiny").ok();
    assert!(!ran.stderr.contains("fresh ones"), "{}", ran.stderr);
    let vectors =
        artifact::read_embeddings(&space.path("r/iteration-1/embeddings.parquet")).unwrap();
    assert_eq!(vectors.rows.dim, 8);
    let before = embedder_of(&space, "r/iteration-1/embeddings.parquet");
    // It is kept by its absolute path, and what is in it counts, not where it lies.
    fs::rename(space.path("tiny"), space.path("moved")).unwrap();
    space.cladus("run --out r --dry-run").exits(3).complains(&["tiny"]);
    let ran = space.cladus("run --out r --embedder moved --dry-run").ok();
    assert!(ran.stdout.contains("embedder: ") || !ran.stdout.contains("stale"), "{}", ran.stdout);
    fs::rename(space.path("moved"), space.path("tiny")).unwrap();
    let mut weights = fs::read(space.path("tiny/model.safetensors")).unwrap();
    let last = weights.len() - 2;
    weights[last] ^= 0x40;
    space.write("tiny/model.safetensors", weights);
    space.cladus("run --out r --quiet").ok();
    assert_ne!(embedder_of(&space, "r/iteration-1/embeddings.parquet"), before);
}

#[test]
fn folders_that_hold_no_transformer_are_refused() {
    let space = Space::new();
    space.write("in.jsonl", assorted(20));
    space.cladus("run in.jsonl --out r --embedder ./nothing").exits(3).complains(&["nothing"]);
    model(&space, "tiny");
    let damaged = &fs::read(space.path("tiny/model.safetensors")).unwrap()[..500];
    space.write("tiny/model.safetensors", damaged);
    space
        .cladus("run in.jsonl --out r --embedder tiny")
        .exits(3)
        .complains(&["tiny/model.safetensors"]);
    space.write("tiny/config.json", r#"{"model_type": "gpt2", "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16, "max_position_embeddings": 32}"#);
    space.cladus("run in.jsonl --out r --embedder tiny").exits(3).complains(&["gpt2", "bert"]);
    space.cladus("run in.jsonl --out r --embedder minilmm").exits(2).complains(&[
        "unknown embedder",
        "minilm",
        "static",
        "lexical",
        "folder",
    ]);
}
