//! The whole model.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::tokenizer::WordPiece;
use cladus_core::{Error, Result};

use super::{MINILM, MINILM_CONFIG, MINILM_DIGEST, Transformer, short, vocabulary_text};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn near(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[test]
fn what_means_the_same_is_near() -> Outcome {
    let model = Transformer::minilm()?;
    let texts = ["fix a broken build", "repair CI failures", "bake a chocolate cake"];
    let vectors = model.embed(&texts, &|_| {})?;
    let rows: Vec<&[f32]> = vectors.chunks(model.dim()).collect();
    assert!(rows.iter().all(|row| (near(row, row) - 1.0).abs() < 1e-5));
    assert!(near(rows[0], rows[1]) > near(rows[0], rows[2]) + 0.3);
    Ok(())
}

/// The first numbers of the model in 32 bits, computed by `numpy`.
#[test]
fn vectors_are_near_those_of_the_model_in_32_bits() -> Outcome {
    let model = Transformer::minilm()?;
    let texts =
        ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."];
    let vectors = model.embed(&texts, &|_| {})?;
    let rows: Vec<&[f32]> = vectors.chunks(model.dim()).collect();
    for (i, j, cosine) in [(0, 1, 0.666), (0, 2, 0.1046), (1, 2, 0.1411)] {
        assert!((near(rows[i], rows[j]) - cosine).abs() < 0.01, "{i} {j}");
    }
    Ok(())
}

#[test]
fn a_text_has_the_same_vector_alone_and_among_others() -> Outcome {
    let model = Transformer::minilm()?;
    let texts: Vec<String> =
        (0..300).map(|i| format!("cluster {i} about {}", "many things ".repeat(i % 90))).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let done = AtomicUsize::new(0);
    let together = model.embed(&texts, &|n| _ = done.fetch_add(n, Ordering::Relaxed))?;
    assert_eq!(done.into_inner(), texts.len());
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    for (i, text) in texts.iter().enumerate().step_by(23) {
        let alone = one.install(|| model.embed(&[text], &|_| {}))?;
        assert!(alone == together[i * model.dim()..][..model.dim()], "text {i}");
    }
    let threads = rayon::ThreadPoolBuilder::new().num_threads(5).build()?;
    assert!(threads.install(|| model.embed(&texts, &|_| {}))? == together);
    Ok(())
}

#[test]
fn every_text_has_a_vector() -> Outcome {
    let model = Transformer::minilm()?;
    let (long, word) = ("word ".repeat(2_000_000), "x".repeat(10_000_000));
    let texts = ["", " ", "\0\u{1}\u{7f}", "\u{fffd}", "🜁🜂🜃", "[MASK] [SEP]", &long, &word];
    let vectors = model.embed(&texts, &|_| {})?;
    for row in vectors.chunks(model.dim()) {
        assert!((near(row, row) - 1.0).abs() < 1e-5);
    }
    assert!(vectors[..model.dim()] == vectors[model.dim()..2 * model.dim()], "both have no token");
    assert!(model.embed(&[], &|_| {})?.is_empty());
    Ok(())
}

/// A folder with the shipped model, and one of its files replaced.
fn folder(name: &str, text: &str) -> Result<tempfile::TempDir, Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("model");
    for (from, to) in [
        ("transformer/config.json", "config.json"),
        ("transformer/minilm.safetensors", "model.safetensors"),
        ("tokenizer/vocab.txt", "vocab.txt"),
    ] {
        fs::copy(here.join(from), folder.path().join(to))?;
    }
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().ok_or("no folder")?)?;
    fs::write(path, text)?;
    Ok(folder)
}

#[test]
fn a_folder_with_the_shipped_model_gives_its_vectors() -> Outcome {
    let folder = folder("sentence_bert_config.json", r#"{"max_seq_length": 256}"#)?;
    let (opened, shipped) = (Transformer::open(folder.path())?, Transformer::minilm()?);
    let texts = ["fix a broken build", "Refunds"];
    assert!(opened.embed(&texts, &|_| {})? == shipped.embed(&texts, &|_| {})?);
    assert_eq!((opened.dim(), opened.max_tokens()), (384, 256));
    assert_eq!(opened.id(), Transformer::open(folder.path())?.id());
    Ok(())
}

#[test]
fn the_digest_is_that_of_what_is_shipped() -> Outcome {
    let mut hasher = blake3::Hasher::new();
    hasher.update(MINILM).update(MINILM_CONFIG);
    hasher.update(vocabulary_text(WordPiece::minilm()?).as_bytes());
    assert_eq!(short(&hasher.finalize()), MINILM_DIGEST);
    assert_eq!(Transformer::minilm()?.id(), Transformer::minilm_id());
    Ok(())
}

#[test]
fn pooling_is_part_of_a_model() -> Outcome {
    let limit = r#"{"max_seq_length": 256}"#;
    let folder = folder("1_Pooling/config.json", r#"{"pooling_mode_cls_token": true}"#)?;
    fs::write(folder.path().join("sentence_bert_config.json"), limit)?;
    let first = Transformer::open(folder.path())?;
    fs::remove_dir_all(folder.path().join("1_Pooling"))?;
    let mean = Transformer::open(folder.path())?;
    assert_ne!(first.id(), mean.id());
    assert!(first.embed(&["Refunds"], &|_| {})? != mean.embed(&["Refunds"], &|_| {})?);
    Ok(())
}

#[test]
fn what_is_not_supported_is_said() -> Outcome {
    let config =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/model/transformer/config.json"))?;
    for (name, text, said) in [
        ("config.json", config.replace("\"bert\"", "\"mpnet\""), "mpnet"),
        ("config.json", config.replace("\"gelu\"", "\"relu\""), "relu"),
        ("config.json", config.replace("absolute", "relative_key"), "relative_key"),
        ("config.json", config.replace("384", "386"), "hidden_size"),
        ("config.json", config.replace("1536", "1024"), "intermediate"),
        ("config.json", config.replace(": 6", ": 7"), "encoder.layer.6"),
        ("config.json", "{".to_owned(), "config.json"),
        ("model.safetensors", "cut off".to_owned(), "safetensors"),
        ("1_Pooling/config.json", r#"{"pooling_mode_max_tokens": true}"#.to_owned(), "pooling"),
        ("modules.json", r#"[{"path": "2_Dense", "type": "a.b.Dense"}]"#.to_owned(), "Dense"),
        ("tokenizer.json", r#"{"model": {"type": "BPE"}}"#.to_owned(), "BPE"),
        ("vocab.txt", "a\nb\n".to_owned(), "[UNK]"),
        ("sentence_bert_config.json", r#"{"max_seq_length": 1}"#.to_owned(), "max_seq_length"),
    ] {
        let folder = folder(name, &text)?;
        let Err(error) = Transformer::open(folder.path()) else {
            return Err(format!("{name} with {said} was accepted").into());
        };
        assert!(matches!(error, Error::Damaged { .. }), "{name}: {error}");
        assert!(error.to_string().contains(said), "{name}: {error}");
    }
    let missing = Transformer::open(std::path::Path::new("/nowhere")).map(|_| ());
    assert!(matches!(missing, Err(Error::Io { .. })));
    Ok(())
}
