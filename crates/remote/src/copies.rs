//! The files that were fetched, and those that the command made of them.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use cladus_core::content::Stamp;
use cladus_core::shard::Shard;
use cladus_core::{Error, Result};

use crate::address::ObjectAddress;
use crate::bucket::Buckets;

/// Copies of what a command reads and writes.
#[derive(Debug)]
pub struct Copies {
    buckets: Buckets,
    folder: PathBuf,
    /// Folders that may come to hold new files, and the addresses they are copies of.
    watched: Vec<(PathBuf, ObjectAddress)>,
    /// Files as they were before the command: those that were fetched, and those that lay there.
    known: BTreeMap<PathBuf, Option<Stamp>>,
}

impl Copies {
    /// Copies below `folder`.
    pub fn new(buckets: Buckets, folder: PathBuf) -> Self {
        Self { buckets, folder, watched: Vec::new(), known: BTreeMap::new() }
    }

    /// Fetches what is read at `address`: a file and its manifest, or a folder without its stores of answers.
    ///
    /// # Errors
    /// When nothing is there, or a store or the disk fails.
    pub fn read(&mut self, address: &ObjectAddress) -> Result<()> {
        if self.fetch(address)? {
            if let Some(manifest) = manifest_of(address) {
                self.fetch(&manifest)?;
            }
            return Ok(());
        }
        let found = self.buckets.list(address)?;
        if found.is_empty() {
            let nothing = io::Error::new(
                io::ErrorKind::NotFound,
                "there is no such object, and nothing below it",
            );
            return Err(Error::io("read", Path::new(address.url().as_str()), nothing));
        }
        for object in found.iter().filter(|object| is_file_of_a_run(&object.name)) {
            self.fetch(&address.join(&object.name))?;
        }
        self.watch(address.path(&self.folder), address.clone())
    }

    /// Fetches what is there of what will be written to `address`: the artifact, its manifest and its
    /// shares; of a share's work, that share alone.
    ///
    /// # Errors
    /// When a store or the disk fails.
    pub fn written(&mut self, address: &ObjectAddress, shard: Option<Shard>) -> Result<()> {
        let path = address.path(&self.folder);
        let out = shard.map_or_else(|| path.clone(), |shard| shard.path(&path));
        let stem = out.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let folder = address.folder();
        for object in self.buckets.list(&folder)? {
            if object.name.strip_prefix(stem).is_some_and(|rest| rest.starts_with('.')) {
                self.fetch(&address.beside(&object.name))?;
            }
        }
        let parent = path.parent().unwrap_or(&path).to_owned();
        self.watch(parent, folder)
    }

    /// Puts every file that is new or was changed: artifacts before the manifests that vouch for them. Says
    /// how many.
    ///
    /// # Errors
    /// When a store or the disk fails.
    pub fn put_new(&self) -> Result<usize> {
        let mut new = BTreeMap::new();
        for (folder, address) in &self.watched {
            for path in files(folder)? {
                let Some(name) = name_below(folder, &path) else { continue };
                let same = self.known.get(&path).is_some_and(|stamp| *stamp == Stamp::of(&path));
                if !same && is_file_of_a_run(&name) {
                    let last = name.ends_with(MANIFEST);
                    new.insert((last, path), address.join(&name));
                }
            }
        }
        for ((_, path), address) in &new {
            tracing::info!("put {address}");
            self.buckets.put(path, address)?;
        }
        Ok(new.len())
    }

    fn fetch(&mut self, address: &ObjectAddress) -> Result<bool> {
        let path = address.path(&self.folder);
        let found = self.buckets.fetch(address, &path)?;
        if found {
            tracing::info!("fetched {address}");
            self.know(path);
        }
        Ok(found)
    }

    fn know(&mut self, path: PathBuf) {
        let stamp = Stamp::of(&path);
        self.known.insert(path, stamp);
    }

    fn watch(&mut self, folder: PathBuf, address: ObjectAddress) -> Result<()> {
        std::fs::create_dir_all(&folder).map_err(|e| Error::io("create the folder", &folder, e))?;
        for path in files(&folder)? {
            self.know(path);
        }
        if !self.watched.iter().any(|(known, _)| *known == folder) {
            self.watched.push((folder, address));
        }
        Ok(())
    }
}

const MANIFEST: &str = ".manifest.json";

fn manifest_of(address: &ObjectAddress) -> Option<ObjectAddress> {
    Some(address.beside(&format!("{}{MANIFEST}", address.name().strip_suffix(".parquet")?)))
}

/// Is `name`, a path below a run folder, neither hidden nor half written, nor a store of answers?
fn is_file_of_a_run(name: &str) -> bool {
    let hidden = name.split('/').any(|part| part.starts_with('.'));
    let passing = [".sqlite", ".sqlite-wal", ".sqlite-shm", ".part", ".tmp"];
    !hidden && !passing.iter().any(|ending| name.ends_with(ending))
}

fn name_below(folder: &Path, path: &Path) -> Option<String> {
    let parts = path.strip_prefix(folder).ok()?.iter().map(|part| part.to_str());
    Some(parts.collect::<Option<Vec<_>>>()?.join("/"))
}

/// All files in `folder` and below it.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let failed = |e| Error::io("read", folder, e);
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let kind = entry.file_type().map_err(failed)?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_files_stores_and_halves_stay_where_they_are() {
        for name in
            ["iteration-1/groups.parquet", "cladus.toml", "prompts/label.md", "map.manifest.json"]
        {
            assert!(is_file_of_a_run(name), "{name}");
        }
        for name in [
            ".lock",
            "iteration-1/.label.stopped",
            "answers.sqlite",
            "answers/a.sqlite-wal",
            "a.parquet.part",
        ] {
            assert!(!is_file_of_a_run(name), "{name}");
        }
    }

    fn address(folder: &Path, name: &str) -> ObjectAddress {
        ObjectAddress::parse(&format!("file://{}/{name}", folder.display())).unwrap()
    }

    fn names(folder: &Path) -> Vec<String> {
        files(folder).unwrap().iter().map(|path| name_below(folder, path).unwrap()).collect()
    }

    #[test]
    fn a_share_fetches_its_own_and_puts_what_is_new() {
        let (there, here) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let run = there.path().join("run");
        std::fs::create_dir_all(run.join("answers")).unwrap();
        for name in [
            "clusters.parquet",
            "clusters.manifest.json",
            "labels.shard-1-of-2.parquet",
            "labels.parquet",
        ] {
            std::fs::write(run.join(name), name).unwrap();
        }
        let buckets = Buckets::new().unwrap();
        let mut copies = Copies::new(buckets.clone(), here.path().to_owned());
        copies.read(&address(&run, "clusters.parquet")).unwrap();
        let out = address(&run, "labels.parquet");
        copies.written(&out, "2/2".parse().ok()).unwrap();
        let folder = out.path(here.path());
        let folder = folder.parent().unwrap();
        assert_eq!(names(folder), ["clusters.manifest.json", "clusters.parquet"]);
        std::fs::write(folder.join("labels.shard-2-of-2.parquet"), "new").unwrap();
        std::fs::write(folder.join("answers.sqlite"), "not this way").unwrap();
        assert_eq!(copies.put_new().unwrap(), 1);
        assert_eq!(std::fs::read(run.join("labels.shard-2-of-2.parquet")).unwrap(), b"new");
        assert!(!run.join("answers.sqlite").exists());

        let mut whole = Copies::new(buckets.clone(), here.path().to_owned());
        whole.written(&out, None).unwrap();
        assert!(names(folder).contains(&"labels.shard-1-of-2.parquet".to_owned()));
    }

    #[test]
    fn a_folder_is_fetched_whole_and_what_is_not_there_is_an_error() {
        let (there, here) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let run = there.path().join("my run");
        std::fs::create_dir_all(run.join("iteration-1")).unwrap();
        for name in ["cladus.toml", "answers.sqlite", "iteration-1/parents.parquet"] {
            std::fs::write(run.join(name), name).unwrap();
        }
        let buckets = Buckets::new().unwrap();
        let mut copies = Copies::new(buckets.clone(), here.path().to_owned());
        let from = address(there.path(), "my run");
        copies.read(&from).unwrap();
        let folder = from.path(here.path());
        assert_eq!(names(&folder), ["cladus.toml", "iteration-1/parents.parquet"]);
        std::fs::write(folder.join("hierarchy.parquet"), "tree").unwrap();
        std::fs::write(folder.join("cladus.toml"), "changed").unwrap();
        assert_eq!(copies.put_new().unwrap(), 2);
        assert_eq!(std::fs::read(run.join("cladus.toml")).unwrap(), b"changed");
        let error = copies.read(&address(there.path(), "nowhere")).unwrap_err();
        assert_eq!(error.exit_code(), cladus_core::exit::INPUT, "{error}");
    }
}
