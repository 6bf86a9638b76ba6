//! From what a file says to base clusters.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use cladus_core::artifact::Cluster;
use cladus_core::{Error, Place, Result, id, text};

use super::{Input, Raw};

/// One cluster as the file has it.
#[derive(Debug, Default)]
pub(super) struct RawCluster {
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    pub(super) slug: Option<String>,
    pub(super) members: Option<Vec<String>>,
    pub(super) size: Option<u64>,
    pub(super) parent: Option<String>,
}

/// Members written as text: a JSON array, or ids between semicolons.
pub(super) fn members_from_text(text: &str) -> Result<Vec<String>, String> {
    let text = text.trim();
    if !text.starts_with('[') {
        let ids = text.split(';').map(str::trim).filter(|id| !id.is_empty());
        return Ok(ids.map(str::to_owned).collect());
    }
    let values: Vec<serde_json::Value> =
        serde_json::from_str(text).map_err(|e| format!("is no JSON array: {e}"))?;
    values.iter().map(scalar).collect()
}

/// A text, number or truth value as text.
pub(super) fn scalar(value: &serde_json::Value) -> Result<String, String> {
    match value {
        serde_json::Value::String(text) => Ok(text.clone()),
        serde_json::Value::Number(number) => Ok(number.to_string()),
        serde_json::Value::Bool(truth) => Ok(truth.to_string()),
        serde_json::Value::Null => Err("holds a null".to_owned()),
        _ => Err("holds a list or an object where a text is expected".to_owned()),
    }
}

/// Checks and cleans what was read.
pub(super) fn into_clusters(path: &Path, raw: Vec<Raw>) -> Result<Input> {
    let mut warnings = Vec::new();
    let raw = only_base(raw, &mut warnings);
    if raw.is_empty() {
        return Err(Error::damaged(path, "holds no clusters"));
    }
    let mut clusters: Vec<(Place, Cluster)> = Vec::with_capacity(raw.len());
    let mut cut = 0;
    for (place, row) in raw {
        let (name, was_cut) = clean(row.name.as_deref(), text::MAX_NAME_CHARS);
        cut += usize::from(was_cut);
        if name.is_empty() {
            return Err(Error::at(path, place, "name", "is empty"));
        }
        let (description, was_cut) = clean(row.description.as_deref(), text::MAX_DESCRIPTION_CHARS);
        cut += usize::from(was_cut);
        let members: Vec<String> = row
            .members
            .unwrap_or_default()
            .iter()
            .map(|m| text::clean_id(m).into_owned())
            .collect();
        let slug = match row.slug.as_deref().map(text::clean) {
            Some(slug) if !slug.is_empty() => slug.into_owned(),
            _ => cladus_words::slug(&name),
        };
        let id = row.id.as_deref().map(text::clean_id).filter(|id| !id.is_empty());
        let id =
            id.map_or_else(|| id::base_id(&name, &description, &members), |id| id.into_owned());
        let size = row.size.unwrap_or(members.len().max(1) as u64);
        clusters.push((place, Cluster { id, name, description, slug, level: 0, members, size }));
    }
    if cut > 0 {
        warnings.push(format!(
            "{cut} texts were cut: names to {} characters, descriptions to {}",
            text::MAX_NAME_CHARS,
            text::MAX_DESCRIPTION_CHARS
        ));
    }
    clusters = unique_ids(path, clusters)?;
    // By id, so that the order of the input changes nothing.
    clusters.sort_by(|(_, a), (_, b)| a.id.cmp(&b.id));
    Ok(Input { clusters: clusters.into_iter().map(|(_, cluster)| cluster).collect(), warnings })
}

fn clean(text: Option<&str>, max_chars: usize) -> (String, bool) {
    let text = text.unwrap_or_default();
    let cleaned = text::clean_to(text, max_chars).into_owned();
    let was_cut = cleaned.ends_with('…') && !text.trim_end().ends_with('…');
    (cleaned, was_cut)
}

/// A hierarchy that another tool has built: its base clusters are those that are nobody's parent.
fn only_base(mut raw: Vec<Raw>, warnings: &mut Vec<String>) -> Vec<Raw> {
    let parents: HashSet<String> = raw.iter().filter_map(|(_, row)| row.parent.clone()).collect();
    let before = raw.len();
    raw.retain(|(_, row)| row.id.as_ref().is_none_or(|id| !parents.contains(id)));
    if raw.len() < before {
        warnings.push(format!(
            "the input is a hierarchy already: its {} base clusters are used, its {} parents are not",
            raw.len(),
            before - raw.len()
        ));
    }
    raw
}

/// Given ids must be unique; derived ones are made so.
fn unique_ids(path: &Path, clusters: Vec<(Place, Cluster)>) -> Result<Vec<(Place, Cluster)>> {
    let mut seen: HashMap<String, (Place, u32)> = HashMap::with_capacity(clusters.len());
    let mut unique = Vec::with_capacity(clusters.len());
    for (place, mut cluster) in clusters {
        let derived =
            cluster.id == id::base_id(&cluster.name, &cluster.description, &cluster.members);
        match seen.get_mut(&cluster.id) {
            None => drop(seen.insert(cluster.id.clone(), (place, 1))),
            Some((_, times)) if derived => {
                // Two rows that say the same are two clusters all the same.
                *times += 1;
                cluster.id = format!("{}-{times}", cluster.id);
            }
            Some((before, _)) => {
                let problem = format!("{:?} stands in {before} already", cluster.id);
                return Err(Error::at(path, place, "id", problem));
            }
        }
        unique.push((place, cluster));
    }
    Ok(unique)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(id: Option<&str>, name: &str) -> RawCluster {
        RawCluster {
            id: id.map(str::to_owned),
            name: Some(name.to_owned()),
            ..RawCluster::default()
        }
    }

    fn read(rows: Vec<RawCluster>) -> Result<Input> {
        let rows = rows.into_iter().enumerate().map(|(i, row)| (Place::Line(i + 1), row));
        into_clusters(Path::new("in.jsonl"), rows.collect())
    }

    #[test]
    fn two_rows_that_say_the_same_are_two_clusters() {
        let input = read(vec![raw(None, "Same"), raw(None, "Same"), raw(None, "Same")]).unwrap();
        let ids: HashSet<&str> = input.clusters.iter().map(|c| c.id.as_str()).collect();
        assert_eq!(ids.len(), 3);
    }

    #[test]
    fn a_given_id_twice_is_an_error_that_names_both_lines() {
        let error = read(vec![raw(Some("a"), "x"), raw(Some("a"), "y")]).unwrap_err().to_string();
        assert_eq!(error, "in.jsonl: line 2, column id: \"a\" stands in line 1 already");
    }

    #[test]
    fn the_order_of_the_input_changes_nothing() {
        let ids = |rows| -> Vec<String> {
            read(rows).unwrap().clusters.into_iter().map(|c| c.id).collect()
        };
        let (ab, ba) = (vec![raw(None, "a"), raw(None, "b")], vec![raw(None, "b"), raw(None, "a")]);
        assert_eq!(ids(ab), ids(ba));
    }

    #[test]
    fn members_come_in_three_spellings() {
        assert_eq!(members_from_text("a; b;").unwrap(), ["a", "b"]);
        assert_eq!(members_from_text(r#"["a", 7]"#).unwrap(), ["a", "7"]);
        assert!(members_from_text(r#"["a", null]"#).is_err());
        assert!(members_from_text("").unwrap().is_empty());
    }

    #[test]
    fn a_hierarchy_as_input_gives_its_base_clusters() {
        let mut child = raw(Some("c"), "child");
        child.parent = Some("p".to_owned());
        let input = read(vec![child, raw(Some("p"), "parent")]).unwrap();
        assert_eq!(input.clusters.len(), 1);
        assert_eq!(input.warnings.len(), 1);
    }
}
