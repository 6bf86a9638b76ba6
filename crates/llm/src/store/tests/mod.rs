mod batches;
mod files;
mod machines;

use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;

use super::*;
use crate::account::usage::TokenUsage;

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/answers.sqlite");
    (folder, path)
}

fn key(n: u8) -> Key {
    Key([n; 32])
}

fn call(n: u8) -> NewCall {
    NewCall {
        key: key(n),
        kind: QuestionKind::Chat,
        run: "run".to_owned(),
        iteration: 1,
        stage: "label".to_owned(),
        endpoint: "http://localhost/v1".to_owned(),
        model: "m".to_owned(),
        form: "json_schema".to_owned(),
        max_tokens: 100,
        expected_prompt_tokens: 1_000,
        expected_nanodollars: Some(5_000),
        request: format!("{{\"n\":{n}}}"),
        seen: None,
    }
}

fn answer(prompt: u64, completion: u64) -> Outcome {
    let usage = TokenUsage {
        prompt_tokens: Some(prompt),
        cached_tokens: Some(1),
        completion_tokens: Some(completion),
    };
    Outcome::Answer { usage, nanodollars: Some(7) }
}

async fn begun(answers: &Answers, call: NewCall) -> CallId {
    match answers.begin(call).await.unwrap() {
        Begun::Call(id) => id,
        other => panic!("expected a call, got {other:?}"),
    }
}

#[tokio::test]
async fn an_answer_is_there_after_it_is_reopened() {
    let (_folder, path) = folder();
    let answers = Answers::open(&path).unwrap();
    let id = begun(&answers, call(1)).await;
    assert!(answers.stored(&key(1)).unwrap().is_empty());
    let body = vec![b'{', 0xff, 0x00, 0xfe];
    answers.received(id, 200, body.clone()).await.unwrap();
    let stored = Stored { id, max_tokens: 100, status: 200, body };
    assert_eq!(
        answers.stored(&key(1)).unwrap(),
        std::slice::from_ref(&stored),
        "before it is settled"
    );
    answers.settle(id, answer(10, 5)).await.unwrap();
    drop(answers);
    let answers = Answers::open(&path).unwrap();
    assert_eq!(answers.stored(&key(1)).unwrap(), [stored]);
    assert!(answers.stored(&key(2)).unwrap().is_empty());
    assert_eq!(answers.begin(call(1)).await.unwrap(), Begun::Answered);
    // Cut off: who has seen it may ask again, and gets both, the newer one first.
    let again = begun(&answers, NewCall { seen: Some(id), max_tokens: 200, ..call(1) }).await;
    answers.received(again, 200, b"{}".to_vec()).await.unwrap();
    let ids: Vec<CallId> = answers.stored(&key(1)).unwrap().iter().map(|s| s.id).collect();
    assert_eq!(ids, [again, id]);
    assert!(answers.latency("m").unwrap().unwrap() < 60.0);
    assert_eq!(answers.latency("other").unwrap(), None);
}

#[tokio::test]
async fn what_is_no_reply_is_not_an_answer() {
    let (_folder, path) = folder();
    let answers = Answers::open(&path).unwrap();
    for outcome in [
        Outcome::NotAReply("a page".to_owned()),
        Outcome::Refused { status: 200, reason: "an error in disguise".to_owned() },
    ] {
        let id = begun(&answers, call(1)).await;
        answers.received(id, 200, b"<html>".to_vec()).await.unwrap();
        answers.settle(id, outcome).await.unwrap();
        assert!(answers.stored(&key(1)).unwrap().is_empty());
    }
    let id = begun(&answers, call(1)).await;
    answers.received(id, 503, b"busy".to_vec()).await.unwrap();
    assert!(answers.stored(&key(1)).unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_share_commits_and_lose_nothing() {
    let (_folder, path) = folder();
    let answers = Arc::new(Answers::open(&path).unwrap());
    let tasks: Vec<_> = (0..200u8)
        .map(|n| {
            let answers = Arc::clone(&answers);
            tokio::spawn(async move {
                let id = begun(&answers, call(n)).await;
                answers.received(id, 200, vec![n; 5_000]).await.unwrap();
                answers.settle(id, answer(10, 5)).await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    drop(answers);
    let answers = Answers::open(&path).unwrap();
    for n in 0..200u8 {
        assert_eq!(answers.stored(&key(n)).unwrap()[0].body, vec![n; 5_000]);
    }
    let spent = answers.spent("run").unwrap();
    assert_eq!((spent.calls, spent.tokens, spent.nanodollars), (200, 3_000, 1_400));
}

#[tokio::test]
async fn a_call_in_flight_is_its_sessions_as_long_as_that_lives() {
    let (_folder, path) = folder();
    let (one, two) = (Answers::open(&path).unwrap(), Answers::open(&path).unwrap());
    let id = begun(&one, call(1)).await;
    assert_eq!(two.begin(call(1)).await.unwrap(), Begun::Elsewhere);
    let refused = Outcome::Refused { status: 429, reason: "slow down".to_owned() };
    one.settle(id, refused).await.unwrap();
    let id = begun(&two, call(1)).await;
    assert_eq!(one.begin(call(1)).await.unwrap(), Begun::Elsewhere);
    two.received(id, 200, b"{}".to_vec()).await.unwrap();
    assert_eq!(one.begin(call(1)).await.unwrap(), Begun::Answered);
    assert_eq!(one.stored(&key(1)).unwrap().len(), 1);
    // A session that ends without a word claims nothing any more.
    let lost = begun(&two, call(2)).await;
    drop(two);
    let found = begun(&one, call(2)).await;
    assert!(found > lost);
}

#[tokio::test]
async fn spending_is_kept_across_restarts() {
    let (_folder, path) = folder();
    let answers = Answers::open(&path).unwrap();
    let reason = || "because".to_owned();
    let outcomes = [
        Some(answer(10, 5)),
        Some(Outcome::Answer { usage: TokenUsage::default(), nanodollars: None }),
        Some(Outcome::Refused { status: 429, reason: reason() }),
        Some(Outcome::Rejected { status: 400, reason: reason() }),
        Some(Outcome::Denied { status: 401, reason: reason() }),
        Some(Outcome::NeverSent(reason())),
        Some(Outcome::Unknown(reason())),
        Some(Outcome::NotAReply(reason())),
        None,
    ];
    for (n, outcome) in (0..).zip(outcomes) {
        let id = begun(&answers, call(n)).await;
        if let Some(outcome) = outcome {
            answers.settle(id, outcome).await.unwrap();
        }
    }
    let unpriced = NewCall { expected_nanodollars: None, iteration: 0, ..call(100) };
    let unpriced = begun(&answers, unpriced).await;
    answers.settle(unpriced, Outcome::Unknown(reason())).await.unwrap();
    begun(&answers, NewCall { run: "other".to_owned(), ..call(101) }).await;
    drop(answers);

    let answers = Answers::open(&path).unwrap();
    let spent = answers.spent("run").unwrap();
    assert_eq!(spent.calls, 6, "but those that were refused or never sent");
    assert_eq!(spent.tokens, 15 + 5 * 1_100, "as counted, or as expected");
    assert_eq!((spent.nanodollars, spent.unpriced), (7 + 4 * 5_000, 1));
    assert_eq!(spent.cost(), None);
    assert_eq!(answers.spent("nobody").unwrap(), Default::default());

    let ledger = answers.ledger(Some("run")).unwrap();
    assert_eq!(ledger.iter().map(|line| line.iteration).collect::<Vec<_>>(), [0, 1]);
    let line = LedgerLine {
        iteration: 1,
        stage: "label".to_owned(),
        model: "m".to_owned(),
        calls: 8,
        answers: 2,
        failed: 3,
        maybe_paid: 3,
        submitted: 0,
        never_sent: 1,
        prompt_tokens: 10,
        cached_tokens: 1,
        completion_tokens: 5,
        nanodollars: 7 + 5_000,
        maybe_nanodollars: 15_000,
        unpriced: 0,
    };
    assert_eq!(ledger[1], line);
    let all = answers.ledger(None).unwrap();
    assert_eq!(all.iter().map(|line| line.calls).sum::<u64>(), 10);
}

#[tokio::test]
async fn vectors_take_the_place_of_their_body() {
    let (_folder, path) = folder();
    let answers = Answers::open(&path).unwrap();
    let wanted = NewCall { kind: QuestionKind::Embedding, max_tokens: 0, ..call(1) };
    let id = begun(&answers, wanted.clone()).await;
    assert!(answers.unread_embeddings().unwrap().is_empty());
    answers.received(id, 200, b"[1]".to_vec()).await.unwrap();
    let other = Answers::open(&path).unwrap();
    assert!(other.unread_embeddings().unwrap().is_empty(), "its owner still reads it");
    drop(answers);
    let unread = other.unread_embeddings().unwrap();
    assert_eq!(unread, [(id, "{\"n\":1}".to_owned(), b"[1]".to_vec())]);
    let kept = vec![(key(11), vec![0.5, -1.0, f32::MIN_POSITIVE]), (key(12), vec![])];
    other.keep_vectors(id, answer(9, 0), kept.clone()).await.unwrap();
    assert!(other.unread_embeddings().unwrap().is_empty());
    assert!(other.stored(&key(1)).unwrap().is_empty(), "the body is gone");
    let found = other.vectors(&[key(12), key(13), key(11)]).unwrap();
    assert_eq!(found, [Some(vec![]), None, Some(kept[0].1.clone())]);
    assert_eq!(other.begin(wanted).await.unwrap(), Begun::Answered);
    assert_eq!(other.spent("run").unwrap().tokens, 9);
}

#[tokio::test]
async fn profiles_are_replaced() {
    let (_folder, path) = folder();
    let answers = Answers::open(&path).unwrap();
    assert_eq!(answers.profile("e", "m").unwrap(), None);
    answers.set_profile("e", "m", "old").await.unwrap();
    answers.set_profile("e", "m", "new").await.unwrap();
    assert_eq!(answers.profile("e", "m").unwrap().as_deref(), Some("new"));
}

#[tokio::test]
async fn a_call_given_up_before_it_was_sent_is_free() {
    let (_folder, path) = folder();
    let answers = Answers::open(&path).unwrap();
    let (done, outcome) = oneshot::channel();
    drop(outcome);
    let work = Work::Begin { call: Box::new(call(1)), limits: SpendingLimits::default() };
    answers.jobs.as_ref().unwrap().send(Job { work, done }).unwrap();
    begun(&answers, call(2)).await;
    assert_eq!(answers.spent("run").unwrap().calls, 1);
}
