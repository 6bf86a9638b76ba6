//! What the server says it saw.

use std::time::Duration;

use super::*;
use crate::server::{Behaviour, Kind};

#[test]
fn requests_are_counted_and_forgotten() {
    let server = TestServer::start(Behaviour::faulty("label:500#1"));
    let mut client = Client::new(&server);
    for body in [label(1), label(1), label(2), propose(2), rename(), embed(&["a b"])] {
        let _ = client.post(&body);
    }
    let stats = server.stats();
    assert_eq!((stats.requests, stats.logical, stats.connections), (6, 5, 1));
    assert_eq!((stats.count(Kind::Label, 500), stats.count(Kind::Label, 200)), (1, 2));
    assert_eq!((stats.of(Kind::Label), stats.of(Kind::Embed), stats.with_status(200)), (3, 1, 5));
    assert_eq!((stats.billed, stats.max_in_flight, stats.in_flight), (5, 1, 0));
    assert!(stats.tokens_in > stats.tokens_out && stats.tokens_out > 0);
    assert!(stats.first_s < stats.last_s);
    client.send("GET", "/stats", "");
    let told = client.receive().unwrap().json();
    assert_eq!(told["answered"]["label"]["500"], 1);
    assert_eq!(told, serde_json::to_value(server.stats()).unwrap());
    let seen = server.requests();
    assert_eq!(seen.len(), 6);
    assert_eq!((seen[0].status, seen[1].status), (Some(500), Some(200)));
    assert_eq!((seen[1].attempt, seen[0].logical), (2, seen[1].logical));
    assert_eq!((seen[3].kind, &seen[3].body), (Kind::Propose, &propose(2)));
    assert!(seen.iter().all(|seen| seen.finished.unwrap() >= seen.arrived));
    server.reset();
    assert_eq!((server.stats().requests, server.requests().len()), (0, 0));
    assert_eq!(client.post(&label(1)).status, 500, "the behaviour stays");
}

#[test]
fn only_a_repeat_after_a_usable_answer_counts() {
    let server =
        TestServer::start(Behaviour::faulty("label:nullcontent#1;label:fence#2;label:cut#3"));
    let ask = |n| Client::new(&server).try_post("/v1/chat/completions", &label(n)).is_ok();
    assert!(ask(1) && ask(1));
    assert_eq!(server.stats().repeated, 0, "there was nothing in the first answer");
    assert!(ask(2) && ask(2));
    assert_eq!(server.stats().repeated, 1, "the fenced answer was good enough");
    assert!(!ask(3) && ask(3));
    assert_eq!(server.stats().repeated, 1, "half an answer is none");
    assert!(ask(3));
    assert_eq!((server.stats().repeated, server.stats().billed), (2, 7));
}

#[test]
fn many_at_once() {
    let server = TestServer::start(Behaviour {
        latency: Duration::from_millis(500),
        max_in_flight: Some(6),
        ..Behaviour::default()
    });
    let mut clients: Vec<Client> = (0..10).map(|_| Client::new(&server)).collect();
    for (n, client) in clients.iter_mut().enumerate() {
        client.send("POST", "/v1/chat/completions", &label(n).to_string());
    }
    let statuses: Vec<u16> =
        clients.iter_mut().map(|client| client.receive().unwrap().status).collect();
    let stats = server.stats();
    assert!((7..=10).contains(&stats.max_in_flight), "{stats:?}");
    assert_eq!((stats.with_status(200), stats.with_status(429)), (6, 4), "{statuses:?}");
    assert_eq!((stats.in_flight, stats.connections), (0, 10));
}

#[test]
fn whoever_comes_back_too_early_is_seen() {
    let server = TestServer::start(Behaviour::faulty("label:429#1x2"));
    server.configure(|behaviour| {
        behaviour.retry_after = Duration::from_millis(60_500);
        behaviour.notice = Duration::from_secs(600);
    });
    let mut client = Client::new(&server);
    let got = client.post(&label(1));
    let told = (got.header("retry-after"), got.header("retry-after-ms"));
    assert_eq!(told, (Some("61"), Some("60500")));
    let _ = client.post(&label(2));
    assert_eq!(server.stats().too_early, 0, "it may have been on its way already");
    server.configure(|behaviour| behaviour.notice = Duration::ZERO);
    assert_eq!(client.post(&label(1)).status, 429);
    let _ = client.post(&label(2));
    assert_eq!(server.stats().too_early, 1);
    server.reset();
    server.configure(|behaviour| behaviour.retry_after = Duration::from_millis(20));
    assert_eq!(client.post(&label(1)).status, 429);
    std::thread::sleep(Duration::from_millis(25));
    let _ = client.post(&label(1));
    assert_eq!(server.stats().too_early, 0);
}

#[test]
fn a_dropped_server_is_gone() {
    let server = TestServer::start(Behaviour::faulty("label:hang@1"));
    let address = server.address();
    assert_eq!(server.base_url(), format!("http://127.0.0.1:{}/v1", address.port()));
    let mut client = Client::new(&server);
    client.send("POST", "/v1/chat/completions", &label(1).to_string());
    drop(server);
    assert!(client.receive().is_err());
    assert!(TcpStream::connect(address).is_err());
    drop(TestServer::start_on(address.port(), Behaviour::default()).unwrap());
}
