//! Runs that ask a model: the real binaries against our own server, which counts every request.

mod again;
mod budgets;
mod faults;
mod killed;
mod machines;
mod mutations;
mod plans;
mod real;
mod reask;
mod refused;
mod secrets;
mod subjects;
mod support;
mod together;
mod vectors;

use std::collections::BTreeMap;
use std::panic::Location;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cladus_core::artifact::{self, Label};
use cladus_tests::server::{Behaviour, Kind, Stats, TestServer};
use serde_json::Value;

use crate::extent;
use crate::space::{Ran, Space, helpdesk};

/// Forty parents in one iteration, from groups of twelve.
const RUN: &str = "run in.jsonl --config conf.toml --model test-chat --embedder lexical \
                   --max-clusters 40 --levels 1 --clusters-per-group 12";

/// Several calls a group, and nobody waits long.
const CONFIG: &str = "[label]\nlabels_per_call = 6\n[llm]\npatience = 20.0\n";

/// A folder with an input, and a server to ask.
pub(crate) struct Bench {
    pub(crate) space: Space,
    pub(crate) server: TestServer,
}

impl Bench {
    /// The example input.
    pub(crate) fn new(behaviour: Behaviour) -> Self {
        Self::with(&std::fs::read_to_string(helpdesk()).unwrap(), behaviour)
    }

    /// The first 48 clusters of the example input: a dozen calls and some.
    pub(crate) fn small(behaviour: Behaviour) -> Self {
        let all = std::fs::read_to_string(helpdesk()).unwrap();
        let lines: Vec<&str> = all.lines().take(48).collect();
        Self::with(&lines.join("\n"), behaviour)
    }

    pub(crate) fn with(input: &str, behaviour: Behaviour) -> Self {
        let space = Space::new();
        space.write("in.jsonl", input);
        space.write("conf.toml", CONFIG);
        Self { space, server: TestServer::start(behaviour) }
    }

    /// The same, where nobody looks twice: what is asked is then known before anything is answered.
    pub(crate) fn without_a_second_look(self) -> Self {
        self.space.write("conf.toml", CONFIG.replacen("[llm]", "look = \"none\"\n[llm]", 1));
        self
    }

    /// A run into the folder `out` with further flags.
    pub(crate) fn command(&self, out: &str, flags: &str) -> Command {
        let url = self.server.base_url();
        let usual = format!("{RUN} --out {out} --base-url {url}");
        // What the further flags say takes the place of what is usual.
        let (head, usual) = usual.split_at(usual.find(" --").unwrap());
        let said: Vec<&str> = flags.split_whitespace().collect();
        let usual = usual.split(" --").filter(|flag| {
            let name = flag.split_whitespace().next();
            name.is_some_and(|name| !said.contains(&format!("--{name}").as_str()))
        });
        let usual: String = usual.map(|flag| format!(" --{flag}")).collect();
        self.line("cladus", &format!("{head}{usual} {flags}"))
    }

    /// Any command line, far from the keys and addresses of whoever runs the tests.
    pub(crate) fn line(&self, binary: &str, line: &str) -> Command {
        let mut command = self.space.command(binary);
        command.args(line.split_whitespace());
        command.env_remove("OPENAI_API_KEY").env_remove("OPENAI_BASE_URL");
        command
    }

    #[must_use = "assert the exit code"]
    pub(crate) fn run(&self, out: &str, flags: &str) -> Ran {
        self.command(out, flags).output().unwrap().into()
    }

    /// Runs and says what it did.
    pub(crate) fn report(&self, out: &str, flags: &str) -> Report {
        let ran = self.run(out, &format!("{flags} --json --quiet")).ok();
        Report(serde_json::from_str(&ran.stdout).unwrap())
    }

    /// Runs and says what it did, also where most of it is stand-ins.
    pub(crate) fn report_of_any(&self, out: &str, flags: &str) -> Report {
        let ran = self.run(out, &format!("{flags} --json --quiet"));
        assert!(matches!(ran.code, 0 | 5), "exit code {}:\n{}", ran.code, ran.stderr);
        Report(serde_json::from_str(&ran.stdout).unwrap())
    }

    pub(crate) fn stats(&self) -> Stats {
        self.server.stats()
    }

    /// What the server sees of `work`.
    pub(crate) fn requests_of(&self, work: impl FnOnce()) -> u64 {
        let before = self.stats().requests;
        work();
        self.stats().requests - before
    }

    pub(crate) fn artifacts(&self, out: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        self.space.artifacts(out)
    }

    pub(crate) fn labels(&self, out: &str) -> Vec<Label> {
        let path = self.space.path(out).join("iteration-1/labels.parquet");
        artifact::read_labels(&path).unwrap().rows
    }

    /// Rows that carry a remark.
    pub(crate) fn remarks(&self, out: &str) -> Vec<String> {
        let folder = self.space.path(out).join("iteration-1");
        let labels = self.labels(out).into_iter().map(|label| label.remark);
        let candidates = artifact::read_candidates(&folder.join("candidates.parquet")).unwrap();
        let candidates = candidates.rows.into_iter().map(|candidate| candidate.remark);
        let parents = folder.join("parents.parquet");
        let table = artifact::parquet::read(&parents, &cladus_core::schema::PARENTS).unwrap();
        let parents = table.nullable_texts("remark").into_iter().map(|r| r.map(str::to_owned));
        labels.chain(candidates).chain(parents).flatten().collect()
    }

    /// Every base cluster of the input is in the tree, and the folder keeps the contract.
    #[track_caller]
    pub(crate) fn is_whole(&self, out: &str) {
        let input = std::fs::read_to_string(self.space.path("in.jsonl")).unwrap();
        let leaves = self.space.hierarchy(out);
        let leaves = leaves.iter().filter(|node| node.cluster.level == 0).count();
        assert_eq!(leaves, input.lines().count());
        self.space.cladus(&format!("check {out}")).ok();
    }

    /// What `cladus cost` says, all lines together.
    pub(crate) fn ledger(&self, out: &str) -> Ledger {
        let ran = self.space.cladus(&format!("cost {out} --json")).ok();
        Ledger(serde_json::from_str(&ran.stdout).unwrap())
    }

    /// Waits until the server has noticed who has gone.
    pub(crate) fn settle(&self) {
        let until = Instant::now() + Duration::from_secs(10);
        while self.stats().in_flight > 0 {
            assert!(Instant::now() < until, "requests are still in flight");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// What `cladus run --json` printed.
pub(crate) struct Report(pub(crate) Value);

impl Report {
    pub(crate) fn stages(&self) -> Vec<&Value> {
        let iterations = self.0["iterations"].as_array().unwrap();
        iterations.iter().flat_map(|iteration| iteration["stages"].as_array().unwrap()).collect()
    }

    pub(crate) fn states(&self) -> Vec<&str> {
        self.stages().iter().map(|stage| stage["state"].as_str().unwrap()).collect()
    }

    pub(crate) fn sum(&self, what: &str) -> u64 {
        self.stages().iter().map(|stage| stage["spent"][what].as_u64().unwrap()).sum()
    }

    /// Was it told that this is no success?
    pub(crate) fn is_mostly_stand_ins(&self) -> bool {
        self.0.get("stand_ins").is_some()
    }

    pub(crate) fn fell_back(&self) -> u64 {
        self.0["fell_back"].as_u64().unwrap()
    }
}

/// The lines of `cladus cost --json`.
pub(crate) struct Ledger(Vec<Value>);

impl Ledger {
    pub(crate) fn sum(&self, what: &str) -> u64 {
        self.0.iter().map(|line| line[what].as_u64().unwrap()).sum()
    }

    pub(crate) fn of(&self, stage: &str, what: &str) -> u64 {
        let lines = self.0.iter().filter(|line| line["stage"] == stage);
        lines.map(|line| line[what].as_u64().unwrap()).sum()
    }

    /// Every call is an answer, a refusal, or may have been paid.
    #[track_caller]
    pub(crate) fn adds_up(&self) {
        let parts = ["answers", "failed", "maybe_paid"].map(|part| self.sum(part));
        assert_eq!(self.sum("calls"), parts.iter().sum::<u64>(), "{parts:?}");
    }
}

pub(crate) fn after(milliseconds: u64) -> Behaviour {
    Behaviour { latency: Duration::from_millis(milliseconds), ..Behaviour::default() }
}

/// A process that is not waited for yet.
pub(crate) fn start(mut command: Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[must_use = "assert the exit code"]
pub(crate) fn finish(child: Child) -> Ran {
    child.wait_with_output().unwrap().into()
}

/// Does `work` on each of `all` where the whole is tested, else on two: which ones, the line says that
/// asks, so that lists with the same beginning are not all tested by it.
#[track_caller]
pub(crate) fn each<T: Clone + Sync>(all: &[T], work: impl Fn(&T) + Sync) {
    let line = Location::caller().line() as usize;
    every(&extent::some_from(all, 2, line), work);
}

/// Does `work` on all of them, a few at a time: most of it is waiting.
pub(crate) fn every<T: Sync>(all: &[T], work: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(one) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    work(one);
                }
            });
        }
    });
}

/// The same sequence every time, evenly spread over 0 to 1.
pub(crate) fn random(state: &mut u64) -> f64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as f64 / (1u64 << 31) as f64
}

#[test]
fn the_server_sees_every_call_that_is_reported() {
    let bench = Bench::new(Behaviour::default());
    let report = bench.report("r", "");
    let (stats, ledger) = (bench.stats(), bench.ledger("r"));
    bench.is_whole("r");
    ledger.adds_up();
    assert_eq!(report.fell_back(), 0);
    assert!(stats.requests > 35, "too few calls to say anything: {stats:?}");
    assert_eq!((stats.requests, stats.repeated), (stats.logical, 0));
    for calls in [report.sum("calls"), ledger.sum("calls"), ledger.sum("answers")] {
        assert_eq!(calls, stats.requests);
    }
    for (stage, kind) in
        [("propose", Kind::Propose), ("label", Kind::Label), ("rename", Kind::Rename)]
    {
        // What has been proposed is compared by propose, too.
        let compared = if kind == Kind::Propose { stats.of(Kind::Chat) } else { 0 };
        assert_eq!(ledger.of(stage, "calls"), stats.of(kind) + compared, "{stage}");
    }
    for (what, tokens) in
        [("prompt_tokens", stats.tokens_in), ("completion_tokens", stats.tokens_out)]
    {
        assert_eq!((report.sum(what), ledger.sum(what)), (tokens, tokens), "{what}");
    }
    let said = bench.space.cladus("cost r").ok().stdout;
    assert!(said.contains("total") && said.contains(&stats.requests.to_string()), "{said}");
}
