use super::*;

fn batch(content: &str) -> NewBatch {
    NewBatch {
        content: content.to_owned(),
        run: "run".to_owned(),
        endpoint: "http://localhost/v1".to_owned(),
        model: "m".to_owned(),
        profile: "{}".to_owned(),
    }
}

#[tokio::test]
async fn what_is_in_a_batch_is_asked_by_nobody_else() {
    let (_folder, path) = folder();
    let answers = Answers::open(&path).unwrap();
    let id = answers.intend(batch("c"), vec![call(1), call(2)]).await.unwrap().unwrap();
    assert_eq!(answers.begin(call(1)).await.unwrap(), Begun::InBatch);
    assert_eq!(answers.intend(batch("d"), vec![call(3), call(2)]).await.unwrap(), None);
    assert!(matches!(answers.begin(call(3)).await.unwrap(), Begun::Call(_)), "all or nothing");
    assert_eq!(answers.under_way(&key(2)).unwrap(), Some(id));
    assert_eq!(answers.under_way(&key(3)).unwrap(), None);
    let keys: Vec<Key> = answers.questions(id).unwrap().iter().map(|asked| asked.key).collect();
    assert_eq!(keys, [key(1), key(2)]);

    // It counts as maybe paid until it is answered.
    let spent = answers.spent("run").unwrap();
    assert_eq!((spent.calls, spent.tokens, spent.nanodollars), (3, 3_300, 15_000));
    let line = answers.ledger(None).unwrap().remove(0);
    assert_eq!((line.calls, line.maybe_paid, line.submitted), (3, 3, 2));

    let asked = answers.questions(id).unwrap().remove(0);
    answers.received(asked.id, 200, b"{}".to_vec()).await.unwrap();
    answers.settle(asked.id, answer(10, 5)).await.unwrap();
    answers.note_batch(id, BatchNote::Submitted("b1".to_owned())).await.unwrap();
    let open = answers.open_batches().unwrap().remove(0);
    assert_eq!((open.server_id.as_deref(), open.open), (Some("b1"), 1));
    assert_eq!(answers.settled(id).unwrap(), [key(1)]);
    assert_eq!(answers.begin(call(1)).await.unwrap(), Begun::Answered);
    let left = answers.questions(id).unwrap().remove(0);
    answers.settle(left.id, Outcome::NotRun("expired".to_owned())).await.unwrap();
    let note = BatchNote::Ended { status: "expired".to_owned(), output: None, errors: None };
    answers.note_batch(id, note).await.unwrap();
    assert!(answers.open_batches().unwrap().is_empty());
    assert!(matches!(answers.begin(call(2)).await.unwrap(), Begun::Call(_)), "open again");
    let line = answers.ledger(None).unwrap().remove(0);
    assert_eq!((line.answers, line.failed, line.maybe_paid, line.submitted), (1, 1, 2, 0));
    assert_eq!(answers.latency("m").unwrap(), None, "a batch says nothing of a call's time");
}

#[tokio::test]
async fn a_batch_that_never_came_to_be_leaves_its_questions_and_its_mark() {
    let (_folder, path) = folder();
    let answers = Answers::open(&path).unwrap();
    let mark = |answers: &Answers| answers.open_batches().unwrap().remove(0).chunk;
    let first = answers.intend(batch("c"), vec![call(1)]).await.unwrap().unwrap();
    assert_eq!(mark(&answers), "c-0");
    answers.note_batch(first, BatchNote::Dropped).await.unwrap();
    assert_eq!(answers.spent("run").unwrap().calls, 0);
    let second = answers.intend(batch("c"), vec![call(1)]).await.unwrap().unwrap();
    assert_eq!(mark(&answers), "c-0", "nobody else bears it");
    let status = "expired".to_owned();
    let note = BatchNote::Ended { status, output: None, errors: None };
    let asked = answers.questions(second).unwrap().remove(0);
    answers.settle(asked.id, Outcome::NotRun("expired".to_owned())).await.unwrap();
    answers.note_batch(second, note).await.unwrap();
    answers.intend(batch("c"), vec![call(1)]).await.unwrap().unwrap();
    assert_eq!(mark(&answers), "c-1", "the one that expired is another");
}

#[tokio::test]
async fn an_orphan_is_taken_over_once() {
    let (_folder, path) = folder();
    let first = Answers::open(&path).unwrap();
    first.intend(batch("c"), vec![call(1)]).await.unwrap().unwrap();
    let second = Answers::open(&path).unwrap();
    let seen = second.open_batches().unwrap().remove(0);
    assert!(!seen.orphan && !second.take_over(&seen).await.unwrap(), "its owner lives");
    drop(first);
    let seen = second.open_batches().unwrap().remove(0);
    assert!(seen.orphan && second.take_over(&seen).await.unwrap());
    let third = Answers::open(&path).unwrap();
    let seen = third.open_batches().unwrap().remove(0);
    assert!(!seen.orphan && !third.take_over(&seen).await.unwrap());
}

#[tokio::test]
async fn what_was_written_into_a_file_is_known_again() {
    let (_folder, path) = folder();
    let answers = Answers::open(&path).unwrap();
    assert!(answers.asked(&key(1)).unwrap().is_none());
    begun(&answers, call(1)).await;
    let stage = |answers: &Answers| answers.asked(&key(1)).unwrap().map(|call| call.stage);
    assert_eq!(stage(&answers).as_deref(), Some("label"));
    let exported = NewCall { stage: "rename".to_owned(), ..call(1) };
    answers.note_exported(vec![exported.clone(), exported]).await.unwrap();
    assert_eq!(stage(&answers).as_deref(), Some("rename"));
    assert_eq!(answers.spent("run").unwrap().calls, 1, "a file costs nothing");
}

/// Written by the program of that version.
const VERSION_1: &[u8] = include_bytes!("version-1.sqlite");

#[tokio::test]
async fn a_store_of_version_1_is_taken_as_it_is_and_goes_on() {
    let (_folder, path) = folder();
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, VERSION_1).unwrap();
    for _ in 0..2 {
        let answers = Answers::open(&path).unwrap();
        let lines = answers.ledger(None).unwrap();
        let stages: Vec<_> = lines.iter().map(|line| (&*line.stage, line.answers)).collect();
        assert_eq!(stages, [("label", 1), ("propose", 1), ("rename", 1)]);
        assert!(answers.open_batches().unwrap().is_empty());
        assert!(answers.latency("test-chat").unwrap().is_some());
    }
    let answers = Answers::open(&path).unwrap();
    let id = answers.intend(batch("c"), vec![call(1)]).await.unwrap().unwrap();
    assert_eq!(answers.questions(id).unwrap().len(), 1);
    // It is as one that was made today.
    let schema = |path: &Path| {
        let connection = Connection::open(path).unwrap();
        let sql = "SELECT type, name FROM sqlite_master ORDER BY 1, 2";
        let columns = "SELECT name FROM pragma_table_info('calls') ORDER BY cid";
        let version: i64 =
            connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        let all = |sql: &str, width: usize| -> Vec<String> {
            let mut find = connection.prepare(sql).unwrap();
            let read =
                |row: &rusqlite::Row<'_>| (0..width).map(|at| row.get::<_, String>(at)).collect();
            find.query_map([], read).unwrap().map(Result::unwrap).collect()
        };
        (version, all(sql, 2), all(columns, 1))
    };
    let (_other, fresh) = folder();
    drop(Answers::open(&fresh).unwrap());
    assert_eq!(schema(&path), schema(&fresh));
}
