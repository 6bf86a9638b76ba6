//! Every size and every kind of text gives a sensible tree, or a clear error.

use crate::space::{Space, assorted, named};

/// Runs on `input` and checks the run folder. Returns (roots, clusters in all).
#[track_caller]
fn tree_of(input: &str, flags: &str) -> (usize, usize) {
    let space = Space::new();
    space.write("in.jsonl", input);
    space.cladus(&format!("run in.jsonl --out r --embedder lexical {flags}")).ok();
    space.cladus("check r").ok();
    let nodes = space.hierarchy("r");
    (nodes.iter().filter(|n| n.parent_id.is_none()).count(), nodes.len())
}

#[test]
fn one_cluster_is_its_own_root() {
    assert_eq!(tree_of(&assorted(1), ""), (1, 1));
}

#[test]
fn as_many_clusters_as_roots_stay_as_they_are() {
    assert_eq!(tree_of(&assorted(10), ""), (10, 10));
}

#[test]
fn one_cluster_too_many_does_not_collapse_the_rest() {
    let (roots, _) = tree_of(&assorted(11), "");
    assert!((5..=10).contains(&roots), "{roots} roots");
}

#[test]
fn every_small_size_and_limit_works() {
    for n in [2, 3, 5, 13, 25] {
        for max in [1, 2, 3, 7] {
            let (roots, _) = tree_of(&assorted(n), &format!("--max-clusters {max}"));
            assert!((1..=max).contains(&roots), "{n} clusters to {max}: {roots} roots");
            assert!(roots * 2 >= max.min(n), "{n} clusters to {max}: only {roots} roots");
        }
    }
}

#[test]
fn texts_all_alike_still_make_a_tree() {
    let (roots, all) = tree_of(&named(vec!["Reset a password"; 40]), "");
    assert!((1..=10).contains(&roots) && all > 40, "{roots} roots, {all} clusters");
}

#[test]
fn names_alone_are_enough() {
    let names = (0..50).map(|i| format!("Topic {} of kind {}", i, i % 5));
    let (roots, _) = tree_of(&named(names), "");
    assert!((5..=10).contains(&roots), "{roots} roots");
}

#[test]
fn names_without_a_word_still_make_a_tree() {
    let names = ["???", "!!!", "...", "🙂", "🙃", "—", "1", "2", "3", "4", "5", "€", "$$", "%"];
    let (roots, _) = tree_of(&named(names), "");
    assert!((1..=10).contains(&roots));
}

#[test]
fn every_script_is_grouped_and_named() {
    let arabic = [
        "إعادة تعيين كلمة المرور",
        "تغيير كلمة المرور",
        "استعادة كلمة المرور",
        "كلمة المرور المنسية",
    ];
    let chinese = ["重置密码", "修改密码", "找回密码", "忘记密码"];
    let japanese = ["請求書の発行", "請求書の再送", "請求書の訂正", "請求書の支払い"];
    let emoji = ["🐶 dog photos", "🐶 dog food", "🐶 dog walks", "🐶 dog toys"];
    let names: Vec<&str> = [arabic, chinese, japanese, emoji].concat();
    let space = Space::new();
    space.write("in.jsonl", named(&names));
    space.cladus("run in.jsonl --out r --embedder lexical --max-clusters 4").ok();
    space.cladus("check r").ok();
    let nodes = space.hierarchy("r");
    let root_of = |name: &str| {
        let mut node = nodes.iter().find(|n| n.cluster.name == name).unwrap();
        while let Some(parent) = &node.parent_id {
            node = nodes.iter().find(|n| n.cluster.id == *parent).unwrap();
        }
        node.cluster.id.clone()
    };
    for script in [arabic, chinese, japanese, emoji] {
        let home = root_of(script[0]);
        assert!(script.iter().all(|name| root_of(name) == home), "{script:?} is torn apart");
    }
}

#[test]
fn a_megabyte_of_name_is_cut_and_said_so() {
    let space = Space::new();
    let mut input = assorted(30);
    input += &named(["word ".repeat(200_000)]);
    space.write("in.jsonl", input);
    let ran = space.cladus("run in.jsonl --out r --embedder lexical").ok();
    assert!(ran.stderr.contains("1 text was cut"), "{}", ran.stderr);
    let longest = space.hierarchy("r").iter().map(|n| n.cluster.name.chars().count()).max();
    assert!(longest <= Some(500), "{longest:?}");
    space.cladus("check r").ok();
}

#[test]
fn no_rows_are_a_clear_error() {
    let space = Space::new();
    for (file, text) in
        [("e.jsonl", ""), ("e.json", "[]"), ("e.csv", "id,name\n"), ("w.jsonl", "\n \n")]
    {
        space.write(file, text);
        let ran = space.cladus(&format!("run {file} --out r")).exits(3);
        ran.complains(&[file]);
    }
    assert!(!space.path("r").exists(), "nothing was made");
}

#[test]
fn small_groups_by_hand_end_too() {
    let (roots, _) = tree_of(&assorted(120), "--clusters-per-group 2 --max-clusters 3");
    assert!((2..=3).contains(&roots), "{roots} roots");
}
