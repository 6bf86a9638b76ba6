//! Sensible answers made of the question's own words.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::faults::Kind;
use super::schema::{choices, properties, resolve};
use super::text::{blocks, capital, counted, hash, words};

/// What is asked: the form of the answer, and the text it is about.
#[derive(Debug)]
pub(super) struct Question<'a> {
    pub(super) kind: Kind,
    pub(super) schema: &'a Value,
    pub(super) text: &'a str,
    pub(super) seed: u64,
}

impl Question<'_> {
    /// The same question has the same answer.
    pub(super) fn answer(&self) -> Value {
        let parts = properties(self.schema, self.schema);
        match (self.kind, parts.as_slice()) {
            (Kind::Propose, [(name, list)]) => {
                let at_most = list.get("maxItems").and_then(Value::as_u64);
                json!({ *name: propose(self.text, at_most.map(|most| most as usize)) })
            }
            (Kind::Label, parts) => self.label(parts),
            (Kind::Rename, parts) if parts.iter().any(|(name, _)| *name == "name") => {
                let naming = Naming::all(self.text, &[""]).remove(0);
                self.fill(self.schema, "", Some(&naming))
            }
            (Kind::Rename, parts) => {
                let ids: Vec<&str> = parts.iter().map(|(id, _)| *id).collect();
                let namings = Naming::all(self.text, &ids);
                let parents = parts.iter().zip(&namings);
                let parents = parents.map(|((id, parent), naming)| {
                    ((*id).to_owned(), self.fill(parent, id, Some(naming)))
                });
                Value::Object(parents.collect())
            }
            _ => self.fill(self.schema, "", None),
        }
    }

    fn label(&self, parts: &[(&str, &Value)]) -> Value {
        let items = blocks(self.text, "item");
        let of = |id: &str| {
            let number = id.trim_start_matches(|c: char| !c.is_ascii_digit());
            let meant =
                |known: Option<&str>| known.is_some_and(|known| known == id || known == number);
            items.iter().find(|item| meant(item.id.as_deref())).map_or(self.text, |item| &item.text)
        };
        let labels = parts.iter().map(|(id, part)| {
            let text = of(id);
            let said: HashSet<String> = words(text).into_iter().collect();
            let shared = |name: &str| {
                words(name).into_iter().collect::<HashSet<_>>().intersection(&said).count()
            };
            let tie =
                |name: &str| hash(&[&self.seed.to_le_bytes(), text.as_bytes(), name.as_bytes()]);
            let names = choices(part).into_iter().flatten();
            let best = names.max_by_key(|name| (shared(name), tie(name)));
            ((*id).to_owned(), best.map_or(Value::Null, Value::from))
        });
        Value::Object(labels.collect())
    }

    /// Something of this form.
    fn fill(&self, schema: &Value, name: &str, naming: Option<&Naming>) -> Value {
        let schema = resolve(schema, self.schema);
        let chance = hash(&[&self.seed.to_le_bytes(), self.text.as_bytes(), name.as_bytes()]);
        if let Some(only) = schema.get("const") {
            return only.clone();
        }
        if let Some(choices) = schema.get("enum").and_then(Value::as_array)
            && !choices.is_empty()
        {
            return choices[(chance % choices.len() as u64) as usize].clone();
        }
        let kind = match schema.get("type") {
            Some(Value::Array(kinds)) => kinds.iter().find(|kind| *kind != "null"),
            kind => kind,
        };
        let bound = |key: &str| schema.get(key).and_then(Value::as_u64);
        match kind.and_then(Value::as_str) {
            Some("array") => {
                let item = schema.get("items").unwrap_or(&Value::Null);
                let most = bound("maxItems").map_or(usize::MAX, |most| most as usize);
                let least = bound("minItems").unwrap_or(1) as usize;
                if resolve(item, self.schema).get("type").is_some_and(|kind| kind == "string") {
                    return json!(propose(self.text, Some(least.max(most.min(3)))));
                }
                (0..least.min(most))
                    .map(|i| self.fill(item, &format!("{name}{i}"), naming))
                    .collect()
            }
            Some("integer") => {
                json!(
                    (bound("minimum").unwrap_or(0) + chance % 10)
                        .min(bound("maximum").unwrap_or(9))
                )
            }
            Some("number") => json!(0.5),
            Some("boolean") => json!(chance.is_multiple_of(2)),
            Some("null") => Value::Null,
            Some("string") => {
                let own;
                let naming = match naming {
                    Some(naming) => naming,
                    None => {
                        own = Naming::all(self.text, &[""]).remove(0);
                        &own
                    }
                };
                let text = match name {
                    name if name.contains("slug") => &naming.slug,
                    name if name.contains("name") || name.contains("title") => &naming.name,
                    _ => &naming.description,
                };
                let most = bound("maxLength").map_or(usize::MAX, |most| most as usize);
                Value::String(text.chars().take(most).collect())
            }
            _ => {
                let parts = schema.get("properties").and_then(Value::as_object);
                let parts = parts.into_iter().flatten();
                let parts = parts.map(|(name, part)| (name.clone(), self.fill(part, name, naming)));
                Value::Object(parts.collect::<Map<_, _>>())
            }
        }
    }
}

/// The words of every item; of the whole text where there is none.
fn items_of(text: &str) -> Vec<Vec<String>> {
    let items = blocks(text, "item");
    match items.is_empty() {
        true => vec![words(text)],
        false => items.iter().map(|item| words(&item.text)).collect(),
    }
}

/// Exactly `n` distinct names that cover the items as well as they can; half as many as items where
/// `n` is not said.
fn propose(text: &str, n: Option<usize>) -> Vec<String> {
    let items = items_of(text);
    let n = n.unwrap_or(items.len().div_ceil(2)).min(10_000);
    let counts = counted(items.iter().flatten());
    // By how many items have the word that no earlier name has, then by how often it is there.
    let mut open: Vec<HashSet<&str>> =
        items.iter().map(|item| item.iter().map(String::as_str).collect()).collect();
    let mut left: Vec<&str> = counts.keys().copied().collect();
    left.sort_unstable_by_key(|word| (std::cmp::Reverse(counts[word].0), counts[word].1));
    let mut names = Vec::with_capacity(n);
    while names.len() < n && !left.is_empty() {
        let covers = |word: &str| open.iter().filter(|item| item.contains(word)).count();
        let best = (0..left.len()).max_by_key(|at| (covers(left[*at]), std::cmp::Reverse(*at)));
        let word = left.remove(best.unwrap_or(0));
        let beside = items.iter().filter(|item| item.iter().any(|other| other == word)).flatten();
        let beside = counted(beside);
        let companions = left.iter().filter_map(|other| Some((other, beside.get(other)?)));
        let companion = companions.max_by_key(|(_, (count, at))| (*count, usize::MAX - at));
        names.push(match companion {
            Some((companion, _)) => format!("{} and {companion}", capital(word)),
            None => capital(word),
        });
        open.retain(|item| !item.contains(word));
    }
    while names.len() < n {
        names.push(format!("Further topics {}", names.len() + 1));
    }
    names
}

/// What a parent is called.
#[derive(Debug)]
struct Naming {
    name: String,
    description: String,
    slug: String,
}

impl Naming {
    /// One for every id, from the words inside `<parent id="…">` that the other parents have not, and
    /// no name twice.
    fn all(text: &str, ids: &[&str]) -> Vec<Self> {
        let parents = blocks(text, "parent");
        let inside = |id: &str| {
            let block = parents.iter().find(|parent| parent.id.as_deref() == Some(id));
            items_of(block.map_or(text, |parent| &parent.text))
        };
        let families: Vec<Vec<Vec<String>>> = ids.iter().map(|id| inside(id)).collect();
        let everywhere = counted(families.iter().flatten().flatten());
        let mut taken = HashSet::new();
        let naming = |items: &Vec<Vec<String>>| {
            let counts = counted(items.iter().flatten());
            let mut ranked: Vec<&str> = counts.keys().copied().collect();
            ranked.sort_unstable_by_key(|word| {
                let (here, at) = counts[word];
                let elsewhere = everywhere[word].0 - here;
                (std::cmp::Reverse(here * 1000 / (1 + elsewhere)), at)
            });
            ranked.extend(["general", "various", "topics"]);
            let mut name = format!("{} and {}", capital(ranked[0]), ranked[1]);
            for more in ranked[2..].iter().take(6).map(|word| (*word).to_owned()) {
                if taken.contains(&name) {
                    name = format!("{name} {more}");
                }
            }
            while !taken.insert(name.clone()) {
                name = format!("{} {}", name.split(" no ").next().unwrap_or(""), taken.len());
            }
            let description = format!(
                "Requests about {} and {}. They cover {} related topics, {} among them.",
                ranked[0],
                ranked[1],
                items.len(),
                ranked[2]
            );
            let plain = |word: &str| -> String {
                let plain: String = word.chars().filter(char::is_ascii_alphanumeric).collect();
                if plain.is_empty() { "topic".to_owned() } else { plain }
            };
            let slug: Vec<String> = ranked[..3].iter().map(|word| plain(word)).collect();
            Self { name, description, slug: slug.join("_") }
        };
        families.iter().map(naming).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(schema: &Value, text: &str) -> Value {
        let kind = super::super::schema::kind(schema);
        Question { kind, schema, text, seed: 0 }.answer()
    }

    #[test]
    fn as_many_names_as_are_wanted() {
        let text = "<item id=\"1\">Reset passwords</item><item id=\"2\">Change passwords</item><item id=\"3\">Bake bread</item>";
        for n in [1, 2, 3, 5, 12] {
            let schema = json!({"properties": {"names": {"type": "array", "items": {"type": "string"}, "maxItems": n}}});
            let answer = ask(&schema, text);
            let names: Vec<&str> = answer["names"]
                .as_array()
                .unwrap()
                .iter()
                .map(|name| name.as_str().unwrap())
                .collect();
            assert_eq!(names.len(), n);
            assert_eq!(names.iter().collect::<HashSet<_>>().len(), n, "{names:?}");
            assert!(names[0].starts_with("Passwords and "), "{names:?}");
        }
    }

    #[test]
    fn labels_share_words_with_their_item() {
        let schema = json!({
            "properties": {"1": {"$ref": "#/$defs/label"}, "2": {"$ref": "#/$defs/label"}},
            "$defs": {"label": {"type": "string", "enum": ["Baking bread", "Passwords and keys"]}},
        });
        let text = "<item id=\"2\">bake some bread</item>\n<item id=\"1\">reset passwords</item>";
        assert_eq!(ask(&schema, text), json!({"1": "Passwords and keys", "2": "Baking bread"}));
    }

    #[test]
    fn parents_have_names_of_their_own() {
        let text = "<parent id=\"1\"><item>Reset passwords</item><item>Forgotten passwords</item></parent>
            <parent id=\"2\"><item>Bake bread</item></parent><parent id=\"3\"><item>Bake bread</item></parent>";
        let parent = json!({"type": "object", "properties": {"description": {"type": "string"}, "name": {"type": "string"}, "slug": {"type": "string"}}});
        let part = json!({"$ref": "#/$defs/parent"});
        let schema = json!({"properties": {"1": part, "2": part, "3": part, "9": part}, "$defs": {"parent": parent}});
        let answer = ask(&schema, text);
        let names: HashSet<&str> =
            answer.as_object().unwrap().values().map(|p| p["name"].as_str().unwrap()).collect();
        assert_eq!(names.len(), 4, "{answer}");
        assert_eq!(answer["1"]["name"], "Passwords and reset");
        assert_eq!(answer["1"]["slug"], "passwords_reset_forgotten");
        assert!(names.iter().all(|name| name.split(' ').count() <= 10));
    }

    #[test]
    fn other_forms_are_filled() {
        let schema = json!({"type": "object", "properties": {
            "yes": {"type": "boolean"}, "n": {"type": "integer", "minimum": 3, "maximum": 3},
            "all": {"type": "array", "items": {"$ref": "#/$defs/x"}, "minItems": 2},
            "or": {"anyOf": [{"type": "null"}, {"type": "string", "maxLength": 4}]}},
            "$defs": {"x": {"const": 7}}});
        let answer = ask(&schema, "Some words");
        assert_eq!((&answer["n"], &answer["all"]), (&json!(3), &json!([7, 7])));
        assert!(answer["yes"].is_boolean() && answer["or"].as_str().unwrap().len() == 4);
    }
}
