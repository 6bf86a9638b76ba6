//! Groups and what is proposed for them.

use std::collections::HashSet;

use cladus_core::normal::normal_form;
use cladus_tests::server::{Behaviour, Kind};
use serde_json::{Value, json};

use super::{Play, holding, label_by, said, shown};
use crate::space::{assorted, named};

// K2: equal vectors gave empty groups, and each cost a call with an empty list.
#[test]
fn forty_identical_clusters_cost_no_wasted_calls() {
    let play = Play::new(&named(vec!["Reset a password"; 40]), Behaviour::default());
    play.tree("--max-clusters 10 --clusters-per-group 12");
    let groups = play.groups();
    assert!(groups.keys().copied().eq(0..groups.len() as u32), "{groups:?}");
    let asked = play.asked(Kind::Propose);
    assert!((1..=groups.len()).contains(&asked.len()), "{} calls", asked.len());
    assert!(asked.iter().all(|seen| shown(&seen.body, "item").len() >= 2));
    let stats = play.server.stats();
    assert_eq!((stats.repeated, stats.requests), (0, stats.logical), "asked twice");
}

// K3: a group's size was an average: one of 40 at "12 a group", all in one prompt.
#[test]
fn no_group_outgrows_its_prompt() {
    let mut input = named(vec!["Reset a password"; 40]);
    input += &assorted(60);
    for i in 0..40 {
        let long =
            json!({"name": format!("Long story {i}"), "description": "and so on ".repeat(3_000)});
        input += &format!("{long}\n");
    }
    let play = Play::new(&input, Behaviour::default());
    play.tree("--clusters-per-group 12");
    assert!(play.groups().values().all(|size| *size <= 24), "{:?}", play.groups());
    for (kind, most) in [(Kind::Propose, 24), (Kind::Label, 60)] {
        for seen in play.asked(kind) {
            assert!(shown(&seen.body, "item").len() <= most);
            let letters = said(&seen.body, "user").chars().count();
            assert!(letters < most * 400 + 8_000, "{letters} characters for {kind:?}");
        }
    }
}

// K8: duplicates, blanks, names of any length, and more of them than were asked for.
#[test]
fn whatever_a_list_of_names_holds_only_good_ones_are_offered() {
    let play = Play::scripted(&assorted(56), |kind, _, _| {
        let mut names: Vec<Value> =
            ["A name", "a  NAME", "\"A name.\"", "", "   ", "\"\""].map(Value::from).into();
        names.push(json!("so many words that nobody reads to the end of them all today"));
        names.extend([json!(null), json!(["A list"]), json!({"name": "An object"})]);
        names.extend((0..50).map(|i| json!(format!("Further name {i}"))));
        (kind == Kind::Propose).then(|| json!({ "names": names }))
    });
    play.tree("");
    let groups = play.groups();
    let candidates = play.candidates();
    let mut seen = HashSet::new();
    for candidate in &candidates {
        let form = normal_form(&candidate.name);
        assert!(!form.is_empty(), "{candidate:?}");
        assert!(seen.insert((candidate.group_id, form)), "twice: {candidate:?}");
        assert!(candidate.name.split_whitespace().count() <= 10, "{candidate:?}");
        assert!(!candidate.name.contains(['"', '\n']) && !candidate.name.ends_with('.'));
    }
    // Ten are wanted in all; no group gives more than half its clusters.
    assert!((5..=10).contains(&candidates.len()), "{} candidates", candidates.len());
    assert!(play.asked(Kind::Propose).len() <= 2 * groups.len(), "asked again once at most");
}

// K18: two groups that thought of the same made the same parent twice.
#[test]
fn what_two_groups_call_the_same_is_one_parent() {
    let play = Play::scripted(&assorted(80), |kind, body, _| match kind {
        Kind::Propose => {
            let items = shown(body, "item");
            let shared = match items.len() % 2 {
                0 => "Refunds & billing",
                _ => "Billing and refunds",
            };
            let own = |what: &str| format!("{what} {}", items[0].text.replace(':', " "));
            let own = |what: &str| own(what).split(' ').take(6).collect::<Vec<_>>().join(" ");
            Some(json!({"names": [own("Alpha"), shared, own("Beta")]}))
        }
        Kind::Label => Some(label_by(body, |place, _, names| {
            holding(names, ["efunds", "Alpha", "Beta"][place % 3])
        })),
        _ => None,
    });
    play.space.write("own.toml", "[label]\nscope = \"group\"\nlook = \"none\"\n");
    play.tree("--config own.toml --max-clusters 12 --levels 1 --clusters-per-group 20");
    let candidates = play.candidates();
    let about = |id: u32| candidates[id as usize].name.contains("efunds");
    let groups: HashSet<_> = candidates
        .iter()
        .filter(|candidate| candidate.name.contains("efunds"))
        .map(|candidate| candidate.group_id)
        .collect();
    assert!(groups.len() > 2, "only {} groups thought of it", groups.len());
    let refunds: HashSet<String> = play
        .labels()
        .iter()
        .filter(|label| about(label.candidate_id))
        .map(|label| label.cluster_id.clone())
        .collect();
    let parents = play.parents();
    let holders =
        parents.iter().filter(|parent| parent.members.iter().any(|id| refunds.contains(id)));
    assert_eq!(holders.count(), 1, "one parent holds them all");
    let names: HashSet<String> = parents.iter().map(|parent| normal_form(&parent.name)).collect();
    assert_eq!(names.len(), parents.len());
}

// K19: candidates always in one order, of which models prefer the first.
#[test]
fn candidates_are_not_always_shown_in_the_same_order() {
    let first = |_: usize, _: &str, names: &[String]| names[0].clone();
    let play = Play::scripted(&assorted(120), move |kind, body, _| {
        (kind == Kind::Label).then(|| label_by(body, first))
    });
    let orders = |flags: &str| -> Vec<String> {
        play.server.reset();
        play.tree(&format!("--clusters-per-group 20 {flags}"));
        let asked = play.asked(Kind::Label);
        let mut orders: Vec<String> = asked
            .iter()
            .map(|seen| said(&seen.body, "user").split("<item").next().unwrap().to_owned())
            .collect();
        orders.sort();
        orders
    };
    let once = orders("");
    let candidates = play.candidates();
    let labels = play.labels();
    let firsts = labels.iter().filter(|label| {
        let group = candidates[label.candidate_id as usize].group_id;
        let lowest = candidates.iter().position(|candidate| candidate.group_id == group);
        lowest == Some(label.candidate_id as usize)
    });
    assert!(firsts.count() < 120, "the first proposal was always shown first");
    std::fs::remove_dir_all(play.space.path("r")).unwrap();
    assert!(once == orders(""), "the same seed shows the same");
    std::fs::remove_dir_all(play.space.path("r")).unwrap();
    assert!(once != orders("--seed 1"), "another seed shows the same");
}
