//! A command on copies: from the first fetch to the last put.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use cladus_core::{Error, Result, exit, interrupt};

use crate::address::ObjectAddress;
use crate::answers::RemoteAnswers;
use crate::bucket::Buckets;
use crate::copies::Copies;
use crate::words::{AddressUse, RemoteCommand};

/// How often it is looked whether the command has ended.
const LOOK: Duration = Duration::from_millis(50);

/// A command with copies of all that it reads.
#[derive(Debug)]
pub struct RemoteJob {
    /// The command line, on the copies.
    words: Vec<OsString>,
    copies: Copies,
    answers: Vec<RemoteAnswers>,
}

impl RemoteJob {
    /// Fetches what the command `words` reads into `folder`.
    ///
    /// # Errors
    /// When it is not there, or a store or the disk fails.
    pub fn fetch(words: &[OsString], folder: &Path) -> Result<Self> {
        let line = RemoteCommand::parse(words);
        let buckets = Buckets::new()?;
        let files = folder.join("files");
        let store =
            |address: &ObjectAddress| address.path(&folder.join("answers")).join("answers.sqlite");
        let mut answers = Vec::new();
        let mut copies = Copies::new(buckets.clone(), files.clone());
        for (address, role) in line.addresses() {
            match role {
                AddressUse::Read => copies.read(address)?,
                AddressUse::Write => copies.written(address, line.shard())?,
                AddressUse::Answers => {
                    answers.push(RemoteAnswers::fetch(buckets.clone(), address, &store(address))?);
                }
            }
        }
        Ok(Self { words: line.on_copies(&files, store), copies, answers })
    }

    /// Runs the command, and puts what comes of it: answers every `every` while it works and when it has ended,
    /// however it has; artifacts when it went well. Returns its exit code.
    ///
    /// # Errors
    /// When the command cannot be started, or something not be put.
    pub fn run(mut self, every: Duration) -> Result<u8> {
        // Whoever asks us to stop waits until the answers are put.
        let Some(_paid) = interrupt::paid_call() else { return Err(Error::Interrupted) };
        let ended = worked(&self.words, &mut self.answers, every)?;
        self.answers.into_iter().try_for_each(RemoteAnswers::finish)?;
        let Some(code) = ended.code().and_then(|code| u8::try_from(code).ok()) else {
            tracing::warn!("the command was killed: {ended}");
            return Ok(exit::TEMPORARY);
        };
        if matches!(code, exit::OK | exit::PARTIAL) {
            self.copies.put_new()?;
        }
        Ok(code)
    }
}

/// Starts the command, and puts answers until it has ended.
fn worked(
    words: &[OsString],
    answers: &mut [RemoteAnswers],
    every: Duration,
) -> Result<ExitStatus> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(Error::config("there is no command to run"));
    };
    let mut command = Command::new(program);
    command.args(arguments);
    // Signals of a terminal would reach it twice: once from there, and once from here.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn().map_err(|e| Error::io("start", Path::new(program), e))?;
    let (mut told, mut last) = (false, Instant::now());
    loop {
        if let Some(status) =
            child.try_wait().map_err(|e| Error::io("wait for", Path::new(program), e))?
        {
            return Ok(status);
        }
        if interrupt::requested() && !told {
            stop(&child);
            told = true;
        }
        if last.elapsed() >= every {
            for answers in &mut *answers {
                if let Err(error) = answers.put() {
                    tracing::warn!("answers are not put yet: {error}");
                }
            }
            last = Instant::now();
        }
        std::thread::sleep(LOOK);
    }
}

/// Asks the command to end in order.
#[cfg(unix)]
fn stop(child: &Child) {
    let pid = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid
        && let Err(error) = rustix::process::kill_process(pid, rustix::process::Signal::TERM)
    {
        tracing::warn!("the command cannot be told to stop: {error}");
    }
}

/// Elsewhere it is told by the console, as we were.
#[cfg(not(unix))]
fn stop(_: &Child) {}
