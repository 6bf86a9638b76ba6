//! Stages in shares: as many processes as there are, and the same bytes as from one.

use std::collections::HashMap;
use std::process::{Child, Command};
use std::time::Duration;

use cladus_tests::server::{Behaviour, Kind, Stats, TestServer};

use crate::extent;
use crate::models::{Bench, after, finish, start};
use crate::space::Ran;

const SHARDS: usize = 8;
const API: &str = "--embedder api --embedding-model test-embed --backend extractive --quiet";

struct Stage {
    name: &'static str,
    artifact: &'static str,
    reads: &'static [&'static str],
    kind: Kind,
}

const EMBED: Stage =
    Stage { name: "embed", artifact: "embeddings", reads: &["clusters"], kind: Kind::Embed };
const PROPOSE: Stage = Stage {
    name: "propose",
    artifact: "candidates",
    reads: &["clusters", "groups", "embeddings"],
    kind: Kind::Propose,
};
const LABEL: Stage = Stage {
    name: "label",
    artifact: "labels",
    reads: &["clusters", "groups", "candidates", "embeddings"],
    kind: Kind::Label,
};
const RENAME: Stage = Stage {
    name: "rename",
    artifact: "parents",
    reads: &["clusters", "labels", "candidates", "embeddings"],
    kind: Kind::Rename,
};

/// A run in one piece, to compare with.
struct Whole {
    bench: Bench,
    stage: Stage,
    flags: Vec<String>,
}

impl Whole {
    fn new(stage: Stage, flags: &str) -> Self {
        let bench = Bench::new(Behaviour::default());
        bench.run("whole", flags).ok();
        let name = stage.name;
        let flags = bench.space.cladus(&format!("plan whole --iteration 1 --flags {name}")).ok();
        let flags = flags.stdout.split_whitespace().map(str::to_owned).collect();
        Self { bench, stage, flags }
    }

    /// The stage by hand into the folder `out`, from what the whole run has, with a store of its own.
    fn line(&self, out: &str, server: &TestServer, more: &str) -> Command {
        let Stage { name, artifact, reads, .. } = &self.stage;
        let mut line = String::new();
        for read in *reads {
            let folder = if *read == "clusters" { "whole" } else { "whole/iteration-1" };
            line += &format!("--{read} {folder}/{read}.parquet ");
        }
        line += &format!("--out {out}/iteration-1/{artifact}.parquet {}", self.flags.join(" "));
        line += &format!(" --answers {out}/answers.sqlite --base-url {}", server.base_url());
        // A model's address is not what turns a stage to a model.
        let asks = self.flags.iter().any(|flag| flag == "--answers");
        let backend = self.flags.iter().any(|flag| flag == "--backend");
        let backend = if backend || !asks { "" } else { "--backend extractive" };
        let line = if asks { line } else { line.split(" --answers").next().unwrap().to_owned() };
        self.bench.line(&format!("cladus-{name}"), &format!("{line} {backend} --quiet {more}"))
    }

    fn shard(&self, out: &str, server: &TestServer, number: usize, of: usize) -> Child {
        start(self.line(out, server, &format!("--concurrency 1 --shard {number}/{of}")))
    }

    #[track_caller]
    fn gather(&self, out: &str, server: &TestServer, of: usize) -> Ran {
        self.line(out, server, &format!("--gather {of}")).output().unwrap().into()
    }

    fn file(&self, folder: &str, end: &str) -> Vec<u8> {
        let name = format!("{folder}/iteration-1/{}.{end}", self.stage.artifact);
        std::fs::read(self.bench.space.path(&name)).unwrap()
    }

    /// What was gathered is what one process makes, and so is what is said of it.
    #[track_caller]
    fn is_made(&self, out: &str) {
        let name = self.stage.name;
        assert!(self.file(out, "parquet") == self.file("whole", "parquet"), "{name}: other bytes");
        let text = |folder| String::from_utf8(self.file(folder, "manifest.json")).unwrap();
        assert_eq!(text(out), text("whole"), "{name}");
    }

    #[track_caller]
    fn shares_keep_the_contract(&self, out: &str, of: usize) {
        for number in 1..=of {
            let Stage { artifact, .. } = &self.stage;
            let file = format!("{out}/iteration-1/{artifact}.shard-{number}-of-{of}.parquet");
            self.bench.space.cladus(&format!("check {file} --as {artifact}")).ok();
        }
    }

    /// In several shares at once, and with two of them killed; in one, where the whole is tested.
    fn comes_out_the_same(&self) {
        for of in extent::some_of(&[SHARDS, 1], 1) {
            let out = format!("in-{of}");
            let server = TestServer::start(after(20));
            let all: Vec<Child> = (1..=of).map(|at| self.shard(&out, &server, at, of)).collect();
            all.into_iter().for_each(|child| drop(finish(child).ok()));
            self.shares_keep_the_contract(&out, of);
            let asked = server.stats();
            self.gather(&out, &server, of).ok();
            self.is_made(&out);
            let stats = server.stats();
            assert_eq!((stats.billed, stats.repeated), (stats.logical, 0), "{stats:?}");
            if self.stage.kind != Kind::Embed {
                let whole = self.bench.stats().of(self.stage.kind);
                assert_eq!(stats.of(self.stage.kind), whole, "another number of questions");
            }
            if self.stage.kind == Kind::Embed {
                assert_eq!(stats, asked, "gathering asks nobody");
            }
        }
        self.comes_out_the_same_after_kills();
    }

    fn comes_out_the_same_after_kills(&self) {
        // Long enough for some to be at work when two of them are killed, however slow this machine is.
        let server = TestServer::start(after(2_000));
        let mut all: Vec<(usize, Child)> =
            (1..=SHARDS).map(|at| (at, self.shard("killed", &server, at, SHARDS))).collect();
        let mut killed = Vec::new();
        while server.stats().in_flight < 2 && server.stats().billed == 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
        // Those that are at work still; one that had nothing to ask has ended, or will without asking.
        while killed.len() < 2 && server.stats().in_flight > 0 {
            let at_work = all.iter_mut().position(|(_, child)| child.try_wait().unwrap().is_none());
            let Some(at_work) = at_work else { break };
            let (number, mut child) = all.remove(at_work);
            child.kill().unwrap();
            child.wait().unwrap();
            killed.push(number);
        }
        assert_eq!(killed.len(), 2, "the shares were done too soon");
        server.configure(|behaviour| behaviour.latency = Duration::ZERO);
        all.into_iter().for_each(|(_, child)| drop(finish(child).ok()));
        let ran = self.gather("killed", &server, SHARDS).exits(3);
        // One that was killed may have written all of its part by then, or a part of it.
        let is_told = |number: &usize| ran.stderr.contains(&format!("shard-{number}-of-8"));
        assert!(killed.iter().any(is_told), "{killed:?}: {}", ran.stderr);
        ran.complains(&["--shard"]);
        for number in &killed {
            let _ran = finish(self.shard("killed", &server, *number, SHARDS)).ok();
        }
        self.gather("killed", &server, SHARDS).ok();
        self.is_made("killed");
        let stats: Stats = server.stats();
        assert!(stats.repeated <= 2 && stats.requests <= stats.logical + 2, "{stats:?}");
        if self.stage.kind == Kind::Embed {
            let seen = server.requests();
            let mut texts: HashMap<String, u64> = HashMap::new();
            for seen in seen.iter().filter(|seen| seen.whole && seen.status == Some(200)) {
                for text in seen.body["input"].as_array().unwrap() {
                    *texts.entry(text.to_string()).or_default() += 1;
                }
            }
            assert!(texts.values().filter(|count| **count > 1).count() <= 2 * 128);
            assert_eq!(texts.len(), 120);
        } else {
            self.bench.ledger("killed").adds_up();
        }
    }
}

#[test]
fn embeddings_of_a_model_are_the_same_in_shares() {
    Whole::new(EMBED, API).comes_out_the_same();
}

#[test]
fn proposals_of_a_model_are_the_same_in_shares() {
    Whole::new(PROPOSE, "--quiet").comes_out_the_same();
}

#[test]
fn labels_of_a_model_are_the_same_in_shares() {
    Whole::new(LABEL, "--quiet").comes_out_the_same();
}

#[test]
fn names_of_a_model_are_the_same_in_shares() {
    Whole::new(RENAME, "--quiet").comes_out_the_same();
}

#[test]
fn stages_without_a_model_are_the_same_in_shares() {
    let nobody = TestServer::start(Behaviour::default());
    for stage in [EMBED, PROPOSE, LABEL, RENAME] {
        let whole = Whole::new(stage, "--backend extractive --embedder lexical --quiet");
        for of in extent::some_of(&[SHARDS, 1], 1) {
            let out = format!("in-{of}");
            let all: Vec<Child> = (1..=of).map(|at| whole.shard(&out, &nobody, at, of)).collect();
            all.into_iter().for_each(|child| drop(finish(child).ok()));
            whole.shares_keep_the_contract(&out, of);
            whole.gather(&out, &nobody, of).ok();
            whole.is_made(&out);
        }
    }
    assert_eq!(nobody.stats().requests, 0);
}

#[test]
fn what_is_no_share_is_refused() {
    let whole = Whole::new(EMBED, "--backend extractive --embedder lexical --quiet");
    let nobody = TestServer::start(Behaviour::default());
    for bad in [
        "--shard 0/8",
        "--shard 9/8",
        "--shard x",
        "--shard 1/8 --gather 8",
        "--gather 0",
        "--shard 1/0",
    ] {
        let ran: Ran = whole.line("bad", &nobody, bad).output().unwrap().into();
        ran.exits(2).complains(&[bad.split(' ').next().unwrap()]);
    }
}

#[test]
fn a_share_that_is_missing_or_stale_is_named() {
    let whole = Whole::new(EMBED, "--backend extractive --embedder lexical --quiet");
    let nobody = TestServer::start(Behaviour::default());
    for number in [1, 2, 4] {
        let _ran = finish(whole.shard("r", &nobody, number, 4)).ok();
    }
    let gather = || whole.gather("r", &nobody, 4);
    gather().exits(3).complains(&["embeddings.shard-3-of-4.parquet", "is missing", "--shard 3/4"]);
    let third = |more: &str| -> Ran {
        whole.line("r", &nobody, &format!("--shard 3/4 {more}")).output().unwrap().into()
    };
    third("--seed 5").ok();
    gather().exits(3).complains(&["embeddings.shard-3-of-4.parquet", "seed: 5 -> 0"]);
    assert!(!whole.bench.space.path("r/iteration-1/embeddings.parquet").exists());
    third("").ok();
    gather().ok();
    whole.is_made("r");

    // An edit of a share would pass for what its stage has made.
    let path = |number| format!("r/iteration-1/embeddings.shard-{number}-of-4.parquet");
    let (from, to) = (whole.bench.space.path(&path(1)), whole.bench.space.path(&path(2)));
    std::fs::copy(from, to).unwrap();
    gather().exits(3).complains(&["embeddings.shard-2-of-4.parquet", "edited by hand"]);
}

#[test]
fn answers_that_are_elsewhere_are_not_asked_for_again() {
    let whole = Whole::new(PROPOSE, "--quiet");
    let server = TestServer::start(Behaviour::default());
    for number in [1, 2] {
        let store = format!("--shard {number}/2 --answers r/share-{number}.sqlite");
        let ran: Ran = whole.line("r", &server, &store).output().unwrap().into();
        ran.ok();
    }
    let asked = server.stats().requests;
    assert!(asked > 0);
    whole.gather("r", &server, 2).exits(3).complains(&["answers.sqlite", "answers of the shares"]);
    assert_eq!(server.stats().requests, asked);
}

#[test]
fn shares_keep_one_budget_together() {
    let whole = Whole::new(LABEL, "");
    for (limit, used) in [("--max-calls 9", 9), ("--max-tokens 9000", 9_000)] {
        let server = TestServer::start(after(20));
        let out = format!("r{used}");
        let shares: Vec<Child> = (1..=SHARDS)
            .map(|number| {
                let more = format!("--concurrency 2 --shard {number}/{SHARDS} {limit}");
                start(whole.line(&out, &server, &more))
            })
            .collect();
        let codes: Vec<i32> = shares.into_iter().map(|share| finish(share).code).collect();
        assert!(codes.contains(&6) && codes.iter().all(|code| [0, 6].contains(code)), "{codes:?}");
        let Stats { requests, tokens_in, tokens_out, .. } = server.stats();
        let spent = if limit.contains("calls") { requests } else { tokens_in + tokens_out };
        assert!(spent <= used, "{limit}: {spent} together");
        assert!(spent * 2 > used, "{limit}: the budget is there to be used, {spent} were");
    }
}
