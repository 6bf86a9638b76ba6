//! The answers of models.

use serde_json::Value;

use crate::space::{Server, Space, cladus, lines, repository};

/// Stands in no answer.
const KEY: &str = "sk-canary-0123456789";

/// The example, named by a server in a model's place.
pub(crate) fn asked(space: &Space, out: &str) {
    let server = Server::start();
    let mut command = space.command(cladus());
    command.arg("run").arg(repository().join("examples/helpdesk/clusters.jsonl"));
    command.args(["--out", out, "--quiet", "--model", "test-chat", "--base-url", &server.url]);
    let output = command.env("OPENAI_API_KEY", KEY).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn where_no_model_was_asked_there_is_no_row() {
    let space = Space::with_example();
    for table in ["calls", "answers", "cost"] {
        assert_eq!(space.value("r", &format!("SELECT count(*) FROM {table}")), 0, "{table}");
    }
}

#[test]
fn questions_answers_and_what_they_cost_are_tables() {
    let space = Space::new();
    asked(&space, "r");
    let cost = space.rows("r", "SELECT * FROM cost");
    let told: Vec<Value> =
        serde_json::from_str(&space.cladus(["cost", "r", "--json"]).ok()).unwrap();
    assert!(!cost.is_empty());
    assert_eq!(cost.len(), told.len());
    for line in &told {
        let ours = cost
            .iter()
            .find(|row| row["iteration"] == line["iteration"] && row["stage"] == line["stage"]);
        for count in
            ["calls", "answers", "failed", "prompt_tokens", "completion_tokens", "nanodollars"]
        {
            assert_eq!(ours.unwrap()[count], line[count], "{count} of {line}");
        }
    }
    let calls: i64 = cost.iter().filter_map(|row| row["calls"].as_i64()).sum();
    assert_eq!(space.value("r", "SELECT count(*) FROM calls"), calls);
    let answers = space.rows("r", "SELECT * FROM answers");
    assert!(!answers.is_empty());
    for answer in &answers {
        for said in ["question", "answer", "instructions", "body"] {
            assert!(
                answer[said].as_str().is_some_and(|text| !text.is_empty()),
                "{said} of {answer}"
            );
        }
    }
    let joined =
        "SELECT count(*) FROM answers AS a JOIN calls AS c ON a.call = c.id AND a.key = c.key";
    assert_eq!(space.value("r", joined), answers.len());
    let all = space.query(["r", "SELECT * FROM calls", "--format", "jsonl"]).ok()
        + &space.query(["r", "SELECT * FROM answers", "--format", "jsonl"]).ok();
    assert!(!lines(&all).is_empty() && !all.contains(KEY));
}

#[test]
fn a_damaged_store_is_told() {
    let space = Space::with_example();
    std::fs::write(
        space.path("r/answers.sqlite"),
        "no database at all, but long enough to be read",
    )
    .unwrap();
    let ran = space.query(["r", "SELECT * FROM calls"]).exits(3);
    ran.complains(&["answers.sqlite", "the store of answers cannot be read"]);
}
