//! What rows an artifact holds, told without reading it again where nothing has touched it since.
//!
//! A digest is remembered together with the file's stamp (size, times, inode). A stamp that is the
//! same means the same bytes. Where it differs (`touch`, a copy), the bytes are hashed, which is quick,
//! and only where those differ too is the file decoded. Whether anything is stale is decided by rows
//! alone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::artifact;
use crate::atomic;
use crate::error::{Error, Result};

/// The rows of an artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// Digest of the rows, in any order.
    pub digest: String,
    /// How many they are.
    pub rows: usize,
}

/// What the file system says about a file: other bytes have another stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    size: u64,
    /// Nanoseconds since 1970, like the next.
    modified: i64,
    /// Unlike the time above, this one cannot be set by `touch`.
    changed: i64,
    inode: u64,
}

/// Younger than this a file may change again without its times telling: clocks of file systems tick
/// every few milliseconds.
const TICK: Duration = Duration::from_millis(20);
/// The same where times are whole seconds.
const COARSE_TICK: Duration = Duration::from_secs(2);

/// What is known of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct FileEntry {
    stamp: Stamp,
    /// Digest of its bytes, once somebody needed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<String>,
    content: Content,
    /// What was found out about its rows, by question.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    told: BTreeMap<String, String>,
}

type KnownFiles = BTreeMap<PathBuf, FileEntry>;

/// Of this process: what a file holds does not depend on who asks.
static KNOWN: Mutex<KnownFiles> = Mutex::new(BTreeMap::new());

impl Stamp {
    /// The stamp of the file at `path`; `None` where there is none, or the system has none to give.
    pub fn of(path: &Path) -> Option<Self> {
        let found = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
        Self::of_metadata(&found)
    }

    #[cfg(unix)]
    fn of_metadata(found: &std::fs::Metadata) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        let nanoseconds =
            |s: i64, ns: i64| s.checked_mul(1_000_000_000).and_then(|t| t.checked_add(ns));
        Some(Self {
            size: found.size(),
            modified: nanoseconds(found.mtime(), found.mtime_nsec())?,
            changed: nanoseconds(found.ctime(), found.ctime_nsec())?,
            inode: found.ino(),
        })
    }

    #[cfg(not(unix))]
    fn of_metadata(_: &std::fs::Metadata) -> Option<Self> {
        None
    }

    /// Has the file rested long enough that any change from now on shows in its stamp?
    pub fn is_settled(&self, now: SystemTime) -> bool {
        let coarse = self.modified % 1_000_000_000 == 0 && self.changed % 1_000_000_000 == 0;
        let rest = if coarse { COARSE_TICK } else { TICK };
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let rested = now.saturating_sub(rest.as_nanos());
        // A time in the future has not rested either.
        let last = self.modified.max(self.changed);
        u128::try_from(last).is_ok_and(|last| last < rested)
    }
}

/// What the artifact at `path` holds.
///
/// # Errors
/// When it has to be read and cannot, or is no artifact.
pub fn of(path: &Path) -> Result<Content> {
    let key = absolute(path);
    let stamp = Stamp::of(path);
    let old = known().get(&key).cloned();
    if let Some(old) = &old
        && Some(old.stamp) == stamp
    {
        return Ok(old.content.clone());
    }
    let same = old.and_then(|old| {
        let bytes = old.bytes?;
        (digest_of_bytes(path).ok()? == bytes).then_some((Some(bytes), old.content, old.told))
    });
    let (bytes, content, told) = match same {
        Some(same) => same,
        None => {
            let (digest, rows) = artifact::read_digest(path, artifact::recognise(path)?)?;
            (None, Content { digest: digest.to_string(), rows }, BTreeMap::new())
        }
    };
    // What was replaced while it was read is not known.
    if let Some(stamp) = stamp
        && Stamp::of(path) == Some(stamp)
    {
        known().insert(key, FileEntry { stamp, bytes, content: content.clone(), told });
    }
    Ok(content)
}

/// What `tell` finds out about the rows of the artifact at `path`, remembered with them under the name
/// `question`: only the rows, and not their order, may decide the answer.
///
/// # Errors
/// When the artifact has to be read and cannot, or `tell` fails.
pub fn about(path: &Path, question: &str, tell: impl FnOnce() -> Result<String>) -> Result<String> {
    let content = of(path)?;
    let key = absolute(path);
    let told = |entry: &FileEntry| entry.told.get(question).cloned();
    if let Some(told) = known().get(&key).filter(|entry| entry.content == content).and_then(told) {
        return Ok(told);
    }
    let told = tell()?;
    if let Some(entry) = known().get_mut(&key).filter(|entry| entry.content == content) {
        entry.told.insert(question.to_owned(), told.clone());
    }
    Ok(told)
}

/// The artifact at `path` was just written, and holds `content`.
pub fn wrote(path: &Path, content: Content) {
    if let Some(stamp) = Stamp::of(path) {
        known().insert(
            absolute(path),
            FileEntry { stamp, bytes: None, content, told: BTreeMap::new() },
        );
    }
}

/// Takes over what an earlier process remembered in the file `memory` about files below `root`. A
/// memory that cannot be read is none.
pub fn recall(memory: &Path, root: &Path) {
    let Ok(text) = std::fs::read(memory) else { return };
    let Ok(entries) = serde_json::from_slice::<BTreeMap<String, FileEntry>>(&text) else {
        return;
    };
    let root = absolute(root);
    let entries = entries.into_iter().map(|(name, entry)| (root.join(name), entry));
    known().extend(entries);
}

/// Leaves what this process knows about files below `root` in the file `memory`, for the next one.
///
/// Files that are so young that they could still change unnoticed are waited for, a moment at most,
/// or left out.
///
/// # Errors
/// When it cannot be written.
pub fn remember(memory: &Path, root: &Path) -> Result<()> {
    let root = absolute(root);
    let below = |known: &KnownFiles| -> BTreeMap<String, FileEntry> {
        let inside = known.iter().filter_map(|(path, entry)| {
            let name = path.strip_prefix(&root).ok()?.to_str()?.to_owned();
            Some((name, entry.clone()))
        });
        inside.collect()
    };
    let mut entries = below(&known());
    for (name, entry) in entries.iter_mut().filter(|(_, entry)| entry.bytes.is_none()) {
        entry.bytes = digest_of_bytes(&root.join(name)).ok();
    }
    if entries.values().any(|entry| !entry.stamp.is_settled(SystemTime::now())) {
        std::thread::sleep(TICK);
    }
    let now = SystemTime::now();
    entries.retain(|name, entry| {
        let path = root.join(name);
        entry.stamp.is_settled(now) && Stamp::of(&path) == Some(entry.stamp)
    });
    let mut text = serde_json::to_string(&entries).map_err(|e| Error::Bug(e.to_string()))?;
    text.push('\n');
    if std::fs::read(memory).is_ok_and(|old| old == text.as_bytes()) {
        return Ok(());
    }
    atomic::publish_bytes(memory, text.as_bytes())
}

fn digest_of_bytes(path: &Path) -> std::io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(std::fs::File::open(path)?)?;
    Ok(hasher.finalize().to_hex().to_string())
}

fn known() -> MutexGuard<'static, KnownFiles> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::{Grouping, write_groups};

    fn groups(path: &Path, ids: &[&str]) -> Content {
        let row = |id: &&str| Grouping { cluster_id: (*id).to_owned(), group_id: 0, distance: 0.0 };
        let rows: Vec<Grouping> = ids.iter().map(row).collect();
        let written = write_groups(path, &rows).unwrap();
        Content { digest: written.digest.to_string(), rows: written.rows }
    }

    #[test]
    fn what_is_remembered_holds_only_for_the_file_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let (path, memory) = (folder.path().join("groups.parquet"), folder.path().join("m.json"));
        let first = groups(&path, &["a", "b"]);
        assert_eq!(of(&path).unwrap(), first);
        remember(&memory, folder.path()).unwrap();
        known().remove(&path);
        recall(&memory, folder.path());
        assert!(known().contains_key(&path), "it was old enough to be remembered");

        // Copied and touched: the bytes are what they were, and nothing is decoded.
        let copy = folder.path().join("copy");
        std::fs::copy(&path, &copy).unwrap();
        std::fs::rename(&copy, &path).unwrap();
        assert_ne!(Some(known()[&path].stamp), Stamp::of(&path));
        assert_eq!(of(&path).unwrap(), first);
        assert_eq!(Some(known()[&path].stamp), Stamp::of(&path));

        // Damage in place that leaves the length as it is: only the times tell.
        let stamp = Stamp::of(&path).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, vec![0; bytes.len()]).unwrap();
        assert_ne!(Stamp::of(&path), Some(stamp));
        assert!(of(&path).is_err());
        assert_ne!(groups(&path, &["a", "c"]), first);
        assert_ne!(of(&path).unwrap(), first);
    }

    #[test]
    fn what_was_found_out_is_remembered_with_the_rows() {
        let folder = tempfile::tempdir().unwrap();
        let (path, memory) = (folder.path().join("groups.parquet"), folder.path().join("m.json"));
        groups(&path, &["a", "b"]);
        let ask = |answer: &str| about(&path, "what", || Ok(answer.to_owned())).unwrap();
        assert_eq!(ask("first"), "first");
        assert_eq!(ask("second"), "first");
        remember(&memory, folder.path()).unwrap();
        known().remove(&path);
        recall(&memory, folder.path());
        assert_eq!(ask("third"), "first", "another process remembers");
        let copy = folder.path().join("copy");
        std::fs::copy(&path, &copy).unwrap();
        std::fs::rename(&copy, &path).unwrap();
        assert_eq!(ask("fourth"), "first", "the same bytes in another file");
        groups(&path, &["a", "c"]);
        assert_eq!(ask("fifth"), "fifth", "other rows");
    }

    #[test]
    fn what_could_still_change_unnoticed_has_not_settled() {
        let second = 1_000_000_000;
        let at = |modified| Stamp { size: 1, modified, changed: modified, inode: 1 };
        let now = UNIX_EPOCH + Duration::from_secs(100);
        assert!(at(99 * second + 1).is_settled(now));
        assert!(!at(100 * second - 1_000_000).is_settled(now), "a millisecond ago");
        assert!(!at(99 * second).is_settled(now), "whole seconds: a second ago");
        assert!(at(97 * second).is_settled(now));
        assert!(!at(101 * second + 1).is_settled(now), "in the future");
    }
}
