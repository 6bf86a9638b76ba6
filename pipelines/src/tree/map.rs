//! The map beside a hierarchy: made where somebody wants one, and from then on as fresh as the rest.

use std::path::PathBuf;

use cladus_cli::Display;
use cladus_core::config::Config;
use cladus_core::fingerprint::{Fingerprint, StageArgs};
use cladus_core::manifest::{self, ArtifactState};
use cladus_core::{Result, schema};
use cladus_project::ProjectArgs;

use crate::folder::RunFolder;
use crate::stages::metered::Metered;
use crate::stages::stage::quote;
use crate::tree::hierarchy::Again;

/// As tables and progress call it.
pub const STAGE: &str = "map";

/// The map of a run.
#[derive(Debug, Clone)]
pub struct Map {
    args: ProjectArgs,
}

impl Map {
    /// That of `folder`.
    pub fn of(folder: &RunFolder, config: &Config) -> Self {
        let args = ProjectArgs {
            hierarchy: folder.hierarchy(),
            embeddings: folder.artifact(1, schema::EMBEDDINGS.artifact),
            out: folder.map(),
            seed: Some(config.seed),
            params: None,
        };
        Self { args }
    }

    /// Is there one? Then somebody wanted it.
    pub fn is_there(&self) -> bool {
        self.args.out.is_file()
    }

    /// Can one be made? A run of fewer clusters than roots has no vectors.
    pub fn can_be_made(&self) -> bool {
        self.args.embeddings.is_file()
    }

    /// Where it is written.
    pub fn out(&self) -> PathBuf {
        self.args.out()
    }

    /// What it depends on.
    ///
    /// # Errors
    /// Never in practice: no settings are read.
    pub fn fingerprint(&self) -> Result<Fingerprint> {
        self.args.fingerprint()
    }

    /// The command line that makes it by hand.
    pub fn shell(&self) -> String {
        let seed = self.args.seed.unwrap_or_default().to_string();
        let words = [
            ("--hierarchy", self.args.hierarchy.clone().into_os_string()),
            ("--embeddings", self.args.embeddings.clone().into_os_string()),
            ("--out", self.args.out.clone().into_os_string()),
            ("--seed", seed.into()),
        ];
        let words = words.iter().map(|(flag, value)| format!(" {flag} {}", quote(value)));
        format!("cladus-project{}", words.collect::<String>())
    }

    /// Makes it, unless it is what it should be or was edited by hand, which is told (with `again`, which
    /// makes it again). Says whether it was made.
    ///
    /// # Errors
    /// When a file cannot be read or written, or no cluster has a vector.
    pub fn update(&self, again: Again<'_>, display: &Display) -> Result<bool> {
        let out = &self.args.out;
        let fingerprint = self.fingerprint()?;
        let parts = fingerprint.parts()?;
        match manifest::state(out, &fingerprint, &parts) {
            Ok(ArtifactState::Fresh { .. }) => return Ok(false),
            Ok(ArtifactState::Stale(_)) => {}
            Ok(ArtifactState::Edited { .. }) | Err(_) if again == Again::Discard => {}
            Ok(ArtifactState::Edited { since }) => {
                let changed =
                    if since.is_empty() { "" } else { ", though what it shows has changed" };
                display.warning(&format!(
                    "{} was edited by hand and is kept{changed} ({} rebuilds it)",
                    out.display(),
                    again.how()
                ));
                return Ok(false);
            }
            Err(error) => return Err(error),
        }
        display.command(&self.shell());
        manifest::replacing(out)?;
        let progress = Metered::new(display.stage(&format!("    {STAGE:<7}")));
        let ran = cladus_project::run(&self.args, &progress)?;
        progress.finish(&ran.note);
        manifest::record_run(out, &fingerprint, parts, &ran)?;
        Ok(true)
    }
}
