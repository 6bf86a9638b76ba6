//! What parents are called.

use std::collections::HashSet;

use cladus_core::normal::normal_form;
use cladus_tests::server::{Behaviour, Kind};
use serde_json::{Map, Value, json};

use super::{Play, said, shown};
use crate::space::assorted;

fn parents_of(body: &Value, parent: impl Fn(usize) -> Value) -> Value {
    let ids = shown(body, "parent").into_iter().enumerate();
    Value::Object(
        ids.map(|(place, shown)| (shown.id.unwrap_or_default(), parent(place)))
            .collect::<Map<_, _>>(),
    )
}

fn slug_is_plain(slug: &str) -> bool {
    let plain = |word: &str| {
        !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    slug.split('_').all(plain)
}

// K20: every parent was named by itself, and nobody saw that two were called the same.
#[test]
fn siblings_are_named_together_and_told_apart() {
    // A model with one name for all will not do better when it is asked again: the labels will.
    for (names, again) in [(1, false), (2, true)] {
        let play = Play::scripted(&assorted(120), move |kind, body, _| {
            let parent = |place: usize| {
                let name = ["Topics", "Things"][place % names];
                json!({"name": name, "description": "They are alike.", "slug": "topics_of_users"})
            };
            (kind == Kind::Rename).then(|| parents_of(body, parent))
        });
        let nodes = play.tree("--levels 1 --clusters-per-group 40 --embedder lexical");
        let parents: Vec<_> = nodes.iter().filter(|node| node.cluster.level > 0).collect();
        let forms: HashSet<String> =
            parents.iter().map(|node| normal_form(&node.cluster.name)).collect();
        assert_eq!(forms.len(), parents.len(), "names are shared");
        let asked = play.asked(Kind::Rename);
        // Which set is asked about first, chance decides.
        let together: Vec<usize> = asked
            .iter()
            .filter(|seen| !said(&seen.body, "user").contains("same name"))
            .map(|seen| shown(&seen.body, "parent").len())
            .collect();
        assert!(together.iter().sum::<usize>() >= 2 * together.len(), "one by one: {together:?}");
        // Each set, again for those that collide, and once more for all of one name.
        assert!(asked.len() <= parents.len() + names, "{} calls", asked.len());
        let told = asked.iter().any(|seen| said(&seen.body, "user").contains("same name"));
        assert!(told || !again, "nobody said that names collide");
    }
}

// K20: ten words and a slug of three were asked for, and never looked at.
#[test]
fn names_slugs_and_descriptions_keep_their_form_whatever_is_said() {
    let play = Play::scripted(&assorted(120), |kind, body, _| {
        let parent = |place: usize| match place % 4 {
            0 => {
                let name = format!("\"{}\".", "one of the very many topics ".repeat(9));
                json!({"name": name, "description": "d\u{1b}[31m".repeat(400), "slug": "NOT A SLUG!"})
            }
            1 => json!({"name": "", "description": "", "slug": ""}),
            2 => json!({"name": ["a"], "description": null, "slug": 7}),
            _ => json!("Just a name"),
        };
        (kind == Kind::Rename).then(|| parents_of(body, parent))
    });
    let nodes = play.tree("--levels 1 --clusters-per-group 40");
    let parents = nodes.iter().filter(|node| node.cluster.level > 0);
    for node in parents.clone() {
        let cluster = &node.cluster;
        let words = cluster.name.split_whitespace().count();
        assert!((1..=10).contains(&words), "{}", cluster.name);
        assert!(!cluster.name.contains(['"', '\u{1b}']) && !cluster.name.ends_with('.'));
        assert!(slug_is_plain(&cluster.slug), "{}", cluster.slug);
        assert!(!cluster.description.is_empty() && !cluster.description.contains('\u{1b}'));
    }
    assert!(play.asked(Kind::Rename).len() <= parents.count() + 1);
}

// K22: prompts could not be replaced, and spoke of users and safety whatever the data was about.
#[test]
fn a_prompt_of_ones_own_is_used_and_redoes_only_what_it_must() {
    let play = Play::new(&assorted(56), Behaviour::default());
    play.tree("");
    for seen in play.server.requests() {
        let text = said(&seen.body, "system").to_lowercase();
        assert!(!text.contains("user behavior") && !text.contains("safety"), "{text}");
    }
    let built_in = crate::space::repository().join("crates/rename/prompts/rename.md");
    let text = std::fs::read_to_string(built_in).unwrap();
    std::fs::create_dir(play.space.path("r/prompts")).unwrap();
    play.space.write("r/prompts/rename.md", format!("Speak like a pirate.\n{text}"));
    play.server.reset();
    assert_eq!(play.states(""), ["fresh", "fresh", "fresh", "fresh", "made"]);
    let asked = play.server.requests();
    assert!(!asked.is_empty() && asked.iter().all(|seen| seen.kind == Kind::Rename));
    assert!(
        asked.iter().all(|seen| said(&seen.body, "system").starts_with("Speak like a pirate."))
    );
    // Taken back, the old answers are still there.
    std::fs::remove_dir_all(play.space.path("r/prompts")).unwrap();
    play.server.reset();
    assert_eq!(play.states("")[4], "made");
    assert_eq!(play.server.stats().requests, 0);
}
