//! What a clustering could not place is no cluster.

use crate::draft::ClusterDraft;
use crate::vocabulary::words;

/// What the heap of items is called that are in no cluster.
const CALLED: [&str; 28] = [
    "unclustered",
    "outlier",
    "outliers",
    "outlier topic",
    "outlier cluster",
    "unlabelled",
    "unlabeled",
    "unassigned",
    "not clustered",
    "no cluster",
    "no topic",
    "noise topic",
    "noise cluster",
    "uncategorized",
    "uncategorised",
    "unclassified",
    "ausreisser",
    "nicht zugeordnet",
    "unzugeordnet",
    "ohne cluster",
    "rauschen",
    "ohne zuordnung",
    "non classe",
    "non classes",
    "valeurs aberrantes",
    "sin asignar",
    "sin clasificar",
    "valores atipicos",
];
/// ColumnNames that may be a topic's too.
const PERHAPS: [&str; 4] = ["noise", "bruit", "ruido", "other noise"];

/// Does the draft hold what is in no cluster?
pub(crate) fn is_noise(draft: &ClusterDraft, largest: u64) -> bool {
    let id = draft.id.as_deref().map(str::trim);
    if id == Some("-1") || id == Some("-1.0") || draft.numbered == Some(-1) {
        return true;
    }
    // What pivot tables call rows of nothing, and what has no name here.
    let nothing = ["(blank)", "(leer)", "(vide)", "(en blanco)", "(vuoto)", crate::aside::NAMELESS];
    if nothing.contains(&draft.name.trim().to_lowercase().as_str()) {
        return true;
    }
    let name = words(&draft.name);
    CALLED.contains(&name.as_str()) || PERHAPS.contains(&name.as_str()) && draft.size() == largest
}
