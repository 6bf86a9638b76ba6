//! `cladus show`

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anstyle::Style;
use cladus_cli::{percent, plural, print, thousands};
use cladus_core::artifact::Cluster;
use cladus_core::{Error, Result, exit};
use serde_json::json;

use super::here::{here, is_run};
use super::tree as tree_command;
use crate::edits::{EditOutcome, Edits};
use crate::folder::RunFolder;
use crate::tree::hierarchy::Hierarchy;
use crate::why::{Placing, explained};
use cladus_core::tree::Tree;

#[derive(Debug, clap::Args)]
pub(crate) struct ShowArgs {
    /// Run folder (if not the current one) and cluster: its id, slug or name, or a part of id or name.
    #[arg(required = true, num_args = 1..=2, value_names = ["[RUN] CLUSTER"])]
    what: Vec<String>,
    /// Maximum number of children, base clusters and members to print; 0 for all.
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
    /// Explain its place: group, candidates, the model's answer, and how close a call it was.
    #[arg(long)]
    why: bool,
    /// Print everything as JSON.
    #[arg(long)]
    json: bool,
}

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

pub(crate) fn run(args: &ShowArgs) -> Result<u8> {
    let (run, asked) = match args.what.as_slice() {
        [run, asked] => (PathBuf::from(run), asked),
        [asked, ..] if is_run(Path::new(asked)) => {
            return Err(Error::config_hint(
                format!("{asked} is a run: which of its clusters?"),
                format!("`cladus tree {asked} --ids` lists them"),
            ));
        }
        [asked, ..] => (here()?, asked),
        [] => return Err(Error::Bug("nothing to show".to_owned())),
    };
    let folder = RunFolder::finished(&run)?;
    let tree = Tree::read(&folder.hierarchy())?;
    if let Some(aside) = aside(&folder, asked) {
        return print(&noise_text(&aside, args)?).map(|()| exit::OK);
    }
    let node = find(&tree, asked, &run)?;
    // What cannot be known here is left out: `status` and `run` say why.
    let edits = Edits::load(&folder.edits());
    let mut edits = edits
        .and_then(|edits| Hierarchy::made(&folder, &tree, &edits).outcomes())
        .unwrap_or_default();
    edits.retain(|outcome| outcome.touched.contains(&tree.cluster(node).id));
    let why = match args.why {
        true => {
            let iterations = Hierarchy::made(&folder, &tree, &Edits::default()).iterations();
            Some(explained(&folder, iterations, &tree.cluster(node).id)?)
        }
        false => None,
    };
    let text = match args.json {
        true => to_json(&tree, node, &edits, why.as_ref())?,
        false => match &why {
            Some(why) => super::why::render(&tree, node, why.as_ref(), args.limit, &edits),
            None => render(&tree, node, args.limit, &edits),
        },
    };
    print(&text)?;
    Ok(exit::OK)
}

/// What was set aside as noise, where that is asked for.
fn aside(folder: &RunFolder, asked: &str) -> Option<Cluster> {
    let aside = tree_command::noise(folder);
    let named = |cluster: &Cluster| {
        cluster.id == asked || cluster.slug == asked || cluster.name.eq_ignore_ascii_case(asked)
    };
    let by_word = || aside.first().filter(|_| asked.eq_ignore_ascii_case("noise"));
    aside.iter().find(|cluster| named(cluster)).or_else(by_word).cloned()
}

fn noise_text(cluster: &Cluster, args: &ShowArgs) -> Result<String> {
    let Cluster { id, name, description, members, size, .. } = cluster;
    if args.json {
        let value = json!({
            "id": id, "name": name, "description": description, "size": size, "members": members, "noise": true,
        });
        let text = serde_json::to_string_pretty(&value).map_err(|e| Error::Bug(e.to_string()))?;
        return Ok(text + "\n");
    }
    let limit = if args.limit == 0 { usize::MAX } else { args.limit };
    let mut text = format!("{BOLD}{name}{BOLD:#}\n");
    if !description.is_empty() {
        text += &format!("{description}\n");
    }
    text += &format!(
        "\n{DIM}id{DIM:#}       {id}\n{DIM}size{DIM:#}     {} {}\n{DIM}path{DIM:#}     none: noise of the input, set aside (--keep-noise takes it in)\n",
        thousands(*size),
        plural(*size, "item")
    );
    for member in members.iter().take(limit) {
        text += &format!("  {member}\n");
    }
    more(&mut text, members.len(), limit);
    Ok(text)
}

/// The node meant by `asked`: an id, else the only slug or name, id that begins so, or name that holds it.
fn find(tree: &Tree, asked: &str, run: &Path) -> Result<usize> {
    let all = || tree.nodes().iter().map(|node| &node.cluster).enumerate();
    if let Some((node, _)) = all().find(|(_, c)| c.id == asked) {
        return Ok(node);
    }
    let named: Vec<usize> = all()
        .filter(|(_, c)| c.slug == asked || c.name.eq_ignore_ascii_case(asked))
        .map(|(node, _)| node)
        .collect();
    let begun: Vec<usize> =
        all().filter(|(_, c)| c.id.starts_with(asked)).map(|(node, _)| node).collect();
    let part = asked.trim().to_lowercase();
    let holding: Vec<usize> = all()
        .filter(|(_, c)| !part.is_empty() && c.name.to_lowercase().contains(&part))
        .map(|(node, _)| node)
        .collect();
    let found = [named, begun, holding].into_iter().find(|found| !found.is_empty());
    match found.as_deref() {
        Some([node]) => Ok(*node),
        None => Err(Error::config_hint(
            format!("no cluster {asked:?} in {}", run.display()),
            format!("`cladus tree {} --ids` lists them with their ids", run.display()),
        )),
        Some(several) => Err(ambiguous(tree, asked, several)),
    }
}

/// Which clusters `asked` may mean, the largest first.
fn ambiguous(tree: &Tree, asked: &str, several: &[usize]) -> Error {
    const SHOWN: usize = 10;
    let mut several = several.to_vec();
    several.sort_by_key(|&node| std::cmp::Reverse(tree.cluster(node).size));
    let line = |&node: &usize| {
        let cluster = tree.cluster(node);
        format!("\n  {}  {}", cluster.id, cluster.name)
    };
    let lines: String = several.iter().take(SHOWN).map(line).collect();
    let more = match several.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!("\n  … and {more} more"),
    };
    let count = several.len();
    Error::config_hint(
        format!("{asked:?} means {count} clusters:{lines}{more}"),
        "give an id, or more of the name",
    )
}

fn render(tree: &Tree, node: usize, limit: usize, edits: &[EditOutcome]) -> String {
    let limit = if limit == 0 { usize::MAX } else { limit };
    let cluster = tree.cluster(node);
    let leaves = tree.leaves(node);
    let members = members(tree, &leaves);
    // Writing to a String cannot fail: `let _` below.
    let mut text = String::new();
    let _ = writeln!(text, "{BOLD}{}{BOLD:#}", cluster.name);
    if !cluster.description.is_empty() {
        let _ = writeln!(text, "{}", cluster.description);
    }
    text += &facts(tree, node, edits);
    let children = tree.children(node);
    let mut list = |title: &str, nodes: &[usize]| {
        let _ = writeln!(
            text,
            "\n{} {}",
            thousands(nodes.len() as u64),
            plural(nodes.len() as u64, title)
        );
        for &node in nodes.iter().take(limit) {
            let cluster = tree.cluster(node);
            let _ = writeln!(
                text,
                "  {:>8}  {}  {DIM}{}{DIM:#}",
                thousands(cluster.size),
                cluster.name,
                cluster.id
            );
        }
        more(&mut text, nodes.len(), limit);
    };
    if !children.is_empty() && children != leaves {
        list("child cluster", children);
    }
    if !children.is_empty() {
        list("base cluster", &leaves);
    }
    let _ = writeln!(
        text,
        "\n{} {}",
        thousands(members.len() as u64),
        plural(members.len() as u64, "member")
    );
    for member in members.iter().take(limit) {
        let _ = writeln!(text, "  {member}");
    }
    more(&mut text, members.len(), limit);
    text
}

/// What is known of a cluster, a line each.
fn facts(tree: &Tree, node: usize, edits: &[EditOutcome]) -> String {
    let (cluster, path) = (tree.cluster(node), tree.path(node));
    let names: Vec<&str> = path.iter().map(|&node| tree.cluster(node).name.as_str()).collect();
    let (size, all) = (cluster.size, tree.size());
    let share = percent(size, all);
    let below = path.len() - 1;
    let mut facts = vec![
        ("id", cluster.id.clone()),
        ("slug", cluster.slug.clone()),
        ("level", cluster.level.to_string()),
        ("size", format!("{} of {} items, {share}", thousands(size), thousands(all))),
        ("depth", format!("{below} below the root, {} above its leaves", tree.height(node))),
        ("path", names.join(" > ")),
    ];
    facts.extend(edits.iter().map(|edit| ("edits", edit.to_string())));
    let mut text = "\n".to_owned();
    for (what, says) in facts {
        let gap = 9 - what.len();
        let _ = writeln!(text, "{DIM}{what}{DIM:#}{:gap$}{says}", "");
    }
    text
}

fn more(text: &mut String, all: usize, limit: usize) {
    if all > limit {
        let _ = writeln!(
            text,
            "  {DIM}… and {} more (--limit 0 prints all){DIM:#}",
            thousands((all - limit) as u64)
        );
    }
}

/// Items below the leaves, in their order.
fn members<'a>(tree: &'a Tree, leaves: &[usize]) -> Vec<&'a str> {
    let of = |&leaf: &usize| tree.cluster(leaf).members.iter().map(String::as_str);
    leaves.iter().flat_map(of).collect()
}

fn to_json(
    tree: &Tree,
    node: usize,
    edits: &[EditOutcome],
    why: Option<&Option<Placing>>,
) -> Result<String> {
    let cluster = tree.cluster(node);
    let brief = |&node: &usize| {
        let cluster = tree.cluster(node);
        json!({ "id": cluster.id, "name": cluster.name, "level": cluster.level, "size": cluster.size })
    };
    let path = tree.path(node);
    let leaves = tree.leaves(node);
    let edits: Vec<String> = edits.iter().map(ToString::to_string).collect();
    let mut value = json!({
        "id": cluster.id,
        "name": cluster.name,
        "description": cluster.description,
        "slug": cluster.slug,
        "level": cluster.level,
        "size": cluster.size,
        "depth": path.len() - 1,
        "height": tree.height(node),
        "edits": edits,
        "path": path.iter().map(brief).collect::<Vec<_>>(),
        "children": tree.children(node).iter().map(brief).collect::<Vec<_>>(),
        "leaves": leaves.iter().map(brief).collect::<Vec<_>>(),
        "members": members(tree, &leaves),
    });
    if let Some(why) = why {
        value["why"] = json!(why);
    }
    let text = serde_json::to_string_pretty(&value).map_err(|e| Error::Bug(e.to_string()))?;
    Ok(text + "\n")
}
