//! What the stages that ask a model do alike: before their own work, and after it.
//!
//! Such a stage has three steps: it reads its inputs, works on them, and publishes what it has [`MadeRows`].

use std::path::Path;
use std::process::ExitCode;

use cladus_cli::ShardArgs;
use cladus_core::Result;
use cladus_core::artifact::Written;
use cladus_core::config::Config;
use cladus_core::fingerprint::{Fingerprint, StageArgs};
use cladus_core::outcome::{Asked, Ran};
use cladus_core::progress::Progress;
use cladus_core::shard::Share;
use cladus_embedder::{Embedder, Embedders};
use cladus_llm::{Asker, Sessions};
use clap::Args;

/// The models that a stage is configured to ask.
pub struct Models<'a> {
    /// The language model; `None`: the stage does without.
    pub asker: Option<Asker<'a>>,
    /// The embedding model of an endpoint; `None`: the embedder is a built-in one.
    pub embedder: Option<Box<dyn Embedder + 'a>>,
    /// The built-in embedders.
    pub embedders: &'a Embedders,
}

impl<'a> Models<'a> {
    /// Those of the stage called `stage`, which is configured so and writes `out`.
    ///
    /// # Errors
    /// When the store of answers cannot be opened, or a budget cannot be kept.
    pub fn open(
        stage: &'static str,
        settings: &Config,
        out: &Path,
        sessions: &'a Sessions,
        progress: &'a dyn Progress,
    ) -> Result<Self> {
        Ok(Self {
            asker: sessions.asker(settings, stage, out, progress)?,
            embedder: sessions.embedder(settings, stage, out, progress)?,
            embedders: sessions.embedders(),
        })
    }
}

/// The shards to combine into `out`, if there are any. Rows of a model depend on those of other shards
/// (names are told apart, spelling is one): the whole is made again of the answers that the shards have left.
///
/// # Errors
/// When a shard is missing or stale, or the store with their answers is missing.
pub fn gathered(
    shards: ShardArgs,
    out: &Path,
    whole: &Fingerprint,
    settings: &Config,
    sessions: &Sessions,
) -> Result<Option<Vec<Share>>> {
    let gathered = shards.gathered(out, whole)?;
    if gathered.is_some() {
        sessions.must_hold_answers(settings, out)?;
    }
    Ok(gathered)
}

/// The rows that a stage has made, before they are published.
#[derive(Debug)]
pub struct MadeRows<R> {
    /// None where calls were only planned.
    pub rows: Vec<R>,
    /// A few words about them, for the terminal.
    pub note: String,
    /// How asking a model went.
    pub asked: Asked,
}

impl<R> MadeRows<R> {
    /// Writes the rows, unless calls were only planned. With `strict`, rows that fell back are a failure.
    ///
    /// # Errors
    /// Those of `write`.
    pub fn publish(self, strict: bool, write: impl FnOnce(&[R]) -> Result<Written>) -> Result<Ran> {
        let Self { rows, mut note, asked } = self;
        let asked = Asked { strict, ..asked };
        if asked.planned {
            return Ok(Ran { written: None, note: "planned".to_owned(), asked });
        }
        if asked.fell_back > 0 {
            note += &format!(", {} where the model's answer was unusable", asked.fell_back);
        }
        Ok(Ran { written: Some(write(&rows)?), note, asked })
    }
}

/// `main` of the binary of a stage that asks a model.
pub fn stage_main<A: Args + StageArgs>(
    binary: &'static str,
    about: &'static str,
    run: impl FnOnce(&A, &Sessions, &dyn Progress) -> Result<Ran>,
) -> ExitCode {
    cladus_cli::stage_main(binary, about, |args, progress| {
        run(args, &Sessions::default(), progress)
    })
}

#[cfg(test)]
mod tests {
    use cladus_core::artifact::Digest;

    use super::*;

    fn made(asked: Asked) -> MadeRows<u8> {
        MadeRows { rows: vec![1, 2], note: "2 rows".to_owned(), asked }
    }

    #[test]
    fn what_was_only_planned_is_not_written() {
        let planned = Asked { planned: true, ..Asked::default() };
        let ran = made(planned).publish(false, |_| panic!("written")).unwrap();
        assert_eq!((ran.written, ran.note.as_str()), (None, "planned"));
    }

    #[test]
    fn rows_that_fell_back_are_counted_in_the_note() {
        let written = Written { digest: Digest::default(), rows: 2 };
        let asked = Asked { fell_back: 1, ..Asked::default() };
        let ran = made(asked).publish(true, |_| Ok(written)).unwrap();
        assert_eq!(ran.note, "2 rows, 1 where the model's answer was unusable");
        assert!(ran.asked.strict);
        let ran = made(Asked::default()).publish(false, |_| Ok(written)).unwrap();
        assert_eq!(ran.note, "2 rows");
    }
}
