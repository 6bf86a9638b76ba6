//! Two texts, and their vectors by the transformer that is shipped.

fn main() -> Result<(), cladus_core::Error> {
    let minilm = cladus_models::transformer::Transformer::minilm()?;
    let vectors = minilm.embed(&["repair CI failures", "fix a broken build"], &|_| {})?;
    assert_eq!(vectors.len(), 2 * minilm.dim());
    Ok(())
}
