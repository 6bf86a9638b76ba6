//! Ids that follow from what they name, so that a rerun gives the same ones.

/// The id of a parent: a hash of its children's ids, in any order.
pub fn parent_id<'a>(children: impl IntoIterator<Item = &'a str>) -> String {
    let mut children: Vec<&str> = children.into_iter().collect();
    children.sort_unstable();
    short("p", children)
}

/// The id of a base cluster that came without one: a hash of its name, description and members.
pub fn base_id(name: &str, description: &str, members: &[String]) -> String {
    let fields = [name, description].into_iter().chain(members.iter().map(String::as_str));
    short("c", fields)
}

/// `prefix-` and 80 bits of BLAKE3 over the length-prefixed fields: among a million ids, two are
/// alike with a chance of one in 10^12.
fn short<'a>(prefix: &str, fields: impl IntoIterator<Item = &'a str>) -> String {
    let mut hasher = blake3::Hasher::new();
    for field in fields {
        hasher.update(&(field.len() as u64).to_le_bytes());
        hasher.update(field.as_bytes());
    }
    let hex = hasher.finalize().to_hex();
    format!("{prefix}-{}", &hex[..20])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parents_id_is_its_children_in_any_order() {
        assert_eq!(parent_id(["b", "a"]), parent_id(["a", "b"]));
        assert_ne!(parent_id(["ab", "c"]), parent_id(["a", "bc"]));
        assert_eq!(parent_id(["a", "b"]), "p-237238bc1341a057099f", "ids are a promise to users");
    }

    #[test]
    fn a_base_id_depends_on_every_field() {
        let ids =
            [base_id("a", "", &[]), base_id("", "a", &[]), base_id("a", "", &["m".to_owned()])];
        assert!(ids[0] != ids[1] && ids[0] != ids[2] && ids[1] != ids[2]);
    }
}
