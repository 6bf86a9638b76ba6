//! The run that is meant where none is named: the one here.

use std::path::{Path, PathBuf};

use cladus_core::{Error, Result};

/// The run folder that a command reads.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct RunArg {
    /// Run folder [default: the current folder, or the only run in it].
    run: Option<PathBuf>,
}

impl RunArg {
    /// The one that was named, or the one that is here.
    ///
    /// # Errors
    /// When none is named, and there is none here, or several.
    pub(crate) fn path(&self) -> Result<PathBuf> {
        self.run.clone().map_or_else(here, Ok)
    }
}

/// Whether a run was made in `folder`, or begun.
pub(crate) fn is_run(folder: &Path) -> bool {
    ["hierarchy.parquet", "clusters.parquet", "cladus.toml"]
        .iter()
        .any(|name| folder.join(name).is_file())
}

/// The present folder if it is a run, else the only run in it.
///
/// # Errors
/// When there is none, or several.
pub(crate) fn here() -> Result<PathBuf> {
    run_in(Path::new("."))
}

fn run_in(here: &Path) -> Result<PathBuf> {
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

/// The run folder for an input where none is named: its name without endings, beside it in the present
/// folder; where something else bears that name, with `-run` behind it.
///
/// # Errors
/// When the input has no name to go by, or both are taken by something that is no run.
pub(crate) fn named_after(input: &Path) -> Result<PathBuf> {
    let name =
        input.file_name().and_then(|name| name.to_str()).filter(|_| input.as_os_str() != "-");
    let stem = name.map(|name| name.split('.').find(|part| !part.is_empty()).unwrap_or(name));
    let Some(stem) = stem.filter(|stem| !stem.is_empty()) else {
        return Err(Error::config_hint(
            format!("no run folder can be named after {}", input.display()),
            "name it yourself: --out RUN",
        ));
    };
    let is_free = |path: &Path| {
        let empty = || std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none());
        !path.exists() || is_run(path) || empty()
    };
    let names = [PathBuf::from(stem), PathBuf::from(format!("{stem}-run"))];
    names.into_iter().find(|path| is_free(path)).ok_or_else(|| {
        Error::config_hint(
            format!("{stem} exists and is not a run folder"),
            "name another folder: --out RUN",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_only_run_here_is_meant() {
        let folder = tempfile::tempdir().unwrap();
        let (root, path) = (folder.path(), |name: &str| folder.path().join(name));
        assert!(run_in(root).unwrap_err().to_string().contains("none in the current folder"));
        std::fs::create_dir_all(path("a")).unwrap();
        std::fs::create_dir_all(path("b")).unwrap();
        std::fs::write(path("b/cladus.toml"), "").unwrap();
        assert_eq!(run_in(root).unwrap(), Path::new("b"));
        std::fs::write(path("a/hierarchy.parquet"), "").unwrap();
        assert!(
            run_in(root).unwrap_err().to_string().contains("there are 2 in the current folder")
        );
        std::fs::write(path("clusters.parquet"), "").unwrap();
        assert_eq!(run_in(root).unwrap(), root);
    }

    #[test]
    fn a_run_is_named_after_its_input() {
        let name = |input: &str| named_after(Path::new(input)).unwrap();
        assert_eq!(name("/data/topic_info.csv.gz"), Path::new("topic_info"));
        assert_eq!(name("ünï code.jsonl"), Path::new("ünï code"));
        assert_eq!(name("/data/.hidden.csv"), Path::new("hidden"));
        // The tests run in the package's folder, where `src` is something else.
        assert_eq!(name("src.csv"), Path::new("src-run"));
        assert!(named_after(Path::new("-")).is_err());
        assert!(named_after(Path::new("..")).is_err());
    }
}
