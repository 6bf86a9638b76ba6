//! `cladus sweep`: several values of a setting, built and compared.

use cladus_tests::server::Behaviour;
use serde_json::Value;

use crate::models::Bench;
use crate::space::{Space, assorted};

/// As `Bench::command` has it for a run; what is tried is said by `flags`.
fn sweep(bench: &Bench, out: &str, flags: &str) -> crate::space::Ran {
    let url = bench.server.base_url();
    let line = format!(
        "sweep in.jsonl --out {out} --config conf.toml --model test-chat --base-url {url} {flags}"
    );
    bench.line("cladus", &line).output().unwrap().into()
}

#[test]
fn values_are_compared_in_one_table() {
    let space = Space::new();
    space.write("in.jsonl", assorted(60));
    let line = "sweep in.jsonl --out s --max-clusters 4,10 --embedder lexical --seed 0,1";
    let ran = space.cladus(line).ok();
    let rows: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(rows.len(), 5, "{}", ran.stdout);
    assert!(rows[0].contains("roots") && rows[0].contains("nearer elsewhere"), "{}", rows[0]);
    assert!(rows[1].starts_with("max-clusters-4_embedder-lexical_seed-0  "), "{}", rows[1]);
    for run in ["max-clusters-4_embedder-lexical_seed-1", "max-clusters-10_embedder-lexical_seed-0"]
    {
        space.cladus(&format!("check s/{run}")).ok();
    }
    // Each is a run like any other.
    let alone = "run in.jsonl --out alone --max-clusters 4 --embedder lexical --seed 1 --quiet";
    space.cladus(alone).ok();
    let [one, other] = ["alone", "s/max-clusters-4_embedder-lexical_seed-1"]
        .map(|run| std::fs::read(space.path(&format!("{run}/hierarchy.parquet"))).unwrap());
    assert!(one == other);

    let again = space.cladus(&format!("{line} --json -v")).ok();
    assert!(!again.stderr.contains("$ cladus-"), "nothing is redone: {}", again.stderr);
    let found: Value = serde_json::from_str(&again.stdout).unwrap();
    let roots: Vec<u64> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["health"]["roots"].as_u64().unwrap())
        .collect();
    assert!(roots[0] <= 4 && roots[2] > 4 && roots[2] <= 10, "{roots:?}");
    assert_eq!(found[0]["levels"][0], 60);
}

#[test]
fn a_truth_says_which_is_nearer_to_it() {
    let space = Space::new();
    space.write("in.jsonl", assorted(60));
    let things = ["passwords", "invoices", "builds", "recipes", "contracts", "photos", "sensors"];
    space.cladus("import in.jsonl --out clusters.parquet").ok();
    let truth: String = space
        .clusters("clusters.parquet")
        .iter()
        .map(|cluster| {
            let thing = things.iter().find(|thing| cluster.name.contains(*thing)).unwrap();
            serde_json::json!({"id": cluster.id, "path": [thing]}).to_string() + "\n"
        })
        .collect();
    space.write("truth.jsonl", truth);
    let line =
        "sweep in.jsonl --out s --max-clusters 2,7 --embedder lexical --truth truth.jsonl --json";
    let found: Value = serde_json::from_str(&space.cladus(line).ok().stdout).unwrap();
    let overall = |at: usize| found[at]["agreement"]["overall"].as_f64().unwrap();
    assert!(overall(1) > overall(0), "seven things are under seven roots: {found:#}");
    let text = space
        .cladus("sweep in.jsonl --out s --max-clusters 2,7 --embedder lexical --truth truth.jsonl")
        .ok();
    assert!(text.stdout.contains("overall") && text.stdout.contains(" of 7"), "{}", text.stdout);
}

#[test]
fn what_it_would_cost_is_said_first() {
    let bench = Bench::small(Behaviour::default());
    let mut planned = String::new();
    let sent = bench.requests_of(|| {
        planned = sweep(&bench, "s", "--max-clusters 4,8 --dry-run").ok().stdout;
    });
    assert_eq!(sent, 0);
    assert!(!bench.space.path("s").exists(), "a plan leaves nothing behind");
    let rows: Vec<&str> = planned.lines().collect();
    assert!(rows[0].contains("calls") && rows[1].starts_with("max-clusters-4 "), "{planned}");
    assert!(rows[1].contains('~') && rows[1].contains("unknown"), "{planned}");
    assert!(rows[4].starts_with("in total about "), "{planned}");

    let plan = |flags: &str| -> Value {
        let ran = sweep(&bench, "s", &format!("--max-clusters 4,8 --dry-run --json {flags}")).ok();
        serde_json::from_str(&ran.stdout).unwrap()
    };
    let of = |plan: &Value, what: &str| -> u64 {
        plan.as_array().unwrap().iter().map(|run| run["total"][what].as_u64().unwrap()).sum()
    };
    let before = plan("");
    sweep(&bench, "s", "--max-clusters 4,8").ok();
    let (about, came) = (of(&before, "calls"), bench.stats().requests);
    assert!(2 * about > came && about < 2 * came, "{came} calls\n{before:#}");
    assert_eq!(of(&plan(""), "calls"), 0);
    let again = sweep(&bench, "s", "--max-clusters 4,8 --dry-run").ok().stdout;
    assert!(again.ends_with("\nnothing to do\n"), "{again}");

    let line = "sweep - --out p --max-clusters 4,8 --embedder lexical --dry-run";
    let mut command = bench.line("cladus", line);
    let input = std::fs::File::open(bench.space.path("in.jsonl")).unwrap();
    let ran: crate::space::Ran = command.stdin(input).output().unwrap().into();
    let said = ran.ok().stdout;
    assert!(said.contains("48 -> 11 -> 4\n") && said.contains("48 -> 8\n"), "{said}");
    assert!(said.contains("nothing to pay"), "{said}");
}

#[test]
fn an_answer_is_paid_for_once_in_all_runs() {
    let bench = Bench::small(Behaviour::default());
    let flags = "--max-clusters 12 --levels 1 --clusters-per-group 12";
    // Two names of the same vectors: the same questions.
    let ran = sweep(&bench, "s", &format!("{flags} --embedder lexical,lexical")).exits(2);
    assert!(ran.stderr.contains("twice"), "{}", ran.stderr);
    let ran = sweep(&bench, "s", &format!("{flags} --embedder minilm,auto")).ok();
    assert_eq!(bench.stats().repeated, 0);
    let calls: Vec<u64> = ran
        .stdout
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split_whitespace().collect();
            cells[cells.len() - 3].parse().unwrap()
        })
        .collect();
    assert!(calls[0] > 0 && calls[1] == 0, "{}", ran.stdout);
    assert_eq!(bench.stats().requests, calls[0]);
}

#[test]
fn a_budget_is_that_of_the_whole_sweep() {
    let bench = Bench::small(Behaviour::default());
    let flags = "--max-clusters 12,16 --levels 1 --clusters-per-group 12";
    sweep(&bench, "free", flags).ok();
    let all = bench.stats().requests;
    for most in [all / 4, all - 1, all - 1] {
        let before = bench.stats().requests;
        let out = format!("s{most}");
        sweep(&bench, &out, &format!("{flags} --max-calls {most}")).exits(6);
        assert!(bench.stats().requests - before <= most);
    }
    // What the second start of the last one did, it had paid for.
    assert_eq!(bench.stats().requests, all + all / 4 + all - 1);
    sweep(&bench, &format!("s{}", all - 1), &format!("{flags} --max-calls {all}")).ok();
    assert_eq!(bench.stats().requests, all + all / 4 + all);
}

#[test]
fn one_value_is_nothing_to_compare() {
    let space = Space::new();
    space.write("in.jsonl", assorted(12));
    space.cladus("sweep in.jsonl --out s --seed 3").exits(2).complains(&["nothing to compare"]);
    assert!(!space.path("s").exists());
    space.cladus("sweep nowhere.jsonl --out s --seed 3,4").exits(3).complains(&["nowhere.jsonl"]);
}

#[test]
fn models_are_compared_too() {
    let bench = Bench::small(Behaviour::default());
    let url = bench.server.base_url();
    let run = |models: &str| -> crate::space::Ran {
        let line = format!("sweep in.jsonl --out s --base-url {url} --model {models}");
        bench.line("cladus", &line).output().unwrap().into()
    };
    let ran = run("small,vendor/large").ok();
    let rows: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(rows.len(), 3, "{}", ran.stdout);
    assert!(rows[1].starts_with("model-small ") && rows[2].starts_with("model-vendor-large "));
    let seen = bench.server.requests();
    let asked = |model: &str| seen.iter().filter(|seen| seen.body["model"] == model).count();
    assert!(asked("small") > 0 && asked("small") == asked("vendor/large"));
    assert_eq!(asked("small") + asked("vendor/large"), seen.len());
    run(",").exits(2).complains(&["contains no model name"]);
    run("same,same").exits(2).complains(&["given twice"]);
}
