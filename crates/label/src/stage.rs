//! The stage: files in, file out.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cladus_cli::{OntoArgs, ShardArgs};
use cladus_core::artifact::{self, Artifact, CallCost, Cluster, Label, Match};
use cladus_core::config::{Backend, Config, Look};
use cladus_core::fingerprint::{Fingerprint, StageArgs};
use cladus_core::older::Seated;
use cladus_core::outcome::{Asked, Ran};
use cladus_core::progress::Progress;
use cladus_core::shard::Share;
use cladus_core::{Error, Result};
use cladus_embedder::Space;
use cladus_llm::{LlmArgs, Prompt, Sessions, depending};

use crate::extractive::{Choice, Ground, Task, label};
use crate::llm::{self, How, Level};
use crate::offers::{Candidate, NothingOffered};
use crate::questions::questions;
use crate::scope::{Scope, UnknownScope};
use cladus_vectors::Vectors;

/// Raised by hand when the same input gives other labels.
pub const VERSION: u32 = 5;

/// What `cladus-label` is told.
#[derive(Debug, Clone, clap::Args)]
pub struct LabelArgs {
    /// The clusters to label.
    #[arg(long, value_name = "FILE")]
    pub clusters: PathBuf,
    /// Their groups.
    #[arg(long, value_name = "FILE")]
    pub groups: PathBuf,
    /// The candidates to choose from.
    #[arg(long, value_name = "FILE")]
    pub candidates: PathBuf,
    /// The clusters' embeddings [default: embedded again].
    #[arg(long, value_name = "FILE")]
    pub embeddings: Option<PathBuf>,
    /// Where to write the labels.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// What a cluster is offered: its group's candidates (group), all, or the nearest ones
    /// (nearest, nearest:K) [default: nearest where a model chooses, else group].
    #[arg(long, value_name = "SCOPE")]
    pub scope: Option<String>,
    /// At most how many clusters a model is asked about in one call [default: as many as suit].
    #[arg(long, value_name = "N")]
    pub labels_per_call: Option<usize>,
    /// Whether a model looks again at the labels that are in doubt: none or once [default: once].
    #[arg(long, value_name = "LOOK")]
    pub look: Option<Look>,
    /// A folder whose label.md takes the place of the built-in prompt.
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

impl LabelArgs {
    fn settings(&self) -> Result<Config> {
        let mut settings = self.llm.over(self.params.as_deref())?;
        settings.label.scope = self.scope.clone().or(settings.label.scope);
        settings.label.look = self.look.unwrap_or(settings.label.look);
        settings.label.labels_per_call = self.labels_per_call.or(settings.label.labels_per_call);
        Ok(settings)
    }

    /// What the labels of all clusters depend on.
    fn whole(&self) -> Result<Fingerprint> {
        let settings = self.settings()?;
        let mut fingerprint = Fingerprint::new("label", VERSION)
            .input("clusters", &self.clusters)
            .input("groups", &self.groups)
            .input("candidates", &self.candidates)
            .value("scope", settings.scope());
        fingerprint = self.onto.fingerprint(fingerprint);
        if settings.backend == Backend::Llm {
            // The order in which candidates are shown.
            fingerprint = fingerprint
                .value("seed", &settings.seed)
                .optional("labels_per_call", settings.label.labels_per_call.as_ref())
                .optional("look", Some(&"none").filter(|_| settings.label.look == Look::None));
        }
        depending(fingerprint, &settings, &self.clusters, self.embeddings.as_deref(), || {
            prompt(self.prompts.as_deref(), &settings)
        })
    }
}

impl StageArgs for LabelArgs {
    fn out(&self) -> PathBuf {
        self.shards.out(&self.out)
    }

    fn fingerprint(&self) -> Result<Fingerprint> {
        Ok(self.shards.fingerprint(self.whole()?))
    }
}

/// The stage's prompt: `label.md` in `folder` where there is one, else the built-in one; with
/// the subject and the style of `config`.
///
/// # Errors
/// When the file cannot be read or is no prompt.
pub fn prompt(folder: Option<&Path>, config: &Config) -> Result<Prompt> {
    Prompt::load("label", include_str!("../prompts/label.md"), folder, config)
}

/// Labels every cluster: as the model answers that is configured, or by embedding without. Returns
/// what was written, and a few words about it.
///
/// # Errors
/// When a file cannot be read or written, breaks its contract, does not fit the others, or a group
/// has no candidate; when the endpoint, or what may be spent on it, stops the work.
pub fn run(args: &LabelArgs, sessions: &Sessions, progress: &dyn Progress) -> Result<Ran> {
    let strict = args.llm.strict;
    let (settings, out) = (args.settings()?, args.out());
    if let Some(shares) = args.shards.gathered(&args.out, &args.whole()?)? {
        if settings.backend == Backend::Extractive {
            let rows = joined(&shares)?;
            let note = note(&rows);
            return published(&args.out, &rows, note, Asked { strict, ..Asked::default() });
        }
        // Who is alone under a label is known of the whole alone: it is made of the answers that the
        // shares have left.
        sessions.must_hold_answers(&settings, &out)?;
    }
    let asker = sessions.asker(&settings, "label", &out, progress)?;
    let outside = sessions.embedder(&settings, "label", &out, progress)?;
    let scope = settings.scope().parse::<Scope>();
    let scope = scope.map_err(|e: UnknownScope| Error::config(e.to_string()))?;
    let labels_per_call = settings.label.labels_per_call;
    if labels_per_call == Some(0) {
        return Err(Error::config("labels_per_call is 0: a call asks about at least one cluster"));
    }
    let clusters = artifact::read_clusters(&args.clusters)?;
    let groups = artifact::read_groups(&args.groups)?.aligned(&clusters)?;
    let candidates = artifact::read_candidates(&args.candidates)?;
    let embeddings = args.embeddings.as_deref();
    let mut space = Space::of(&clusters, embeddings, &settings.embedder, settings.seed, outside)?;
    let offered = offered(&candidates, &clusters)?;
    let names = if space.takes_names() || offered.iter().any(|c| c.exemplars.is_empty()) {
        // Before the clusters' vectors are used: it may replace them (see `Space::names`).
        let texts: Vec<String> = candidates.rows.iter().map(artifact::Candidate::text).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        space.names(&texts, progress)?
    } else {
        // Somebody's own vectors: a candidate is where the clusters are that it was drawn from.
        exemplar_means(&offered, &space)
    };
    let vectors = match offered.iter().all(|candidate| !candidate.exemplars.is_empty()) {
        true => space.smoothed(),
        // A name alone is found among texts as they are.
        false => Cow::Borrowed(&space.vectors[..]),
    };
    let task = Task {
        clusters: Vectors::over(&vectors, space.dim),
        groups: &groups,
        candidates: &offered,
        names: Vectors::over(&names, space.dim),
        scope,
    };

    let pinned = match args.onto.seated(&clusters.rows)? {
        Some(seated) => pinned(&seated, &offered),
        None => vec![None; clusters.rows.len()],
    };
    let nothing = |e: NothingOffered| Error::damaged(&args.candidates, e.to_string());
    let Some(asker) = &asker else {
        let mine = mine(&clusters.rows, &groups, args.shards);
        let count = mine.iter().filter(|mine| **mine).count() as u64;
        progress.begin(count);
        let mut choices = label(&task).map_err(nothing)?;
        for (choice, pinned) in choices.iter_mut().zip(&pinned) {
            if let Some(candidate) = pinned {
                *choice = only(*candidate);
            }
        }
        progress.advance(count);
        // A candidate that nobody is nearest to gets a cluster from anywhere: all are labelled.
        let rows = rows(&clusters.rows, choices).into_iter().zip(&mine);
        let rows: Vec<Label> = rows.filter_map(|(row, mine)| mine.then_some(row)).collect();
        return published(&out, &rows, note(&rows), Asked { strict, ..Asked::default() });
    };
    let prompt = prompt(args.prompts.as_deref(), &settings)?;
    let ground = Ground::of(&task).map_err(nothing)?;
    let open: Vec<bool> = pinned.iter().map(Option::is_none).collect();
    let level =
        Level { clusters: &clusters.rows, candidates: &candidates.rows, ground, open: &open };
    // A share does not know who is alone in the whole.
    let look = if args.shards.shard.is_none() { settings.label.look } else { Look::None };
    let how = How { seed: settings.seed, labels_per_call, look };
    let id = |row: &usize| clusters.rows[*row].id.as_str();
    let mut questions = questions(&task, &level, how);
    questions.retain(|question| args.shards.takes(question.rows.iter().map(id)));
    progress.begin(questions.iter().map(|question| question.rows.len() as u64).sum());
    let made = llm::label(&task, &level, &questions, how, asker, &prompt, progress);
    let mut made = asker.block_on(made)?;
    asker.conclude()?;
    let asked = Asked { strict, ..made.asked };
    if asked.planned {
        return Ok(Ran { written: None, note: "planned".to_owned(), asked });
    }
    let pinned = pinned.iter().enumerate().filter(|(at, _)| args.shards.takes([id(at)]));
    made.labels
        .extend(pinned.filter_map(|(at, pinned)| Some(row(&clusters.rows[at], only((*pinned)?)))));
    let note = note(&made.labels) + &made.note();
    published(&out, &made.labels, note, asked)
}

fn note(rows: &[Label]) -> String {
    let close = rows.iter().filter(|row| row.margin.is_some_and(|margin| margin < CLOSE)).count();
    format!("{} clusters, {close} of them close calls", rows.len())
}

fn published(out: &Path, rows: &[Label], mut note: String, asked: Asked) -> Result<Ran> {
    if asked.fell_back > 0 {
        note += &format!(", {} without a valid answer", asked.fell_back);
    }
    let written = artifact::write_labels(out, rows)?;
    Ok(Ran { written: Some(written), note, asked })
}

/// Which clusters are in this share: those of a group are in one.
fn mine(clusters: &[Cluster], groups: &[u32], shards: ShardArgs) -> Vec<bool> {
    let mut ids: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
    for (cluster, group) in clusters.iter().zip(groups) {
        ids.entry(*group).or_default().push(&cluster.id);
    }
    let mine: BTreeMap<u32, bool> =
        ids.into_iter().map(|(group, ids)| (group, shards.takes(ids))).collect();
    groups.iter().map(|group| mine.get(group).is_some_and(|mine| *mine)).collect()
}

/// The shares as one. Without a model whom a cluster is with does not depend on the share it is in.
fn joined(shares: &[Share]) -> Result<Vec<Label>> {
    let mut rows = Vec::new();
    for share in shares {
        rows.extend(artifact::read_labels(&share.path)?.rows);
    }
    Ok(rows)
}

fn rows(clusters: &[Cluster], choices: Vec<Choice>) -> Vec<Label> {
    clusters.iter().zip(choices).map(|(cluster, choice)| row(cluster, choice)).collect()
}

fn row(cluster: &Cluster, choice: Choice) -> Label {
    Label {
        cluster_id: cluster.id.clone(),
        candidate_id: choice.candidate,
        answer: None,
        matched: choice.matched,
        similarity: choice.similarity,
        runner_up: choice.runner_up.map(|runner_up| runner_up.candidate),
        margin: choice.runner_up.map(|runner_up| runner_up.margin),
        remark: None,
        asked: CallCost::default(),
    }
}

/// The candidate of every cluster that was there already: the first that it is an exemplar of.
fn pinned(seated: &Seated, offered: &[Candidate]) -> Vec<Option<u32>> {
    let mut pinned = vec![None; seated.seats.len()];
    for (at, candidate) in (0..).zip(offered) {
        for &row in &candidate.exemplars {
            let row = row as usize;
            if seated.is_known(row) && pinned[row].is_none() {
                pinned[row] = Some(at);
            }
        }
    }
    pinned
}

/// The choice of a cluster that has its place.
fn only(candidate: u32) -> Choice {
    Choice { candidate, matched: Match::Only, similarity: 1.0, runner_up: None }
}

/// A margin (cosine) below this is reported as a close call.
const CLOSE: f32 = 0.02;

/// The candidates with their exemplars as rows of the clusters.
fn offered(
    candidates: &Artifact<Vec<artifact::Candidate>>,
    clusters: &Artifact<Vec<Cluster>>,
) -> Result<Vec<Candidate>> {
    let index = clusters.index();
    let mut first: HashMap<&str, u32> = HashMap::new();
    let rows = candidates.rows.iter().enumerate();
    rows.map(|(row, candidate)| {
        let exemplar = |id: &String| {
            let found = index.get(id.as_str()).and_then(|row| u32::try_from(*row).ok());
            found.ok_or_else(|| {
                let problem = format!("cluster {id:?} is not in {}", clusters.path.display());
                Error::value(&candidates.path, row, "exemplars", problem)
            })
        };
        let exemplars = candidate.exemplars.iter().flatten().map(exemplar);
        let exemplars = exemplars.collect::<Result<_>>()?;
        let before = first.get(candidate.name.as_str()).copied();
        first.entry(&candidate.name).or_insert(row as u32);
        Ok(Candidate { group: candidate.group_id, exemplars, same_as: before })
    })
    .collect()
}

/// The mean direction of each candidate's exemplars, row-major.
fn exemplar_means(offered: &[Candidate], space: &Space<'_>) -> Vec<f32> {
    let mut means = vec![0.0; offered.len() * space.dim];
    for (mean, candidate) in means.chunks_exact_mut(space.dim.max(1)).zip(offered) {
        for &row in &candidate.exemplars {
            let start = row as usize * space.dim;
            let vector = &space.vectors[start..start + space.dim];
            mean.iter_mut().zip(vector).for_each(|(sum, value)| *sum += value);
        }
        let norm = mean.iter().map(|value| value * value).sum::<f32>().sqrt();
        if norm > 0.0 {
            mean.iter_mut().for_each(|value| *value /= norm);
        }
    }
    means
}

/// The binary's `main`.
pub fn main() -> ExitCode {
    cladus_cli::stage_main(
        "cladus-label",
        "Stage 4: exactly one candidate for every cluster",
        |args, progress| run(args, &Sessions::default(), progress),
    )
}
