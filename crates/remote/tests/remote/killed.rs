//! Machines that go away: what was paid for stays.

use std::process::Child;
use std::time::{Duration, Instant};

use crate::server::Model;
use crate::space::{Space, stores};

/// A run at `address` up to its candidates, and the command that labels.
fn prepared(space: &Space, model: &Model) -> String {
    let run = space.address("store/r");
    let settings = model.flags();
    space.remote(&format!("-- cladus import {} --out {run}/clusters.parquet", space.input())).ok();
    let stage = |name: &str, words: &str| {
        space.remote(&format!("-- cladus-{name} --clusters {run}/clusters.parquet {words}")).ok();
    };
    let of = |name: &str| format!("{run}/iteration-1/{name}.parquet");
    stage("embed", &format!("--embedder lexical --out {}", of("embeddings")));
    stage(
        "group",
        &format!(
            "--embeddings {} --out {} --clusters-per-group 12",
            of("embeddings"),
            of("groups")
        ),
    );
    let asking = format!(
        "--groups {} --embeddings {} {}",
        of("groups"),
        of("embeddings"),
        settings.replace("--embedder lexical ", "")
    );
    stage("propose", &format!("{asking} --answers {run}/answers --out {}", of("candidates")));
    format!(
        "--every 1 -- cladus-label --clusters {run}/clusters.parquet {asking} --candidates {} --answers {run}/answers \
         --concurrency 1 --labels-per-call 4 --look none --out {}",
        of("candidates"),
        of("labels")
    )
}

/// Lets `child` work until the model has been asked `more` times.
fn wait_for(model: &Model, more: u64, child: &mut Child) {
    let (before, begun) = (model.seen("requests"), Instant::now());
    while model.seen("requests") < before + more {
        assert!(child.try_wait().unwrap().is_none(), "it has ended too early");
        assert!(begun.elapsed() < Duration::from_secs(60), "nothing is asked");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn signal(pid: u32, name: &str) {
    let status =
        std::process::Command::new("kill").args([name, &pid.to_string()]).status().unwrap();
    assert!(status.success());
}

/// The processes that `pid` has started.
fn children(pid: u32) -> Vec<u32> {
    let said = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
    said.split_whitespace().map(|child| child.parse().unwrap()).collect()
}

#[test]
fn told_to_stop_it_puts_every_answer_and_goes_on_from_there() {
    let (space, model) = (Space::new(), Model::start(150));
    let label = prepared(&space, &model);
    let mut child = space.start(&label.replace("--every 1", "--every 600"));
    wait_for(&model, 4, &mut child);
    signal(child.id(), "-TERM");
    let ran: crate::space::Ran = child.wait_with_output().unwrap().into();
    assert_eq!(ran.code, 75, "{}", ran.stderr);
    assert!(!space.path("store/r/iteration-1/labels.parquet").exists());
    space.remote(&label).ok();
    assert_eq!(model.seen("repeated"), 0);
    assert!(space.path("store/r/iteration-1/labels.parquet").exists());
    assert!(space.leftovers().is_empty(), "{:?}", space.leftovers());
}

#[cfg(target_os = "linux")]
#[test]
fn killed_with_its_machine_it_has_lost_no_more_than_the_last_moments() {
    let (space, model) = (Space::new(), Model::start(100));
    let label = prepared(&space, &model);
    let before = stores(&space.path("store/r/answers"));
    let mut child = space.start(&label);
    wait_for(&model, 2, &mut child);
    let begun = Instant::now();
    while stores(&space.path("store/r/answers")) == before {
        assert!(begun.elapsed() < Duration::from_secs(30), "no answers are put");
        std::thread::sleep(Duration::from_millis(20));
    }
    let stage = children(child.id());
    signal(child.id(), "-KILL");
    for pid in stage {
        signal(pid, "-KILL");
    }
    child.wait().unwrap();
    let asked = model.seen("requests");
    space.remote(&label).ok();
    // One at a time, a tenth of a second each, put every second: some ten and what was in flight.
    assert!(asked > 6 && model.seen("repeated") <= 14, "{} of {asked}", model.seen("repeated"));
}

#[cfg(target_os = "linux")]
#[test]
fn what_was_never_put_is_known_to_the_next_in_the_same_folder() {
    let (space, model) = (Space::new(), Model::start(100));
    let label = prepared(&space, &model).replace("--every 1", "--every 600 --work here");
    for _ in 0..2 {
        let mut child = space.start(&label);
        wait_for(&model, 4, &mut child);
        let stage = children(child.id());
        signal(child.id(), "-KILL");
        for pid in stage {
            signal(pid, "-KILL");
        }
        child.wait().unwrap();
    }
    space.remote(&label).ok();
    // What was in flight at each kill is all that is asked again.
    assert!(model.seen("repeated") <= 2, "{}", model.seen("repeated"));
    assert!(
        stores(&space.path("here/answers"))
            .iter()
            .all(|path| !path.to_str().unwrap().contains("left"))
    );
}

#[test]
fn two_at_the_same_work_lose_nothing_of_each_other() {
    let (space, model) = (Space::new(), Model::start(20));
    let label = prepared(&space, &model);
    let two = [space.start(&label), space.start(&label)];
    for child in two {
        let ran: crate::space::Ran = child.wait_with_output().unwrap().into();
        ran.ok();
    }
    let asked = model.seen("requests");
    std::fs::remove_file(space.path("store/r/iteration-1/labels.parquet")).unwrap();
    space.remote(&label).ok();
    assert_eq!(model.seen("requests"), asked, "an answer of either is not known to the third");
}
