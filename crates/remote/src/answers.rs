//! A store of answers that outlives the machine that asked.
//!
//! An address of answers is a folder. Every attempt puts its store there under a name of its own, so that two
//! that work on the same never undo each other's, and begins from the newest, with what others there know
//! besides.

use std::hash::{DefaultHasher, Hasher};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cladus_core::{Error, Result};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use crate::address::ObjectAddress;
use crate::bucket::{Buckets, Found};

/// What a store is called there ends so.
const ENDING: &str = ".sqlite";

/// How often, and after what pause, a store is copied that is written to: a minute in all.
const TRIES: usize = 600;
const PAUSE: Duration = Duration::from_millis(100);

/// A store of answers and its copy.
#[derive(Debug)]
pub struct RemoteAnswers {
    buckets: Buckets,
    /// What this attempt puts there.
    own: ObjectAddress,
    path: PathBuf,
    /// The digest of what was put last, or need not be.
    put: Option<u64>,
    /// Stores that earlier attempts left in this folder, of which nothing has been put yet.
    left: Vec<PathBuf>,
}

impl RemoteAnswers {
    /// The answers at `address`, in the file `path`, with everything that earlier attempts were answered: also
    /// one that left its store in this file, because it could not put it.
    ///
    /// # Errors
    /// When a store cannot be reached, the disk fails, or one of the stores is damaged.
    pub fn fetch(buckets: Buckets, address: &ObjectAddress, path: &Path) -> Result<Self> {
        let parent = path.parent().unwrap_or(path);
        std::fs::create_dir_all(parent).map_err(|e| Error::io("create the folder", parent, e))?;
        let left = left_behind(path)?;
        let mut stores = buckets.list(address)?;
        stores.retain(|found| found.name.ends_with(ENDING));
        stores.sort_by(|a, b| (b.modified, &b.name).cmp(&(a.modified, &a.name)));
        let mut others = left.clone();
        for (at, Found { name, .. }) in stores.iter().enumerate() {
            let copy =
                if at == 0 { path.to_owned() } else { path.with_extension(format!("{at}.sqlite")) };
            // Nobody deletes one; a name that is gone was never whole.
            if buckets.fetch(&address.join(name), &copy)? && at > 0 {
                others.push(copy);
            }
        }
        if !others.is_empty() {
            import(path, &others)?;
        }
        tracing::info!("answers of {} stores in {address}", stores.len());
        let own = address.join(&attempt());
        let mut answers = Self { buckets, own, path: path.to_owned(), put: None, left };
        if answers.left.is_empty() {
            // What is there already need not be put once more.
            answers.put = answers.snapshot()?.map(|(_, digest)| digest);
        }
        Ok(answers)
    }

    /// Puts what is known by now, if that is more than is there: all that was committed, while the command goes
    /// on.
    ///
    /// # Errors
    /// When the store cannot be copied or put.
    pub fn put(&mut self) -> Result<()> {
        let Some((copy, digest)) = self.snapshot()? else { return Ok(()) };
        if self.put != Some(digest) {
            self.buckets.put(&copy, &self.own)?;
            tracing::info!("put {}", self.own);
            self.put = Some(digest);
        }
        Ok(())
    }

    /// Puts what is known, now that the command has ended: nothing is left behind here.
    ///
    /// # Errors
    /// When the store cannot be copied or put: then it stays where it is.
    pub fn finish(mut self) -> Result<()> {
        self.put()?;
        self.left.iter().try_for_each(|left| remove(left))?;
        remove(&self.path)
    }

    /// A copy of the store as it is, if there is one yet, and the digest of its bytes.
    fn snapshot(&self) -> Result<Option<(PathBuf, u64)>> {
        if !self.path.is_file() {
            return Ok(None);
        }
        let copy = self.path.with_extension("put");
        copied(&self.path, &copy)?;
        let digest = digest(&copy).map_err(|e| Error::io("read", &copy, e))?;
        Ok(Some((copy, digest)))
    }
}

/// What a store set aside is called.
const LEFT: &str = "left.sqlite";

/// Sets the store aside that lies at `path`, with what is still in its log, and says which stores lie there so: they
/// stay until what they hold has been put.
fn left_behind(path: &Path) -> Result<Vec<PathBuf>> {
    let parent = path.parent().unwrap_or(path);
    if path.is_file() {
        let (half, whole) =
            (path.with_extension("half"), parent.join(format!("{}.{LEFT}", attempt())));
        copied(path, &half)?;
        std::fs::rename(&half, &whole).map_err(|e| Error::io("rename", &half, e))?;
        remove(path)?;
    }
    let failed = |e| Error::io("read", parent, e);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(parent).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.to_str().is_some_and(|name| name.ends_with(LEFT)) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Removes a store with its log.
fn remove(path: &Path) -> Result<()> {
    for ending in ["", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_owned();
        file.push(ending);
        match std::fs::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Error::io("remove", Path::new(&file), error));
            }
            _ => {}
        }
    }
    Ok(())
}

fn copied(from: &Path, to: &Path) -> Result<()> {
    snapshot_of(from, to).map_err(|e| Error::io("copy", from, io::Error::other(e)))
}

/// A name that no other attempt has, later ones behind earlier ones.
fn attempt() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    format!("{now:020}-{}{ENDING}", std::process::id())
}

/// What is committed in the store `from`, as a file of its own: a copy of the file alone would lack what is
/// still in the log beside it.
fn snapshot_of(from: &Path, to: &Path) -> rusqlite::Result<()> {
    let _ = std::fs::remove_file(to);
    let source = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    source.busy_timeout(PAUSE)?;
    let mut target = Connection::open(to)?;
    let backup = Backup::new(&source, &mut target)?;
    for _ in 0..TRIES {
        if backup.step(-1)? == StepResult::Done {
            return Ok(());
        }
        // Somebody writes at this moment; what is copied by half must not be taken for whole.
        std::thread::sleep(PAUSE);
    }
    Err(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY), None))
}

fn digest(path: &Path) -> io::Result<u64> {
    let mut file = std::fs::File::open(path)?;
    let (mut hasher, mut buffer) = (DefaultHasher::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hasher.finish()),
            n => hasher.write(&buffer[..n]),
        }
    }
}

/// Brings the answers of `others` into the store at `path`, by the program that knows how.
fn import(path: &Path, others: &[PathBuf]) -> Result<()> {
    let cladus = Path::new("cladus");
    let folder = path.with_extension("run");
    std::fs::create_dir_all(&folder).map_err(|e| Error::io("create the folder", &folder, e))?;
    let mut command = Command::new(cladus);
    command
        .args(["import-answers", "--quiet"])
        .arg(&folder)
        .arg("--answers")
        .arg(path)
        .args(others);
    let output = command.output().map_err(|e| {
        Error::config_hint(
            format!(
                "answers of {} stores cannot be brought together: cladus cannot be started: {e}",
                others.len() + 1
            ),
            "the program `cladus` must be in PATH",
        )
    })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(Error::damaged(path, format!("answers cannot be brought together: {}", said.trim())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_has_what_is_only_in_the_log_yet() {
        let folder = tempfile::tempdir().unwrap();
        let (store, copy) = (folder.path().join("a.sqlite"), folder.path().join("a.put"));
        let open = Connection::open(&store).unwrap();
        open.pragma_update(None, "journal_mode", "wal").unwrap();
        open.execute_batch("CREATE TABLE answers (text); INSERT INTO answers VALUES ('paid for')")
            .unwrap();
        for _ in 0..2 {
            snapshot_of(&store, &copy).unwrap();
            let text: String = Connection::open(&copy)
                .unwrap()
                .query_row("SELECT text FROM answers", [], |row| row.get(0))
                .unwrap();
            assert_eq!(text, "paid for");
        }
        drop(open);
    }

    #[test]
    fn attempts_never_share_a_name() {
        let (first, second) = (attempt(), attempt());
        assert!(first < second && second.ends_with(ENDING));
    }
}
