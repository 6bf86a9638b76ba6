//! `cladus edit`

use cladus_cli::{Display, print};
use cladus_core::config::Config;
use cladus_core::{Error, Result, content, exit};

use super::here::RunArg;
use crate::edits::append::{append, reference, take_last};
use crate::edits::draft::EditableTree;
use crate::edits::find::{NodeKind, find};
use crate::edits::verb::{Create, Merge, Move, Pin, Rename, Wording};
use crate::edits::{Edit, Edits, Reference, Verb, apply, outcome};
use crate::folder::RunFolder;
use crate::tree::hierarchy::{Again, Hierarchy};
use crate::tree::map::Map;
use cladus_core::tree::Tree;

#[derive(Debug, clap::Args)]
pub(crate) struct EditArgs {
    #[command(flatten)]
    run: RunArg,
    /// List the edits and whether they apply (the default action).
    #[arg(long)]
    list: bool,
    /// List the edits as JSON.
    #[arg(long)]
    json: bool,
    #[command(subcommand)]
    verb: Option<EditCommand>,
}

/// What is written into edits.toml. Clusters are given by id, the beginning of an id, name or slug.
#[derive(Debug, clap::Subcommand)]
pub(super) enum EditCommand {
    /// Rename a parent or a base cluster.
    Rename {
        /// Parent or base cluster.
        #[arg(value_name = "CLUSTER")]
        parent: String,
        /// New name.
        name: String,
        #[command(flatten)]
        more: More,
    },
    /// Merge parents of the same level into the first one.
    Merge {
        /// Parents to merge.
        #[arg(required = true, num_args = 2.., value_name = "PARENT")]
        parents: Vec<String>,
        /// Name of the merged parent [default: that of the first one].
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        more: More,
    },
    /// Move a cluster to another parent.
    Move {
        /// Base cluster or parent.
        cluster: String,
        /// New parent, one level above it.
        to: String,
    },
    /// Keep a cluster under a parent, wherever a rebuild would place it.
    Pin {
        /// Base cluster or parent.
        cluster: String,
        /// Parent [default: its current one].
        under: Option<String>,
    },
    /// Create a parent for some clusters, to split a parent or to group clusters from several.
    Create {
        /// Name of the new parent.
        name: String,
        /// Its children: base clusters, or parents of one level.
        #[arg(long, required = true, num_args = 1.., value_name = "CLUSTER")]
        of: Vec<String>,
        /// Parent of the new parent [default: that of its first child's parent].
        #[arg(long, value_name = "PARENT")]
        under: Option<String>,
        #[command(flatten)]
        more: More,
    },
    /// Undo the last edit.
    Undo,
}

#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct More {
    /// New description.
    #[arg(long)]
    description: Option<String>,
    /// New slug [default: derived from the name].
    #[arg(long)]
    slug: Option<String>,
}

pub(crate) fn run(args: &EditArgs, display: &Display) -> Result<u8> {
    let folder = RunFolder::finished(&args.run.path()?)?;
    let Some(asked) = &args.verb else { return list(&folder, args.json) };
    let done = correct(&folder, asked, display)?;
    print(&format!("{}: {done}\n", folder.edits().display()))?;
    Ok(exit::OK)
}

/// Writes what was `asked` into the corrections of `folder` and puts its hierarchy together again. Says what
/// was done.
///
/// # Errors
/// When it does not apply, or the folder is not one that can be corrected now.
pub(super) fn correct(
    folder: &RunFolder,
    asked: &EditCommand,
    display: &Display,
) -> Result<String> {
    let lock = folder.lock()?;
    lock.warning().into_iter().for_each(|warning| display.warning(warning));
    content::recall(&folder.memory(), folder.root());
    let mut edits = Edits::load(&folder.edits())?;
    let hierarchy = hierarchy(folder, &edits)?;
    if hierarchy.is_behind()? {
        let root = folder.root().display();
        return Err(Error::config_hint(
            format!("{root} is not finished: its hierarchy is out of date"),
            format!("finish it with `cladus run --out {root}`, then correct it"),
        ));
    }
    let undone = match asked {
        EditCommand::Undo => {
            let Some((last, left)) = take_last(&edits)? else {
                let path = edits.path().display();
                return Err(Error::config(format!("{path} contains no edit to undo")));
            };
            edits = left;
            Some(last)
        }
        asked => {
            edits = added(asked, &hierarchy, &edits)?;
            None
        }
    };
    let updated = Hierarchy::of(folder, hierarchy.iterations(), &edits)
        .update(Again::By("cladus run --discard-edits"), display)?;
    let config = folder.config();
    let config = Config::load_or_default(config.is_file().then_some(config.as_path()))?;
    let map = Map::of(folder, &config);
    if map.is_there() && map.can_be_made() {
        map.update(Again::By("cladus run --discard-edits"), display)?;
    }
    content::remember(&folder.memory(), folder.root())?;
    let last = || updated.outcomes.last().map(ToString::to_string);
    Ok(undone.map(|undone| format!("undone: {}", undone.verb)).or_else(last).unwrap_or_default())
}

/// `edits`, and what was `asked` after them, where it applies.
fn added(asked: &EditCommand, hierarchy: &Hierarchy, edits: &Edits) -> Result<Edits> {
    let mut draft = EditableTree::of(hierarchy.unedited()?);
    apply::apply_to(&mut draft, edits);
    let verb = asked.verb(&draft)?;
    let mut new = Edits::default();
    new.list.push(Edit { line: 0, start: 0, verb: verb.clone() });
    // Only what applies is written.
    match apply::apply_to(&mut draft, &new).into_iter().find_map(|outcome| outcome.problem) {
        Some(problem) => Err(Error::config(format!("nothing was changed: {problem}"))),
        None => append(edits, &verb),
    }
}

/// What `folder` holds, put together with `edits`.
fn hierarchy(folder: &RunFolder, edits: &Edits) -> Result<Hierarchy> {
    Ok(Hierarchy::made(folder, &Tree::read(&folder.hierarchy())?, edits))
}

fn list(folder: &RunFolder, json: bool) -> Result<u8> {
    let edits = Edits::load(&folder.edits())?;
    let outcomes = hierarchy(folder, &edits)?.outcomes()?;
    if json {
        print(&super::json(&outcomes)?)?;
        return Ok(exit::OK);
    }
    let path = edits.path().display();
    if outcomes.is_empty() {
        print(&format!("no edits in {path}\n"))?;
        return Ok(exit::OK);
    }
    for outcome in &outcomes {
        let state = if outcome.applies() { "applies" } else { "not applied" };
        print(&format!("{state:<13}{outcome}\n"))?;
        for note in &outcome.notes {
            print(&format!("{:13}{note}\n", ""))?;
        }
    }
    print(&format!("{path}: {}\n", outcome::summary(&outcomes)))?;
    Ok(exit::OK)
}

impl EditCommand {
    /// The edit, its clusters written so that a rebuild does not lose them.
    fn verb(&self, draft: &EditableTree) -> Result<Verb> {
        let lasting =
            |said: &str| Ok(reference(draft, meant(draft, said, NodeKind::Parent)?, None));
        let wording = |name: Option<&String>, more: &More| {
            let More { description, slug } = more;
            Wording { name: name.cloned(), description: description.clone(), slug: slug.clone() }
        };
        let mut verb = match self {
            Self::Rename { parent, name, more } => {
                let node = meant(draft, parent, NodeKind::Parent);
                let node = node
                    .or_else(|problem| meant(draft, parent, NodeKind::Any).map_err(|_| problem))?;
                let parent = reference(draft, node, None);
                Verb::Rename(Rename::new(parent, wording(Some(name), more)))
            }
            Self::Merge { parents, name, more } => {
                let parents = parents.iter().map(|parent| lasting(parent));
                let parents = parents.collect::<Result<_>>()?;
                Verb::Merge(Merge::new(parents, wording(name.as_ref(), more)))
            }
            Self::Move { cluster, to } => {
                let node = meant(draft, cluster, NodeKind::Any)?;
                let to = meant(draft, to, NodeKind::Parent)?;
                let (cluster, to) =
                    (reference(draft, node, None), reference(draft, to, Some(node)));
                Verb::Move(Move { cluster, to })
            }
            Self::Pin { cluster, under } => {
                let node = meant(draft, cluster, NodeKind::Any)?;
                let under = match under {
                    Some(under) => meant(draft, under, NodeKind::Parent)?,
                    None => draft.parent(node).ok_or_else(|| {
                        let name = &draft.cluster(node).name;
                        Error::config(format!("{name:?} is a root and has no parent"))
                    })?,
                };
                let under = reference(draft, under, Some(node));
                let cluster = reference(draft, node, None);
                Verb::Pin(Pin { cluster, under })
            }
            Self::Create { name, of, under, more } => {
                let clusters = of
                    .iter()
                    .map(|said| Ok(reference(draft, meant(draft, said, NodeKind::Any)?, None)));
                let clusters = clusters.collect::<Result<_>>()?;
                let under = under.as_deref().map(lasting).transpose()?;
                let More { description, slug } = more.clone();
                Verb::Create(Create::new(clusters, under, name.clone(), description, slug))
            }
            Self::Undo => return Err(Error::Bug("an undo is no edit".to_owned())),
        };
        verb.settle().map_err(Error::config)?;
        Ok(verb)
    }
}

/// The cluster that somebody means by `said`: an id, a name, a slug, else the only id that begins so.
fn meant(draft: &EditableTree, said: &str, kind: NodeKind) -> Result<usize> {
    let problem = match find(draft, &Reference::Said(said.to_owned()), kind) {
        Ok(node) => return Ok(node),
        Err(problem) => problem,
    };
    let mut begun = draft.clusters().filter(|(_, cluster)| cluster.id.starts_with(said));
    match (begun.next(), begun.next()) {
        (Some((node, _)), None) if !said.is_empty() => {
            // Once more, for what may be meant.
            let id = draft.cluster(node).id.clone();
            find(draft, &Reference::Said(id), kind).map_err(Error::config)
        }
        _ => Err(Error::config(problem)),
    }
}
