//! The stage: files in, file out.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cladus_cli::{OntoArgs, ShardArgs};
use cladus_core::artifact::{self, Parent};
use cladus_core::config::{Backend, Config};
use cladus_core::content;
use cladus_core::fingerprint::{Fingerprint, StageArgs};
use cladus_core::outcome::{Asked, Ran};
use cladus_core::plan;
use cladus_core::progress::Progress;
use cladus_core::{Error, Result};
use cladus_embedder::Space;
use cladus_llm::{LlmArgs, Prompt, Sessions, depending};
use cladus_vectors::Vectors;

use crate::extractive::parents;
use crate::families::by_label;
use crate::llm::{self, Level};
use crate::onto::Kept;
use crate::sets::{centres, mine};
use crate::shape::{Wanted, shape};
use crate::verbatim::{Names, keep_names};

/// Raised by hand when the same input gives other parents.
pub const VERSION: u32 = 9;

/// What `cladus-rename` is told.
#[derive(Debug, Clone, clap::Args)]
pub struct RenameArgs {
    /// The clusters that get parents.
    #[arg(long, value_name = "FILE")]
    pub clusters: PathBuf,
    /// Their labels.
    #[arg(long, value_name = "FILE")]
    pub labels: PathBuf,
    /// The candidates that the labels speak of.
    #[arg(long, value_name = "FILE")]
    pub candidates: PathBuf,
    /// The clusters' embeddings [default: embedded again, where they are needed].
    #[arg(long, value_name = "FILE")]
    pub embeddings: Option<PathBuf>,
    /// Where to write the parents.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// At most so many parents, and not far fewer: the nearest are merged, or the largest split,
    /// where the labels would leave others [default: what the level plan wants].
    #[arg(long, value_name = "N")]
    pub parents: Option<usize>,
    /// Fewest children of a parent: those of smaller ones join the nearest others [default: any
    /// number].
    #[arg(long, value_name = "N")]
    pub min_children: Option<usize>,
    /// Most children of a parent: larger ones are split [default: any number].
    #[arg(long, value_name = "N")]
    pub max_children: Option<usize>,
    /// Where parents take their names from.
    #[arg(long, value_enum, value_name = "FROM", default_value_t)]
    pub names: Names,
    /// A folder whose rename.md takes the place of the built-in prompt.
    #[arg(long, value_name = "DIR")]
    pub prompts: Option<PathBuf>,
    /// Settings for what no flag says.
    #[arg(long, value_name = "FILE")]
    pub params: Option<PathBuf>,
    /// Into an older hierarchy.
    #[command(flatten, next_help_heading = "Growth")]
    pub onto: OntoArgs,
    /// In shares.
    #[command(flatten, next_help_heading = "Shards")]
    pub shards: ShardArgs,
    /// Whom to ask.
    #[command(flatten, next_help_heading = "Language model")]
    pub llm: LlmArgs,
}

impl RenameArgs {
    /// The settings, under what was said here.
    fn settings(&self) -> Result<Config> {
        let mut settings = self.llm.over(self.params.as_deref())?;
        settings.min_children = self.min_children.or(settings.min_children);
        settings.max_children = self.max_children.or(settings.max_children);
        settings.children()?;
        Ok(settings)
    }

    /// What all parents depend on.
    fn whole(&self) -> Result<Fingerprint> {
        let settings = self.settings()?;
        let parents = match self.parents {
            Some(parents) => parents,
            None => settings.parents_wanted(None, content::of(&self.clusters)?.rows)?,
        };
        let fingerprint = Fingerprint::new("rename", VERSION)
            .input("clusters", &self.clusters)
            .input("labels", &self.labels)
            .input("candidates", &self.candidates)
            .value("parents", &parents)
            .optional("min_children", settings.min_children.as_ref())
            .optional("max_children", settings.max_children.as_ref());
        let mut fingerprint = self.onto.fingerprint(fingerprint);
        if settings.backend == Backend::Llm {
            fingerprint = fingerprint.value("open", &(parents > settings.max_clusters));
        }
        let fingerprint = match self.names {
            // As it was before there was a choice.
            Names::Children => fingerprint,
            Names::Candidates => fingerprint.value("names", "candidates"),
        };
        depending(fingerprint, &settings, &self.clusters, self.embeddings.as_deref(), || {
            prompt(self.prompts.as_deref(), &settings)
        })
    }
}

impl StageArgs for RenameArgs {
    fn out(&self) -> PathBuf {
        self.shards.out(&self.out)
    }

    fn fingerprint(&self) -> Result<Fingerprint> {
        Ok(self.shards.fingerprint(self.whole()?))
    }
}

/// The stage's prompt: `rename.md` in `folder` where there is one, else the built-in one; with
/// the subject and the style of `config`.
///
/// # Errors
/// When the file cannot be read or is no prompt.
pub fn prompt(folder: Option<&Path>, config: &Config) -> Result<Prompt> {
    Prompt::load("rename", include_str!("../prompts/rename.md"), folder, config)
}

/// Makes and names parents: as the model names them that is configured, or by their children's own
/// words without. Returns what was written, and a few words about it.
///
/// # Errors
/// When a file cannot be read or written, breaks its contract, or does not fit the others; when the
/// endpoint, or what may be spent on it, stops the work.
pub fn run(args: &RenameArgs, sessions: &Sessions, progress: &dyn Progress) -> Result<Ran> {
    let (settings, out) = (args.settings()?, args.out());
    if args.shards.gathered(&args.out, &args.whole()?)?.is_some() {
        // Names are told apart across sets: the whole is made of the answers that the shares have left.
        sessions.must_hold_answers(&settings, &out)?;
    }
    let asker = sessions.asker(&settings, "rename", &out, progress)?;
    let outside = sessions.embedder(&settings, "rename", &out, progress)?;
    let clusters = artifact::read_clusters(&args.clusters)?;
    let candidates = artifact::read_candidates(&args.candidates)?;
    let labels = artifact::read_labels(&args.labels)?.aligned(&clusters, &candidates)?;
    let n = clusters.rows.len();
    let target = settings.parents_wanted(args.parents, n)?;
    if let Some(most) = settings.max_children.filter(|most| most.saturating_mul(target) < n) {
        return Err(Error::config_hint(
            format!("{n} clusters cannot be under {target} parents of at most {most} children"),
            format!("give --parents {} or more, or raise --max-children", n.div_ceil(most)),
        ));
    }

    let names: Vec<&str> = candidates.rows.iter().map(|c| c.name.as_str()).collect();
    let mut families = by_label(&labels, &names);
    // Far fewer than planned is mended, also where a model had no more to propose. Who hands in a
    // taxonomy of three, offered to every group, wants three.
    let taxonomy = candidates.rows.iter().any(|candidate| candidate.group_id.is_none());
    let most = if taxonomy { candidates.rows.len() } else { n };
    let least = target.min(n).min(most).div_ceil(2);
    // A model's names are not merged for the sake of a number, but for the number of roots.
    let open = asker.is_some() && target > settings.max_clusters;
    let most = if open { plan::at_most(target, n) } else { target };
    let wanted = Wanted { target: most, least, children: settings.children()? };
    let mut space = Space::of(
        &clusters,
        args.embeddings.as_deref(),
        &settings.embedder,
        settings.seed,
        outside,
    )?;
    let shaped = shape(&mut families, Vectors::over(&space.smoothed(), space.dim), wanted);
    let (all, candidates) = (&clusters.rows, &candidates.rows);
    let seated = args.onto.seated(all)?;
    let kept = seated.map(|seated| Kept::take(&mut families, all, &seated));
    // They are no work: whoever makes the whole writes them.
    let kept = kept.filter(|_| args.shards.shard.is_none());
    let mine = args.shards.shard.map(|shard| mine(shard, all, candidates, &families));
    if let (Some(mine), None) = (&mine, &asker) {
        let mut mine = mine.iter();
        families.retain(|_| mine.next() == Some(&true));
    }
    progress.begin(families.len() as u64);
    let (parents, asked) = match &asker {
        None => {
            let rows = parents(all, candidates, &families, &mut space, progress)?;
            (rows.into_iter().map(Parent::from).collect(), Asked::default())
        }
        Some(asker) => {
            let prompt = prompt(args.prompts.as_deref(), &settings)?;
            let centres = centres(&families, Vectors::over(&space.vectors, space.dim));
            let level = Level {
                centres: &centres,
                clusters: all,
                candidates,
                families: &families,
                vectors: &space.vectors,
                dim: space.dim,
                mine: mine.as_deref(),
            };
            let made = asker.block_on(llm::parents(&level, asker, &prompt, progress))?;
            asker.conclude()?;
            made
        }
    };
    let asked = Asked { strict: args.llm.strict, ..asked };
    if asked.planned {
        return Ok(Ran { written: None, note: "planned".to_owned(), asked });
    }

    let mut parents = parents;
    if args.names == Names::Candidates {
        keep_names(&mut parents, &families, all, candidates);
    }
    let alone = families.iter().filter(|family| family.children.len() == 1).count();
    let mut note = match &kept {
        None => format!("{} parents", parents.len()),
        Some(kept) => format!("{} parents that were there, {} new", kept.len(), parents.len()),
    };
    let parents = match kept {
        Some(kept) => kept.with(parents),
        None => parents,
    };
    if alone > 0 {
        note += &format!(", {alone} of them clusters that moved up alone");
    }
    note += &shaped.note(wanted);
    if asked.fell_back > 0 {
        note += &format!(", {} not as the model said them", asked.fell_back);
    }
    let written = artifact::write_parents(&out, &parents)?;
    Ok(Ran { written: Some(written), note, asked })
}

/// The binary's `main`.
pub fn main() -> ExitCode {
    cladus_cli::stage_main(
        "cladus-rename",
        "Stage 5: equally labelled clusters become named parents",
        |args, progress| run(args, &Sessions::default(), progress),
    )
}
