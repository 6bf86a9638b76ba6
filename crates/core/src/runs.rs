//! Run folders, as every command finds them.

use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// Whether a run was made in `folder`, or begun.
pub fn is_run(folder: &Path) -> bool {
    ["hierarchy.parquet", "clusters.parquet", "cladus.toml"]
        .iter()
        .any(|name| folder.join(name).is_file())
}

/// The present folder if it is a run, else the only run in it.
///
/// # Errors
/// When there is none, or several.
pub fn here() -> Result<PathBuf> {
    of(Path::new("."))
}

fn of(here: &Path) -> Result<PathBuf> {
    if is_run(here) {
        return Ok(here.to_owned());
    }
    let entries = std::fs::read_dir(here).map_err(|e| Error::io("read", here, e))?;
    let folders = entries.flatten().map(|entry| entry.path()).filter(|path| is_run(path));
    let mut runs: Vec<PathBuf> = folders.collect();
    runs.sort();
    let shown = |path: &PathBuf| path.strip_prefix(here).unwrap_or(path).display().to_string();
    match runs.as_slice() {
        [run] => Ok(run.strip_prefix(here).unwrap_or(run).to_owned()),
        [] => Err(Error::config_hint(
            "no run is given, and there is none in the current folder",
            "give a run folder, or create one: `cladus run INPUT`",
        )),
        several => {
            let names: Vec<String> = several.iter().take(5).map(shown).collect();
            let more = if several.len() > names.len() { ", …" } else { "" };
            Err(Error::config_hint(
                format!("no run is given, and there are {} in the current folder", several.len()),
                format!("give one of them: {}{more}", names.join(", ")),
            ))
        }
    }
}

/// The hierarchy of a finished run.
///
/// # Errors
/// When the folder holds none.
pub fn finished(root: &Path) -> Result<PathBuf> {
    let hierarchy = root.join("hierarchy.parquet");
    if hierarchy.is_file() {
        return Ok(hierarchy);
    }
    let problem =
        if root.is_dir() { "contains no hierarchy.parquet" } else { "is not a run folder" };
    Err(Error::damaged(
        root,
        format!("{problem}: create one with `cladus run INPUT --out {}`", root.display()),
    ))
}

/// The run at `folder`, as a store of answers names who pays: its own store serves no other.
pub fn payer(answers: &Path, folder: &Path) -> String {
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let folder = absolute(folder);
    let own = absolute(answers).parent().is_some_and(|parent| parent == folder);
    if own { String::new() } else { folder.display().to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_only_run_here_is_meant() {
        let folder = tempfile::tempdir().unwrap();
        let (root, path) = (folder.path(), |name: &str| folder.path().join(name));
        assert!(of(root).unwrap_err().to_string().contains("none in the current folder"));
        std::fs::create_dir_all(path("a")).unwrap();
        std::fs::create_dir_all(path("b")).unwrap();
        std::fs::write(path("b/cladus.toml"), "").unwrap();
        assert_eq!(of(root).unwrap(), Path::new("b"));
        std::fs::write(path("a/hierarchy.parquet"), "").unwrap();
        assert!(of(root).unwrap_err().to_string().contains("there are 2 in the current folder"));
        std::fs::write(path("clusters.parquet"), "").unwrap();
        assert_eq!(of(root).unwrap(), root);
    }
}
