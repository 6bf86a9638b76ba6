//! Ctrl-C and its like: what is paid for is kept, and nothing else is waited for.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cladus_tests::server::{Batching, Behaviour, TestServer};

use super::nothing_is_left_half_written;
use super::strace::wrapped;
use crate::models::{Bench, after, each, finish, start};
use crate::space::{Ran, Space, assorted};

/// Long enough that nothing ends by itself while a test looks.
const LONG: Duration = Duration::from_secs(60);

/// Runs `command` as a shell in a terminal would: no signal is ignored, whoever runs the tests.
fn interruptible(command: &Command) -> Command {
    wrapped("env", &["--default-signal=INT,TERM,HUP"], command)
}

fn signal(child: &Child, name: &str) {
    let line = format!("kill -{name} {}", child.id());
    assert!(Command::new("sh").args(["-c", &line]).status().unwrap().success());
}

#[track_caller]
fn until(child: &mut Child, what: &str, reached: impl Fn() -> bool) {
    let end = Instant::now() + LONG;
    while !reached() {
        assert!(Instant::now() < end, "never: {what}");
        if let Some(status) = child.try_wait().unwrap() {
            panic!("ended with {status} before: {what}");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Waits until `child` catches interrupts, however long a busy machine takes to start it.
#[track_caller]
fn until_it_listens(child: &mut Child) {
    let status = format!("/proc/{}/status", child.id());
    if !std::path::Path::new(&status).exists() {
        return std::thread::sleep(Duration::from_secs(1));
    }
    let caught = || {
        let said = std::fs::read_to_string(&status).unwrap_or_default();
        let mask = said.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
    };
    // Bit 1 is of SIGINT, which is 2.
    until(child, "interrupts are caught", || caught() & (1 << 1) != 0);
}

/// Interrupts `child`, and what it says. Nothing that it waits for would be there so soon.
#[track_caller]
fn ends_promptly(child: Child, name: &str) -> Ran {
    let asked = Instant::now();
    signal(&child, name);
    let ran = finish(child);
    assert!(asked.elapsed() < LONG / 6, "took {:?}:\n{}", asked.elapsed(), ran.stderr);
    ran
}

#[track_caller]
fn says_that_it_resumes(ran: Ran) -> Ran {
    let ran = ran.exits(75);
    ran.complains(&["error: interrupted", "run the same command again: it resumes"]);
    ran
}

/// The endpoint is known: a run that begins now asks several questions at once.
fn acquainted(bench: &Bench, latency: Duration) {
    bench.server.configure(|server| server.latency = Duration::ZERO);
    bench.run("r", "--until propose").ok();
    bench.server.reset();
    bench.server.configure(|server| server.latency = latency);
}

/// A run with sixteen calls in flight at a server that takes `milliseconds` for each.
fn sixteen_in_flight(milliseconds: u64) -> (Bench, Child) {
    let bench = Bench::new(Behaviour::default());
    acquainted(&bench, Duration::from_millis(milliseconds));
    let mut child = start(interruptible(&bench.command("r", "--concurrency 16")));
    until(&mut child, "16 calls in flight", || bench.stats().in_flight == 16);
    (bench, child)
}

#[test]
fn interrupted_once_a_run_keeps_what_is_in_flight_and_a_rerun_repeats_none() {
    each(&["INT", "TERM", "HUP"], |name| {
        let (bench, child) = sixteen_in_flight(1_500);
        let before = bench.stats();
        assert_eq!(before.in_flight, 16);
        signal(&child, name);
        let ran = says_that_it_resumes(finish(child));
        ran.complains(&["waiting for 16 calls in flight"]);
        bench.settle();
        let stats = bench.stats();
        assert_eq!((stats.requests, stats.abandoned), (before.requests, 0), "SIG{name}: {stats:?}");
        let ledger = bench.ledger("r");
        ledger.adds_up();
        let of_labels = (ledger.of("label", "answers"), ledger.sum("maybe_paid"));
        assert_eq!(of_labels, (stats.requests, 0));
        assert!(!bench.space.path("r/iteration-1/labels.parquet").exists());
        nothing_is_left_half_written(&bench.space.path(""));
        bench.server.configure(|server| server.latency = Duration::ZERO);
        bench.run("r", "").ok();
        let stats = bench.stats();
        assert_eq!((stats.repeated, stats.requests), (0, stats.logical), "SIG{name}: {stats:?}");
        bench.is_whole("r");
    });
}

#[test]
fn interrupted_twice_a_run_ends_at_once_and_says_what_that_may_cost() {
    let bench = Bench::small(Behaviour::default());
    acquainted(&bench, LONG);
    let mut child = start(interruptible(&bench.command("r", "--concurrency 3")));
    until(&mut child, "3 calls in flight", || bench.stats().in_flight == 3);
    signal(&child, "INT");
    // Two at the same moment would count as one.
    std::thread::sleep(Duration::from_secs(1));
    assert!(child.try_wait().unwrap().is_none(), "three calls are paid for and not there yet");
    let ran = ends_promptly(child, "INT").exits(130);
    ran.complains(&["waiting for 3 calls in flight", "stopped at once: the 3 calls"]);
    bench.settle();
    assert_eq!(bench.stats().requests, 3);
    nothing_is_left_half_written(&bench.space.path(""));
    bench.server.configure(|server| server.latency = Duration::ZERO);
    bench.run("r", "").ok();
    let (stats, ledger) = (bench.stats(), bench.ledger("r"));
    assert_eq!((stats.requests, ledger.sum("maybe_paid")), (stats.logical + 3, 3), "{stats:?}");
}

#[test]
fn a_stage_by_hand_keeps_what_is_in_flight_too() {
    let bench = Bench::new(Behaviour::default());
    bench.run("r", "").ok();
    let server = TestServer::start(after(1_000));
    let line = format!(
        "--clusters r/clusters.parquet --groups r/iteration-1/groups.parquet \
         --candidates r/iteration-1/candidates.parquet \
         --embeddings r/iteration-1/embeddings.parquet --out hand/iteration-1/labels.parquet \
         --model test-chat --params conf.toml --base-url {} --concurrency 5",
        server.base_url()
    );
    let mut child = start(interruptible(&bench.line("cladus-label", &line)));
    until(&mut child, "5 calls in flight", || server.stats().in_flight == 5);
    signal(&child, "INT");
    says_that_it_resumes(finish(child)).complains(&["waiting for 5 calls in flight"]);
    let seen = server.stats();
    // The first question went alone.
    assert_eq!((seen.requests, seen.billed, seen.abandoned), (6, 6, 0), "{seen:?}");
    assert!(!bench.space.path("hand/iteration-1/labels.parquet").exists());
    server.configure(|server| server.latency = Duration::ZERO);
    let ran: Ran = bench.line("cladus-label", &line).output().unwrap().into();
    ran.ok();
    let seen = server.stats();
    assert_eq!((seen.repeated, seen.requests), (0, seen.logical), "{seen:?}");
    let made = |out: &str| std::fs::read(bench.space.path(out).join("iteration-1/labels.parquet"));
    assert!(made("hand").unwrap() == made("r").unwrap());
}

#[test]
fn nothing_is_waited_for_that_is_not_paid() {
    let busy = Behaviour { retry_after: LONG / 4, ..Behaviour::faulty("any:429@1xinf") };
    let cases = [("told to wait", busy), ("nobody there", Behaviour::default())];
    each(&cases, |(what, behaviour)| {
        let bench = Bench::small(behaviour.clone());
        let flags = match *what {
            "nobody there" => "--base-url http://127.0.0.1:9/v1",
            _ => "",
        };
        let mut child = start(interruptible(&bench.command("r", flags)));
        until(&mut child, "it has begun to ask", || match *what {
            "nobody there" => bench.space.path("r/answers.sqlite").exists(),
            _ => bench.stats().requests > 0 && bench.stats().in_flight == 0,
        });
        std::thread::sleep(Duration::from_millis(200));
        says_that_it_resumes(ends_promptly(child, "INT"));
        nothing_is_left_half_written(&bench.space.path(""));
    });
}

#[test]
fn work_that_costs_only_time_ends_promptly() {
    let space = Space::new();
    space.write("in.jsonl", assorted(6_000));
    let mut command = space.command("cladus");
    command.args(["run", "in.jsonl", "--out", "r", "--embedder", "lexical"]);
    let mut child = start(interruptible(&command));
    until(&mut child, "the first stage is done", || {
        space.path("r/iteration-1/embeddings.manifest.json").exists()
    });
    says_that_it_resumes(ends_promptly(child, "TERM"));
    nothing_is_left_half_written(&space.path(""));
    assert!(!space.path("r/hierarchy.parquet").exists(), "it was over before it was interrupted");

    let mut command = space.command("cladus-group");
    command.args(["--embeddings", "r/iteration-1/embeddings.parquet", "--out", "g.parquet"]);
    let mut child = start(interruptible(&command));
    until_it_listens(&mut child);
    says_that_it_resumes(ends_promptly(child, "INT"));
    assert!(!space.path("g.parquet").exists(), "it was over before it was interrupted");

    let mut command = space.command("cladus");
    command.args(["run", "-", "--out", "s", "--embedder", "lexical"]);
    let mut reading = interruptible(&command);
    reading.stdin(Stdio::piped());
    let mut child = start(reading);
    let open = child.stdin.take();
    until_it_listens(&mut child);
    says_that_it_resumes(ends_promptly(child, "INT"));
    drop(open);
}

#[test]
fn what_was_to_be_ignored_is_ignored() {
    let bench = Bench::small(after(150));
    let command = wrapped("env", &["--ignore-signal=HUP"], &bench.command("r", "--concurrency 2"));
    let mut child = start(command);
    until(&mut child, "a call in flight", || bench.stats().in_flight > 0);
    signal(&child, "HUP");
    finish(child).ok();
    bench.is_whole("r");
}

#[test]
fn a_terminal_is_left_without_half_a_bar() {
    let Some(python) = crate::space::python() else { return };
    let space = Space::new();
    space.write("in.jsonl", assorted(6_000));
    let program = space.command("cladus").get_program().to_str().unwrap().to_owned();
    let script = r#"
import os, pty, signal, sys, time
child, terminal = pty.fork()
if child == 0:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execv(PROGRAM, ["cladus", "run", "in.jsonl", "--out", "r", "--embedder", "lexical"])
said, asked = b"", False
while True:
    try:
        piece = os.read(terminal, 65536)
    except OSError:
        break
    said += piece
    # The bar of the second stage is there.
    if not asked and "1/3 group".encode() in said and "\u2501" in piece.decode(errors="replace"):
        os.kill(child, signal.SIGINT)
        asked = True
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
last = said.decode().replace("\r\n", "\n").rsplit("\x1b[2K", 1)[-1]
print(code)
print(last)
"#;
    let script = script.replace("PROGRAM", &format!("{program:?}"));
    let ran = space.python(&python, &script).ok();
    let (code, last) = ran.stdout.split_once('\n').unwrap();
    assert_eq!(code, "75", "{last}");
    let lines: Vec<&str> = last.trim_end().lines().collect();
    assert_eq!(lines.len(), 2, "{last:?}");
    assert!(
        lines[0].contains("interrupted: no partial result was published") && !last.contains('━'),
        "{last:?}"
    );
}

#[test]
fn who_waits_for_a_batch_ends_promptly_and_finds_it_again() {
    let batches = Batching { looks: 100_000, ..Batching::default() };
    let bench = Bench::small(Behaviour { batches, ..Behaviour::default() });
    let mut child = start(interruptible(&bench.command("r", "--batch --quiet")));
    until(&mut child, "it waits for a batch", || bench.stats().batches.looks >= 8);
    says_that_it_resumes(ends_promptly(child, "INT"));
    nothing_is_left_half_written(&bench.space.path(""));
    bench.run("r", "").exits(75).complains(&["under way in batch batch_00000000"]);
    bench
        .run("r", "--batch --cancel-batches --no-wait --quiet")
        .exits(75)
        .complains(&["under way"]);
    let stats = bench.stats();
    assert_eq!((stats.batches.created, stats.repeated), (2, 0), "{stats:?}");
}
