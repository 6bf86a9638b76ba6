use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use cladus_core::artifact::{Cluster, Node};
use proptest::prelude::*;

use super::*;

/// A cluster, given by its id, its name, its level, and its parent (none: "").
type Row = (&'static str, &'static str, u8, &'static str);

/// Base clusters a to h; two levels above them, and a cluster that moved up alone.
const ROWS: [Row; 14] = [
    ("r1", "Health", 2, ""),
    ("r2", "Code", 2, ""),
    ("p1", "Pneumonia and infections", 1, "r1"),
    ("p2", "Bones", 1, "r1"),
    ("p3", "Gists", 1, "r2"),
    ("p4", "Gist comments", 1, "r2"),
    ("a", "Flu", 0, "p1"),
    ("b", "Cough", 0, "p1"),
    ("c", "Fractures", 0, "p2"),
    ("d", "Sprains", 0, "p2"),
    ("e", "Make a gist", 0, "p3"),
    ("f", "Delete a gist", 0, "p3"),
    ("g", "Comment", 0, "p4"),
    ("h", "Alone", 0, "r2"),
];

fn tree_of(rows: &[Row]) -> Tree {
    let place: HashMap<&str, usize> = rows.iter().zip(0..).map(|(row, n)| (row.0, n)).collect();
    let mut sizes = vec![0; rows.len()];
    for (n, row) in rows.iter().enumerate().filter(|(_, row)| row.2 == 0) {
        let mut next = Some(n);
        while let Some(at) = next {
            // So that sizes tell base clusters apart.
            sizes[at] += 1 << (row.0.as_bytes()[0] - b'a');
            next = place.get(rows[at].3).copied();
        }
    }
    let node = |(row, size): (&Row, u64)| {
        let mut members: Vec<String> =
            rows.iter().filter(|other| other.3 == row.0).map(|other| other.0.to_owned()).collect();
        members.sort();
        let cluster = Cluster {
            id: row.0.to_owned(),
            name: row.1.to_owned(),
            description: format!("About {}.", row.1),
            slug: slug_of(&[row.1]),
            level: row.2,
            members: if row.2 == 0 { vec![format!("item-{}", row.0)] } else { members },
            size,
        };
        Node { cluster, parent_id: None }
    };
    let nodes = rows.iter().zip(sizes).map(node).collect();
    let parents = rows.iter().map(|row| place.get(row.3).copied()).collect();
    Tree::of_parts(nodes, parents).unwrap()
}

fn tree() -> Tree {
    tree_of(&ROWS)
}

fn edits(text: &str) -> Edits {
    Edits::parse(Path::new("edits.toml"), text).unwrap()
}

/// Every cluster's parent's id, and its name.
fn shape(tree: &Tree) -> BTreeMap<String, (String, String)> {
    let row = |node: &Node| {
        let parent = node.parent_id.clone().unwrap_or_default();
        (node.cluster.id.clone(), (parent, node.cluster.name.clone()))
    };
    tree.nodes().iter().map(row).collect()
}

/// What differs from the tree as it was, `id: parent, name` each, `id` alone where it is gone.
fn changes(text: &str) -> (Vec<String>, Vec<EditOutcome>) {
    let before = shape(&tree());
    let (tree, outcomes) = apply(tree(), &edits(text)).unwrap();
    is_sound(&tree);
    let after = shape(&tree);
    let line = |id: &String| match after.get(id) {
        Some((parent, name)) => format!("{id}: {parent}, {name}"),
        None => id.clone(),
    };
    let changed = before.iter().filter(|(id, row)| after.get(*id) != Some(row));
    assert!(after.keys().all(|id| before.contains_key(id)), "ids stay what they were");
    (changed.map(|(id, _)| line(id)).collect(), outcomes)
}

#[track_caller]
fn applies(text: &str, expected: &[&str]) -> Vec<EditOutcome> {
    let (changed, outcomes) = changes(text);
    let problems: Vec<&EditOutcome> = outcomes.iter().filter(|o| !o.applies()).collect();
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(changed, expected);
    outcomes
}

#[track_caller]
fn does_not(text: &str, because: &[&str]) {
    let (changed, outcomes) = changes(text);
    assert_eq!(changed, [] as [&str; 0]);
    let problem = outcomes[0].problem.clone().unwrap();
    for part in because {
        assert!(problem.contains(part), "no {part:?} in {problem:?}");
    }
}

/// What must hold of every hierarchy.
#[track_caller]
fn is_sound(tree: &Tree) {
    let mut seen = HashSet::new();
    for (node, row) in tree.nodes().iter().enumerate() {
        let cluster = &row.cluster;
        assert!(seen.insert(&cluster.id), "{} twice", cluster.id);
        let children: Vec<&Cluster> =
            tree.children(node).iter().map(|&child| tree.cluster(child)).collect();
        assert_eq!(children.is_empty(), cluster.level == 0, "{} has no children", cluster.id);
        if cluster.level > 0 {
            let mut members: Vec<&str> = children.iter().map(|child| child.id.as_str()).collect();
            members.sort_unstable();
            assert_eq!(cluster.members, members, "members of {}", cluster.id);
            assert_eq!(cluster.size, children.iter().map(|child| child.size).sum::<u64>());
            assert!(children.iter().all(|child| child.level < cluster.level));
        }
        for &child in tree.children(node) {
            assert_eq!(tree.nodes()[child].parent_id.as_ref(), Some(&cluster.id));
        }
        let parents = children.iter().filter(|child| child.level > 0);
        let names: Vec<String> = parents.map(|child| key(&child.name)).collect();
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len(), "{names:?}");
    }
    let order = tree.nodes().iter().map(|node| node.cluster.clone());
    let again = Tree::of_parts(
        order.map(|cluster| Node { cluster, parent_id: None }).collect(),
        (0..tree.nodes().len()).map(|node| tree.path(node).iter().rev().nth(1).copied()).collect(),
    );
    assert_eq!(shape(&again.unwrap()), shape(tree));
}

#[test]
fn a_parent_is_called_otherwise_and_is_what_it_was() {
    for parent in ["\"Pneumonia and infections\"", "' pneumonia  AND infections'", "'p1'"] {
        let text = format!("[[rename]]\nparent = {parent}\nname = 'Infections'");
        let outcomes = applies(&text, &["p1: r1, Infections"]);
        assert_eq!(outcomes[0].touched, ["p1"]);
    }
    let text = "[[rename]]\nparent = 'pneumonia_infections'\nname = 'Chest'\ndescription = 'New.'";
    let (tree, _) = apply(tree(), &edits(text)).unwrap();
    let chest = tree.nodes().iter().find(|node| node.cluster.id == "p1").unwrap();
    assert_eq!((&*chest.cluster.slug, &*chest.cluster.description), ("chest_new", "New."));
    let text = "[[rename]]\nparent = 'p1'\nslug = 'in_the_chest'";
    let (tree, _) = apply(tree_of(&ROWS), &edits(text)).unwrap();
    let chest = tree.nodes().iter().find(|node| node.cluster.id == "p1").unwrap();
    assert_eq!((&*chest.cluster.name, &*chest.cluster.slug), (ROWS[2].1, "in_the_chest"));
}

#[test]
fn a_base_cluster_is_called_otherwise_too() {
    applies("[[rename]]\nparent = 'Flu'\nname = 'Influenza'", &["a: p1, Influenza"]);
    applies("[[rename]]\ncluster = 'a'\nname = 'Influenza'", &["a: p1, Influenza"]);
}

#[test]
fn what_a_description_says_by_name_follows() {
    let described = |text: &str, id: &str| {
        let (tree, _) = apply(tree(), &edits(text)).unwrap();
        let node = tree.nodes().iter().find(|node| node.cluster.id == id).unwrap();
        node.cluster.description.clone()
    };
    let renamed = "[[rename]]\nparent = 'Bones'\nname = 'Skeleton'";
    assert_eq!(described(renamed, "p2"), "About Skeleton.");
    let merged = "[[merge]]\nparents = ['Gists', 'Gist comments']";
    assert_eq!(described(merged, "p3"), "About Gists. About Gist comments.");
    let told = format!("{merged}\ndescription = 'Snippets.'");
    assert_eq!(described(&told, "p3"), "Snippets.");
}

#[test]
fn a_new_parent_takes_what_it_is_given() {
    let create = |clusters: &str, under: &str| {
        let text = format!("[[create]]\nname = 'New'\nclusters = [{clusters}]\n{under}");
        let (tree, outcomes) = apply(tree(), &edits(&text)).unwrap();
        is_sound(&tree);
        let new = tree.nodes().iter().position(|node| node.cluster.name == "New");
        let line = new.map(|new| {
            let cluster = tree.cluster(new);
            let above = tree.nodes()[new].parent_id.clone().unwrap_or_default();
            let all = cluster.members.join(" ");
            format!(
                "{above} > {} > {all}; {}; {}",
                cluster.level, cluster.slug, cluster.description
            )
        });
        line.unwrap_or_else(|| outcomes[0].problem.clone().unwrap())
    };
    assert_eq!(create("'a'", ""), "r1 > 1 > a; new_flu; Flu.");
    assert_eq!(
        create("'a', 'e', 'Flu'", "under = 'r2'"),
        "r2 > 1 > a e; new_flu_make; Flu; Make a gist."
    );
    assert_eq!(
        create("'p1', 'p3'", ""),
        " > 2 > p1 p3; new_pneumonia_infections; Pneumonia and infections; Gists."
    );
    assert_eq!(create("'r1', 'r2'", ""), " > 3 > r1 r2; new_health_code; Health; Code.");
    for (clusters, under, because) in [
        ("'a', 'p3'", "", "one level above"),
        ("'r1'", "under = 'p2'", "one level above"),
        ("'z'", "", "no cluster"),
        ("'a'", "under = 'b'", "base cluster"),
    ] {
        let said = create(clusters, under);
        assert!(said.contains(because), "{said}");
    }
    let text = "[[create]]\nname = 'bones'\nclusters = ['a']";
    assert!(apply(tree(), &edits(text)).unwrap().1[0].problem.as_ref().unwrap().contains("merge"));
    let twice = "[[create]]\nname = 'New'\nclusters = ['a']\n[[rename]]\nparent = 'New'\nname = 'Old'\n\
                 [[create]]\nname = 'New'\nclusters = ['a']";
    let outcomes = apply(tree(), &edits(twice)).unwrap().1;
    assert!(outcomes[2].problem.as_ref().unwrap().contains("already"), "{outcomes:?}");
}

#[test]
fn the_first_of_merged_parents_stays() {
    let outcomes =
        applies("[[merge]]\nparents = ['Gists', 'Gist comments']", &["g: p3, Comment", "p4"]);
    assert!(outcomes[0].touched.contains(&"p3".to_owned()), "{outcomes:?}");
    // Of different parents, of which one is left without children.
    let text = "[[merge]]\nparents = ['Bones', 'Pneumonia and infections', 'p3']\nname = 'Ills'";
    applies(
        text,
        &[
            "a: p2, Flu",
            "b: p2, Cough",
            "e: p2, Make a gist",
            "f: p2, Delete a gist",
            "p1",
            "p2: r1, Ills",
            "p3",
        ],
    );
    let text = "[[merge]]\nparents = ['Health', 'Code']\nname = 'code'";
    applies(text, &["h: r1, Alone", "p3: r1, Gists", "p4: r1, Gist comments", "r1: , code", "r2"]);
}

#[test]
fn a_parent_without_children_goes_and_that_is_told() {
    let outcomes = applies(
        "[[move]]\ncluster = 'g'\nto = 'Gists'\n[[move]]\ncluster = 'p3'\nto = 'Health'\n\
         [[move]]\ncluster = 'h'\nto = 'p2'",
        &["g: p3, Comment", "h: p2, Alone", "p3: r1, Gists", "p4", "r2"],
    );
    let notes: Vec<&str> = outcomes.iter().flat_map(|o| &o.notes).map(String::as_str).collect();
    assert_eq!(
        notes,
        [
            "\"Gist comments\" (p4) has no children left and is removed",
            "\"Code\" (r2) has no children left and is removed"
        ]
    );
}

#[test]
fn what_is_there_already_applies() {
    applies("[[pin]]\ncluster = 'Flu'\nunder = 'p1'", &[]);
    applies("[[move]]\ncluster = 'a'\nto = 'p1'", &[]);
    applies("[[rename]]\nparent = 'p2'\nname = 'Bones'", &[]);
    applies("[[merge]]\nparents = ['p2', { of = ['c', 'd'] }]", &[]);
}

#[test]
fn what_moved_up_alone_may_go_anywhere_it_has_been() {
    applies("[[move]]\ncluster = 'h'\nto = 'p1'", &["h: p1, Alone"]);
    applies("[[pin]]\ncluster = 'h'\nunder = 'r1'", &["h: r1, Alone"]);
    does_not("[[move]]\ncluster = 'a'\nto = 'r2'", &["level 0", "level 2", "one level above"]);
}

#[test]
fn an_edit_may_speak_of_what_an_earlier_one_left() {
    let rename = "[[rename]]\nparent = 'Bones'\nname = 'Skeleton'\n";
    for parent in ["Skeleton", "Bones", "bones"] {
        let text = format!("{rename}[[move]]\ncluster = 'a'\nto = '{parent}'");
        applies(&text, &["a: p2, Flu", "p2: r1, Skeleton"]);
    }
    let text =
        "[[merge]]\nparents = ['p3', 'p4']\n[[rename]]\nparent = 'Gist comments'\nname = 'G'";
    applies(text, &["g: p3, Comment", "p3: r2, G", "p4"]);
    let text = "[[move]]\ncluster = 'g'\nto = 'p3'\n[[rename]]\nparent = 'p4'\nname = 'G'";
    let (_, outcomes) = changes(text);
    assert!(outcomes[1].problem.as_ref().unwrap().contains("no children left"), "{outcomes:?}");
}

#[test]
fn a_parent_is_found_by_what_it_holds() {
    let rename = |parent: &str| format!("[[rename]]\nparent = {parent}\nname = 'X'");
    for (parent, expected) in [
        ("{ of = ['a', 'b'] }", "p1: r1, X"),
        ("{ of = ['a', 'b', 'e'] }", "p1: r1, X"),
        ("{ of = ['a', 'c'] }", "r1: , X"),
        ("{ of = ['a', 'b'], level = 2 }", "r1: , X"),
        // What it holds comes before what it is called.
        ("{ name = 'Bones', of = ['a', 'b', 'c'] }", "p1: r1, X"),
        ("{ name = 'Health', of = ['a', 'b'] }", "r1: , X"),
        ("{ name = 'Health', of = ['a', 'b'], level = 1 }", "r1: , X"),
        ("{ name = 'Bones', of = ['a', 'c', 'e'], level = 1 }", "p2: r1, X"),
        ("{ name = 'Bones', of = ['a', 'b'] }", "p1: r1, X"),
        ("{ name = 'Ills', of = ['a', 'b'] }", "p1: r1, X"),
        ("{ name = 'Bones', of = ['not', 'there'] }", "p2: r1, X"),
        ("{ name = 'Bones', level = 1 }", "p2: r1, X"),
    ] {
        applies(&rename(parent), &[expected]);
    }
    for (parent, because) in [
        ("{ of = ['a', 'c', 'e', 'g'] }", &["more than half of the 4"][..]),
        ("{ of = ['a', 'not', 'there'] }", &["of the 3", "1 are still there"]),
        ("{ of = ['a', 'b'], level = 3 }", &["at level 3"]),
        ("{ name = 'Bones', of = ['a', 'e'] }", &["no parent called \"Bones\"", "of the 2"]),
        ("{ name = 'Bone', of = ['not'] }", &["is it \"Bones\", p2?"]),
    ] {
        does_not(&rename(parent), because);
    }
}

#[test]
fn what_does_not_bind_says_why() {
    does_not("[[rename]]\nparent = 'Infections'\nname = 'X'", &["Pneumonia and infections", "p1"]);
    does_not("[[rename]]\nparent = 'Bonse'\nname = 'X'", &["no parent", "is it \"Bones\", p2?"]);
    does_not("[[rename]]\nparent = 'zzzzzzz'\nname = 'X'", &["no parent has the id, name or slug"]);
    does_not("[[move]]\ncluster = 'i'\nto = 'p1'", &["no cluster"]);
    does_not("[[move]]\ncluster = 'a'\nto = 'b'", &["base cluster"]);
    does_not("[[rename]]\nparent = 'p1'\nname = 'bones'", &["sibling", "p2"]);
    does_not("[[merge]]\nparents = ['p1', 'r2']", &["level 1", "level 2", "same level"]);
    does_not("[[merge]]\nparents = ['p1', 'p2', 'p9']", &["p9"]);
    does_not("[[move]]\ncluster = 'r1'\nto = 'p1'", &["under itself"]);
    does_not("[[move]]\ncluster = 'r1'\nto = 'r1'", &["under itself"]);
    does_not("[[move]]\ncluster = 'r1'\nto = 'r2'", &["one level above"]);
    does_not("[[move]]\ncluster = 'p1'\nto = 'p2'", &["one level above"]);
}

#[test]
fn names_that_several_bear_are_not_guessed() {
    let mut rows = ROWS;
    rows[3].1 = "Other";
    rows[5].1 = "Other";
    let ask = |text: &str| {
        let (tree, outcomes) = apply(tree_of(&rows), &edits(text)).unwrap();
        is_sound(&tree);
        outcomes.into_iter().map(|o| o.problem.unwrap_or_default()).collect::<Vec<_>>()
    };
    let said = ask("[[rename]]\nparent = 'Other'\nname = 'X'");
    for part in ["2 parents", "p2 under \"Health\"", "p4 under \"Code\""] {
        assert!(said[0].contains(part), "no {part:?} in {said:?}");
    }
    assert_eq!(ask("[[rename]]\nparent = { name = 'Other', of = ['g'] }\nname = 'X'"), [""]);
    // No two siblings become namesakes, unless one of them is renamed first.
    let said = ask("[[move]]\ncluster = 'p4'\nto = 'r1'");
    assert!(said[0].contains("p4 and p2 would be siblings"), "{said:?}");
    let said = ask("[[merge]]\nparents = ['r1', 'r2']");
    assert!(said[0].contains("p4 and p2 would be siblings"), "{said:?}");
    let renamed = "[[rename]]\nparent = 'p4'\nname = 'X'\n[[merge]]\nparents = ['r1', 'r2']";
    assert_eq!(ask(renamed), ["", ""]);
}

/// Any edit, in terms of clusters by their place.
fn any_edit() -> impl Strategy<Value = Verb> {
    let any = (0..ROWS.len()).prop_map(|n| ROWS[n]);
    let reference = (any, 0..3u8).prop_map(|(row, how)| match how {
        0 => Reference::Said(row.0.to_owned()),
        1 => Reference::Said(row.1.to_owned()),
        _ => Reference::Of(crate::edits::verb::Of {
            name: Some(row.1.to_owned()),
            of: vec![row.0.to_owned()],
            level: None,
        }),
    });
    let name = prop::sample::select(vec!["Bones", "Other", "Gists", "New"]);
    let pair = (reference.clone(), reference.clone());
    let some = reference.clone();
    prop_oneof![
        (reference.clone(), name.clone()).prop_map(|(parent, name)| {
            let name = Some(name.to_owned());
            Verb::Rename(crate::edits::verb::Rename::new(
                parent,
                Wording { name, ..Wording::default() },
            ))
        }),
        prop::collection::vec(reference, 2..4)
            .prop_map(|parents| Verb::Merge(Merge::new(parents, Wording::default()))),
        pair.clone().prop_map(|(cluster, to)| Verb::Move(crate::edits::verb::Move { cluster, to })),
        pair.prop_map(|(cluster, under)| Verb::Pin(crate::edits::verb::Pin { cluster, under })),
        (prop::collection::vec(some, 1..4), name).prop_map(|(clusters, name)| {
            Verb::Create(Create::new(clusters, None, name.to_owned(), None, None))
        }),
    ]
}

proptest! {
    /// Whatever is corrected: every base cluster keeps one chain of parents and all it has, ids are
    /// those that were, sizes add up, and only what is merged or empty goes.
    #[test]
    fn a_hierarchy_stays_one(verbs in prop::collection::vec(any_edit(), 0..12)) {
        let mut edits = Edits::default();
        for (line, verb) in verbs.into_iter().enumerate() {
            edits.list.push(crate::edits::Edit { line, start: 0, verb });
        }
        let (edited, outcomes) = apply(tree(), &edits).unwrap();
        prop_assert_eq!(outcomes.len(), edits.list.len());
        is_sound(&edited);
        let before = tree();
        prop_assert_eq!(edited.size(), before.size());
        let bases = |tree: &Tree| -> Vec<Cluster> {
            let all = tree.nodes().iter().map(|node| node.cluster.clone());
            let mut base: Vec<Cluster> = all.filter(|cluster| cluster.level == 0).collect();
            base.sort_by(|a, b| a.id.cmp(&b.id));
            // What they are called is all that an edit changes of them.
            for cluster in &mut base {
                cluster.name = String::new();
                cluster.slug = String::new();
            }
            base
        };
        prop_assert_eq!(bases(&edited), bases(&before), "base clusters are the user's own");
        let emptied: usize = outcomes.iter().map(|outcome| outcome.notes.len()).sum();
        let merged: usize = edits.list.iter().zip(&outcomes).filter(|(_, o)| o.applies()).map(
            |(edit, _)| match &edit.verb { Verb::Merge(merge) => merge.parents.len() - 1, _ => 0 },
        ).sum();
        let created = edits.list.iter().zip(&outcomes).filter(|(edit, outcome)| {
            outcome.applies() && matches!(edit.verb, Verb::Create(_))
        }).count();
        let gone = before.nodes().len() + created - edited.nodes().len();
        prop_assert!(gone >= emptied && gone <= emptied + merged, "{gone} {emptied} {merged}");
        let levels: HashMap<&str, u8> = ROWS.iter().map(|row| (row.0, row.2)).collect();
        let kept = edited.nodes().iter().filter_map(|node| {
            Some((levels.get(node.cluster.id.as_str())?, node.cluster.level))
        });
        for (level, now) in kept {
            prop_assert_eq!(*level, now);
        }
    }
}
