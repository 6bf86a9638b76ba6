//! Tables whose rows are items: grouped by the cluster that each is in.

use std::collections::HashMap;

use crate::rows::draft::ClusterDraft;

/// Are these rows items rather than clusters? Clusters share neither ids nor, mostly, names.
pub(crate) fn are_items(
    drafts: &[ClusterDraft],
    has_item: bool,
    named: bool,
    has_size: bool,
) -> bool {
    let repeats = |key: fn(&ClusterDraft) -> Option<&str>| -> Option<f64> {
        let mut seen = HashMap::new();
        let mut all = 0usize;
        for draft in drafts {
            *seen.entry(key(draft)?).or_insert(0usize) += 1;
            all += 1;
        }
        (all > 0).then(|| all as f64 / seen.len() as f64)
    };
    let by_id = repeats(|draft| draft.id.as_deref());
    let by_name = {
        let names: std::collections::HashSet<(&str, &[String])> =
            drafts.iter().map(|draft| (draft.name.as_str(), draft.path.as_slice())).collect();
        (!names.is_empty()).then(|| drafts.len() as f64 / names.len() as f64)
    };
    let often = |times: Option<f64>, least: f64| times.is_some_and(|times| times >= least);
    // An id that is each row's own tells nothing when the names repeat all the same, unless the rows are
    // what is called: then several clusters share a name.
    let by_name = by_name.filter(|_| has_item || !named);
    let repeated = often(by_id, 1.5) || often(by_name, if has_item { 1.5 } else { 3.0 });
    !has_size && repeated && drafts.len() > 3
}

/// One draft a cluster, in the order in which they come first.
pub(crate) fn grouped(drafts: Vec<ClusterDraft>) -> Vec<ClusterDraft> {
    let ids_repeat = {
        let mut seen = std::collections::HashSet::new();
        let ids: Vec<Option<&str>> = drafts.iter().map(|draft| draft.id.as_deref()).collect();
        ids.iter().all(Option::is_some) && !ids.iter().all(|id| seen.insert(*id))
    };
    let mut place: HashMap<String, usize> = HashMap::new();
    let mut clusters: Vec<ClusterDraft> = Vec::new();
    for mut draft in drafts {
        let key = match &draft.id {
            Some(id) if ids_repeat => id.clone(),
            _ if !draft.path.is_empty() => draft.path.join("\u{1f}"),
            _ => draft.name.clone(),
        };
        if !ids_repeat {
            // It is the item's, not the cluster's.
            draft.item = draft.item.or(draft.id.take());
        }
        let at = *place.entry(key).or_insert_with(|| {
            clusters.push(ClusterDraft {
                members: None,
                item: None,
                size: Some(0),
                ..draft.clone()
            });
            clusters.len() - 1
        });
        let cluster = &mut clusters[at];
        cluster.size = cluster.size.map(|size| size + 1);
        if let Some(item) = draft.item {
            cluster.members.get_or_insert_default().push(item);
        }
        if cluster.name.trim().is_empty() {
            cluster.name = draft.name;
        }
    }
    clusters
}
