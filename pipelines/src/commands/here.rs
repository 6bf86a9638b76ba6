//! The run that is meant where none is named: the one here.

use std::path::{Path, PathBuf};

pub(crate) use cladus_core::runs::{here, is_run};
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
