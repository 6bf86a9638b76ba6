//! Every exit code that is promised, from the binaries that promise it. (1, a bug, has its test in
//! `cladus-cli`: no input should lead to it. 130, interrupted twice, is in `crash`.)

use std::time::Duration;

use cladus_core::exit;
use cladus_tests::server::Behaviour;

use crate::models::{Bench, start};
use crate::space::{Ran, Space, assorted};

fn code(code: u8) -> i32 {
    i32::from(code)
}

fn space() -> Space {
    let space = Space::new();
    space.write("in.jsonl", assorted(40));
    space
}

#[test]
fn done_or_nothing_to_do_is_0() {
    let space = space();
    for _ in 0..2 {
        space.cladus("run in.jsonl --out r").exits(code(exit::OK));
    }
    space.cladus("check r").exits(code(exit::OK));
}

#[test]
fn a_wrong_command_line_or_configuration_is_2() {
    let space = space();
    space.cladus("run in.jsonl --out r --max-cluster 3").exits(code(exit::USAGE));
    space.write("conf.toml", "max_cluster = 3\n");
    space.cladus("run in.jsonl --out r --config conf.toml").exits(code(exit::USAGE));
    assert!(!space.path("r").exists(), "nothing was begun");
    space.cladus("run in.jsonl --out r --max-clusters 0").exits(code(exit::USAGE));
    space.run("cladus-group", ["--embeddings"]).exits(code(exit::USAGE));
}

#[test]
fn what_cannot_be_written_is_2_and_told_before_any_work() {
    let space = space();
    space.write("file", "");
    space.cladus("run in.jsonl --out file/r").exits(2).complains(&["cannot create the folder"]);
    std::os::unix::fs::symlink("round", space.path("round")).unwrap();
    space.cladus("run in.jsonl --out round/r").exits(2).complains(&["cannot", "round/r"]);
    // Nothing is paid for an artifact that could not be written in the end.
    let bench = Bench::small(Behaviour::default());
    std::fs::create_dir_all(bench.space.path("r/iteration-1/parents.parquet")).unwrap();
    let taken = bench.run("r", "").exits(code(exit::USAGE));
    taken.complains(&["iteration-1/parents.parquet", "move it away"]);
    let line = format!(
        "--clusters c.parquet --groups g.parquet --out r/iteration-1/parents.parquet \
         --embeddings e.parquet --model test-chat --base-url {}",
        bench.server.base_url()
    );
    let by_hand: Ran = bench.line("cladus-propose", &line).output().unwrap().into();
    by_hand.exits(code(exit::USAGE)).complains(&["parents.parquet", "move it away"]);
    assert_eq!(bench.stats().requests, 0);
}

#[test]
fn a_missing_or_damaged_input_is_3() {
    let space = space();
    space
        .cladus("run nothing.jsonl --out r")
        .exits(code(exit::INPUT))
        .complains(&["nothing.jsonl"]);
    space.write("torn.jsonl", "{\"name\": \"a\"}\n{\"name\": ");
    space.cladus("run torn.jsonl --out r").exits(code(exit::INPUT)).complains(&["line 2"]);
    space.write("torn.parquet", "PAR1 and no more");
    let ran = space.run("cladus-embed", ["--clusters", "torn.parquet", "--out", "e.parquet"]);
    ran.exits(code(exit::INPUT)).complains(&["torn.parquet"]);
    std::os::unix::fs::symlink("round.jsonl", space.path("round.jsonl")).unwrap();
    space.cladus("run round.jsonl --out r").exits(code(exit::INPUT)).complains(&["round.jsonl"]);
    assert!(!space.path("r").exists(), "nothing was begun");
}

#[test]
fn answers_without_use_are_5_where_that_is_not_wanted() {
    let bench = Bench::small(Behaviour::faulty("label:invalid@1xinf"));
    // Most rows are stand-ins: that is no success, unless somebody says that it is.
    bench.run("r", "").exits(code(exit::PARTIAL)).complains(&["stand-ins"]);
    bench.space.write("conf.toml", "[llm]\nstand_ins = 1.0\n");
    bench.run("r", "").exits(code(exit::OK));
    bench.run("r", "--strict").exits(code(exit::PARTIAL)).complains(&["remark"]);
    bench.is_whole("r");
}

#[test]
fn a_budget_that_is_reached_is_6() {
    let bench = Bench::small(Behaviour::default());
    bench.run("r", "--max-calls 2").exits(code(exit::BUDGET)).complains(&["hint"]);
    assert_eq!(bench.stats().requests, 2);
}

#[test]
fn a_folder_that_another_run_holds_is_7_at_once() {
    let bench = Bench::small(Behaviour::default());
    let url = bench.server.base_url();
    bench.run("r", "").exits(code(exit::OK));
    bench.server.reset();
    // With another seed it asks again, and is answered in a while.
    bench.server.configure(|server| server.latency = Duration::from_secs(60));
    let mut first = start(bench.command("r", "--seed 1"));
    while bench.stats().requests == 0 {
        assert!(first.try_wait().unwrap().is_none());
        std::thread::sleep(Duration::from_millis(2));
    }
    // Known before anything is read: the second one's input is not even there.
    let second = bench.space.cladus("run nothing.jsonl --out r").exits(code(exit::LOCKED));
    let holder = format!("process {} on ", first.id());
    second.complains(&["in use by another run", &holder, "since ", "run in.jsonl", "hint"]);
    let said = &second.stderr;
    assert!(!said.contains(&url) && said.contains("http://…"), "{said}");
    // Who only reads needs no lock.
    let root = &bench.space.hierarchy("r")[0].cluster.id;
    for reader in ["cost r", "tree r", "check r", &format!("show r {root}")] {
        bench.space.cladus(reader).exits(code(exit::OK));
    }
    first.kill().unwrap();
    first.wait().unwrap();
    bench.server.configure(|server| server.latency = Duration::ZERO);
    bench.run("r", "--seed 1").exits(code(exit::OK));
}

#[test]
fn a_provider_that_refuses_the_key_is_8() {
    let bench = Bench::small(Behaviour::faulty("any:401@1xinf"));
    bench.run("r", "").exits(code(exit::PROVIDER)).complains(&["refuses the key"]);
    let bench = Bench::small(Behaviour::faulty("any:quota@1xinf"));
    bench.run("r", "").exits(code(exit::PROVIDER)).complains(&["quota"]);
}

#[test]
fn a_passing_fault_is_75() {
    let bench = Bench::small(Behaviour::default());
    bench.space.write("conf.toml", "[llm]\npatience = 1.0\n");
    let ran = bench.run("r", "--base-url http://127.0.0.1:9/v1").exits(code(exit::TEMPORARY));
    ran.complains(&["nothing answers", "it resumes"]);
    bench.run("r", "").exits(code(exit::OK));
}

#[test]
fn four_where_a_check_finds_something_stale() {
    let space = Space::new();
    space.write("in.jsonl", assorted(60));
    space.cladus("run in.jsonl --out r --embedder lexical").ok();
    space.cladus("status r --check").exits(i32::from(exit::OK));
    space.write("in.jsonl", assorted(61));
    space.cladus("status r").exits(i32::from(exit::OK));
    space.cladus("status r --check").exits(i32::from(exit::STALE));
}

#[test]
fn every_code_is_in_the_documents() {
    let page = crate::space::repository().join("docs/troubleshooting.md");
    let page = std::fs::read_to_string(page).unwrap();
    let codes = [
        exit::OK,
        exit::BUG,
        exit::USAGE,
        exit::INPUT,
        exit::STALE,
        exit::PARTIAL,
        exit::BUDGET,
        exit::LOCKED,
        exit::PROVIDER,
        exit::TEMPORARY,
        exit::KILLED,
    ];
    for code in codes {
        assert!(page.contains(&format!("\n| {code} | ")), "{code} is not in the page");
    }
}
