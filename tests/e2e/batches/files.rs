//! Questions as a file, and answers from one.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;

use cladus_tests::server::{Behaviour, TestServer};
use serde_json::{Value, json};

use super::{expected, same};
use crate::models::Bench;
use crate::space::python;

/// A folder that holds a run which has asked nothing.
fn prepared() -> Bench {
    let bench = Bench::small(Behaviour::default());
    bench.run("r", "--max-calls 0").exits(6);
    assert_eq!(bench.stats().requests, 0);
    bench
}

#[track_caller]
fn export(bench: &Bench) -> Option<Vec<Value>> {
    let _ = std::fs::remove_file(bench.space.path("q.jsonl"));
    let ran = bench.space.cladus("export-requests r --out q.jsonl").ok();
    let Ok(text) = std::fs::read_to_string(bench.space.path("q.jsonl")) else {
        assert!(ran.stdout.contains("nothing is open"), "{}", ran.stdout);
        return None;
    };
    for part in ["question", "in iteration 1", "tokens", "import-answers r", "vllm run-batch"] {
        assert!(ran.stdout.contains(part), "no {part:?} in:\n{}", ran.stdout);
    }
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// What `server` says to a question, as a line of a file of answers.
fn answered(server: &TestServer, question: &Value) -> Value {
    let body = question["body"].to_string();
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    let (head, body) = said.split_once("\r\n\r\n").unwrap();
    let status: u16 = head.split(' ').nth(1).unwrap().parse().unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    json!({
        "id": "vllm-1", "custom_id": question["custom_id"], "error": null,
        "response": {"status_code": status, "request_id": "r", "body": body},
    })
}

fn lines(all: &[Value]) -> String {
    all.iter().map(|line| format!("{line}\n")).collect()
}

#[track_caller]
fn import(bench: &Bench, file: &str) -> Value {
    let ran = bench.space.cladus(&format!("import-answers r {file} --json")).ok();
    serde_json::from_str(&ran.stdout).unwrap()
}

#[test]
fn a_tree_without_a_single_call() {
    let whole = expected(true);
    let bench = prepared();
    let elsewhere = TestServer::start(Behaviour::default());
    let mut stages = Vec::new();
    while let Some(questions) = export(&bench) {
        stages.push(questions.len() as u64);
        let answers: Vec<Value> =
            questions.iter().map(|question| answered(&elsewhere, question)).collect();
        bench.space.write("a.jsonl", lines(&answers));
        let imported = import(&bench, "a.jsonl");
        assert_eq!(imported["answers"], questions.len());
        assert_eq!(imported["unasked"], 0);
        assert!(stages.len() < 20, "it never ends");
    }
    assert!(stages.len() >= 3, "{stages:?}");
    bench.run("r", "").ok();
    same(&bench, &whole);
    assert_eq!(bench.stats().requests, 0);
    let billed = elsewhere.stats().billed;
    assert_eq!((billed, stages.iter().sum()), (whole.stats().billed, billed));
    let (ledger, alone) = (bench.ledger("r"), whole.ledger("r"));
    ledger.adds_up();
    for stage in ["propose", "label", "rename"] {
        for what in ["answers", "prompt_tokens", "completion_tokens"] {
            assert_eq!(ledger.of(stage, what), alone.of(stage, what), "{stage} {what}");
        }
    }
}

#[test]
fn nothing_open_writes_no_file() {
    let bench = Bench::small(Behaviour::default());
    bench.run("r", "").ok();
    assert_eq!(export(&bench), None);
    assert!(!bench.space.path("q.jsonl").exists());
    let ran = bench.space.cladus("export-requests r --out q.jsonl --json").ok();
    assert_eq!(ran.stdout, "null\n");
    bench.space.cladus("export-requests nowhere --out q.jsonl").exits(3).complains(&["cladus run"]);
    let plain = bench.space.cladus("run in.jsonl --out plain --embedder lexical");
    plain.ok();
    bench.space.cladus("export-requests plain --out q.jsonl").exits(2).complains(&["--model"]);
}

#[test]
fn every_answer_that_is_there_is_imported_and_the_rest_is_counted() {
    let bench = prepared();
    let elsewhere = TestServer::start(Behaviour::default());
    let questions = export(&bench).unwrap();
    let n = questions.len();
    assert!(n >= 4, "{n}");
    let mut all: Vec<Value> = questions.iter().map(|q| answered(&elsewhere, q)).collect();
    // One is missing, one failed, one comes twice, one is about something else.
    all.pop();
    all[0]["response"] = json!({"status_code": 500, "body": null});
    all[0]["error"] = json!({"message": "out of memory"});
    all.push(all[1].clone());
    all.push(
        json!({"id": "x", "custom_id": "request-7", "response": {"status_code": 200, "body": {}}}),
    );
    all.reverse();
    let text = format!("not JSON\n\n{}{{\"id\": \"torn", lines(&all));
    bench.space.write("a.jsonl", &text);
    let imported = import(&bench, "a.jsonl");
    assert_eq!(imported["answers"], n - 2);
    let skipped = json!({"held": 0, "repeated": 1, "unknown": 1, "failed": 1, "garbage": 2});
    assert_eq!(imported["skipped"], skipped);
    // Once more, and in the usual order: nothing changes.
    all.reverse();
    for text in [text, lines(&all)] {
        bench.space.write("a.jsonl", text);
        let again = import(&bench, "a.jsonl");
        assert_eq!((&again["answers"], &again["skipped"]["held"]), (&json!(0), &json!(n - 2)));
    }
    assert_eq!(bench.ledger("r").sum("answers"), n as u64 - 2);
    assert_eq!(export(&bench).unwrap().len(), 2, "what has no answer is open");
    let said = bench.space.cladus("import-answers r a.jsonl").ok().stdout;
    assert!(said.contains("0 answers; skipped: ") && said.contains("answered already"), "{said}");
}

#[test]
fn a_file_of_no_use_is_an_error_and_others_beside_it_are_imported() {
    let bench = prepared();
    let elsewhere = TestServer::start(Behaviour::default());
    let questions = export(&bench).unwrap();
    bench.space.write("good.jsonl", lines(&[answered(&elsewhere, &questions[0])]));
    bench.space.write("empty.jsonl", "");
    bench.space.write("page.jsonl", "<html>\n</html>\n");
    bench.space.write("errors.jsonl", lines(&[json!({
        "custom_id": questions[1]["custom_id"], "response": null, "error": {"code": "batch_expired"},
    })]));
    for (file, says) in
        [("empty", "it is empty"), ("page", "2 not readable"), ("errors", "1 without an answer")]
    {
        let ran = bench.space.cladus(&format!("import-answers r {file}.jsonl")).exits(3);
        ran.complains(&["holds no answer", says]);
    }
    bench.space.cladus("import-answers r nowhere.jsonl").exits(3).complains(&["nowhere.jsonl"]);
    let ran = bench.space.cladus("import-answers r page.jsonl good.jsonl").exits(3);
    assert!(ran.stdout.contains("1 answers"), "{}", ran.stdout);
    bench.space.cladus("import-answers nowhere good.jsonl").exits(3).complains(&["run folder"]);
}

#[test]
fn different_answers_to_one_question_come_to_the_same_in_any_order() {
    let elsewhere = TestServer::start(Behaviour::default());
    let mut chosen = BTreeMap::new();
    for reversed in [false, true] {
        let bench = prepared();
        let questions = export(&bench).unwrap();
        let mut all = Vec::new();
        for question in &questions {
            let good = answered(&elsewhere, question);
            let mut other = good.clone();
            let content = "/response/body/choices/0/message/content";
            let said = good.pointer(content).unwrap().as_str().unwrap().replace("and", "or");
            *other.pointer_mut(content).unwrap() = json!(said);
            all.extend([good, other]);
        }
        if reversed {
            all.reverse();
        }
        bench.space.write("a.jsonl", lines(&all));
        import(&bench, "a.jsonl");
        let next = export(&bench).unwrap();
        chosen.insert(reversed, next);
    }
    assert_eq!(chosen[&false], chosen[&true]);
}

#[test]
fn answers_to_questions_of_another_machine_are_good_here_too() {
    let whole = expected(true);
    let there = prepared();
    let elsewhere = TestServer::start(Behaviour::default());
    let here = prepared();
    while let Some(questions) = export(&there) {
        let answers: Vec<Value> = questions.iter().map(|q| answered(&elsewhere, q)).collect();
        there.space.write("a.jsonl", lines(&answers));
        import(&there, "a.jsonl");
        here.space.write("a.jsonl", lines(&answers));
        let imported = import(&here, "a.jsonl");
        assert_eq!(
            (&imported["answers"], &imported["unasked"]),
            (&json!(answers.len()), &json!(answers.len()))
        );
    }
    here.run("r", "").ok();
    same(&here, &whole);
    assert_eq!(here.stats().requests, 0);
    let ledger = here.ledger("r");
    assert_eq!(ledger.of("imported", "answers"), whole.stats().billed);
    assert_eq!(ledger.sum("prompt_tokens"), whole.ledger("r").sum("prompt_tokens"));
}

#[test]
fn a_runner_in_python_needs_nothing_but_the_files() {
    let Some(python) = python() else { return };
    let bench = prepared();
    let elsewhere = TestServer::start(Behaviour::default());
    let script = format!(
        "import json, urllib.request\n\
         out = open('a.jsonl', 'w')\n\
         for line in open('q.jsonl'):\n    \
             q = json.loads(line)\n    \
             r = urllib.request.Request('http://{}' + q['url'], json.dumps(q['body']).encode(), method=q['method'])\n    \
             body = json.load(urllib.request.urlopen(r))\n    \
             out.write(json.dumps({{'id': 'x', 'custom_id': q['custom_id'], 'response': {{'status_code': 200, 'request_id': '', 'body': body}}, 'error': None}}) + '\\n')\n\
         out.close()\n",
        elsewhere.address()
    );
    while export(&bench).is_some() {
        bench.space.python(&python, &script).ok();
        import(&bench, "a.jsonl");
    }
    bench.run("r", "").ok();
    same(&bench, &expected(true));
    assert_eq!(bench.stats().requests, 0);
}
