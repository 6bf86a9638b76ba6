//! Who is at work on a store. Every opened store holds a lock on a small file of its own; the system
//! frees the lock when its process ends, however it ends. So a call that is marked as in flight is
//! in flight exactly as long as its session's lock cannot be taken. That holds among the processes of
//! one machine; sessions of two machines are kept apart (see [`super::machine`]).

use std::collections::hash_map::RandomState;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::hash::BuildHasher;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use cladus_core::{Error, Result};

use super::machine::{self, Attendance, files};
use super::now_ms;
use super::pulse::Pulse;

/// One opened store among others.
#[derive(Debug)]
pub(super) struct StoreSession {
    folder: PathBuf,
    id: String,
    /// The newest call that was looked at when others were looked for.
    seen: AtomicI64,
    /// Does another process spend for the same run?
    company: AtomicBool,
    database: PathBuf,
    presence: Attendance,
    pulse: Pulse,
}

/// While somebody holds it, nobody else opens the store.
#[derive(Debug)]
pub(super) struct Gate {
    _lock: File,
}

impl StoreSession {
    /// Registers a session for the store at `database`, and clears away those that died.
    pub(super) fn enter(database: &Path, presence: Attendance) -> Result<(Self, Gate)> {
        let folder = folder_of(database);
        fs::create_dir_all(&folder).map_err(|e| Error::io("create the folder", &folder, e))?;
        let gate = Gate::wait(&folder)?;
        let id = new_id();
        let path = lock_path(&folder, &id);
        let refused = |e: io::Error| Error::io("lock", &path, e);
        let lock = OpenOptions::new().write(true).create_new(true).open(&path).map_err(refused)?;
        lock.try_lock().map_err(|e| match e {
            TryLockError::Error(e) => refused(e),
            TryLockError::WouldBlock => refused(io::ErrorKind::WouldBlock.into()),
        })?;
        let pulse = Pulse::start(lock, path, &presence)?;
        let (seen, company) = (AtomicI64::new(0), AtomicBool::new(false));
        let database = database.to_owned();
        let session = Self { folder, id, seen, company, database, presence, pulse };
        // Where not even the gate reaches the other machine, both are seen by now, and both give up.
        machine::alone(&session.database, &session.folder, &session.presence)?;
        session.remove_dead();
        Ok((session, gate))
    }

    /// Has somebody on another machine taken the store over, because this process stood still for so
    /// long that it was thought dead?
    pub(super) fn is_lost(&self) -> bool {
        !self.pulse.is_there()
    }

    /// Why nothing is written any more.
    pub(super) fn lost(&self) -> Error {
        machine::taken_over(&self.database, &self.folder, &self.presence.card)
    }

    /// Only while holding the gate: a file that is made but not yet locked looks dead.
    fn remove_dead(&self) {
        for path in files(&self.folder) {
            let is_free = File::open(&path).is_ok_and(|file| file.try_lock_shared().is_ok());
            if is_free && !machine::is_elsewhere(&path, &self.presence.card) {
                let _ = fs::remove_file(path);
            }
        }
    }

    /// The name in the column `session`.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// The newest call that was looked at.
    pub(super) fn seen(&self) -> i64 {
        self.seen.load(Ordering::Relaxed)
    }

    /// Does another process spend for the same run?
    pub(super) fn has_company(&self) -> bool {
        self.company.load(Ordering::Relaxed)
    }

    /// Calls up to `newest` were looked at, and some of the later ones were, or were not, another's.
    pub(super) fn saw(&self, newest: i64, company: bool) {
        self.seen.store(newest, Ordering::Relaxed);
        self.company.fetch_or(company, Ordering::Relaxed);
    }

    /// Is the session called `id` still at work?
    pub(super) fn is_alive(&self, id: &str) -> bool {
        if id == self.id {
            return true;
        }
        // It comes from a file; it must not lead out of the folder.
        if !id.bytes().all(|b| b.is_ascii_hexdigit()) {
            return false;
        }
        match File::open(lock_path(&self.folder, id)) {
            // Shared, so that two who look do not take each other for the owner.
            Ok(file) => file.try_lock_shared().is_err(),
            // Better to wait in vain than to pay twice.
            Err(e) => e.kind() != io::ErrorKind::NotFound,
        }
    }
}

impl Drop for StoreSession {
    fn drop(&mut self) {
        // What stays behind is cleared away by whoever opens the store next.
        let _ = fs::remove_file(lock_path(&self.folder, &self.id));
    }
}

impl Gate {
    fn wait(folder: &Path) -> Result<Self> {
        let path = folder.join("gate.lock");
        let refused = |e: io::Error| Error::io("lock", &path, e);
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
        let file = file.map_err(refused)?;
        file.lock().map_err(refused)?;
        Ok(Self { _lock: file })
    }
}

/// Where the sessions of the store at `database` are.
pub(super) fn folder_of(database: &Path) -> PathBuf {
    let mut folder = database.as_os_str().to_owned();
    folder.push(".sessions");
    PathBuf::from(folder)
}

fn lock_path(folder: &Path, id: &str) -> PathBuf {
    folder.join(format!("{id}.lock"))
}

/// Another one for every opened store, also of one process at one instant.
fn new_id() -> String {
    let random = RandomState::new().hash_one(std::process::id());
    let seed = format!("{random} {} {}", std::process::id(), now_ms());
    blake3::hash(seed.as_bytes()).to_hex()[..20].to_owned()
}
