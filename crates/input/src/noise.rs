//! What a clustering could not place is no cluster.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::draft::ClusterDraft;
use crate::vocabulary::words;

/// What the heap of items is called that are in no cluster, as [`words`] writes it.
static CALLED: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let lines = include_str!("noise.txt").lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(|line| line.split(',')).map(words).collect()
});
/// Names that may be a topic's too.
const PERHAPS: [&str; 4] = ["noise", "bruit", "ruido", "other noise"];

/// Does the draft hold what is in no cluster?
pub(crate) fn is_noise(draft: &ClusterDraft, largest: u64, capitals: bool) -> bool {
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
        crate::aside::NAMELESS,
    ];
    if nothing.contains(&draft.name.trim().to_lowercase().as_str()) {
        return true;
    }
    let name = words(&draft.name);
    CALLED.contains(&name)
        || of_number(&draft.name)
        || may_be(draft) && (draft.size() == largest || capitals && is_label(&draft.name))
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

/// May what is called so be noise, and a topic as well?
pub(crate) fn may_be(draft: &ClusterDraft) -> bool {
    PERHAPS.contains(&words(&draft.name).as_str())
}

/// `-1: noise`, `-1_outliers`.
fn of_number(name: &str) -> bool {
    let rest = name.trim().strip_prefix("-1").map(words);
    rest.is_some_and(|rest| {
        rest.is_empty() || PERHAPS.contains(&rest.as_str()) || CALLED.contains(&rest)
    })
}
