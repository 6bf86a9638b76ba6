//! Corrections of a run, as a whole file: nothing is written that would not apply.

use cladus_cli::Display;
use cladus_core::config::Config;
use cladus_core::{Error, Result, atomic, content};

use crate::edits::{Edits, apply};
use crate::folder::RunFolder;
use crate::tree::hierarchy::{Again, Hierarchy};
use crate::tree::map::Map;
use cladus_core::tree::Tree;

/// Makes `edits.toml` of `folder` what `wanted` says, where it still is what it was `before`, and puts the
/// hierarchy together again.
///
/// # Errors
/// When it has changed since, does not say what an edit says, or what is new in it does not apply.
pub(crate) fn replace(
    folder: &RunFolder,
    before: &str,
    wanted: &str,
    display: &Display,
) -> Result<()> {
    let lock = folder.lock()?;
    lock.warning().into_iter().for_each(|warning| display.warning(warning));
    content::recall(&folder.memory(), folder.root());
    if text(folder)?.trim_end() != before.trim_end() {
        return Err(Error::config_hint(
            "edits.toml has changed since this page was made",
            "reload the page; unsaved corrections are kept",
        ));
    }
    let path = folder.edits();
    let (old, new) = (Edits::load(&path)?, Edits::parse(&path, wanted)?);
    let made = Hierarchy::made(folder, &Tree::read(&folder.hierarchy())?, &old);
    if made.is_behind()? {
        let root = folder.root().display();
        return Err(Error::config_hint(
            "the hierarchy is out of date",
            format!("finish the run with `cladus run --out {root}`, then correct it"),
        ));
    }
    let outcomes = apply(made.unedited()?, &new)?.1;
    // What did not apply before is told elsewhere, and is in nobody's way.
    if let Some(outcome) = outcomes.iter().skip(old.list.len()).find(|one| !one.applies()) {
        return Err(Error::config(format!("nothing was changed: {outcome}")));
    }
    match wanted.trim().is_empty() {
        true if path.is_file() => {
            std::fs::remove_file(&path).map_err(|e| Error::io("remove", &path, e))?;
        }
        true => {}
        false => atomic::publish_bytes(&path, wanted.as_bytes())?,
    }
    let again = Again::By("cladus run --discard-edits");
    Hierarchy::of(folder, made.iterations(), &new).update(again, display)?;
    let config = folder.config();
    let config = Config::load_or_default(config.is_file().then_some(config.as_path()))?;
    let map = Map::of(folder, &config);
    if map.is_there() && map.can_be_made() {
        map.update(again, display)?;
    }
    content::remember(&folder.memory(), folder.root())
}

/// Takes the last edit back; says which it was.
///
/// # Errors
/// When there is none, or it stands in no block of its own.
pub(crate) fn undo(folder: &RunFolder, display: &Display) -> Result<String> {
    let before = text(folder)?;
    let edits = Edits::parse(&folder.edits(), &before)?;
    let Some(last) = edits.list.last() else {
        return Err(Error::config("there is no correction to undo"));
    };
    let kept: String = before.split_inclusive('\n').take(last.line.saturating_sub(1)).collect();
    let kept = format!("{}\n", kept.trim_end());
    let left = Edits::parse(&folder.edits(), &kept).map(|left| left.list);
    let verbs = |list: &[crate::edits::Edit]| -> Vec<_> {
        list.iter().map(|edit| edit.verb.clone()).collect()
    };
    let all_but_one = &edits.list[..edits.list.len() - 1];
    if left.map_or(true, |left| verbs(&left) != verbs(all_but_one)) {
        return Err(Error::config_hint(
            format!("line {} of edits.toml is not in its own block", last.line),
            "remove it by hand",
        ));
    }
    replace(folder, &before, if kept.trim().is_empty() { "" } else { &kept }, display)?;
    Ok(last.verb.to_string())
}

fn text(folder: &RunFolder) -> Result<String> {
    match std::fs::read_to_string(folder.edits()) {
        Ok(text) => Ok(text),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(e) => Err(Error::io("read", &folder.edits(), e)),
    }
}
