//! What a clustering could not place is no cluster.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::rows::draft::ClusterDraft;
use crate::values::vocabulary::words;

/// What the heap of items is called that are in no cluster, as [`words`] writes it.
static CALLED: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let lines = include_str!("noise.txt").lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(|line| line.split(',')).map(words).collect()
});
/// Names that may be a topic's too.
const PERHAPS: [&str; 4] = ["noise", "bruit", "ruido", "other noise"];

/// Whether a draft holds what is in no cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Noisy {
    Yes,
    /// It is called so, and a topic may be, too.
    Perhaps,
    No,
}

/// Does the draft hold what is in no cluster? `largest` is the size of the largest, `capitals` whether
/// [nearly all names have them](have_capitals).
pub(crate) fn judge(draft: &ClusterDraft, largest: u64, capitals: bool) -> Noisy {
    let name = words(&draft.name);
    let may_be = PERHAPS.contains(&name.as_str());
    let is_taken = may_be && (draft.size() == largest || capitals && is_label(&draft.name));
    if is_called_noise(draft, &name) || is_taken {
        Noisy::Yes
    } else if may_be {
        Noisy::Perhaps
    } else {
        Noisy::No
    }
}

fn is_called_noise(draft: &ClusterDraft, name: &str) -> bool {
    let id = draft.id.as_deref().map(str::trim);
    if id == Some("-1") || id == Some("-1.0") || draft.numbered == Some(-1) {
        return true;
    }
    // What pivot tables call rows of nothing, and what has no name here.
    let nothing = [
        "(blank)",
        "(leer)",
        "(vide)",
        "(en blanco)",
        "(vuoto)",
        "(leeg)",
        "(vazio)",
        "(none)",
        "(null)",
        "(空白)",
        crate::rows::aside::NAMELESS,
    ];
    let is_bracketed = draft.name.trim().starts_with('(');
    is_bracketed && nothing.contains(&draft.name.trim().to_lowercase().as_str())
        || CALLED.contains(name)
        || of_number(&draft.name)
}

/// Is it a word in small letters? Among names with capitals that is a program's.
fn is_label(name: &str) -> bool {
    name.trim().chars().all(char::is_lowercase)
}

/// Do nearly all names begin with a capital?
pub(crate) fn have_capitals(drafts: &[ClusterDraft]) -> bool {
    let begins = |draft: &&ClusterDraft| {
        draft.name.chars().find(|c| c.is_alphabetic()).is_some_and(char::is_uppercase)
    };
    drafts.iter().filter(begins).count() * 10 >= drafts.len() * 8
}

/// `-1: noise`, `-1_outliers`.
fn of_number(name: &str) -> bool {
    let rest = name.trim().strip_prefix("-1").map(words);
    rest.is_some_and(|rest| {
        rest.is_empty() || PERHAPS.contains(&rest.as_str()) || CALLED.contains(&rest)
    })
}
