//! Ids by heart; `scripts/check_tokens.py` compares tens of thousands of texts.

use std::fs;

use cladus_core::{Error, Result};
use proptest::prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, proptest};

use crate::tokenizer::WordPiece;

const UNKNOWN: u32 = 100;

fn pieces(text: &str) -> Result<Vec<u32>> {
    let ids = WordPiece::minilm()?.encode(text, 256);
    Ok(ids[1..ids.len() - 1].to_vec())
}

#[test]
fn words_punctuation_and_continuations() -> Result<()> {
    assert_eq!(pieces("Reset a password.")?, [25141, 1037, 20786, 1012]);
    assert!(pieces("")?.is_empty());
    assert!(pieces("  \t\n")?.is_empty());
    assert_eq!(pieces("hello,world")?, [7592, 1010, 2088]);
    Ok(())
}

#[test]
fn case_accents_and_control_characters_do_not_matter() -> Result<()> {
    assert_eq!(pieces("CAFÉ")?, pieces("cafe")?);
    assert_eq!(pieces("pass\0wo\u{7f}rd")?, pieces("password")?);
    assert_eq!(pieces("pass\u{200b}word")?, pieces("password")?);
    Ok(())
}

#[test]
fn ideographs_are_words_and_what_is_in_no_piece_is_unknown() -> Result<()> {
    assert_eq!(pieces("中国")?, pieces("中 国")?);
    assert_eq!(pieces("🜁🜂")?, [UNKNOWN]);
    assert_eq!(pieces(&"a".repeat(101))?, [UNKNOWN]);
    assert_ne!(pieces(&"a".repeat(100))?, [UNKNOWN]);
    assert_eq!(pieces("a[SEP]b [sep]")?, [1037, 102, 1038, 1031, 19802, 1033]);
    Ok(())
}

#[test]
fn a_long_text_is_cut() -> Result<()> {
    let ids = WordPiece::minilm()?.encode(&"word ".repeat(2_000_000), 256);
    assert_eq!((ids.len(), ids[0], ids[255]), (256, 101, 102));
    assert_eq!(WordPiece::minilm()?.encode("a b c", 0), [101, 102]);
    Ok(())
}

#[test]
fn folders_say_what_they_hold() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path();
    assert!(matches!(WordPiece::open(path), Err(Error::Config { .. })));
    fs::write(path.join("vocab.txt"), "[UNK]\n[CLS]\n[SEP]\nAb\n##c\nab\n")?;
    assert_eq!(WordPiece::open(path)?.encode("Abc", 9), [1, 5, 4, 2]);
    fs::write(path.join("tokenizer_config.json"), r#"{"do_lower_case": false}"#)?;
    assert_eq!(WordPiece::open(path)?.encode("Abc x", 9), [1, 3, 4, 0, 2]);
    let json = |kind: &str, last: u32| {
        format!(
            r#"{{"normalizer": {{"type": "BertNormalizer", "lowercase": true}},
            "pre_tokenizer": {{"type": "BertPreTokenizer"}},
            "model": {{"type": "{kind}", "vocab": {{"ab": 3, "[UNK]": 0, "[SEP]": 2, "[CLS]": 1, "@@c": {last}}},
            "continuing_subword_prefix": "@@"}}}}"#
        )
    };
    let file = path.join("tokenizer.json");
    fs::write(&file, json("WordPiece", 4))?;
    assert_eq!(WordPiece::open(path)?.encode("ABC", 9), [1, 3, 4, 2]);
    for (text, said) in [
        (json("Unigram", 4), "Unigram"),
        (json("WordPiece", 3), "used once"),
        (json("WordPiece", 9), "used once"),
        ("{}".to_owned(), "JSON"),
    ] {
        fs::write(&file, text)?;
        let said_instead = WordPiece::open(path).map(|_| ()).unwrap_err().to_string();
        assert!(said_instead.contains(said), "{said_instead}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn any_text_has_ids_of_the_vocabulary(text in any::<String>(), limit in 2_usize..40) {
        let tokens = WordPiece::minilm()?;
        let (cut, whole) = (tokens.encode(&text, limit), tokens.encode(&text, usize::MAX));
        prop_assert!(whole.iter().all(|&id| tokens.vocabulary().piece(id).is_some()));
        prop_assert!(cut.len() <= limit);
        prop_assert_eq!(&cut[..cut.len() - 1], &whole[..cut.len() - 1]);
    }
}
