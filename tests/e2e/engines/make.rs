//! The pipeline by make: the files of a run, and nothing twice.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use cladus_tests::server::Behaviour;

use super::{files, identities, same, written};
use crate::models::{Bench, after, finish, start};
use crate::space::{Ran, Space, assorted, helpdesk, repository};

/// make for the run folder `out`, with the binaries of this test.
fn command(space: &Space, out: &str, more: &[&str]) -> Command {
    let binary = space.command("cladus");
    let folder = Path::new(binary.get_program()).parent().unwrap().to_owned();
    let mut make = Command::new("make");
    make.arg("--no-print-directory")
        .arg("-C")
        .arg(repository().join("pipelines"))
        .arg(format!("BIN={}", folder.display()));
    make.arg(format!("RUN={}", space.path(out).display())).args(more);
    make.env_remove("MAKEFLAGS").env_remove("OPENAI_API_KEY").env_remove("OPENAI_BASE_URL");
    make
}

fn make(space: &Space, out: &str, more: &[&str]) -> Ran {
    command(space, out, more).output().unwrap().into()
}

/// Is there make? Whoever has none is told.
#[track_caller]
fn has_make() -> bool {
    let found = Command::new("make").arg("--version").output();
    skipped_tests::there(found.is_ok_and(|output| output.status.success()), "make")
}

fn input(space: &Space, name: &str) -> String {
    format!("INPUT={}", space.path(name).display())
}

#[test]
fn make_builds_what_a_run_builds_and_then_nothing() {
    if !has_make() {
        return;
    }
    let space = Space::new();
    space.write("in put.jsonl", assorted(300));
    let run = ["run", "in put.jsonl", "--out", "r", "--max-clusters", "6", "--seed", "3"];
    space.run("cladus", run).ok();
    let settings = "SETTINGS=--max-clusters 6 --seed 3";
    make(&space, "by make", &[&input(&space, "in put.jsonl"), settings, "-j4"]).ok();
    same(&files(&space.path("by make")), &files(&space.path("r")));

    let before = identities(&space.path("by make"));
    let again = make(&space, "by make", &[&input(&space, "in put.jsonl"), settings]).ok();
    // What make says itself begins with its name; everything else would be a command.
    let commands = again.stdout.lines().filter(|line| !line.starts_with("make"));
    assert_eq!(commands.collect::<Vec<_>>(), [] as [&str; 0]);
    assert_eq!(again.stderr, "");
    make(&space, "by make", &[]).ok();
    assert_eq!(identities(&space.path("by make")), before);

    let status = space.run("cladus", ["status", "by make", "--check"]).ok();
    assert!(status.stdout.contains("nothing to do"), "{}", status.stdout);
    let run = space.run("cladus", ["run", "--out", "by make"]).ok();
    assert!(run.stdout.contains("is up to date"), "{}", run.stdout);
    make(&space, "by make", &[]).ok();
    assert_eq!(identities(&space.path("by make")), before, "a run leaves make nothing to do");
}

#[test]
fn make_redoes_what_changed_and_no_more() {
    if !has_make() {
        return;
    }
    let space = Space::new();
    let input = format!("INPUT={}", helpdesk());
    make(&space, "r", &[&input, "SETTINGS=--max-clusters 5"]).ok();
    let root = space.path("r");
    let redone = |more: &[&str]| {
        let before = identities(&root);
        make(&space, "r", more).ok();
        let after = identities(&root);
        make(&space, "r", &[]).ok();
        assert_eq!(identities(&root), after, "content after one round");
        space.cladus("status r --check").ok();
        written(&before, &after)
    };

    // Times alone: everything is looked at, nothing is done.
    let touch = |name: &str| {
        let file = std::fs::File::options().append(true).open(space.path(name)).unwrap();
        file.set_modified(std::time::SystemTime::now()).unwrap();
    };
    touch("r/clusters.parquet");
    assert_eq!(redone(&[]), [] as [&str; 0]);
    touch("r/cladus.toml");
    assert_eq!(redone(&[]), [] as [&str; 0]);

    // A setting that only label reads. The labels differ, so the rest may.
    space.write("r/cladus.toml", "max_clusters = 5\n[label]\nscope = \"all\"\n");
    let label = redone(&[]);
    assert!(!label.iter().any(|name| {
        ["iteration-1/embeddings", "iteration-1/groups", "iteration-1/candidates", "clusters"]
            .iter()
            .any(|stem| *name == format!("{stem}.parquet"))
    }));
    assert!(label.contains(&"iteration-1/labels.parquet".to_owned()), "{label:?}");

    // A stage that was killed before it could say how its artifact was made; it makes the same again.
    std::fs::remove_file(space.path("r/iteration-1/candidates.manifest.json")).unwrap();
    assert_eq!(redone(&[]), ["iteration-1/candidates.parquet"]);

    // An artifact that is not there.
    std::fs::remove_file(space.path("r/iteration-2/groups.parquet")).unwrap();
    assert_eq!(redone(&[]), ["iteration-2/groups.parquet"]);
    std::fs::remove_file(space.path("r/closure.parquet")).unwrap();
    assert_eq!(redone(&[]), ["closure.parquet"]);

    // Fewer roots: the levels are others.
    redone(&["SETTINGS=--max-clusters 3"]);
    let roots = space.hierarchy("r").iter().filter(|node| node.parent_id.is_none()).count();
    assert!(roots <= 3, "{roots} roots");
    space.cladus("check r").ok();
}

#[test]
fn make_keeps_what_was_edited() {
    if !has_make() {
        return;
    }
    let space = Space::new();
    let input = format!("INPUT={}", helpdesk());
    let settings = "SETTINGS=--embedder lexical --max-clusters 5 --clusters-per-group 24";
    make(&space, "r", &[&input, settings]).ok();
    let groups = space.path("r/iteration-1/labels.parquet");
    // Somebody's own labels: those of another scope.
    let by_hand = "--clusters r/clusters.parquet --groups r/iteration-1/groups.parquet \
                   --candidates r/iteration-1/candidates.parquet \
                   --embeddings r/iteration-1/embeddings.parquet --out own.parquet --scope all";
    space.run("cladus-label", by_hand.split_whitespace()).ok();
    std::fs::copy(space.path("own.parquet"), &groups).unwrap();
    let edit = std::fs::read(&groups).unwrap();
    let said = make(&space, "r", &[]).ok().stderr;
    assert!(said.contains("edited by hand and is kept"), "{said}");
    assert_eq!(std::fs::read(&groups).unwrap(), edit);
    let before = identities(&space.path("r"));
    make(&space, "r", &[]).ok();
    assert_eq!(identities(&space.path("r")), before);
    let run = space.cladus("run --out r").ok();
    assert!(run.stdout.contains("is up to date"), "what depends on it was redone: {}", run.stdout);
}

#[test]
fn make_takes_corrections() {
    if !has_make() {
        return;
    }
    let space = Space::new();
    let input = format!("INPUT={}", helpdesk());
    let settings = "SETTINGS=--embedder lexical --max-clusters 5";
    make(&space, "r", &[&input, settings]).ok();
    let rows = space.hierarchy("r");
    let parent = &rows.iter().find(|node| node.cluster.level == 1).unwrap().cluster;
    let rename = |name: &str| format!("[[rename]]\nparent = '{}'\nname = '{name}'\n", parent.id);
    for name in ["By hand", "By another hand"] {
        space.write("r/edits.toml", rename(name));
        let before = identities(&space.path("r"));
        make(&space, "r", &[]).ok();
        let after = identities(&space.path("r"));
        assert_eq!(written(&before, &after), ["closure.parquet", "hierarchy.parquet"]);
        assert!(space.hierarchy("r").iter().any(|node| node.cluster.name == name));
        space.cladus("status r --check").ok();
        make(&space, "r", &[]).ok();
        assert_eq!(identities(&space.path("r")), after, "content after one round");
    }
    let run = space.cladus("run --out r").ok();
    assert!(run.stdout.contains("is up to date"), "as a run applies them: {}", run.stdout);
    space.write("r/edits.toml", "[[rename]]\nparent = 'nobody'\nname = 'x'\n");
    let said = make(&space, "r", &[]).ok().stderr;
    assert!(said.contains("edits.toml: line 1") && said.contains("not applied"), "{said}");
    space.write("r/edits.toml", "[[renam]]\n");
    make(&space, "r", &[]).exits(2).complains(&["edits.toml", "renam"]);
}

#[test]
fn make_says_what_is_missing() {
    if !has_make() {
        return;
    }
    let space = Space::new();
    make(&space, "r", &[]).exits(2).complains(&["INPUT=", "is missing"]);
    make(&space, "r", &[&input(&space, "nothing.jsonl")]).exits(2).complains(&["nothing.jsonl"]);
    let mut bare = command(&space, "r", &[]);
    let ran: Ran = bare.arg("RUN=").output().unwrap().into();
    ran.exits(2).complains(&["RUN=/path/my-run is missing"]);
    let bad = make(&space, "r", &[&format!("INPUT={}", helpdesk()), "SETTINGS=--max-clusters 0"]);
    bad.exits(2).complains(&["max_clusters"]);
}

#[test]
fn make_that_is_killed_goes_on_and_pays_nothing_twice() {
    if !has_make() {
        return;
    }
    let whole = Bench::new(Behaviour::default());
    whole.run("r", "--quiet --max-clusters 6").ok();
    let whole_files = whole.space.artifacts("r");

    let bench = Bench::new(after(30));
    let url = bench.server.base_url();
    let settings = "--config conf.toml --model test-chat --embedder lexical --levels 1 \
                    --clusters-per-group 12 --max-clusters 6 --concurrency 4";
    bench.space.cladus(&format!("init r {settings} --base-url {url}")).ok();
    let more = [input(&bench.space, "in.jsonl")];
    let more: Vec<&str> = more.iter().map(String::as_str).collect();
    let mut kills = 0;
    for seen in [3, 9, 20] {
        let mut child = start(command(&bench.space, "r", &more));
        let mut struck = false;
        while !struck && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
            let stats = bench.stats();
            if stats.requests >= seen && stats.in_flight > 0 {
                // The stage at work, as a machine that runs out of memory would do it.
                struck = stages_at_work(&bench.space.path("r")).into_iter().any(kill);
            }
        }
        let ran = finish(child);
        if struck {
            kills += 1;
            // make sees its stage fail.
            ran.exits(2).complains(&["Killed"]);
        }
        bench.settle();
    }
    make(&bench.space, "r", &more).ok();
    assert!(bench.space.artifacts("r") == whole_files, "another tree");
    let stats = bench.stats();
    assert!(kills >= 2 && stats.repeated <= 4 * kills, "{kills} kills: {stats:?}");
    assert!(stats.requests <= stats.logical + 4 * kills, "{stats:?}");
    let ledger = bench.ledger("r");
    ledger.adds_up();
    assert_eq!(ledger.sum("answers"), stats.logical);
    bench.space.cladus("status r --check").ok();
    bench.is_whole("r");
}

/// Processes of stages whose working folder is `root`.
fn stages_at_work(root: &Path) -> Vec<u32> {
    let root = root.canonicalize().unwrap();
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        let inside = std::fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd == root);
        let name = std::fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
        if inside && name.starts_with("cladus-") {
            found.push(id);
        }
    }
    found
}

/// Says whether it was still there.
fn kill(process: u32) -> bool {
    let killed = Command::new("kill").args(["-9", &process.to_string()]).output().unwrap();
    killed.status.success()
}
