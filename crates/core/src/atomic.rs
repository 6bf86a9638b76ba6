//! Publishing a file: whoever looks sees the old one or the new one, whole.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::error::{Error, Result};

/// Writes `path` through `fill`, so that a crash, a full disk or an error at any moment leaves
/// what was there before: temporary file beside it, fsync, rename, fsync of the folder.
///
/// The temporary name starts with a dot and does not end in `.parquet`, so that `*.parquet` in
/// another program never sees it. Whoever writes it holds a lock on it, which ends with the process:
/// a temporary that nobody holds is the leftover of a killed process, and the next write removes it.
/// Of two processes that publish the same path, the one that ends last has the say.
///
/// # Errors
/// Whatever the system or `fill` says, as [`Error::Io`] or `fill`'s own error.
pub fn publish<T>(path: &Path, fill: impl FnOnce(&mut BufWriter<File>) -> Result<T>) -> Result<T> {
    let folder = make_folder(path)?;
    remove_leftovers(folder, |name| is_temporary_of(path, name));
    let (temporary, file) = Temporary::create(path)?;
    // Held until it has its name: what is not locked is a leftover.
    let (value, _held) = fill_up(path, file, fill)?;
    fs::rename(&temporary.path, path).map_err(|e| Error::io("write", path, e))?;
    temporary.forget();
    // A rename is atomic at once, but durable only when its folder is.
    sync_folder(folder).map_err(|e| Error::io("write", folder, e))?;
    Ok(value)
}

/// [`publish`] for bytes that are already there.
///
/// # Errors
/// As [`publish`].
pub fn publish_bytes(path: &Path, bytes: &[u8]) -> Result<()> {
    publish(path, |file| file.write_all(bytes).map_err(|e| Error::io("write", path, e)))
}

/// Whether `path` could be published now, without touching it: said before anything is paid for
/// what will be in it.
///
/// # Errors
/// When something else than a file has its place, or its folder cannot be made or written.
pub fn check(path: &Path) -> Result<()> {
    let folder = make_folder(path)?;
    check_place(path)?;
    Temporary::create(path).map_err(|e| match e {
        Error::Io { source, .. } => Error::io("write in", folder, source),
        other => other,
    })?;
    Ok(())
}

/// Whether `path` is free, or a file that could be replaced.
///
/// # Errors
/// When something else than a file is there.
pub fn check_place(path: &Path) -> Result<()> {
    if fs::symlink_metadata(path).is_ok_and(|there| there.is_dir()) {
        return Err(Error::io("write", path, io::ErrorKind::IsADirectory.into()));
    }
    Ok(())
}

/// Removes what killed processes left behind in `folder`, whatever they were about to publish.
pub fn tidy(folder: &Path) {
    remove_leftovers(folder, is_temporary);
}

/// The process is about to end in the middle of its work: what it was writing goes. Nothing may be
/// published after this.
pub fn abandon() {
    for path in open_temporaries().iter() {
        // What stays is removed by whoever publishes the same next.
        let _ = fs::remove_file(path);
    }
}

/// Temporary files that this process writes at the moment.
static OPEN: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn open_temporaries() -> std::sync::MutexGuard<'static, BTreeSet<PathBuf>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A file that has not got its name yet; removed when it is dropped.
struct Temporary {
    path: PathBuf,
}

impl Temporary {
    /// Makes and locks a file beside `path`.
    fn create(path: &Path) -> Result<(Self, File)> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let cannot_write = |e: io::Error| Error::io("write", path, e);
        // Another host may have a process of the same number, and whoever cleans up may see the file
        // before it is locked: neither happens often, and neither twice with one name.
        loop {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let name = format!(".{}.{}-{count}.tmp", file_name(path), std::process::id());
            let temporary = Self { path: folder_of(path).join(name) };
            open_temporaries().insert(temporary.path.clone());
            let file = match OpenOptions::new().write(true).create_new(true).open(&temporary.path) {
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                    temporary.forget();
                    continue;
                }
                file => file.map_err(cannot_write)?,
            };
            match file.lock() {
                Ok(()) if fs::exists(&temporary.path).map_err(cannot_write)? => {}
                Ok(()) => continue,
                // A file system without locks: nothing on it is ever taken for a leftover.
                Err(_) => {}
            }
            return Ok((temporary, file));
        }
    }

    /// No file of this name is ours.
    fn forget(self) {
        open_temporaries().remove(&self.path);
        std::mem::forget(self);
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // The error at hand matters more than whether its debris could be removed.
        let _ = fs::remove_file(&self.path);
        open_temporaries().remove(&self.path);
    }
}

fn fill_up<T>(
    path: &Path,
    file: File,
    fill: impl FnOnce(&mut BufWriter<File>) -> Result<T>,
) -> Result<(T, File)> {
    let cannot_write = |e: io::Error| Error::io("write", path, e);
    let mut writer = BufWriter::with_capacity(1 << 16, file);
    let value = fill(&mut writer)?;
    let file = writer.into_inner().map_err(|e| cannot_write(e.into_error()))?;
    file.sync_all().map_err(cannot_write)?;
    Ok((value, file))
}

fn make_folder(path: &Path) -> Result<&Path> {
    let folder = folder_of(path);
    fs::create_dir_all(folder).map_err(|e| Error::io("create the folder", folder, e))?;
    Ok(folder)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    // Windows opens no folders, and some network file systems sync none.
    if cfg!(not(unix)) {
        return Ok(());
    }
    match File::open(folder)?.sync_all() {
        Err(e) if matches!(e.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {
            Ok(())
        }
        other => other,
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// `.NAME.PROCESS-COUNT.tmp`, as [`Temporary::create`] names it.
fn is_temporary(name: &str) -> bool {
    let middle = name.strip_prefix('.').and_then(|name| name.strip_suffix(".tmp"));
    let number = middle.and_then(|middle| middle.rsplit_once('.')).map(|(_, number)| number);
    number.and_then(|number| number.split_once('-')).is_some_and(|(process, count)| {
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        digits(process) && digits(count)
    })
}

fn is_temporary_of(path: &Path, name: &str) -> bool {
    is_temporary(name) && name.starts_with(&format!(".{}.", file_name(path)))
}

fn remove_leftovers(folder: &Path, is_one: impl Fn(&str) -> bool) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if !entry.file_name().to_str().is_some_and(&is_one) {
            continue;
        }
        let path = entry.path();
        // Whoever writes it holds it; where there are no locks, nobody can say, and it stays.
        match File::open(&path).map(|file| (file.try_lock(), file)) {
            Ok((Ok(()), _held)) => {
                let _ = fs::remove_file(&path);
            }
            Ok((Err(TryLockError::WouldBlock | TryLockError::Error(_)), _)) | Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests;
