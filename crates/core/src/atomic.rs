//! Publishing a file: whoever looks sees the old one or the new one, whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Writes `path` through `fill`, so that a crash, a full disk or an error at any moment leaves
/// what was there before: temporary file beside it, fsync, rename, fsync of the folder.
///
/// The temporary name starts with a dot and does not end in `.parquet`, so that `*.parquet` in
/// another program never sees it; leftovers of a killed process are removed by the next write.
///
/// # Errors
/// Whatever the system or `fill` says, as [`Error::Io`] or `fill`'s own error.
pub fn publish<T>(path: &Path, fill: impl FnOnce(&mut BufWriter<File>) -> Result<T>) -> Result<T> {
    let folder = folder_of(path);
    fs::create_dir_all(folder).map_err(|e| Error::io("create the folder", folder, e))?;
    remove_leftovers(folder, path);
    let temporary = temporary_name(path);
    let outcome = write_and_rename(path, &temporary, fill);
    if outcome.is_err() {
        // The error at hand matters more than whether its debris could be removed.
        let _ = fs::remove_file(&temporary);
    }
    outcome
}

/// [`publish`] for bytes that are already there.
///
/// # Errors
/// As [`publish`].
pub fn publish_bytes(path: &Path, bytes: &[u8]) -> Result<()> {
    publish(path, |file| file.write_all(bytes).map_err(|e| Error::io("write", path, e)))
}

fn write_and_rename<T>(
    path: &Path,
    temporary: &Path,
    fill: impl FnOnce(&mut BufWriter<File>) -> Result<T>,
) -> Result<T> {
    let cannot_write = |e: io::Error| Error::io("write", path, e);
    let file =
        OpenOptions::new().write(true).create_new(true).open(temporary).map_err(cannot_write)?;
    let mut writer = BufWriter::with_capacity(1 << 16, file);
    let value = fill(&mut writer)?;
    let file = writer.into_inner().map_err(|e| cannot_write(e.into_error()))?;
    file.sync_all().map_err(cannot_write)?;
    drop(file);
    fs::rename(temporary, path).map_err(cannot_write)?;
    let folder = folder_of(path);
    // A rename is atomic at once, but durable only when its folder is.
    File::open(folder).and_then(|f| f.sync_all()).map_err(|e| Error::io("write", folder, e))?;
    Ok(value)
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

fn temporary_name(path: &Path) -> PathBuf {
    folder_of(path).join(format!(".{}.{}.tmp", file_name(path), std::process::id()))
}

fn remove_leftovers(folder: &Path, path: &Path) {
    let prefix = format!(".{}.", file_name(path));
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(&prefix) && name.ends_with(".tmp") {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_no_debris() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        publish_bytes(&path, b"old").unwrap();
        let failed: Result<()> = publish(&path, |file| {
            file.write_all(b"half of the n").unwrap();
            Err(Error::Bug("stop".to_owned()))
        });
        assert!(failed.is_err());
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn leftovers_of_a_killed_process_go_with_the_next_write() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(".a.parquet.99999.tmp"), b"torn").unwrap();
        publish_bytes(&folder.path().join("a.parquet"), b"new").unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
