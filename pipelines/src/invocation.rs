//! One stage of one iteration, as the command line that would do the same by hand.
//!
//! The driver builds command lines, shows them, and hands them to the stages in-process: what is
//! printed is what is done.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use cladus_core::artifact::Written;
use cladus_core::progress::Progress;
use cladus_core::schema::{self, Schema};
use cladus_core::{Error, Result};
use clap::{Args, Command, FromArgMatches};

use crate::manifest::Parts;

/// The five stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Stage {
    /// Clusters to embeddings.
    Embed,
    /// Embeddings to groups.
    Group,
    /// Candidate parent names for every group.
    Propose,
    /// One candidate for every cluster.
    Label,
    /// Equally labelled clusters become named parents.
    Rename,
}

impl Stage {
    /// In the order they run.
    pub const ALL: [Self; 5] = [Self::Embed, Self::Group, Self::Propose, Self::Label, Self::Rename];

    /// As people type it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Embed => "embed",
            Self::Group => "group",
            Self::Propose => "propose",
            Self::Label => "label",
            Self::Rename => "rename",
        }
    }

    /// What it writes.
    pub fn output(self) -> &'static Schema {
        match self {
            Self::Embed => &schema::EMBEDDINGS,
            Self::Group => &schema::GROUPS,
            Self::Propose => &schema::CANDIDATES,
            Self::Label => &schema::LABELS,
            Self::Rename => &schema::PARENTS,
        }
    }

    /// Raised by hand in the stage's crate when its results change.
    fn version(self) -> u32 {
        match self {
            Self::Embed => cladus_embed::VERSION,
            Self::Group => cladus_group::VERSION,
            Self::Propose => cladus_propose::VERSION,
            Self::Label => cladus_label::VERSION,
            Self::Rename => cladus_rename::VERSION,
        }
    }
}

/// A stage with everything it is told.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The stage.
    pub stage: Stage,
    /// Flags that name an artifact to read.
    pub inputs: Vec<(&'static str, PathBuf)>,
    /// Flags that change the result.
    pub parameters: Vec<(&'static str, String)>,
    /// The artifact to write.
    pub out: PathBuf,
}

impl Invocation {
    /// The command line, program first.
    pub fn command_line(&self) -> Vec<OsString> {
        let mut line: Vec<OsString> = vec![format!("cladus-{}", self.stage.name()).into()];
        for (flag, path) in &self.inputs {
            line.extend([OsString::from(flag), path.into()]);
        }
        line.extend(["--out".into(), self.out.clone().into()]);
        for (flag, value) in &self.parameters {
            line.extend([OsString::from(flag), value.into()]);
        }
        line
    }

    /// The command line as a shell reads it.
    pub fn shell(&self) -> String {
        let quoted: Vec<String> = self.command_line().iter().map(quote).collect();
        quoted.join(" ")
    }

    /// What the result depends on; `content` tells the digest of an input's rows.
    ///
    /// # Errors
    /// Whatever `content` says.
    pub fn parts(&self, mut content: impl FnMut(&Path) -> Result<String>) -> Result<Parts> {
        let mut parts = Parts::new();
        parts.insert("version".to_owned(), self.stage.version().to_string());
        for (flag, value) in &self.parameters {
            parts.insert((*flag).to_owned(), value.clone());
        }
        for (flag, path) in &self.inputs {
            parts.insert((*flag).to_owned(), content(path)?);
        }
        Ok(parts)
    }

    /// Runs the stage in this process. Returns what it wrote and a few words about it.
    ///
    /// # Errors
    /// Whatever the stage says.
    pub fn execute(&self, progress: &dyn Progress) -> Result<(Written, String)> {
        match self.stage {
            Stage::Embed => cladus_embed::run(&self.parse()?, progress),
            Stage::Group => cladus_group::run(&self.parse()?, progress),
            Stage::Propose => cladus_propose::run(&self.parse()?, progress),
            Stage::Label => cladus_label::run(&self.parse()?, progress),
            Stage::Rename => cladus_rename::run(&self.parse()?, progress),
        }
    }

    fn parse<T: Args + FromArgMatches>(&self) -> Result<T> {
        T::augment_args(Command::new(self.stage.name()))
            .try_get_matches_from(self.command_line())
            .and_then(|matches| T::from_arg_matches(&matches))
            .map_err(|e| {
                let text = e.to_string();
                let first = text.lines().next().unwrap_or_default();
                Error::config(first.trim_start_matches("error: ").to_owned())
            })
    }
}

fn quote(word: &OsString) -> String {
    let word = word.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_can_be_pasted_into_a_shell() {
        let invocation = Invocation {
            stage: Stage::Group,
            inputs: vec![("--embeddings", "it's here/e.parquet".into())],
            parameters: vec![("--seed", "7".to_owned())],
            out: "g.parquet".into(),
        };
        let expected =
            r"cladus-group --embeddings 'it'\''s here/e.parquet' --out g.parquet --seed 7";
        assert_eq!(invocation.shell(), expected);
    }
}
