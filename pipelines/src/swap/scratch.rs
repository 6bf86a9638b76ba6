//! The folder that a command reads from and writes to.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use cladus_core::artifact::write_json_lines;
use cladus_core::schema::Schema;
use cladus_core::{Error, Result};

use super::word::OutputForm;
use crate::stages::stage::Stage;

/// A folder beside the artifact that is to be made.
///
/// Inside the iteration's folder, so that a stage of ours that is run as a command finds the run that
/// its calls belong to; hidden, so that `*.parquet` of other programs never sees it; and every process
/// has its own, because a command may outlive a run that was killed, and go on writing.
#[derive(Debug, Clone)]
pub(super) struct ScratchFolder {
    pub(super) folder: PathBuf,
    /// What the names of all processes' folders for this stage begin with.
    prefix: String,
}

impl ScratchFolder {
    pub(super) fn beside(out: &Path, stage: Stage) -> Self {
        let prefix = format!(".{}-", stage.name());
        let folder = out.with_file_name(format!("{prefix}{}", std::process::id()));
        Self { folder, prefix }
    }

    /// Where an artifact lies in it.
    pub(super) fn file(&self, schema: &Schema, form: OutputForm) -> PathBuf {
        self.folder.join(format!("{}.{}", schema.artifact, form.ending()))
    }

    /// Makes the folder, and removes those of runs before: the run folder is ours alone.
    pub(super) fn make(&self) -> Result<()> {
        let iteration = self.folder.parent().unwrap_or(Path::new("."));
        for entry in fs::read_dir(iteration).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(&self.prefix) {
                remove(&entry.path())?;
            }
        }
        fs::create_dir_all(&self.folder)
            .map_err(|e| Error::io("create the folder", &self.folder, e))
    }

    /// Puts the artifact at `from` there: a copy, because a program may write to what it should read.
    pub(super) fn hand_over(&self, from: &Path, schema: &Schema, form: OutputForm) -> Result<()> {
        let to = self.file(schema, form);
        match form {
            OutputForm::Parquet => {
                fs::copy(from, &to).map(drop).map_err(|e| Error::io("write", &to, e))
            }
            OutputForm::Lines => write_json_lines(from, schema, &to),
        }
    }

    /// Removes it with all that is in it.
    pub(super) fn remove(&self) -> Result<()> {
        remove(&self.folder)
    }
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(Error::io("remove", folder, e)),
        _ => Ok(()),
    }
}
