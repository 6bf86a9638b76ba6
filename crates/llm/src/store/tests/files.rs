//! The file, the disk it is on, and the processes that share it.

use cladus_core::exit;

use super::*;

#[tokio::test]
async fn a_write_that_fails_is_told_and_the_next_one_tried() {
    let (_folder, path) = folder();
    let answers = Arc::new(Answers::open(&path).unwrap());
    let id = begun(&answers, call(1)).await;
    assert!(answers.settle(CallId(999), answer(1, 1)).await.is_err(), "there is no such call");
    // A body that does not fit, as on a disk that is nearly full.
    let hand = Connection::open(&path).unwrap();
    hand.execute_batch(
        "CREATE TRIGGER full BEFORE UPDATE ON calls WHEN length(new.body) > 9
         BEGIN SELECT raise(ABORT, 'too long'); END",
    )
    .unwrap();
    let long = answers.received(id, 200, vec![0; 10]);
    let (long, next) = tokio::join!(long, answers.begin(call(2)));
    assert!(long.is_err());
    assert!(matches!(next, Ok(Begun::Call(_))), "one that fails takes no other with it");
    hand.execute_batch("DROP TRIGGER full").unwrap();
    answers.received(id, 200, vec![0; 10]).await.unwrap();
    assert_eq!(answers.stored(&key(1)).unwrap().len(), 1);
}

#[test]
fn a_full_disk_can_be_resumed_from() {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch("PRAGMA max_page_count = 2; CREATE TABLE t (x)").unwrap();
    let full = connection.execute("INSERT INTO t VALUES (zeroblob(100000))", []).unwrap_err();
    let error = schema::explain(Path::new("a"), "write", &full);
    assert_eq!(error.exit_code(), exit::TEMPORARY, "{error}");
}

#[test]
fn what_is_no_store_is_told_and_left_alone() {
    let (_folder, path) = folder();
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let refused = |problem: &str| {
        let before = std::fs::read(&path).unwrap();
        let error = Answers::open(&path).unwrap_err();
        assert!(error.to_string().contains(problem), "{error}");
        assert!(std::fs::read(&path).unwrap() == before, "{problem}: the file was changed");
        error.exit_code()
    };
    std::fs::write(&path, "shopping list").unwrap();
    assert_eq!(refused("no SQLite database"), exit::INPUT);
    std::fs::write(&path, "x".repeat(10_000)).unwrap();
    assert_eq!(refused("no SQLite database"), exit::INPUT);
    std::fs::remove_file(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    assert_eq!(refused("another program"), exit::INPUT);
    std::fs::remove_file(&path).unwrap();
    drop(Answers::open(&path).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert_eq!(refused("newer version"), exit::USAGE);
    std::fs::remove_file(&path).unwrap();
    drop(Answers::open(&path).unwrap());
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..5_000]).unwrap();
    assert_eq!(refused("damaged"), exit::INPUT);
    let inside = path.parent().unwrap().join("answers.sqlite/under");
    assert!(Answers::open(&inside).is_err());
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_leads_to_the_same_claims() {
    let (folder, path) = folder();
    let answers = Answers::open(&path).unwrap();
    let link = folder.path().join("link.sqlite");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let linked = Answers::open(&link).unwrap();
    begun(&answers, call(1)).await;
    assert_eq!(linked.begin(call(1)).await.unwrap(), Begun::Elsewhere);
}

/// Only where a folder on a small disk is named: `mount -t tmpfs -o size=1m none /mnt`.
#[tokio::test]
async fn a_disk_that_fills_up_loses_nothing_silently() {
    let small = std::env::var_os("CLADUS_TEST_SMALL_DISK");
    // Only root can mount one.
    if !skipped_tests::there_if_possible(small.is_some(), "a small disk (CLADUS_TEST_SMALL_DISK)") {
        return;
    }
    let small = small.unwrap();
    let folder = tempfile::tempdir_in(small).unwrap();
    let path = folder.path().join("answers.sqlite");
    let answers = Answers::open(&path).unwrap();
    let ids = [begun(&answers, call(0)).await, begun(&answers, call(1)).await];
    let ballast = folder.path().join("ballast");
    std::fs::write(&ballast, vec![0; 500_000]).unwrap();
    let error = answers.received(ids[0], 200, vec![7; 600_000]).await.unwrap_err();
    assert_eq!(error.exit_code(), exit::TEMPORARY, "{error}: {error:?}");
    answers.received(ids[1], 200, vec![8; 10]).await.unwrap();
    std::fs::remove_file(&ballast).unwrap();
    answers.received(ids[0], 200, vec![7; 100_000]).await.unwrap();
    drop(answers);
    let answers = Answers::open(&path).unwrap();
    assert_eq!(answers.stored(&key(0)).unwrap()[0].body.len(), 100_000);
    assert_eq!(answers.stored(&key(1)).unwrap()[0].body, [8; 10]);
}

#[cfg(unix)]
#[test]
fn nobody_else_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, path) = folder();
    let _answers = Answers::open(&path).unwrap();
    for suffix in ["", "-wal", "-shm"] {
        let name = format!("{}{suffix}", path.display());
        let mode = std::fs::metadata(&name).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_killed_process_leaves_maybe_paid_behind() {
    let (_folder, path) = folder();
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::tests::files::process_that_dies", "--ignored"])
        .env("CLADUS_TEST_STORE", &path)
        .output()
        .unwrap();
    assert!(!child.status.success());
    let locks = path.with_file_name("answers.sqlite.sessions");
    let sessions = || std::fs::read_dir(&locks).unwrap().count() - 1;
    assert_eq!(sessions(), 1, "it could not clear away its lock");
    let answers = Answers::open(&path).unwrap();
    assert_eq!(sessions(), 1, "only our own");
    let spent = answers.spent("run").unwrap();
    assert_eq!((spent.calls, spent.tokens), (2, 2_200));
    assert_eq!(answers.stored(&key(1)).unwrap()[0].body, b"{}", "received, so it is there");
    begun(&answers, call(2)).await;
    drop(answers);
    assert_eq!(sessions(), 0);
}

/// Run by the test above in a process of its own.
#[tokio::test]
#[ignore = "kills its process"]
async fn process_that_dies() {
    let Some(path) = std::env::var_os("CLADUS_TEST_STORE") else { return };
    let answers = Answers::open(Path::new(&path)).unwrap();
    let id = begun(&answers, call(1)).await;
    answers.received(id, 200, b"{}".to_vec()).await.unwrap();
    begun(&answers, call(2)).await;
    std::process::abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_that_open_at_once_one_calls() {
    let (_folder, path) = folder();
    let opening: Vec<_> = (0..8)
        .map(|_| {
            let path = path.clone();
            tokio::task::spawn_blocking(move || Arc::new(Answers::open(&path).unwrap()))
        })
        .collect();
    let mut stores = Vec::new();
    for store in opening {
        stores.push(store.await.unwrap());
    }
    for n in 0..20 {
        let asking: Vec<_> = stores
            .iter()
            .map(|store| {
                let store = Arc::clone(store);
                tokio::spawn(async move { store.begin(call(n)).await.unwrap() })
            })
            .collect();
        let mut calls = 0;
        for asked in asking {
            match asked.await.unwrap() {
                Begun::Call(_) => calls += 1,
                other => assert_eq!(other, Begun::Elsewhere),
            }
        }
        assert_eq!(calls, 1);
    }
}
