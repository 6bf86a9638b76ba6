//! Two texts, and the vectors of the embedder that suits them.

use cladus_embedder::{EmbeddedText, choose, embed_distinct};

fn main() -> Result<(), cladus_embedder::Error> {
    let corpus = [
        EmbeddedText::new("Reset a password", "Users who are locked out."),
        EmbeddedText::name("Refunds"),
    ];
    let embedder = choose("auto", &corpus, 0)?;
    let vectors = embed_distinct(embedder.as_ref(), &corpus, &|_| {})?;
    assert_eq!(vectors.len(), corpus.len() * embedder.dim());
    Ok(())
}
