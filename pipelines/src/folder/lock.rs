//! Who works in a run folder.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::time::SystemTime;

use cladus_core::{Error, Result, text};

/// Longest description of a holder, in characters.
const HOLDER_CHARS: usize = 300;

/// Held while a run writes; the system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub struct RunLock {
    _file: File,
    warning: Option<String>,
}

impl RunLock {
    /// Takes the lock of the folder `root`, which is there.
    ///
    /// # Errors
    /// [`Error::Locked`] when another process holds it; when its file cannot be made.
    pub(crate) fn take(root: &Path) -> Result<Self> {
        let path = root.join(".lock");
        let cannot_lock = |e| Error::io("lock", &path, e);
        let mut options = File::options();
        let mut file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(cannot_lock)?;
        let warning = match file.try_lock() {
            Ok(()) => None,
            Err(TryLockError::WouldBlock) => {
                return Err(Error::Locked { path: root.to_owned(), holder: holder(&mut file) });
            }
            // NFS without its lock daemon, Lustre mounted without flock: the work is possible, only
            // not guarded.
            Err(TryLockError::Error(e)) => Some(format!(
                "{} cannot be locked ({e}): make sure that no second run uses it",
                root.display()
            )),
        };
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", this_process()))
            .map_err(cannot_lock)?;
        Ok(Self { _file: file, warning })
    }

    /// Why the lock does not keep others out, where it does not.
    pub fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }
}

/// Who holds the lock, as it says itself.
fn holder(file: &mut File) -> String {
    let mut said = Vec::new();
    // Best effort: the holder may be writing its name at this moment.
    let _ = file.take(4 * HOLDER_CHARS as u64).read_to_end(&mut said);
    let said = String::from_utf8_lossy(&said);
    let said = text::clean_to(said.trim(), HOLDER_CHARS);
    if said.is_empty() {
        "a process that has not identified itself yet".to_owned()
    } else {
        said.into_owned()
    }
}

/// This process, for whoever finds the folder held.
fn this_process() -> String {
    let host = gethostname::gethostname();
    let since = httpdate::fmt_http_date(SystemTime::now());
    let command = std::env::args_os().map(|word| shown(&word.to_string_lossy()));
    let command = command.collect::<Vec<_>>().join(" ");
    format!(
        "process {} on {}, since {since}: {command}",
        std::process::id(),
        host.to_string_lossy()
    )
}

/// A word of the command line. Keys are never arguments, but addresses may hold a password.
fn shown(word: &str) -> String {
    match word.split_once("://") {
        Some((scheme, _)) => format!("{scheme}://…"),
        None => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_is_first_and_the_lock_ends_with_its_holder() {
        let folder = tempfile::tempdir().unwrap();
        let first = RunLock::take(folder.path()).unwrap();
        assert_eq!(first.warning(), None);
        let second = RunLock::take(folder.path()).unwrap_err();
        let said = second.to_string();
        for part in [&format!("process {} on ", std::process::id()), "since ", "GMT: "] {
            assert!(said.contains(part), "no {part:?} in {said}");
        }
        assert_eq!(second.exit_code(), cladus_core::exit::LOCKED);
        drop(first);
        // Other tests of this process start programs: until a fork becomes one, it holds what we held.
        let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while let Err(error) = RunLock::take(folder.path()) {
            assert!(std::time::Instant::now() < until, "{error}");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    #[test]
    fn what_an_address_holds_is_not_shown() {
        assert_eq!(shown("--base-url=http://me:secret@host/v1?key=x"), "--base-url=http://…");
        assert_eq!(shown("in.jsonl"), "in.jsonl");
    }
}
