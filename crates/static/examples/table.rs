//! Two texts, and their vectors by the table that is shipped.

use cladus_static::Static;

fn main() -> Result<(), cladus_static::Error> {
    let model = Static::shipped()?;
    let texts = [("Fix a broken build", "CI fails."), ("Repair CI failures", "")];
    let vectors = model.embed(&texts, None, &|_| {});
    assert_eq!(vectors.len(), texts.len() * model.dim());
    Ok(())
}
