//! The pipeline by Snakemake: the files of a run, in shares, with jobs that are killed.

use std::path::{Path, PathBuf};
use std::process::Command;

use cladus_tests::server::Behaviour;
use skipped_tests::there;

use super::{files, identities, same, written};
use crate::models::{Bench, after};
use crate::space::{Ran, Space, helpdesk, repository};

/// The python with Snakemake, if there is one; whoever has none is told.
#[track_caller]
pub(super) fn python() -> Option<PathBuf> {
    let asked = std::env::var_os("CLADUS_TEST_SNAKEMAKE_PYTHON");
    if !there(asked.is_some(), "a Python with snakemake (CLADUS_TEST_SNAKEMAKE_PYTHON)") {
        return None;
    }
    let python = repository().join(asked?);
    let check = Command::new(&python).args(["-c", "import snakemake"]).output();
    let there = check.is_ok_and(|output| output.status.success());
    assert!(there, "CLADUS_TEST_SNAKEMAKE_PYTHON has no snakemake");
    Some(python)
}

/// The folder with the binaries of this test.
pub(super) fn binaries(space: &Space) -> PathBuf {
    let binary = space.command("cladus");
    Path::new(binary.get_program()).parent().unwrap().to_owned()
}

/// Snakemake with four jobs at a time, into the run folder `out`.
fn snakemake(python: &Path, space: &Space, bin: &Path, out: &str, config: &[&str]) -> Ran {
    command(python, space, bin, out, "local").args(config).output().unwrap().into()
}

/// By a profile; what is added belongs to `--config`.
pub(super) fn command(
    python: &Path,
    space: &Space,
    bin: &Path,
    out: &str,
    profile: &str,
) -> Command {
    let mut command = Command::new(python);
    command.args(["-m", "snakemake", "--profile"]);
    command.arg(repository().join("pipelines/profiles").join(profile));
    command.arg("--snakefile").arg(repository().join("pipelines/Snakefile"));
    if profile != "slurm" {
        command.args(["--cores", "4"]);
    }
    command.current_dir(space.path("."));
    // What Snakemake remembers of the machine's user is not this test's.
    command.env("HOME", space.path(".")).env("XDG_CACHE_HOME", space.path("cache"));
    command.env_remove("OPENAI_API_KEY").env_remove("OPENAI_BASE_URL");
    command.arg("--config").arg(format!("run={}", space.path(out).display()));
    command.arg(format!("bin={}", bin.display()));
    command
}

#[track_caller]
fn has_nothing_to_do(ran: &Ran) {
    assert!(ran.stderr.contains("Nothing to be done"), "{}\n{}", ran.stdout, ran.stderr);
}

#[test]
fn snakemake_builds_what_a_run_builds_and_then_nothing() {
    let Some(python) = python() else { return };
    let space = Space::new();
    space.run("cladus", ["run", &helpdesk(), "--out", "r", "--max-clusters", "5"]).ok();
    let bin = binaries(&space);
    let input = format!("input={}", helpdesk());
    let build =
        |config: &str| snakemake(&python, &space, &bin, "by snakemake", &[input.as_str(), config]);
    let settings = "settings=--max-clusters 5";
    build(settings).ok();
    let root = space.path("by snakemake");
    same(&files(&root), &files(&space.path("r")));
    let before = identities(&root);
    has_nothing_to_do(&build(settings).ok());
    assert_eq!(identities(&root), before);
    space.run("cladus", ["status", "by snakemake", "--check"]).ok();
    let run = space.run("cladus", ["run", "--out", "by snakemake"]).ok();
    assert!(run.stdout.contains("is up to date"), "{}", run.stdout);

    // Corrections cost no stage; without them, it is as before.
    let unedited = files(&root);
    let roots = space.hierarchy("by snakemake");
    let renamed = format!("[[rename]]\nparent = '{}'\nname = 'By hand'\n", roots[0].cluster.id);
    space.write("by snakemake/edits.toml", &renamed);
    let before = identities(&root);
    build(settings).ok();
    assert_eq!(
        written(&before, &identities(&root)),
        ["closure.parquet", "hierarchy.parquet"],
        "no stage"
    );
    assert_eq!(space.hierarchy("by snakemake")[0].cluster.name, "By hand");
    has_nothing_to_do(&build(settings).ok());
    std::fs::remove_file(space.path("by snakemake/edits.toml")).unwrap();
    build(settings).ok();
    same(&files(&root), &unedited);

    // Somebody's own labels are kept, and what depends on them is made again.
    let by_hand = "--clusters r/clusters.parquet --groups r/iteration-1/groups.parquet \
                   --candidates r/iteration-1/candidates.parquet \
                   --embeddings r/iteration-1/embeddings.parquet --out own.parquet --scope all";
    space.run("cladus-label", by_hand.split_whitespace()).ok();
    let labels = root.join("iteration-1/labels.parquet");
    std::fs::copy(space.path("own.parquet"), &labels).unwrap();
    let edit = std::fs::read(&labels).unwrap();
    build(settings).ok();
    assert_eq!(std::fs::read(&labels).unwrap(), edit);
    // Also where what they were made from looks newer.
    let candidates =
        std::fs::File::options().append(true).open(root.join("iteration-1/candidates.parquet"));
    candidates.unwrap().set_modified(std::time::SystemTime::now()).unwrap();
    let before = identities(&root);
    build(settings).ok();
    assert_eq!(std::fs::read(&labels).unwrap(), edit);
    assert_eq!(written(&before, &identities(&root)), [] as [&str; 0], "nothing was made again");
    let run = space.run("cladus", ["run", "--out", "by snakemake"]).ok();
    assert!(run.stdout.contains("is up to date"), "{}", run.stdout);
}

/// A stage that is killed in the middle of its first attempt at two of its shares.
const KILLED_ONCE: &str = r#"#!/bin/sh
case "$*" in
*"--shard 2/8"*|*"--shard 5/8"*)
    name=$(printf '%s' "$*" | sed 's/.*--out=\([^ ]*\).*--shard \([0-9]*\).*/\1-\2/' | tr / _)
    if mkdir "@MARKS@/@STAGE@-$name" 2> /dev/null; then
        "@BIN@/cladus-@STAGE@" "$@" &
        sleep 0.8
        kill -9 $! 2> /dev/null && touch "@MARKS@/@STAGE@-$name/killed"
        exit 137
    fi ;;
esac
exec "@BIN@/cladus-@STAGE@" "$@"
"#;

/// A folder of binaries where `script` is in the place of every stage.
pub(super) fn wrap(bin: &Path, wrapped: &Path, script: &str) {
    std::fs::create_dir_all(wrapped).unwrap();
    for stage in ["embed", "group", "propose", "label", "rename"] {
        let script = script.replace("@BIN@", bin.to_str().unwrap()).replace("@STAGE@", stage);
        let path = wrapped.join(format!("cladus-{stage}"));
        std::fs::write(&path, script).unwrap();
        Command::new("chmod").arg("+x").arg(&path).status().unwrap();
    }
    std::os::unix::fs::symlink(bin.join("cladus"), wrapped.join("cladus")).unwrap();
}

#[test]
fn shares_that_are_killed_are_done_again_and_nothing_is_paid_twice() {
    let Some(python) = python() else { return };
    let whole = Bench::new(Behaviour::default());
    // Enough parents for every share of every stage to have something to ask.
    whole.run("r", "--quiet --max-clusters 40").ok();

    let bench = Bench::new(after(1200));
    let space = &bench.space;
    let bin = binaries(space);
    let (wrapped, marks) = (space.path("bin"), space.path("marks"));
    std::fs::create_dir_all(&marks).unwrap();
    wrap(&bin, &wrapped, &KILLED_ONCE.replace("@MARKS@", marks.to_str().unwrap()));
    let input = format!("input={}", space.path("in.jsonl").display());
    let url = bench.server.base_url();
    let settings = format!(
        "settings=--config {} --model test-chat --embedder lexical --levels 1 \
         --clusters-per-group 12 --max-clusters 40 --base-url {url}",
        space.path("conf.toml").display()
    );
    let build = || {
        let shares = ["shards=8", "rows_per_share=1"];
        let config = [&input, &settings, shares[0], shares[1], "concurrency=8", "retries=3"];
        snakemake(&python, space, &wrapped, "r", &config)
    };
    build().ok();
    let killed = std::fs::read_dir(&marks).unwrap();
    let killed =
        killed.filter(|mark| mark.as_ref().unwrap().path().join("killed").exists()).count();
    assert!(killed >= 2, "only {killed} jobs were killed");

    let (found, expected) = (files(&space.path("r")), files(&whole.space.path("r")));
    let artifacts = |files: std::collections::BTreeMap<PathBuf, Vec<u8>>| {
        files.into_iter().filter(|(name, _)| !name.ends_with("cladus.toml")).collect()
    };
    same(&artifacts(found), &artifacts(expected));
    let (stats, ledger) = (bench.stats(), bench.ledger("r"));
    // Two calls of each were in flight at most, for four jobs share the pace of eight; what they came to
    // is not known.
    let lost = ledger.sum("maybe_paid");
    assert!(lost <= 2 * killed as u64 && stats.repeated <= lost, "{lost} lost, {stats:?}");
    assert!(stats.requests <= stats.logical + lost, "{stats:?}");
    assert_eq!(stats.logical, whole.stats().logical, "other questions");
    ledger.adds_up();
    bench.is_whole("r");
    space.cladus("status r --check").ok();
    let before = bench.stats().requests;
    has_nothing_to_do(&build().ok());
    assert_eq!(bench.stats().requests, before);
}

#[test]
fn shares_with_stores_of_their_own_are_brought_together() {
    let Some(python) = python() else { return };
    let whole = Bench::new(Behaviour::default());
    whole.run("r", "--quiet --max-clusters 6").ok();
    let bench = Bench::new(Behaviour::default());
    let space = &bench.space;
    let input = format!("input={}", space.path("in.jsonl").display());
    let settings = format!(
        "settings=--config {} --model test-chat --embedder lexical --levels 1 \
         --clusters-per-group 12 --max-clusters 6 --base-url {}",
        space.path("conf.toml").display(),
        bench.server.base_url()
    );
    let config = [input.as_str(), &settings, "shards=8", "rows_per_share=15", "stores=each"];
    let build = || snakemake(&python, space, &binaries(space), "r", &config);
    build().ok();
    assert!(
        space
            .artifacts("r")
            .into_iter()
            .filter(|(name, _)| { !name.to_str().unwrap().contains(".shard-") })
            .eq(whole.space.artifacts("r"))
    );
    let stats = bench.stats();
    assert_eq!((stats.billed, stats.repeated), (stats.logical, 0), "{stats:?}");
    assert_eq!(stats.logical, whole.stats().logical, "other questions");
    assert!(space.path("r/answers/shard-8-of-8.sqlite").is_file());
    // All of them have come home: a run finds what the shares asked.
    assert_eq!(bench.ledger("r").sum("answers"), stats.logical);
    space.cladus("status r --check").ok();
    has_nothing_to_do(&build().ok());
    assert_eq!(bench.stats().requests, stats.requests);
}

#[test]
fn profiles_for_one_machine_are_understood() {
    let Some(python) = python() else { return };
    let space = Space::new();
    let bin = binaries(&space);
    for profile in ["local", "kubernetes", "aws-batch"] {
        let mut plan = command(&python, &space, &bin, "r", profile);
        plan.args([format!("input={}", helpdesk()).as_str(), "shards=8", "--dry-run"]);
        let ran: Ran = plan.output().unwrap().into();
        assert!(ran.ok().stdout.contains("The run involves checkpoint jobs"), "{profile}");
    }
    let script = format!(
        "import json, yaml\nfolder = {:?}\n\
         job = yaml.safe_load(open(folder + '/kubernetes/job.yaml'))\n\
         definition = json.load(open(folder + '/aws-batch/job-definition.json'))\n\
         pod = job['spec']['template']['spec']['containers'][0]\n\
         same = [a for a in pod['args'] if '=' in a and not a.startswith('--')]\n\
         assert same == [a for a in definition['containerProperties']['command'] if '=' in a and not a.startswith('--')]\n",
        repository().join("pipelines/profiles")
    );
    space.python(&python, &script).ok();
}

#[test]
fn what_a_second_attempt_cannot_mend_is_not_tried_again() {
    let Some(python) = python() else { return };
    let bench = Bench::new(Behaviour::default());
    let space = &bench.space;
    let bin = binaries(space);
    let input = format!("input={}", space.path("in.jsonl").display());
    let url = bench.server.base_url();
    let settings = |most: u32| {
        format!("settings=--model test-chat --embedder lexical --max-calls {most} --base-url {url}")
    };
    let build =
        |most| snakemake(&python, space, &bin, "r", &[&input, &settings(most), "retries=2"]);
    let ran = build(2);
    assert_ne!(ran.code, 0);
    assert!(ran.stderr.contains("budget") || ran.stderr.contains("max-calls"), "{}", ran.stderr);
    assert!(bench.stats().requests <= 2, "{:?}", bench.stats());
    assert!(space.path("r/answers.sqlite").is_file(), "what was paid for is kept");
    // A larger budget goes on from there.
    build(10_000).ok();
    let stats = bench.stats();
    assert_eq!((stats.billed, stats.repeated), (stats.logical, 0), "{stats:?}");
    space.cladus("status r --check").ok();
}

/// A stage that says how it was called, in a file that outlives it.
const TOLD: &str = r#"#!/bin/sh
echo "@STAGE@ $*" >> "@CALLS@"
"#;

#[test]
fn a_share_is_tried_again_only_where_that_may_mend_it() {
    let Some(python) = python() else { return };
    for (code, times) in [(2, 1), (3, 1), (8, 1), (75, 3)] {
        let space = Space::new();
        let (bin, wrapped, calls) = (binaries(&space), space.path("bin"), space.path("calls"));
        let told = TOLD.replace("@CALLS@", calls.to_str().unwrap());
        wrap(&bin, &wrapped, &format!("{told}exit {code}\n"));
        let input = format!("input={}", helpdesk());
        let config = [input.as_str(), "shards=2", "rows_per_share=1", "retries=2"];
        assert_ne!(snakemake(&python, &space, &wrapped, "r", &config).code, 0);
        let calls = std::fs::read_to_string(&calls).unwrap();
        for share in ["--shard 1/2", "--shard 2/2"] {
            let found = calls.lines().filter(|call| call.contains(share)).count();
            assert_eq!(found, times, "code {code}, {share}:\n{calls}");
        }
        assert_eq!(calls.lines().count(), 2 * times, "code {code}:\n{calls}");
    }
}

#[test]
fn shares_follow_from_how_many_clusters_there_are_and_pace_from_how_many_are_at_work() {
    let Some(python) = python() else { return };
    let space = Space::new();
    let (bin, wrapped, calls) = (binaries(&space), space.path("bin"), space.path("calls"));
    let told = TOLD.replace("@CALLS@", calls.to_str().unwrap());
    wrap(&bin, &wrapped, &format!("{told}exec \"@BIN@/cladus-@STAGE@\" \"$@\"\n"));
    let input = format!("input={}", helpdesk());
    let levels = "settings=--max-clusters 5 --levels 2";
    let build = |out: &str, config: &[&str]| {
        let _ = std::fs::remove_file(&calls);
        let config = [&[input.as_str(), levels], config].concat();
        snakemake(&python, &space, &wrapped, out, &config).ok();
        std::fs::read_to_string(&calls).unwrap()
    };
    // 120 clusters, 20 a share: six shares of 37. Four run at the same time. The next level is done whole.
    let calls = build("r", &["shards=37", "rows_per_share=20", "requests_per_minute=600"]);
    for stage in ["embed", "propose", "label", "rename"] {
        let of = |what: &str| -> Vec<&str> {
            let of_stage = calls.lines().filter(|call| call.starts_with(stage));
            of_stage.filter(|call| call.contains(what)).collect()
        };
        let shares = of("--shard ");
        assert_eq!((shares.len(), of("/6").len()), (6, 6), "{stage}:\n{calls}");
        assert!(shares.iter().all(|call| call.contains("--requests-per-minute 150")), "{calls}");
        let gathers = of("--gather 6");
        assert_eq!(gathers.len(), 1, "{stage}:\n{calls}");
        assert!(gathers[0].contains("--requests-per-minute 600"), "{calls}");
        assert_eq!(of("--out=iteration-2").len(), 1, "{stage}:\n{calls}");
    }
    space
        .run("cladus", ["run", &helpdesk(), "--out", "w", "--max-clusters", "5", "--levels", "2"])
        .ok();
    same(&files(&space.path("r")), &files(&space.path("w")));
    // As it comes, so few clusters are one job a stage.
    let calls = build("whole", &["shards=37"]);
    assert!(!calls.contains("--shard") && !calls.contains("--gather"), "{calls}");
    same(&files(&space.path("whole")), &files(&space.path("w")));
    // Where the queue lets fewer run than it is given, one can say so.
    let calls = build("two", &["shards=37", "rows_per_share=20", "concurrency=100", "at_once=2"]);
    assert!(
        calls
            .lines()
            .filter(|call| call.contains("--shard "))
            .all(|call| { call.contains("--concurrency 50") }),
        "{calls}"
    );
}
