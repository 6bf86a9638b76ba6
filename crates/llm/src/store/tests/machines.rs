//! Two machines on one store. Here they share a kernel, and with it locks: what is tested without them is
//! written by hand.

use std::io::Write;
use std::time::{Duration, Instant};

use cladus_core::exit;

use super::*;
use crate::store::machine::Card;

/// Quick enough for tests, and slow enough for a machine that others keep busy.
const EVERY: Duration = Duration::from_millis(50);
const SILENCE: Duration = Duration::from_secs(2);

fn on(machine: &str) -> Attendance {
    Attendance { card: Card::on(machine), every: EVERY, silence: SILENCE }
}

fn sessions(path: &Path) -> PathBuf {
    path.with_file_name("answers.sqlite.sessions")
}

/// A session of another machine whose lock nobody sees here.
fn by_hand(path: &Path) -> PathBuf {
    let file = sessions(path).join("00000000000000000001.lock");
    std::fs::write(&file, Card::on("a").file(0)).unwrap();
    file
}

/// Over what is there, as sessions do: it is never seen empty.
fn beat(file: &Path, number: u64) {
    let mut file = std::fs::OpenOptions::new().write(true).open(file).unwrap();
    file.write_all(Card::on("a").file(number).as_bytes()).unwrap();
}

#[track_caller]
fn refused(path: &Path, presence: Attendance) -> String {
    let error = Answers::open_as(path, presence).unwrap_err();
    assert_eq!(error.exit_code(), exit::TEMPORARY, "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("--answers")), "{error}");
    error.to_string()
}

#[tokio::test]
async fn of_two_machines_the_second_waits_until_the_first_has_left() {
    let (_folder, path) = folder();
    let first = Answers::open_as(&path, on("a")).unwrap();
    let beside = Answers::open_as(&path, on("a")).unwrap();
    let said = refused(&path, on("b"));
    let process = format!("process {}", std::process::id());
    for part in ["answers.sqlite", "another machine", "Slurm job 42", " on a", &process] {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
    begun(&beside, call(1)).await;
    drop(first);
    refused(&path, on("b"));
    drop(beside);
    let began = Instant::now();
    let second = Answers::open_as(&path, on("b")).unwrap();
    assert!(began.elapsed() < SILENCE, "nobody was there to wait for");
    begun(&second, call(1)).await;
    refused(&path, on("a"));
}

#[test]
fn a_pulse_that_goes_on_is_alive_whatever_its_clock_says() {
    let (_folder, path) = folder();
    drop(Answers::open(&path).unwrap());
    let file = by_hand(&path);
    let beating = std::thread::spawn(move || {
        for number in 1..60 {
            beat(&file, number);
            std::thread::sleep(EVERY);
        }
        std::fs::remove_file(&file).unwrap();
    });
    let other = Answers::open(&path).unwrap_err();
    assert!(other.to_string().contains("Slurm job 42"), "{other}");
    // To import from it is to look into it.
    let import = OtherStore::open(&path).unwrap_err();
    assert_eq!(import.exit_code(), exit::TEMPORARY, "{import}");
    beating.join().unwrap();
    Answers::open(&path).unwrap();
}

#[test]
fn a_pulse_that_stands_still_is_dead_after_a_while() {
    let (_folder, path) = folder();
    drop(Answers::open(&path).unwrap());
    let file = by_hand(&path);
    let began = Instant::now();
    Answers::open_as(&path, on("b")).unwrap();
    assert!(began.elapsed() >= SILENCE);
    assert!(!file.exists(), "it is cleared away");
}

#[test]
fn a_lock_that_is_held_is_alive_also_without_a_pulse() {
    let (_folder, path) = folder();
    let still = Attendance { every: Duration::from_secs(3600), ..on("a") };
    let first = Answers::open_as(&path, still).unwrap();
    refused(&path, on("b"));
    drop(first);
    Answers::open_as(&path, on("b")).unwrap();
}

#[tokio::test]
async fn who_was_taken_for_dead_writes_no_more() {
    let (_folder, path) = folder();
    let first = Answers::open_as(&path, on("a")).unwrap();
    let id = begun(&first, call(1)).await;
    // What another machine does that sees neither pulse nor lock.
    std::fs::remove_dir_all(sessions(&path)).unwrap();
    let second = Answers::open_as(&path, on("b")).unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    let lost = loop {
        match first.received(id, 200, b"{}".to_vec()).await {
            Err(error) => break error,
            Ok(()) => assert!(Instant::now() < until, "it goes on"),
        }
        tokio::time::sleep(EVERY).await;
    };
    assert_eq!(lost.exit_code(), exit::TEMPORARY, "{lost}");
    assert!(lost.to_string().contains(" on b"), "{lost}");
    begun(&second, call(2)).await;
}

#[test]
fn sessions_of_earlier_versions_are_of_this_machine() {
    let (_folder, path) = folder();
    drop(Answers::open(&path).unwrap());
    let file = sessions(&path).join("00000000000000000002.lock");
    std::fs::write(&file, "process 7\n").unwrap();
    let began = Instant::now();
    Answers::open_as(&path, on("b")).unwrap();
    assert!(began.elapsed() < SILENCE && !file.exists());
}
