//! What went wrong in the programs that came before this one, when they were run: each test is named
//! after what a user felt, and a comment says which defect it is (K1 to K24, a number of ours: the
//! comment is all there is to read about it). Models misbehave by script here; servers misbehave elsewhere.

mod artifacts;
mod candidates;
mod labels;
mod memory;
mod names;
mod speed;
mod tree;

use std::collections::BTreeMap;

use cladus_core::artifact::{self, Candidate, Cluster, Label, Node};
use cladus_tests::server::{Behaviour, Block, Kind, Script, Seen, TestServer, blocks};
use serde_json::{Map, Value, json};

use crate::space::{Ran, Space};

const MODEL: &str = "test-chat";

/// A folder with an input, and a model that is asked about it.
pub struct Play {
    pub space: Space,
    pub server: TestServer,
}

impl Play {
    pub fn new(input: &str, behaviour: Behaviour) -> Self {
        let space = Space::new();
        space.write("in.jsonl", input);
        Self { space, server: TestServer::start(behaviour) }
    }

    /// With a model that answers by `tell`: of the kind, the request's body and the server's own
    /// answer; `None` is its own answer.
    pub fn scripted(
        input: &str,
        tell: impl Fn(Kind, &Value, &Value) -> Option<Value> + Send + Sync + 'static,
    ) -> Self {
        let script = Script::new(move |kind, body, own| Some(tell(kind, body, own)?.to_string()));
        Self::new(input, Behaviour { script: Some(script), ..Behaviour::default() })
    }

    /// The words of `cladus run` into the folder `r`: with the quick embedder, where the flags name none.
    pub fn line(&self, model: &str, flags: &str) -> String {
        let url = self.server.base_url();
        let embedder = if flags.contains("--embedder") { "" } else { "--embedder lexical" };
        format!("run in.jsonl --out r --model {model} --base-url {url} {embedder} {flags}")
    }

    /// `cladus run` into the folder `r`.
    pub fn run(&self, flags: &str) -> Ran {
        self.space.cladus(&self.line(MODEL, flags))
    }

    /// Runs, checks the folder, and gives its tree.
    #[track_caller]
    pub fn tree(&self, flags: &str) -> Vec<Node> {
        let ran = self.run(flags);
        // Many a model here is worse than a run puts up with.
        assert!(matches!(ran.code, 0 | 5), "exit code {}:\n{}", ran.code, ran.stderr);
        self.space.cladus("check r").ok();
        self.space.hierarchy("r")
    }

    /// What became of every stage: `made`, `fresh` or `edited`.
    #[track_caller]
    pub fn states(&self, flags: &str) -> Vec<String> {
        self.states_of(MODEL, flags)
    }

    /// The same, with another model.
    #[track_caller]
    pub fn states_of(&self, model: &str, flags: &str) -> Vec<String> {
        let ran = self.space.cladus(&self.line(model, &format!("--json {flags}"))).ok();
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        let iterations = report["iterations"].as_array().unwrap().iter();
        let stages = iterations.flat_map(|iteration| iteration["stages"].as_array().unwrap());
        stages.map(|stage| stage["state"].as_str().unwrap().to_owned()).collect()
    }

    /// The requests of this kind, in the order of arrival.
    pub fn asked(&self, kind: Kind) -> Vec<Seen> {
        self.server.requests().into_iter().filter(|seen| seen.kind == kind).collect()
    }

    pub fn candidates(&self) -> Vec<Candidate> {
        let path = self.space.path("r/iteration-1/candidates.parquet");
        artifact::read_candidates(&path).unwrap().rows
    }

    pub fn labels(&self) -> Vec<Label> {
        artifact::read_labels(&self.space.path("r/iteration-1/labels.parquet")).unwrap().rows
    }

    pub fn parents(&self) -> Vec<Cluster> {
        self.space.clusters("r/iteration-1/parents.parquet")
    }

    /// The rows of each group.
    pub fn groups(&self) -> BTreeMap<u32, usize> {
        let path = self.space.path("r/iteration-1/groups.parquet");
        let mut sizes = BTreeMap::new();
        for row in artifact::read_groups(&path).unwrap().rows {
            *sizes.entry(row.group_id).or_default() += 1;
        }
        sizes
    }
}

pub fn roots(nodes: &[Node]) -> Vec<&Node> {
    nodes.iter().filter(|node| node.parent_id.is_none()).collect()
}

/// What a request says under `role`.
pub fn said<'a>(body: &'a Value, role: &str) -> &'a str {
    let messages = body["messages"].as_array().unwrap();
    let message = messages.iter().find(|message| message["role"] == role);
    message.and_then(|message| message["content"].as_str()).unwrap_or_default()
}

/// The blocks of a prompt's data that are called `tag`.
pub fn shown(body: &Value, tag: &str) -> Vec<Block> {
    blocks(said(body, "user"), tag)
}

/// Labels for the items of a request, each chosen by `choose` from its place and text and the
/// candidates in the order shown.
pub fn label_by(body: &Value, choose: impl Fn(usize, &str, &[String]) -> String) -> Value {
    let names: Vec<String> =
        shown(body, "candidate").into_iter().map(|candidate| candidate.text).collect();
    let items = shown(body, "item").into_iter().enumerate();
    let labels = items.map(|(place, item)| {
        (item.id.unwrap_or_default(), json!(choose(place, &item.text, &names)))
    });
    Value::Object(labels.collect::<Map<_, _>>())
}

/// The first of `names` that holds `part`.
pub fn holding(names: &[String], part: &str) -> String {
    names.iter().find(|name| name.contains(part)).or(names.first()).cloned().unwrap_or_default()
}
