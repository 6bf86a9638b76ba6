//! What columns are called, in English, German, French, Spanish, Italian, Dutch and Portuguese.

use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::values::alike::alike;
use crate::values::column_role::ColumnRole;

/// What columns of the role are called, as [`words`] writes it; the first one found wins.
pub(crate) fn usual(role: ColumnRole) -> &'static [&'static str] {
    USUAL.get(&role).map_or(&[], Vec::as_slice)
}

/// For every role the place of each of its names.
static PLACES: LazyLock<HashMap<ColumnRole, HashMap<&'static str, usize>>> = LazyLock::new(|| {
    let places = |names: &Vec<&'static str>| {
        let mut places = HashMap::with_capacity(names.len());
        for (place, name) in names.iter().enumerate() {
            places.entry(*name).or_insert(place);
        }
        places
    };
    USUAL.iter().map(|(role, names)| (*role, places(names))).collect()
});

/// The names in `columns.txt`.
static USUAL: LazyLock<HashMap<ColumnRole, Vec<&'static str>>> = LazyLock::new(|| {
    let mut usual: HashMap<ColumnRole, Vec<&'static str>> = HashMap::new();
    let mut role = None;
    for line in include_str!("columns.txt").lines().filter(|line| !line.starts_with('#')) {
        if let Some(said) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            role = ColumnRole::ALL.into_iter().find(|role| role.said() == said);
        } else if let Some(role) = role {
            let names = line.split(',').map(str::trim).filter(|name| !name.is_empty());
            usual.entry(role).or_default().extend(names);
        }
    }
    usual
});

/// A column's name in plain words: `customName`, `Custom_Name` and ` CUSTOM NAME ` are `custom name`;
/// letters lose their marks.
pub(crate) fn words(name: &str) -> String {
    let mut words = String::with_capacity(name.len());
    let mut before: Option<char> = None;
    let letters: Vec<char> = name.nfkd().filter(|c| !is_combining_mark(*c)).collect();
    for (place, &letter) in letters.iter().enumerate() {
        if letter.is_alphanumeric() {
            let next_is_lower = letters.get(place + 1).is_some_and(|next| next.is_lowercase());
            let begins_a_word = before.is_some_and(|before| {
                letter.is_uppercase()
                    && (before.is_lowercase() || before.is_uppercase() && next_is_lower)
            });
            if begins_a_word {
                words.push(' ');
            }
            match letter {
                'ß' => words.push_str("ss"),
                letter => words.extend(letter.to_lowercase()),
            }
        } else {
            words.push(' ');
        }
        before = Some(letter);
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The column's name, and the last part of a path as `cluster.label`.
pub(crate) fn readings(name: &str) -> Vec<String> {
    let mut readings = vec![words(name)];
    // `# of docs` is their number.
    if let Some(counted) = name.trim().strip_prefix('#').filter(|rest| {
        // Colours are written so too.
        rest.contains(char::is_alphabetic) && !rest.trim().chars().all(|c| c.is_ascii_hexdigit())
    }) {
        readings[0] = format!("number {}", words(counted));
    }
    if let Some((_, last)) = name.rsplit_once('.') {
        readings.push(words(last));
    }
    readings
}

/// How well a column called so fits the role: its place among the usual names, those that only look
/// like one after them all.
pub(crate) fn fit(role: ColumnRole, name: &str) -> Option<usize> {
    fit_of(role, &readings(name))
}

fn fit_of(role: ColumnRole, readings: &[String]) -> Option<usize> {
    let exact = |reading: &String| PLACES.get(&role)?.get(reading.as_str()).copied();
    if let Some(place) =
        readings.iter().enumerate().filter_map(|(depth, r)| Some(exact(r)? + 100 * depth)).min()
    {
        return Some(place);
    }
    readings
        .iter()
        .enumerate()
        .find(|(_, reading)| alike(role, reading))
        .map(|(depth, _)| 1_000 + depth)
}

/// Is that what a column is called that counts its rows, in any of the languages?
pub(crate) fn counts_rows(name: &str) -> bool {
    ["numero", "number", "nummer", "nr", "no", "num", "n"].contains(&words(name).as_str())
}

/// Is that what a column would be called?
pub(crate) fn is_column_name(cell: &str) -> bool {
    let cell = cell.trim();
    if cell.chars().count() > 40 {
        return level_of_path(cell).is_some();
    }
    let readings = readings(cell);
    ColumnRole::ALL.into_iter().any(|role| fit_of(role, &readings).is_some())
        || level_of_path(cell).is_some()
}

/// Is that what a column of names would be called, rather than a name?
pub(crate) fn is_usual_name(cell: &str) -> bool {
    usual(ColumnRole::Name).contains(&words(cell).as_str())
}

/// `l1`, `level_2`, `topic_depth_3`, `Category L1`, `Ebene 1`: one column for every level of a hierarchy.
pub(crate) fn level_of_path(name: &str) -> Option<u32> {
    let words = words(name);
    // pandas' index in Parquet: `__index_level_0__`.
    if words.starts_with("index ") {
        return None;
    }
    let digits = words.len() - words.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    if digits == 0 || digits > 2 {
        return None;
    }
    let (stem, number) = words.split_at(words.len() - digits);
    let stem = stem.trim_end();
    let last = stem.rsplit(' ').next().unwrap_or_default();
    let known =
        ["l", "level", "lvl", "layer", "depth", "ebene", "niveau", "nivel", "stufe", "tier"];
    (known.contains(&last)).then(|| number.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_same_in_every_style() {
        for name in ["CustomName", "custom_name", " Custom  NAME ", "custom-name", "customName"] {
            assert_eq!(words(name), "custom name", "{name}");
        }
        assert_eq!(words("Größe"), "grosse");
        assert_eq!(words("Mots-clés"), "mots cles");
        assert_eq!(words("topicID"), "topic id");
    }

    #[test]
    fn every_role_has_names_as_they_are_looked_for() {
        for role in ColumnRole::ALL {
            assert!(!usual(role).is_empty(), "{role:?}");
            for name in usual(role) {
                assert_eq!(words(name), *name);
            }
        }
    }

    #[test]
    fn names_are_known_in_four_languages() {
        let known = [
            (
                ColumnRole::Size,
                &[
                    "Ticket Count",
                    "num_docs",
                    "Anzahl",
                    "Nombre de tickets",
                    "tamaño",
                    "n_matches",
                    "stats.count",
                ][..],
            ),
            (ColumnRole::Id, &["thema_id", "Cluster ID", "topic_id", "uid"][..]),
            (
                ColumnRole::Name,
                &["Cluster Name", "CustomName", "bezeichnung", "Titre", "Título", "cluster.label"]
                    [..],
            ),
            (ColumnRole::Parent, &["parent_id", "parentCluster", "Oberthema", "padre"][..]),
            (
                ColumnRole::Keywords,
                &["Top_n_words", "Stichworte", "mots-clés", "Palabras clave", "Representation"][..],
            ),
            (ColumnRole::Members, &["chat_ids", "text_unit_ids", "Mitglieder", "doc_indices"][..]),
        ];
        for (role, names) in known {
            for name in names {
                assert!(fit(role, name).is_some(), "{role:?} {name}");
            }
        }
        assert!(fit(ColumnRole::Id, "parent_id").is_none());
        assert!(!is_column_name("Tomato blight on leaves"));
    }

    #[test]
    fn columns_of_a_path_have_a_level() {
        for (name, level) in
            [("l1", 1), ("Level 2", 2), ("topic_depth_3", 3), ("Category L1", 1), ("ebene_0", 0)]
        {
            assert_eq!(level_of_path(name), Some(level), "{name}");
        }
        for name in ["name", "h264", "model1", "2024"] {
            assert_eq!(level_of_path(name), None, "{name}");
        }
    }
}
