//! Answers spoilt on purpose.

use serde_json::{Value, json};

use super::faults::{Fault, Kind};
use super::text::hash;

/// `answer` as a model with this fault would give it.
pub(super) fn bend(fault: Fault, mut answer: Value, kind: Kind, key: u64) -> Value {
    match fault {
        Fault::Invalid => {
            let mut n = 0;
            names(&mut answer, kind, &mut |name| {
                n += 1;
                *name = format!("Nonexistent {:04x} {n}", key & 0xffff);
            });
        }
        Fault::Case => names(&mut answer, kind, &mut |name| *name = name.to_uppercase()),
        Fault::Misspelt => names(&mut answer, kind, &mut |name| *name = misspelt(name)),
        Fault::Blank => leaves(&mut answer, &|leaf| {
            *leaf = if leaf.is_array() { json!([]) } else { json!("") };
        }),
        Fault::WrongType => leaves(&mut answer, &|leaf| {
            *leaf = if leaf.is_array() { json!("none") } else { json!(42) };
        }),
        Fault::Missing => {
            if let Some(list) = only_list(&mut answer) {
                list.pop();
            } else if let Value::Object(parts) = &mut answer {
                let last = parts.keys().next_back().cloned();
                last.and_then(|last| parts.remove(&last));
            }
        }
        Fault::Extra => {
            if let Some(list) = only_list(&mut answer) {
                list.extend((1..=3).map(|n| json!(format!("Never asked for {n}"))));
            } else if let Value::Object(parts) = &mut answer {
                let value = parts.values().next_back().cloned().unwrap_or(Value::Null);
                for id in [(parts.len() + 1).to_string(), "999".to_owned(), "other".to_owned()] {
                    parts.entry(id).or_insert_with(|| value.clone());
                }
            }
        }
        _ => {}
    }
    answer
}

/// The list of an answer that is nothing but a list.
fn only_list(answer: &mut Value) -> Option<&mut Vec<Value>> {
    let parts = answer.as_object_mut().filter(|parts| parts.len() == 1)?;
    parts.values_mut().next()?.as_array_mut()
}

/// Every name in the answer: all strings, but of what describes a parent only its name.
fn names(value: &mut Value, kind: Kind, change: &mut dyn FnMut(&mut String)) {
    match value {
        Value::String(name) => change(name),
        Value::Array(all) => all.iter_mut().for_each(|part| names(part, kind, change)),
        Value::Object(parts) => {
            let only_name = kind == Kind::Rename && parts.contains_key("name");
            let meant = parts.iter_mut().filter(|(key, _)| !only_name || *key == "name");
            meant.for_each(|(_, part)| names(part, kind, change));
        }
        _ => {}
    }
}

fn leaves(value: &mut Value, change: &dyn Fn(&mut Value)) {
    match value {
        Value::Object(parts) => parts.values_mut().for_each(|part| leaves(part, change)),
        leaf => change(leaf),
    }
}

/// Two neighbouring letters in the wrong order, always the same two.
fn misspelt(name: &str) -> String {
    let mut letters: Vec<char> = name.chars().collect();
    let differ = |at: &usize| {
        letters[*at] != letters[at + 1] && letters[*at..at + 2].iter().all(|c| c.is_alphabetic())
    };
    let places: Vec<usize> = (0..letters.len().saturating_sub(1)).filter(differ).collect();
    if !places.is_empty() {
        let at = places[(hash(&[name.as_bytes()]) % places.len() as u64) as usize];
        letters.swap(at, at + 1);
    }
    letters.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spoilt_in_the_way_it_was_asked_for() {
        let bent = |fault, answer: &Value, kind| bend(fault, answer.clone(), kind, 7);
        let labels = json!({"1": "Baking", "2": "Keys"});
        let of = |fault| bent(fault, &labels, Kind::Label);
        assert_eq!(of(Fault::Case), json!({"1": "BAKING", "2": "KEYS"}));
        assert_eq!(of(Fault::Missing), json!({"1": "Baking"}));
        assert_eq!(of(Fault::WrongType), json!({"1": 42, "2": 42}));
        assert_eq!(of(Fault::Blank), json!({"1": "", "2": ""}));
        assert_eq!(of(Fault::Extra)["999"], "Keys");
        let wrong = of(Fault::Misspelt);
        let wrong = wrong["1"].as_str().unwrap();
        assert!(wrong != "Baking" && wrong.len() == 6, "{wrong}");
        let list = json!({"names": ["a b", "c d"]});
        assert_eq!(bent(Fault::Missing, &list, Kind::Propose), json!({"names": ["a b"]}));
        assert_eq!(bent(Fault::WrongType, &list, Kind::Propose), json!({"names": "none"}));
        let parents = json!({"1": {"description": "d", "name": "n"}});
        let bent = bent(Fault::Case, &parents, Kind::Rename);
        assert_eq!(bent, json!({"1": {"description": "d", "name": "N"}}));
    }
}
