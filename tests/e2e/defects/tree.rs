//! The loop: it ends, with a tree of the size that was asked for.

use cladus_tests::server::{Behaviour, Kind};
use serde_json::json;

use super::{Play, holding, label_by, roots, shown};
use crate::space::assorted;

// K1: candidates as many as children, and the loop went on for ever.
#[test]
fn a_model_that_names_every_child_still_ends_with_few_roots() {
    for (n, levels) in [(30, 1), (130, 2)] {
        let play = Play::scripted(&assorted(n), |kind, body, _| match kind {
            Kind::Propose => {
                let names = shown(body, "item").into_iter();
                let name = |text: String| text.split(':').next().map(str::to_owned);
                Some(
                    json!({ "names": names.filter_map(|item| name(item.text)).collect::<Vec<_>>() }),
                )
            }
            Kind::Label => {
                Some(label_by(body, |place, _, names| names[place % names.len()].clone()))
            }
            _ => None,
        });
        let nodes = play.tree("--max-clusters 10");
        let roots = roots(&nodes).len();
        assert!((5..=10).contains(&roots), "{n} clusters: {roots} roots");
        // A proposal, a label and a naming for each group, and each of them asked again once.
        let groups = n.div_ceil(12) * levels;
        let calls = play.server.stats().requests as usize;
        assert!(calls <= groups * 6 + levels, "{n} clusters: {calls} calls");
    }
}

// K1: no number of roots at all, and the loop could not end.
#[test]
fn no_roots_at_all_are_refused_before_anything_is_paid() {
    let play = Play::new(&assorted(30), Behaviour::default());
    play.run("--max-clusters 0").exits(2).complains(&["max_clusters is 0"]);
    assert_eq!(play.server.stats().requests, 0);
}

// K17: eleven roots, ten wanted, a model with one idea: one root was left.
#[test]
fn one_root_too_many_and_one_proposal_do_not_leave_one_root() {
    // Eleven become four: parts of two and three are split no further.
    for (n, max, least) in [(11, 10, 4), (56, 10, 5), (40, 4, 2)] {
        let play = Play::scripted(&assorted(n), |kind, _, _| {
            (kind == Kind::Propose).then(|| json!({"names": ["Everything there is"]}))
        });
        let nodes = play.tree(&format!("--max-clusters {max}"));
        let roots = roots(&nodes).len();
        assert!((least..=max).contains(&roots), "{n} clusters, {max} wanted: {roots} roots");
    }
}

// K17, K1: a model that gives every cluster one and the same label.
#[test]
fn one_label_for_all_is_not_one_root() {
    let play = Play::scripted(&assorted(56), |kind, body, _| {
        let first = |_: usize, _: &str, names: &[String]| names.iter().min().unwrap().clone();
        (kind == Kind::Label).then(|| label_by(body, first))
    });
    let roots = roots(&play.tree("--max-clusters 10")).len();
    assert!((5..=10).contains(&roots), "{roots} roots");
}

// K9: a parent of one child cost two calls and got a name of its own.
#[test]
fn a_cluster_that_is_alone_moves_up_as_it_is_and_costs_no_call() {
    let names = (0..12).map(|i| match i % 2 {
        0 => format!("Reset passwords of office {i}"),
        _ => format!("Subscribe to mailing list {i}"),
    });
    let mut input = crate::space::named(names);
    input += "{\"id\": \"zebra\", \"name\": \"Feeding a zebra\"}\n";
    let play = Play::scripted(&input, |kind, body, _| match kind {
        Kind::Propose => Some(json!({"names": ["Passwords", "Mailing lists", "Animals"]})),
        Kind::Label => Some(label_by(body, |_, text, names| {
            let part = ["zebra", "Reset", "Subscribe"].into_iter().find(|part| text.contains(part));
            let meant = match part {
                Some("zebra") => "Animals",
                Some("Reset") => "Passwords",
                _ => "Mailing",
            };
            holding(names, meant)
        })),
        _ => None,
    });
    let nodes = play.tree("--max-clusters 3 --clusters-per-group 13");
    assert_eq!(roots(&nodes).len(), 3);
    let zebra = nodes.iter().find(|node| node.cluster.id == "zebra").unwrap();
    assert_eq!((zebra.parent_id.as_deref(), zebra.cluster.level), (None, 0));
    assert_eq!(zebra.cluster.name, "Feeding a zebra");
    let asked = play.asked(Kind::Rename);
    assert!(!asked.is_empty());
    for parent in asked.iter().flat_map(|seen| shown(&seen.body, "parent")) {
        assert!(parent.text.matches("<item>").count() >= 2, "{}", parent.text);
    }
}

// K10: one cluster came back as a parent and its child, neither linked to the other.
#[test]
fn one_cluster_alone_stays_one_and_costs_nothing() {
    let play = Play::new(&assorted(1), Behaviour::default());
    for flags in ["", "--max-clusters 1"] {
        let nodes = play.tree(flags);
        assert_eq!(nodes.len(), 1);
        assert_eq!(nodes[0].parent_id, None);
    }
    assert_eq!(play.server.stats().requests, 0);
}

// K10: the link that was never set.
#[test]
fn two_clusters_for_one_root_are_both_below_it() {
    let play = Play::new(&assorted(2), Behaviour::default());
    let nodes = play.tree("--max-clusters 1");
    let root = roots(&nodes)[0].cluster.id.clone();
    assert_eq!(nodes.len(), 3);
    assert_eq!(nodes.iter().filter(|node| node.parent_id.as_ref() == Some(&root)).count(), 2);
}
