//! Which machine a session is on, and whether one of another machine is still at work.
//!
//! SQLite's log works between the processes of one machine, and on many network file systems so do
//! locks. So a session says on its card which machine it is on, and counts up a pulse as long as it
//! lives. Whoever comes from elsewhere looks whether the pulse goes on, by its own clock: two clocks
//! are never compared. The card lies beside the database, because looking into the database from
//! another machine is what must not happen.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use cladus_core::{Error, Result, text};
use serde::{Deserialize, Serialize};

use super::now_ms;

/// How often a pulse is counted up.
const EVERY: Duration = Duration::from_secs(3);

/// How long a pulse must have stood still before its session counts as dead.
const SILENCE: Duration = Duration::from_secs(30);

/// How often somebody else's pulse is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// Takes the place of the machine's name: for tests, and for containers that cannot be told apart.
const NAME_ENV: &str = "CLADUS_HOST_NAME";

/// What schedulers call the job that a process belongs to.
const JOBS: &[(&str, &str)] = &[
    ("SLURM_JOB_ID", "Slurm job"),
    ("PBS_JOBID", "PBS job"),
    ("LSB_JOBID", "LSF job"),
    ("AWS_BATCH_JOB_ID", "AWS Batch job"),
];

/// Longest card that is read, in bytes, and longest word of it that is shown, in characters.
const CARD_BYTES: u64 = 4096;
const WORD_CHARS: usize = 80;

/// Who opens a store, and how others are told that it is still there.
#[derive(Debug, Clone)]
pub(super) struct Attendance {
    pub(super) card: Card,
    /// How often its pulse is counted up.
    pub(super) every: Duration,
    /// How long it watches another machine's pulse before it takes that for dead.
    pub(super) silence: Duration,
}

impl Attendance {
    /// That of this process.
    pub(super) fn own() -> Self {
        Self { card: Card::own(), every: EVERY, silence: SILENCE }
    }
}

/// What a session says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Card {
    /// Tells machines apart: sessions of one machine share locks and memory.
    machine: String,
    /// Its name, for people.
    host: String,
    process: u32,
    /// The job it belongs to, where a scheduler has started it.
    job: Option<String>,
    /// When it began, by its own clock, in milliseconds since 1970. For people.
    started_ms: i64,
}

impl Card {
    /// The card of this process.
    pub(super) fn own() -> Self {
        let named = std::env::var(NAME_ENV).ok().filter(|name| !name.is_empty());
        let host = named
            .clone()
            .unwrap_or_else(|| gethostname::gethostname().to_string_lossy().into_owned());
        let machine = named.or_else(boot).unwrap_or_else(|| host.clone());
        let job = JOBS.iter().find_map(|(variable, kind)| {
            let id = std::env::var(variable).ok().filter(|id| !id.is_empty())?;
            Some(format!("{kind} {id}"))
        });
        Self { machine, host, process: std::process::id(), job, started_ms: now_ms() }
    }

    /// The card of a process on a machine of this name.
    #[cfg(test)]
    pub(super) fn on(machine: &str) -> Self {
        let job = Some("Slurm job 42".to_owned());
        Self { machine: machine.to_owned(), host: machine.to_owned(), job, ..Self::own() }
    }

    /// The file of a session with this card whose pulse has come to `beat`. As long every time, so
    /// that it can be written over.
    pub(super) fn file(&self, beat: u64) -> String {
        let card = serde_json::to_string(self).unwrap_or_default();
        format!("{card}\npulse {beat:020}\n")
    }

    /// Earlier versions wrote no card; whoever has none is taken for a session of this machine.
    fn of(file: &[u8]) -> Option<Self> {
        let line = file.split(|byte| *byte == b'\n').next()?;
        serde_json::from_slice(line).ok()
    }

    /// As people are told of it.
    fn shown(&self) -> String {
        let clean = |word: &str| text::clean_to(word, WORD_CHARS).into_owned();
        let job = self.job.as_deref().map(|job| format!("{}, ", clean(job))).unwrap_or_default();
        format!("{job}process {} on {}", self.process, clean(&self.host))
    }
}

/// What the kernel that is running calls itself: another one on every machine, whatever their names,
/// and the same in all containers that share a kernel, and with it locks and memory.
fn boot() -> Option<String> {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned()).filter(|id| !id.is_empty())
}

/// A session of another machine, as it was when it was looked at first.
#[derive(Debug)]
struct Other {
    path: PathBuf,
    file: Vec<u8>,
    card: Card,
}

/// Waits until no other machine is at work on the store whose sessions are in `folder`, at most as
/// long as `silence`. What the dead have left is cleared away.
///
/// # Errors
/// [`Error::Elsewhere`] where one is at work on the store `database`.
pub(super) fn alone(database: &Path, folder: &Path, own: &Attendance) -> Result<()> {
    let silence = own.silence;
    let mut others = others(folder, &own.card);
    if others.is_empty() {
        return Ok(());
    }
    tracing::warn!(
        "{} was in use on another machine ({}): looking whether it still is, {} s at most",
        database.display(),
        shown(&others),
        silence.as_secs()
    );
    let began = Instant::now();
    while !others.is_empty() && began.elapsed() < silence {
        thread::sleep(LOOK.min(silence));
        let mut alive = None;
        others.retain(|other| match read(&other.path) {
            Ok(file) if file == other.file => true,
            Ok(_) => {
                alive.get_or_insert_with(|| other.card.shown());
                true
            }
            // It has ended in order.
            Err(e) => e.kind() != io::ErrorKind::NotFound,
        });
        if let Some(holder) = alive {
            return Err(Error::Elsewhere { path: database.to_owned(), holder });
        }
    }
    // Where locks reach further than a machine, they know better.
    if let Some(held) = others.iter().find(|other| is_held(&other.path)) {
        let holder = held.card.shown();
        return Err(Error::Elsewhere { path: database.to_owned(), holder });
    }
    for dead in others {
        fs::remove_file(&dead.path)
            .map_err(|e| Error::io("remove", &dead.path, e))
            .or_else(gone)?;
    }
    Ok(())
}

fn gone(error: Error) -> Result<()> {
    match error {
        Error::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => Ok(()),
        error => Err(error),
    }
}

/// Who has taken the store over from a session that stood still for too long.
pub(super) fn taken_over(database: &Path, folder: &Path, own: &Card) -> Error {
    let others = others(folder, own);
    let holder = match others.is_empty() {
        true => "it took the store over while this process stood still".to_owned(),
        false => shown(&others),
    };
    Error::Elsewhere { path: database.to_owned(), holder }
}

/// Does a session of another machine lie there?
pub(super) fn is_elsewhere(path: &Path, own: &Card) -> bool {
    let card = read(path).ok().and_then(|file| Card::of(&file));
    card.is_some_and(|card| card.machine != own.machine)
}

/// The files of all sessions.
pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.flatten().map(|entry| entry.path());
    let is_session = |path: &PathBuf| {
        path.extension().is_some_and(|extension| extension == "lock")
            && path.file_stem().is_some_and(|stem| stem != "gate")
    };
    paths.filter(is_session).collect()
}

/// The sessions of other machines.
fn others(folder: &Path, own: &Card) -> Vec<Other> {
    let found = files(folder).into_iter().filter_map(|path| {
        let file = read(&path).ok()?;
        let card = Card::of(&file).filter(|card| card.machine != own.machine)?;
        Some(Other { path, file, card })
    });
    found.collect()
}

fn shown(others: &[Other]) -> String {
    others.iter().map(|other| other.card.shown()).collect::<Vec<_>>().join("; ")
}

/// Opened anew every time: network file systems promise what others have written only then.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = Vec::new();
    File::open(path)?.take(CARD_BYTES).read_to_end(&mut file)?;
    Ok(file)
}

fn is_held(path: &Path) -> bool {
    File::open(path)
        .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}
