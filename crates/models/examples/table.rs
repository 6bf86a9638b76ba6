//! Two texts, and their vectors by the table that is shipped.

use cladus_models::static_table::Static;

fn main() -> Result<(), cladus_models::static_table::Error> {
    let model = Static::shipped()?;
    let texts = [("Fix a broken build", "CI fails."), ("Repair CI failures", "")];
    let vectors = model.embed(&texts, None, &|_| {});
    assert_eq!(vectors.len(), texts.len() * model.dim());
    Ok(())
}
