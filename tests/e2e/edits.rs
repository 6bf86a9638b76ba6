//! People's corrections: kept by every rebuild, reported where they no longer bind, gone without a trace.

use std::fs;

use cladus_core::artifact::{Cluster, Node};
use serde_json::Value;

use crate::space::{Ran, Space, helpdesk};

/// The run of the example in `r`, from a copy of its input.
fn run() -> Space {
    let space = Space::new();
    fs::copy(helpdesk(), space.path("in.jsonl")).unwrap();
    space.cladus("run in.jsonl --out r --embedder lexical --max-clusters 5").ok();
    space
}

fn edit<const N: usize>(space: &Space, args: [&str; N]) -> Ran {
    space.run("cladus", ["edit", "r"].into_iter().chain(args))
}

/// The parents of the first level, the larger first.
fn parents(space: &Space) -> Vec<Cluster> {
    let rows = space.hierarchy("r").into_iter().map(|node| node.cluster);
    rows.filter(|cluster| cluster.level == 1).collect()
}

fn node<'a>(rows: &'a [Node], id: &str) -> &'a Node {
    rows.iter().find(|node| node.cluster.id == id).unwrap()
}

fn parent_of<'a>(rows: &'a [Node], id: &str) -> &'a Cluster {
    &node(rows, node(rows, id).parent_id.as_deref().unwrap()).cluster
}

/// Every file of the run that says what was made, and how.
fn made(space: &Space) -> Vec<(String, Vec<u8>)> {
    let mut found: Vec<(String, Vec<u8>)> = space
        .artifacts("r")
        .into_keys()
        .flat_map(|name| [name.clone(), name.with_extension("manifest.json")])
        .map(|name| {
            let bytes = fs::read(space.path("r").join(&name)).unwrap();
            (name.display().to_string(), bytes)
        })
        .collect();
    found.sort();
    found
}

fn report(space: &Space, flags: &str) -> Value {
    let ran = space.cladus(&format!("run --out r --json {flags}")).ok();
    serde_json::from_str(&ran.stdout).unwrap()
}

fn states(report: &Value) -> Vec<&str> {
    let iterations = report["iterations"].as_array().unwrap().iter();
    let stages = iterations.flat_map(|iteration| iteration["stages"].as_array().unwrap());
    stages.map(|stage| stage["state"].as_str().unwrap()).collect()
}

#[test]
fn corrections_survive_a_rebuild_and_another_base_cluster() {
    let space = run();
    // Two subjects that any grouping keeps together.
    let before = space.hierarchy("r");
    let base = |name: &str| {
        let found = before.iter().find(|node| node.cluster.name == name);
        found.unwrap_or_else(|| panic!("no {name:?}")).cluster.id.clone()
    };
    let stays = base("Create an API key for a script");
    let other = base("Recover an account after losing the two-factor phone");
    let (stays, other) = (&stays, &other);
    let (renamed, to) = (parent_of(&before, stays), parent_of(&before, other));
    let moved = renamed.members.iter().find(|id| *id != stays).unwrap();
    edit(&space, ["rename", &renamed.name, "As people say"]).ok();
    edit(&space, ["move", moved, &to.name]).ok();
    let is_so = |what: &str| {
        let rows = space.hierarchy("r");
        assert_eq!(parent_of(&rows, stays).name, "As people say", "{what}");
        // A rebuild may call that parent otherwise: it is the one that these are under.
        assert_eq!(parent_of(&rows, moved), parent_of(&rows, other), "{what}");
        assert_ne!(parent_of(&rows, moved), parent_of(&rows, stays), "{what}");
        space.cladus("check r").ok();
        space.cladus("status r --check").ok();
        rows
    };
    let rows = is_so("at once");
    assert_eq!(parent_of(&rows, stays).id, renamed.id, "the id stays");
    let (old, new) = (node(&rows, &renamed.id), node(&rows, &to.id));
    assert_eq!(old.cluster.members.len() + 1, renamed.members.len());
    assert_eq!(new.cluster.members.len(), to.members.len() + 1);
    assert_eq!(old.cluster.size + new.cluster.size, renamed.size + to.size);
    assert!(states(&report(&space, "")).iter().all(|state| *state == "fresh"), "no stage is stale");

    report(&space, "--force rename");
    is_so("after --force rename");

    // One more base cluster: its parent gets another id by it, and another name.
    let mut input = fs::read_to_string(space.path("in.jsonl")).unwrap();
    let new = serde_json::json!({
        "id": "hd-new",
        "name": "Lift a limit on API requests",
        "description": "A script stopped because the API refused further requests. Agents raised the \
                        limit of the API key and explained how to page and wait.",
        "members": ["conv-new"],
    });
    input += &format!("{new}\n");
    space.write("in.jsonl", input);
    space.cladus("run in.jsonl --out r --embedder lexical").ok();
    let rows = is_so("with one more");
    assert_eq!(parent_of(&rows, "hd-new").name, "As people say");
    assert_ne!(parent_of(&rows, "hd-new").id, renamed.id, "a rebuild gave it another id");
}

#[test]
fn without_its_edits_a_run_is_what_it_was_byte_by_byte() {
    let space = run();
    let before = made(&space);
    let [first, second, third, ..] = &parents(&space)[..] else { panic!("too few parents") };
    edit(&space, ["rename", &first.id, "As people say", "--description", "In their words."]).ok();
    let roots: Vec<String> = space
        .hierarchy("r")
        .into_iter()
        .filter(|node| node.parent_id.is_none())
        .map(|node| node.cluster.id)
        .collect();
    edit(&space, ["merge", &roots[0], &roots[1], "--name", "Both"]).ok();
    for member in &second.members {
        // Until the last one is gone, and with it the parent.
        edit(&space, ["move", member, &third.id]).ok();
    }
    edit(&space, ["pin", &first.members[0]]).ok();
    let rows = space.hierarchy("r");
    assert!(!rows.iter().any(|node| [&second.id, &roots[1]].contains(&&node.cluster.id)));
    let notes = edit(&space, ["--list"]).ok().stdout;
    assert!(notes.contains("has no children left and is removed"), "{notes}");
    let show = space.cladus(&format!("show r {}", first.id)).ok().stdout;
    assert!(show.contains("In their words.") && show.contains("line 1: rename"), "{show}");
    space.cladus("check r").ok();
    space.cladus("eval r").ok();
    let text = fs::read_to_string(space.path("r/edits.toml")).unwrap();
    assert!(made(&space) != before);

    fs::remove_file(space.path("r/edits.toml")).unwrap();
    let why = space.cladus("status r --check").exits(4).stdout;
    assert!(why.contains("hierarchy  stale    edits: ") && why.contains("-> none"), "{why}");
    space.cladus("run --out r").ok();
    assert!(made(&space) == before);
    space.write("r/edits.toml", text);
    space.cladus("run --out r").ok();
    assert_eq!(space.hierarchy("r"), rows);
}

#[test]
fn an_edit_that_does_not_bind_is_reported_and_stops_nothing() {
    let space = run();
    let name = &parents(&space)[0].name;
    let text = format!(
        "# ours\n[[rename]]\nparent = \"{name}x\"\nname = 'X'\n\n\
         [[rename]]\nparent = \"{name}\"\nname = 'Y'\n"
    );
    space.write("r/edits.toml", &text);
    let ran = space.cladus("run --out r --strict").ok();
    ran.complains(&["warning:", "edits.toml: line 2: rename", "(is it ", "1 applies, 1 does not"]);
    assert!(space.hierarchy("r").iter().any(|node| node.cluster.name == "Y"), "the other applies");
    let again = space.cladus("run --out r").ok();
    assert!(again.stdout.contains("is up to date"), "{}", again.stdout);
    again.complains(&["warning:", "line 2"]);
    let status = space.cladus("status r --check").ok().stdout;
    assert!(status.contains("edits      1 applies, 1 does not:\n"), "{status}");
    assert!(status.contains("line 2: rename"), "{status}");
    let check = space.cladus("check r").ok().stdout;
    assert!(check.contains("r: ok, ") && check.contains("line 2: rename"), "{check}");
    let edits = &report(&space, "")["edits"];
    assert!(edits[0]["problem"].is_string() && edits[1]["problem"].is_null(), "{edits:#}");
    let json = space.cladus("status r --json").ok().stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["edits"]["edits"], &json["edits"]["outcomes"]), (&2.into(), edits));
    let listed = edit(&space, ["--list"]).ok().stdout;
    assert!(
        listed.contains("not applied  line 2") && listed.contains("applies      line 6"),
        "{listed}"
    );
}

#[test]
fn status_says_that_the_edits_are_the_reason_and_only_their_meaning_counts() {
    let space = run();
    let [first, second, ..] = &parents(&space)[..] else { panic!("too few parents") };
    let rename = |id: &str, name: &str| format!("[[rename]]\nparent = '{id}'\nname = '{name}'\n");
    space.write("r/edits.toml", rename(&first.id, "One"));
    let why = space.cladus("status r --check").exits(4).stdout;
    assert!(why.contains("hierarchy  stale    edits: none -> "), "{why}");
    assert!(why.contains("edits      1 applies"), "{why}");
    let stale = why.lines().filter(|line| line.contains("stale")).count();
    assert_eq!(stale, 1, "no stage: {why}");
    let planned = space.cladus("run --out r --dry-run").ok().stdout;
    assert!(planned.contains("edits: none -> "), "{planned}");
    space.cladus("run --out r").ok();
    let reordered = format!("# why\n\n[[rename]]\n  name = \"One\" # !\n  parent = '{}'", first.id);
    space.write("r/edits.toml", &reordered);
    space.cladus("status r --check").ok();
    space.write("r/edits.toml", reordered + "\n" + &rename(&second.id, "Two"));
    let why = space.cladus("status r --diff").ok().stdout;
    assert!(why.contains("(+1 -0 lines)") && why.contains("+{\"rename\":"), "{why}");
    // While a parent is still to be made, nobody knows.
    let settings = fs::read_to_string(space.path("r/cladus.toml")).unwrap();
    space.write("r/cladus.toml", settings.replace("seed = 0", "seed = 4"));
    let waits = space.cladus("status r").ok().stdout;
    assert!(waits.contains("edits      2; whether they apply is known once"), "{waits}");
}

#[test]
fn a_file_that_is_no_edits_is_told_before_anything_is_done() {
    let space = run();
    let before = made(&space);
    space.write("r/edits.toml", "\n[[rename]]\nparent = 'a'\nnam = 'b'\n");
    for line in ["run --out r --seed 5", "run --out r --dry-run", "status r", "edit r --list"] {
        space.cladus(line).exits(2).complains(&["r/edits.toml: line 4", "nam", "description"]);
    }
    assert!(made(&space) == before);
    let settings = fs::read_to_string(space.path("r/cladus.toml")).unwrap();
    assert!(settings.contains("seed = 0"), "{settings}");
    fs::create_dir(space.path("new")).unwrap();
    space.write("new/edits.toml", "[[mv]]\n");
    space.cladus("run in.jsonl --out new").exits(2).complains(&["new/edits.toml", "pin"]);
    assert!(!space.path("new/clusters.parquet").exists());
}

#[test]
fn the_command_writes_only_what_applies() {
    let space = run();
    let [first, second, ..] = &parents(&space)[..] else { panic!("too few parents") };
    let root = space.hierarchy("r")[0].cluster.clone();
    space.write("r/edits.toml", "# what we agreed on in May\n");
    let text = || fs::read_to_string(space.path("r/edits.toml")).unwrap();
    for (args, parts) in [
        (["rename", "nobody at all", "X"], &["no parent", "nobody at all"][..]),
        (["move", &first.members[0], &root.id], &["nothing was changed", "one level above"]),
        (["merge", &first.id, &root.id], &["same level"]),
        (["rename", &first.id, " "], &["name is empty"]),
    ] {
        edit(&space, args).exits(2).complains(parts);
    }
    edit(&space, ["pin", &root.id]).exits(2).complains(&["is a root"]);
    assert_eq!(text(), "# what we agreed on in May\n");
    // The beginning of an id is enough.
    let said = edit(&space, ["rename", &first.id[..12], "One"]).ok().stdout;
    assert!(said.contains("edits.toml: line 3: rename"), "{said}");
    edit(&space, ["pin", &second.members[0]]).ok();
    let written = text();
    assert!(written.starts_with("# what we agreed on in May\n\n[[rename]]\n"), "{written}");
    assert!(written.contains(&format!("{{ name = \"{}\", level = 1, of = [", first.name)));
    assert!(written.ends_with("] }\n") && written.contains("under = { name = "), "{written}");
    assert!(edit(&space, ["--list"]).ok().stdout.contains("2 apply"));
    space.cladus("edit nowhere --list").exits(3).complains(&["nowhere"]);
    // Somebody's changes have to be made before they are corrected.
    fs::remove_file(space.path("r/hierarchy.manifest.json")).unwrap();
    edit(&space, ["pin", &second.members[0]]).exits(2).complains(&["not finished", "cladus run"]);
}

#[test]
fn a_new_parent_is_created_and_everything_can_be_taken_back() {
    let space = run();
    let before = made(&space);
    let [first, ..] = &parents(&space)[..] else { panic!("no parents") };
    let [one, two, ..] = &first.members[..] else { panic!("too few members") };
    let (id, named) = (first.id.clone(), "Apart \"from\" the rest");
    let created = ["create", named, "--of", one, two, "--description", "Two of them."];
    edit(&space, created).ok();
    edit(&space, ["rename", one, "As I call it"]).ok();
    let rows = space.hierarchy("r");
    let new = parent_of(&rows, one);
    assert_eq!((new.name.as_str(), new.description.as_str()), (named, "Two of them."));
    assert_eq!((new.level, new.members.len()), (1, 2));
    assert_eq!(new, parent_of(&rows, two));
    assert_eq!(node(&rows, one).cluster.name, "As I call it");
    let old = &node(&rows, &id).cluster;
    assert_eq!((old.members.len() + 2, old.size + new.size), (first.members.len(), first.size));
    space.cladus("check r").ok();
    space.cladus("status r --check").ok();
    // A rebuild keeps both.
    report(&space, "--force label");
    let rows = space.hierarchy("r");
    assert_eq!(parent_of(&rows, two).name, named);
    space.cladus("check r").ok();

    let said = edit(&space, ["undo"]).ok().stdout;
    assert!(said.contains("undone: rename") && said.contains("As I call it"), "{said}");
    let said = edit(&space, ["undo"]).ok().stdout;
    assert!(said.contains("undone: create"), "{said}");
    edit(&space, ["undo"]).exits(2).complains(&["no edit to undo"]);
    assert!(made(&space) == before, "as if nothing had ever been corrected");
}

#[test]
fn the_hierarchy_by_hand_takes_them_too() {
    let space = run();
    let parent = parents(&space)[0].clone();
    edit(&space, ["rename", &parent.id, "By hand"]).ok();
    let before = made(&space);
    let line = "hierarchy --clusters r/clusters.parquet --parents r/iteration-1/parents.parquet \
                --parents r/iteration-2/parents.parquet --out r/hierarchy.parquet \
                --closure r/closure.parquet --edits r/edits.toml";
    for name in ["hierarchy", "closure"] {
        fs::remove_file(space.path(&format!("r/{name}.parquet"))).unwrap();
        fs::remove_file(space.path(&format!("r/{name}.manifest.json"))).unwrap();
    }
    space.cladus(line).ok().complains(&["edits.toml: 1 applies"]);
    assert!(made(&space) == before);
    let again = space.cladus(&format!("{line} --if-stale")).ok().stdout;
    assert!(again.contains("is up to date"), "{again}");
    space.cladus(&line.replace("edits.toml", "none.toml")).exits(3).complains(&["none.toml"]);
}
