//! A text, and the ids of its pieces.

fn main() -> Result<(), cladus_core::Error> {
    let tokens = cladus_models::tokenizer::WordPiece::minilm()?;
    // [CLS] re ##set a password . [SEP]
    assert_eq!(tokens.encode("Reset a password.", 256), [101, 25141, 1037, 20786, 1012, 102]);
    Ok(())
}
