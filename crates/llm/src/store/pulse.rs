//! The pulse of a session: a number in its file that goes up as long as its process lives.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use cladus_core::{Error, Result};

use super::machine::{Attendance, Card};

/// Beats in a thread of its own until it is dropped.
#[derive(Debug)]
pub(super) struct Pulse {
    state: Arc<PulseState>,
    /// `None` only while it is dropped: the thread ends when nobody can send any more.
    running: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct PulseState {
    /// The session's file, locked as long as this is open.
    file: File,
    path: PathBuf,
    card: Card,
    /// After so long without a beat, others may think us dead.
    silence: Duration,
    last: Mutex<Instant>,
    lost: AtomicBool,
}

impl Pulse {
    /// Writes whose it is into `file`, which is at `path`, and a beat every now and then.
    pub(super) fn start(file: File, path: PathBuf, presence: &Attendance) -> Result<Self> {
        let Attendance { card, every, silence } = presence.clone();
        let (last, lost) = (Mutex::new(Instant::now()), AtomicBool::new(false));
        let state = Arc::new(PulseState { file, path, card, silence, last, lost });
        // A disk that is full keeps nobody from reading what is there.
        let _ = state.write(0);
        let (running, ended) = mpsc::channel();
        let beating = Arc::clone(&state);
        let thread = thread::Builder::new()
            .name("pulse".to_owned())
            .spawn(move || beating.run(every, &ended))
            .map_err(|e| Error::io("start a thread for", &state.path, e))?;
        Ok(Self { state, running: Some(running), thread: Some(thread) })
    }

    /// Is the session's file where it was? Nobody removes it but who takes the session for dead.
    pub(super) fn is_there(&self) -> bool {
        self.state.is_there()
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        self.running = None;
        if let Some(thread) = self.thread.take() {
            // One that panicked has nothing to clear away.
            let _ = thread.join();
        }
    }
}

impl PulseState {
    fn run(&self, every: Duration, ended: &mpsc::Receiver<()>) {
        for beat in 1.. {
            if ended.recv_timeout(every) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            self.look();
            // What fails now may go well the next time; meanwhile the file is still ours.
            if self.write(beat).is_ok() {
                *self.last() = Instant::now();
            }
        }
    }

    /// Over what is there, which is as long, and on to the server where the disk is elsewhere.
    fn write(&self, beat: u64) -> io::Result<()> {
        let mut file = &self.file;
        file.rewind()?;
        file.write_all(self.card.file(beat).as_bytes())?;
        file.sync_data()
    }

    fn look(&self) {
        if is_gone(&self.path) {
            self.lost.store(true, Ordering::Relaxed);
        }
    }

    fn is_there(&self) -> bool {
        // Halfway to being thought dead, what the thread saw last is too old: it may have stood still, too.
        let is_old = self.last().elapsed() > self.silence / 2;
        if is_old {
            self.look();
        }
        !self.lost.load(Ordering::Relaxed)
    }

    fn last(&self) -> std::sync::MutexGuard<'_, Instant> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opened, because a network file system answers questions about a file from memory.
fn is_gone(path: &Path) -> bool {
    File::open(path).is_err_and(|e| e.kind() == io::ErrorKind::NotFound)
}
