//! What every vector of the shipped model promises.

use std::sync::atomic::{AtomicUsize, Ordering};

use cladus_models::static_table::Static;

const TEXTS: &[(&str, &str)] = &[
    ("Fix a broken build", "The pipeline fails after an update."),
    ("Repair CI failures", ""),
    ("Chocolate cake recipes", "Bake a cake with cocoa and butter."),
    ("Baking desserts", ""),
    ("Myocardial infarction", "Necrosis of heart muscle."),
    ("heart attack", ""),
];

#[cfg(test)]
fn model() -> &'static Static {
    Static::shipped().unwrap()
}

fn embed(texts: &[(&str, &str)]) -> Vec<f32> {
    model().embed(texts, None, &|_| {})
}

fn cosine(left: &[f32], right: &[f32]) -> f32 {
    left.iter().zip(right).map(|(x, y)| x * y).sum()
}

#[test]
fn what_means_the_same_is_nearest() {
    let vectors: Vec<Vec<f32>> = embed(TEXTS).chunks(model().dim()).map(<[f32]>::to_vec).collect();
    for row in 0..vectors.len() {
        let other = |column: &usize| *column != row;
        let nearest = (0..vectors.len()).filter(other).max_by(|a, b| {
            cosine(&vectors[row], &vectors[*a]).total_cmp(&cosine(&vectors[row], &vectors[*b]))
        });
        assert_eq!(nearest, Some(row ^ 1), "{:?}", TEXTS[row]);
    }
}

#[test]
fn a_text_has_one_vector_alone_and_among_others_at_any_thread_count() {
    let many: Vec<_> = TEXTS.iter().copied().cycle().take(5_000).collect();
    let alone: Vec<f32> = TEXTS.iter().flat_map(|text| embed(&[*text])).collect();
    for threads in [1, 2, 7] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let done = AtomicUsize::new(0);
        let vectors = pool.install(|| {
            model().embed(&many, None, &|n| {
                done.fetch_add(n, Ordering::Relaxed);
            })
        });
        assert_eq!(done.into_inner(), many.len());
        for (row, vector) in vectors.chunks(model().dim()).enumerate() {
            let start = row % TEXTS.len() * model().dim();
            let same = vector.iter().zip(&alone[start..]).all(|(x, y)| x.to_bits() == y.to_bits());
            assert!(same, "row {row} with {threads} threads");
        }
    }
}

#[test]
fn texts_without_a_known_token_share_one_vector() {
    let strange =
        [("", ""), (" \t\n", ""), ("\u{1f9ff}\u{1f9ff}", "\u{0}\u{7}"), ("\u{10fffd}", "")];
    let vectors = embed(&strange);
    let dim = model().dim();
    for vector in vectors.chunks(dim) {
        assert_eq!(vector, &vectors[..dim]);
    }
    assert_eq!(cosine(&vectors[..dim], &vectors[..dim]), 1.0);
}

#[test]
fn long_and_odd_texts_have_unit_vectors() {
    let long = "build ".repeat(500_000);
    let word = "x".repeat(1_000_000);
    for text in [long.as_str(), word.as_str(), "e\u{301}té \u{4e2d}\u{6587}", "a\u{0}b", "[CLS]"] {
        let vector = embed(&[(text, text)]);
        assert!((cosine(&vector, &vector) - 1.0).abs() < 1e-5, "{}", &text[..1]);
    }
}

#[test]
fn no_texts_no_vectors() {
    assert!(embed(&[]).is_empty());
}
