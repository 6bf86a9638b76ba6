//! Faults.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use serde_json::json;

use super::*;
use crate::server::{Behaviour, Fault, Rate, RateHeaders};

fn failing(rules: &str) -> TestServer {
    TestServer::start(Behaviour::faulty(rules))
}

/// The first answer under `fault`, and that the second is good.
fn first(fault: &str, body: &Value) -> Got {
    let server = failing(&format!("any:{fault}@1"));
    let mut client = Client::new(&server);
    let got = client.post(body);
    assert_eq!(client.post(body).status, 200, "{fault}");
    assert!(client.post(body).json()["usage"].is_object(), "{fault}");
    assert_eq!(server.stats().faults[fault], 1);
    got
}

#[test]
fn statuses() {
    let cases = [
        ("400", 400, json!(null)),
        ("401", 401, json!("invalid_api_key")),
        ("403", 403, json!("permission_denied")),
        ("404model", 404, json!("model_not_found")),
        ("429", 429, json!("rate_limit_exceeded")),
        ("429n", 429, json!("rate_limit_exceeded")),
        ("429date", 429, json!("rate_limit_exceeded")),
        ("quota", 429, json!("insufficient_quota")),
        ("toolong", 400, json!("context_length_exceeded")),
        ("500", 500, json!(null)),
        ("503", 503, json!(null)),
        ("529", 529, json!(null)),
        ("error200", 200, json!(502)),
    ];
    for (fault, status, code) in cases {
        for body in [label(1), embed(&["a b"])] {
            let got = first(fault, &body);
            assert_eq!((got.status, got.error("code")), (status, code.clone()), "{fault}");
            let told = got.header("retry-after").is_some();
            assert_eq!(told, matches!(fault, "429" | "429date"), "{fault}");
        }
    }
    for (fault, status) in [("502html", 502), ("html", 200)] {
        let got = first(fault, &label(1));
        assert_eq!((got.status, got.header("content-type")), (status, Some("text/html")));
        assert!(got.body.starts_with(b"<html>"));
    }
}

#[test]
fn spoilt_answers() {
    let of = |fault: &str| first(fault, &label(1)).json();
    let message = |fault: &str| of(fault)["choices"][0]["message"].clone();
    let content = |fault: &str| message(fault)["content"].as_str().unwrap().to_owned();
    let answer = |fault: &str| serde_json::from_str::<Value>(&content(fault)).unwrap();
    assert!(serde_json::from_str::<Value>(&content("truncated")).is_err());
    assert_eq!(of("truncated")["choices"][0]["finish_reason"], "length");
    assert_eq!(of("filtered")["choices"][0]["finish_reason"], "content_filter");
    assert!(answer("invalid")["1"].as_str().unwrap().starts_with("Nonexistent"));
    assert_eq!(content("empty"), "");
    assert_eq!(answer("blank"), json!({"1": "", "2": ""}));
    assert_eq!(of("nochoices")["choices"], json!([]));
    assert_eq!(message("nullcontent"), json!({"role": "assistant", "content": null}));
    assert!(message("refusal")["content"].is_null() && message("refusal")["refusal"].is_string());
    assert_eq!(answer("wrongtype"), json!({"1": 42, "2": 42}));
    assert_eq!(answer("missing"), json!({"1": "Lost passwords"}));
    assert_eq!(answer("extra")["999"], "Baking bread");
    assert!(content("fence").contains("```json\n{"));
    assert_eq!(answer("case")["1"], "LOST PASSWORDS");
    assert_ne!(answer("misspelt")["1"], "Lost passwords");
    let nameless = of("noid");
    assert!(nameless.get("id").is_none() && nameless["choices"][0]["finish_reason"] == "eos");
    assert!(of("nousage").get("usage").is_none());
    assert_eq!(of("badusage")["usage"]["prompt_tokens"], -1);
    assert_eq!(of("othermodel")["model"], "another");
}

#[test]
fn spoilt_embeddings() {
    let texts = embed(&["one", "two", "three"]);
    let good = post(&failing(""), &texts).json()["data"].clone();
    let data = |fault: &str| first(fault, &texts).json()["data"].as_array().unwrap().clone();
    assert_eq!(data("short")[..], good.as_array().unwrap()[..2]);
    let shuffled = data("shuffled");
    assert_eq!((&shuffled[0], &shuffled[2]), (&good[2], &good[0]));
    assert!(data("empty").is_empty());
    assert_eq!(data("wrongtype")[0]["embedding"], 42);
}

#[test]
fn cut_answers_end_well_with_room_enough() {
    let server = failing("label:truncated@1xinf");
    let mut body = label(1);
    for (most, finish) in [(50, "length"), (100, "length"), (200, "stop"), (199, "length")] {
        body["max_tokens"] = json!(most);
        let got = post(&server, &body).json();
        assert_eq!(got["choices"][0]["finish_reason"], finish, "{most}");
    }
    assert_eq!(server.stats().logical, 1);
}

#[test]
fn broken_connections() {
    let server = failing("label:reset#1;label:cut#2;label:hang#3;label:slow#4;label:hugebody#5");
    server.configure(|behaviour| behaviour.drip = Duration::from_millis(1));
    let ask = |n| Client::new(&server).try_post("/v1/chat/completions", &label(n));
    assert_eq!(ask(1).unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    assert_eq!(ask(2).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    let mut patient = Client::new(&server);
    patient.stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    assert!(patient.try_post("/v1/chat/completions", &label(3)).is_err());
    drop(patient);
    let begin = std::time::Instant::now();
    assert_eq!(ask(4).unwrap().answer(), labels());
    assert!(begin.elapsed() > Duration::from_millis(300));
    let mut brave = Client::new(&server);
    brave.send("POST", "/v1/chat/completions", &label(5).to_string());
    let mut read = 0;
    let mut buffer = vec![0; 1 << 20];
    while read < 70 << 20 {
        read += brave.stream.read(&mut buffer).unwrap();
    }
    drop(brave);
    while server.stats().in_flight > 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let stats = server.stats();
    assert_eq!((stats.with_status(0), stats.with_status(200), stats.billed), (2, 3, 3));
    assert_eq!(stats.abandoned, 2);
    let whole: Vec<bool> = server.requests().iter().map(|seen| seen.whole).collect();
    assert_eq!(whole, [false, false, false, true, false]);
}

#[test]
fn rates_pick_the_same_requests_in_any_order_and_form() {
    let picked = |order: &mut dyn Iterator<Item = usize>| -> HashSet<usize> {
        let server = failing("label:500@0.3");
        let mut client = Client::new(&server);
        order.filter(|n| client.post(&label(*n)).status == 500).collect()
    };
    let forwards = picked(&mut (0..200));
    assert_eq!(forwards, picked(&mut (0..200).rev()));
    assert!((40..80).contains(&forwards.len()), "{}", forwards.len());
    let server = failing("chat:503#2x2;propose:500#1xinf");
    let mut client = Client::new(&server);
    let asked =
        [label(1), label(2), label(1), label(2), label(2), propose(1), propose(1), label(3)];
    let statuses: Vec<u16> = asked.iter().map(|body| client.post(body).status).collect();
    assert_eq!(statuses, [200, 503, 200, 503, 200, 500, 500, 200]);
    assert_eq!(server.requests()[1].fault, Some(Fault::Status(503)));
}

#[test]
fn limits_are_told_and_kept() {
    let server = TestServer::start(Behaviour {
        rate: Some(Rate { per_minute: 60, burst: 2 }),
        rate_headers: RateHeaders::Counted,
        ..Behaviour::default()
    });
    let mut client = Client::new(&server);
    let got = client.post(&label(1));
    assert_eq!(got.header("x-ratelimit-remaining-requests"), Some("1"));
    assert_eq!(got.header("x-ratelimit-limit-requests"), Some("60"));
    assert_eq!(got.header("x-ratelimit-reset-requests"), Some("1s"));
    assert_eq!(client.post(&label(2)).status, 200);
    let got = client.post(&label(3));
    assert_eq!((got.status, got.header("retry-after")), (429, Some("1")));
    let pause: u64 = got.header("retry-after-ms").unwrap().parse().unwrap();
    std::thread::sleep(Duration::from_millis(pause));
    assert_eq!(client.post(&label(3)).status, 200);
    server.configure(|behaviour| {
        behaviour.rate = None;
        behaviour.rate_headers = RateHeaders::Fixed { remaining: 0, reset: "6m0s".to_owned() };
    });
    assert_eq!(client.post(&label(1)).header("x-ratelimit-reset-requests"), Some("6m0s"));
    let date = first("429date", &label(1)).header("retry-after").unwrap().to_owned();
    let wait = httpdate::parse_http_date(&date).unwrap().duration_since(SystemTime::now());
    assert!(wait.unwrap() <= Duration::from_secs(2));
}
