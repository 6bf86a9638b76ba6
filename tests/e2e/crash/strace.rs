//! Faults at an exact system call, by strace.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use skipped_tests::there;

use crate::space::Ran;

/// The strace that works here, if there is one; whoever has none is told.
#[track_caller]
pub fn strace() -> Option<Strace> {
    let asked = std::env::var("CLADUS_TEST_STRACE").ok();
    let program = asked.clone().unwrap_or_else(|| "strace".to_owned());
    // It may be there and yet be forbidden to trace.
    let check = Command::new(&program).args(OPTIONS).args(["-e", "trace=none", "true"]).output();
    let found = check.is_ok_and(|output| output.status.success());
    assert!(found || asked.is_none(), "CLADUS_TEST_STRACE is no strace that may trace");
    there(found, "an strace that may trace (CLADUS_TEST_STRACE)").then_some(Strace { program })
}

/// All threads. (With `--seccomp-bpf`, which is faster, strace 6.1 injects nothing.)
const OPTIONS: &[&str] = &["-f", "-qq"];

pub struct Strace {
    program: String,
}

/// A system call, and which one of its kind in its thread, from 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    pub syscall: String,
    pub number: usize,
    /// As strace shows the call in a run that nothing strikes.
    pub shown: String,
}

/// What happens at a point.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// The process is killed before the call has done anything.
    Kill,
    /// This call fails.
    Once(&'static str),
    /// This call of a thread and all of the kind after it fail.
    FromThenOn(&'static str),
}

/// How a traced process ended.
pub struct Struck {
    pub killed: bool,
    pub ran: Ran,
}

impl Strace {
    fn command(&self, args: &[&str], traced: &Command) -> Command {
        let mut command = wrapped(&self.program, &[OPTIONS, args].concat(), traced);
        command.stdin(Stdio::null());
        command
    }

    /// Every call to one of `syscalls` of a run of `command` that comes to its end.
    ///
    /// strace counts for each thread by itself, and strikes whichever comes first: what is returned
    /// are the calls of the thread that makes the most of them.
    pub fn points(&self, command: &Command, syscalls: &[&str], log: &Path) -> Vec<Point> {
        let trace = format!("trace={}", syscalls.join(","));
        let args = ["-y", "-s", "0", "-o", log.to_str().unwrap(), "-e", &trace];
        let output = self.command(&args, command).output().unwrap();
        Ran::from(output).ok();
        let mut threads: BTreeMap<(String, u32), Vec<Point>> = BTreeMap::new();
        for line in std::fs::read_to_string(log).unwrap().lines() {
            let Some((thread, call)) = line.split_once(' ') else { continue };
            let Some((syscall, _)) = call.trim_start().split_once('(') else { continue };
            let Ok(thread) = thread.parse() else { continue };
            let calls = threads.entry((syscall.to_owned(), thread)).or_default();
            let (syscall, number) = (syscall.to_owned(), calls.len() + 1);
            calls.push(Point { syscall, number, shown: call.to_owned() });
        }
        let mut most: BTreeMap<String, Vec<Point>> = BTreeMap::new();
        for ((syscall, _), calls) in threads {
            let known = most.entry(syscall).or_default();
            if known.len() < calls.len() {
                *known = calls;
            }
        }
        most.into_values().flatten().collect()
    }

    /// Runs `command` with `fault` at `point`.
    pub fn strike(&self, command: &Command, point: &Point, fault: Fault, log: &Path) -> Struck {
        let Point { syscall, number, .. } = point;
        let inject = match fault {
            Fault::Kill => format!("inject={syscall}:signal=SIGKILL:when={number}"),
            Fault::Once(error) => format!("inject={syscall}:error={error}:when={number}"),
            Fault::FromThenOn(error) => format!("inject={syscall}:error={error}:when={number}+"),
        };
        let trace = format!("trace={syscall}");
        let args = ["-o", log.to_str().unwrap(), "-e", &trace, "-e", &inject];
        let output: Output = self.command(&args, command).output().unwrap();
        // strace ends as what it traces has ended.
        Struck { killed: output.status.signal() == Some(9), ran: output.into() }
    }
}

/// `program`, which is told by `args` to run `command`.
pub fn wrapped(program: &str, args: &[&str], command: &Command) -> Command {
    let mut outer = Command::new(program);
    outer.args(args).arg(command.get_program()).args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        outer.current_dir(folder);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => outer.env(name, value),
            None => outer.env_remove(name),
        };
    }
    outer
}

/// `most` of `points`, evenly spread; the same every time.
pub fn sample(points: Vec<Point>, most: usize) -> Vec<Point> {
    let n = points.len();
    if n <= most {
        return points;
    }
    let mut state = 11;
    // One from each stretch of equal length.
    let chosen = |at: usize| {
        let (start, end) = (at * n / most, (at + 1) * n / most);
        start + (crate::models::random(&mut state) * (end - start) as f64) as usize
    };
    (0..most).map(chosen).map(|at| points[at].clone()).collect()
}
