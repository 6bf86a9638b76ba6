//! `cladus browse`

use cladus_browse::{Correction, Granted, Shown, Wish, browse};
use cladus_cli::{Display, DisplayMode, can_draw};
use cladus_core::{Error, Result, exit, text};

use super::edit::{EditCommand, More, correct};
use super::here::RunArg;
use super::why;
use crate::edits::Edits;
use crate::folder::RunFolder;
use crate::picture;
use crate::tree::hierarchy::Hierarchy;
use crate::why::explained;
use cladus_core::tree::Tree;

#[derive(Debug, clap::Args)]
pub(crate) struct BrowseArgs {
    #[command(flatten)]
    run: RunArg,
}

pub(crate) fn run(args: &BrowseArgs) -> Result<u8> {
    if !can_draw() {
        return Err(Error::config_hint(
            "there is no terminal to browse in",
            "`cladus tree` prints the tree, `cladus explore` writes it as a page",
        ));
    }
    let folder = RunFolder::finished(&args.run.path()?)?;
    let edits = Edits::load(&folder.edits())?;
    let tree = Tree::read(&folder.hierarchy())?;
    // Corrections move clusters, but never between iterations.
    let iterations = Hierarchy::made(&folder, &tree, &edits).iterations();
    drop(tree);
    let display = Display::new(DisplayMode::Kept);
    browse(shown(&folder)?, |wish| {
        let granted = match wish {
            Wish::Why(id) => explained(&folder, iterations, &id)
                .map(|why| Granted::Why(why::lines(why.as_ref(), usize::MAX))),
            Wish::Correct(correction) => corrected(&folder, correction, &display),
        };
        granted.unwrap_or_else(|error| Granted::Refused(told(&error)))
    })?;
    Ok(exit::OK)
}

/// The run as it is.
fn shown(folder: &RunFolder) -> Result<Shown> {
    let edits = Edits::load(&folder.edits())?.list;
    let edits = edits.into_iter().map(|edit| edit.verb.to_string()).collect();
    Ok(Shown { page: picture::page(folder)?, edits })
}

/// Does what `cladus edit` would do, and says what was done.
fn corrected(folder: &RunFolder, correction: Correction, display: &Display) -> Result<Granted> {
    if let Correction::Undo { last } = &correction {
        let edits = Edits::load(&folder.edits())?.list;
        let now = edits.last().map(|edit| edit.verb.to_string()).unwrap_or_default();
        if text::clean(&now) != last.as_str() {
            let says = "edits.toml has changed meanwhile, so nothing was undone".to_owned();
            return Ok(Granted::Corrected(Box::new(shown(folder)?), says));
        }
    }
    let done = correct(folder, &asked(correction), display)?;
    let says = [done].into_iter().chain(display.taken()).collect::<Vec<_>>().join("; ");
    Ok(Granted::Corrected(Box::new(shown(folder)?), says))
}

fn asked(correction: Correction) -> EditCommand {
    match correction {
        Correction::Rename { cluster, name } => {
            EditCommand::Rename { parent: cluster, name, more: More::default() }
        }
        Correction::Merge { kept, other, name } => {
            EditCommand::Merge { parents: vec![kept, other], name, more: More::default() }
        }
        Correction::Move { cluster, to } => EditCommand::Move { cluster, to },
        Correction::Pin { cluster } => EditCommand::Pin { cluster, under: None },
        Correction::Undo { .. } => EditCommand::Undo,
    }
}

/// An error in a line.
fn told(error: &Error) -> String {
    let hint = error.hint().map_or_else(String::new, |hint| format!(" ({hint})"));
    format!("{error}{hint}")
}
