//! Running a command: what it says is shown as it comes, and how it ended is told.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use cladus_core::progress::Progress;
use cladus_core::{ProgramFault, exit, interrupt, text};

/// So many of the last lines are told when a command fails.
const LAST_LINES: usize = 10;
/// Longer lines are cut, in bytes.
const LONGEST_LINE: usize = 2_000;
/// How often it is looked whether a command has ended that says nothing.
const LOOK: Duration = Duration::from_millis(50);
/// What still comes after the end, from a program that the command has started and left behind, is
/// waited for no longer than this.
const AFTER_THE_END: Duration = Duration::from_secs(1);

/// Why a command has left nothing to use.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) fault: ProgramFault,
    pub(super) problem: String,
    pub(super) said: Vec<String>,
    pub(super) hint: String,
}

/// Runs the command `words` in `folder`, its standard output into the file `stdout` where one is
/// given. Returns the last lines that it said.
pub(super) fn run(
    words: &[OsString],
    folder: &Path,
    stdout: Option<&Path>,
    progress: &dyn Progress,
) -> Result<Vec<String>, Failed> {
    let (program, arguments) = words.split_first().ok_or_else(|| not_started("is empty", ""))?;
    let mut command = Command::new(place_of(program, folder));
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).stderr(Stdio::piped());
    match stdout {
        Some(path) => {
            let file = File::create(path);
            let file = file.map_err(|e| not_started(&format!("has no output file: {e}"), ""))?;
            command.stdout(file);
        }
        // Standard output belongs to the results of the run.
        None => drop(command.stdout(Stdio::piped())),
    }
    // What it does may be paid for: the run does not end before it has.
    let Some(_at_work) = interrupt::paid_call() else { return Err(stopped(Vec::new())) };
    apart(&mut command);
    let mut child = command.spawn().map_err(|e| not_spawned(&e, program, folder))?;
    // Or its end of the output file would stay open.
    drop(command);
    let lines = listen(&mut child);
    let mut last = VecDeque::with_capacity(LAST_LINES);
    let status = wait(&mut child, &lines, interrupt::requested, |line| {
        progress.said(&line);
        if last.len() == LAST_LINES {
            last.pop_front();
        }
        last.push_back(line);
    });
    let said = Vec::from(last);
    match status {
        Ok(status) if status.success() => Ok(said),
        Ok(_) if interrupt::requested() => Err(stopped(said)),
        Ok(status) => Err(ended(status, said)),
        Err(e) => Err(Failed {
            fault: ProgramFault::Failed,
            problem: format!("cannot be waited for: {e}"),
            said,
            hint: "run the same command again".to_owned(),
        }),
    }
}

fn stopped(said: Vec<String>) -> Failed {
    Failed {
        fault: ProgramFault::Passing,
        problem: "was stopped".to_owned(),
        said,
        hint: "run the same command again: it resumes with this stage".to_owned(),
    }
}

/// Puts the command into a process group of its own: a terminal's ^C then reaches the run alone, which
/// tells the command once. A second signal would make a stage of ours drop calls that are paid for.
#[cfg(unix)]
fn apart(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

#[cfg(not(unix))]
fn apart(_: &mut Command) {}

/// Asks the command, and what it has started, to stop.
#[cfg(unix)]
fn tell_to_stop(child: &Child) {
    use rustix::process::{Pid, Signal, kill_process_group};
    // It may have ended meanwhile.
    let _ = kill_process_group(Pid::from_child(child), Signal::TERM);
}

#[cfg(not(unix))]
fn tell_to_stop(_: &Child) {}

/// A program with a slash lies where the pipeline file does, one without is found on the path.
fn place_of(program: &OsString, folder: &Path) -> PathBuf {
    let path = Path::new(program);
    if path.components().count() > 1 { folder.join(path) } else { path.to_owned() }
}

fn not_started(problem: &str, hint: &str) -> Failed {
    Failed {
        fault: ProgramFault::NotRunnable,
        problem: problem.to_owned(),
        said: Vec::new(),
        hint: hint.to_owned(),
    }
}

fn not_spawned(error: &std::io::Error, program: &OsString, folder: &Path) -> Failed {
    let name = program.to_string_lossy();
    let place = place_of(program, folder);
    let hint = match error.kind() {
        ErrorKind::NotFound if place.is_file() && name.contains('/') => {
            format!("{name} exists, but not the interpreter named in its first line")
        }
        ErrorKind::NotFound if folder.join(program).is_file() => {
            format!("write ./{name} for the file next to the pipeline file")
        }
        ErrorKind::NotFound if name.contains('/') => {
            format!("{} does not exist", place.display())
        }
        ErrorKind::NotFound => format!("is {name} installed and on the PATH?"),
        ErrorKind::PermissionDenied => {
            format!("`chmod +x {}` makes it a program", place.display())
        }
        _ => format!("a script's first line names its interpreter: #!/bin/sh (in {name})"),
    };
    not_started(&format!("cannot be run: {error}"), &hint)
}

fn ended(status: ExitStatus, said: Vec<String>) -> Failed {
    // "exit status: 3", "signal: 9 (SIGKILL)"
    let how = status.to_string();
    let temporary = status.code() == Some(i32::from(exit::TEMPORARY));
    let (fault, hint) = if temporary || was_stopped(status) {
        (ProgramFault::Passing, "run the same command again: it resumes with this stage")
    } else {
        (
            ProgramFault::Failed,
            "no artifact was changed; fix the program and run the same command again",
        )
    };
    let how =
        how.strip_prefix("exit status: ").map_or(how.clone(), |code| format!("exit code {code}"));
    Failed { fault, problem: format!("ended with {how}"), said, hint: hint.to_owned() }
}

/// Was it somebody else's decision that it should end: a user's, a scheduler's, or the system's that
/// is out of memory?
#[cfg(unix)]
fn was_stopped(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;
    const HUP: i32 = 1;
    const INT: i32 = 2;
    const KILL: i32 = 9;
    const TERM: i32 = 15;
    status.signal().is_some_and(|signal| [HUP, INT, KILL, TERM].contains(&signal))
}

#[cfg(not(unix))]
fn was_stopped(_: ExitStatus) -> bool {
    false
}

/// Waits for the end of `child`, handing on what it says.
fn wait(
    child: &mut Child,
    lines: &Receiver<String>,
    stop: impl Fn() -> bool,
    mut hear: impl FnMut(String),
) -> std::io::Result<ExitStatus> {
    let mut silent = false;
    let mut told = false;
    loop {
        if silent {
            std::thread::sleep(LOOK);
        } else {
            match lines.recv_timeout(LOOK) {
                Ok(line) => hear(line),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => silent = true,
            }
        }
        if !told && stop() {
            tell_to_stop(child);
            told = true;
        }
        if let Some(status) = child.try_wait()? {
            let until = Instant::now() + AFTER_THE_END;
            while let Ok(line) = lines.recv_timeout(until.saturating_duration_since(Instant::now()))
            {
                hear(line);
            }
            return Ok(status);
        }
    }
}

/// Reads what `child` says, in threads of their own: a full pipe would stop it.
fn listen(child: &mut Child) -> Receiver<String> {
    let (sender, receiver) = channel();
    if let Some(stderr) = child.stderr.take() {
        let sender = sender.clone();
        std::thread::spawn(move || read_lines(stderr, &sender));
    }
    if let Some(stdout) = child.stdout.take() {
        std::thread::spawn(move || read_lines(stdout, &sender));
    }
    receiver
}

/// Sends every line, clean. Of a line that writes over itself (a progress bar) only what stands there
/// in the end.
fn read_lines(mut from: impl Read, to: &Sender<String>) {
    let mut line: Vec<u8> = Vec::new();
    let mut over = false;
    let mut buffer = [0; 8192];
    let send = |line: &mut Vec<u8>| {
        let clean = text::clean(&String::from_utf8_lossy(line)).into_owned();
        line.clear();
        clean.is_empty() || to.send(clean).is_ok()
    };
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(e) if e.kind() == ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        for &byte in &buffer[..read] {
            match byte {
                b'\n' => {
                    over = false;
                    if !send(&mut line) {
                        return;
                    }
                }
                b'\r' => over = true,
                _ => {
                    if std::mem::take(&mut over) {
                        line.clear();
                    }
                    if line.len() < LONGEST_LINE {
                        line.push(byte);
                    }
                }
            }
        }
    }
    send(&mut line);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[derive(Default)]
    struct Heard(Mutex<Vec<String>>);

    impl Progress for Heard {
        fn begin(&self, _: u64) {}
        fn advance(&self, _: u64) {}
        fn made(&self, _: &str) {}
        fn warn(&self, _: &str) {}
        fn said(&self, line: &str) {
            self.0.lock().unwrap().push(line.to_owned());
        }
    }

    fn shell(script: &str) -> (Vec<String>, Result<Vec<String>, Failed>) {
        let heard = Heard::default();
        let words = ["sh", "-c", script].map(OsString::from);
        let ended = run(&words, &std::env::temp_dir(), None, &heard);
        (heard.0.into_inner().unwrap(), ended)
    }

    #[test]
    fn lines_are_clean_and_a_bar_is_one_line() {
        let (heard, ended) = shell(
            r"printf 'a\033[31mb\007\r\n10%%\r20%%\r30%%\n\n\nend without line' >&2; echo out",
        );
        assert!(ended.is_ok());
        assert_eq!(heard.len(), 4, "{heard:?}");
        for line in ["ab", "30%", "end without line", "out"] {
            assert!(heard.iter().any(|heard| heard == line), "{line:?} in {heard:?}");
        }
    }

    #[test]
    fn a_flood_is_read_and_its_end_kept() {
        let (heard, ended) =
            shell("i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done; exit 4");
        assert_eq!(heard.len(), 3000);
        let failed = ended.unwrap_err();
        assert_eq!(failed.said.last().map(String::as_str), Some("line 2999"));
        assert_eq!(failed.said.len(), LAST_LINES);
        assert_eq!(
            (failed.problem.as_str(), failed.fault),
            ("ended with exit code 4", ProgramFault::Failed)
        );
        let (heard, ended) = shell("head -c 3000000 /dev/zero | tr '\\0' x");
        assert!(ended.is_ok());
        assert_eq!(heard[0].len(), LONGEST_LINE);
    }

    #[test]
    fn what_is_left_behind_is_not_waited_for() {
        let started = Instant::now();
        let (heard, ended) = shell("echo here; sleep 30 &");
        assert!(ended.is_ok());
        assert_eq!(heard, ["here"]);
        assert!(started.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn a_command_and_its_children_are_told_to_stop() {
        let mut command = Command::new("sh");
        command.args(["-c", "trap 'echo heard; exit 3' TERM; sleep 60 & echo up; wait"]);
        command.stdout(Stdio::piped());
        apart(&mut command);
        let mut child = command.spawn().unwrap();
        let lines = listen(&mut child);
        let heard = Mutex::new(Vec::new());
        let up = || !heard.lock().unwrap().is_empty();
        let hear = |line| heard.lock().unwrap().push(line);
        let status = wait(&mut child, &lines, up, hear).unwrap();
        assert_eq!(status.code(), Some(3));
        assert_eq!(*heard.lock().unwrap(), ["up", "heard"]);
    }

    #[test]
    fn the_end_tells_what_to_do() {
        for (script, fault, part) in [
            ("exit 75", ProgramFault::Passing, "exit code 75"),
            ("kill -9 $$", ProgramFault::Passing, "SIGKILL"),
            ("kill -SEGV $$", ProgramFault::Failed, "SIGSEGV"),
            ("exec >&- 2>&-; sleep 0.2; exit 9", ProgramFault::Failed, "exit code 9"),
        ] {
            let failed = shell(script).1.unwrap_err();
            assert_eq!(failed.fault, fault, "{script}");
            assert!(failed.problem.contains(part), "{}", failed.problem);
        }
    }
}
