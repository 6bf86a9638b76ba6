//! From rows to base clusters.

use std::collections::HashMap;
use std::path::Path;

use cladus_core::artifact::Cluster;
use cladus_core::config::InputConfig;
use cladus_core::{Error, Place, Result, id, text};

use crate::Input;
use crate::columns::counts;
use crate::columns::known::KnownShape;
use crate::columns::ladder;
use crate::columns::mapping::Mapping;
use crate::columns::roles;
use crate::columns::shapes;
use crate::columns::suspect;
use crate::columns::unclear::printable;
use crate::notes::ReadingNotes;
use crate::rows::aside;
use crate::rows::documents;
use crate::rows::draft::{self, ClusterDraft, clean};
use crate::rows::inner;
use crate::rows::levels::{self, Kept, Parted};
use crate::rows::names;
use crate::rows::noise::{self, Noisy};
use crate::rows::subtotals;
use crate::rows::telling::{columns, noise_of, not_used, told_of_clusters, told_of_levels};
use crate::understood::Understood;
use crate::values::column_role::ColumnRole;
use crate::values::table::InputTable;
use cladus_core::numbers::thousands;

/// A base cluster, where it stands, and the node above it.
struct PlacedCluster {
    place: Place,
    cluster: Cluster,
    above: Option<usize>,
}

/// Base clusters of a table.
pub(crate) fn of_table(path: &Path, mut table: InputTable, config: &InputConfig) -> Result<Input> {
    if table.rows.is_empty() {
        return Err(Error::damaged(path, "holds no clusters"));
    }
    suspect::narrow(path, &mut table, config)?;
    let shape = shapes::recognise(path, &table)?;
    if let Some(shape) = &shape {
        shapes::keep_matches(&mut table, shape);
    }
    let mut mapping = roles::choose(path, &table, shape.as_ref(), config)?;
    let mut told =
        ReadingNotes { notes: table.notes.clone(), warnings: std::mem::take(&mut table.warnings) };
    if mapping.guessed
        && let Some(name) = mapping.get(ColumnRole::Name)
    {
        told.notes.push(format!(
            "{} is taken for the name (--name-column)",
            printable(&table.columns[name])
        ));
    }
    suspect::refuse(path, &table, &mapping, config)?;
    if shape.is_none() {
        counts::take(&table, config, &mut mapping, &mut told);
    }
    let levels = mapping.path.clone();
    ladder::fill_down(&mut table, &levels, &mut told);
    let mut drafts = draft::read(path, &table, &mut mapping, &mut told)?;
    names::tidy(&mut drafts, &mut told);
    aside::take_out(&mut drafts, mapping.get(ColumnRole::Size).is_some(), &mut told);
    if shape.is_none() {
        subtotals::link(&mut drafts, &mut told);
    }
    if are_items(&table, shape.as_ref(), &mapping, &drafts) {
        let rows = drafts.len();
        drafts = documents::grouped(drafts);
        told.notes.push(format!(
            "each of {} rows is an item, grouped by cluster",
            thousands(rows as u64)
        ));
    } else {
        mapping.remove(ColumnRole::Item);
    }
    let lowest = shape.as_ref().and_then(|shape| shape.leaves_are_lowest);
    let by_path = !drafts.iter().any(|draft| draft.parent.is_some());
    let mut parted = levels::part(path, drafts, lowest)?;
    if by_path {
        inner::own_leaves(&mut parted, &mut told);
    } else {
        inner::told_of_own(&parted, &mut told);
    }
    finish(path, &table, shape.as_ref(), &mapping, parted, told, config)
}

/// Is each row an item of a cluster, rather than a cluster?
fn are_items(
    table: &InputTable,
    shape: Option<&KnownShape>,
    mapping: &Mapping,
    drafts: &[ClusterDraft],
) -> bool {
    let has = |role| mapping.get(role).is_some();
    let name = mapping.get(ColumnRole::Name).map(|column| table.columns[column].trim());
    let named = name.is_some_and(|name| name.eq_ignore_ascii_case("name"));
    let counted = has(ColumnRole::Size) || has(ColumnRole::Members);
    shape.is_some_and(|shape| shape.rows_are_items)
        || documents::are_items(drafts, has(ColumnRole::Item), named, counted)
}

/// What the input is called where it is told how it was read.
fn file_name(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_else(|| path.display().to_string())
}

/// Noise aside, then cleaned, checked, and told.
fn finish(
    path: &Path,
    table: &InputTable,
    shape: Option<&KnownShape>,
    mapping: &Mapping,
    parted: Parted,
    mut told: ReadingNotes,
    config: &InputConfig,
) -> Result<Input> {
    let Parted { leaves, above, parent, unlinked } = parted;
    let NoiseSplit { kept, set_aside, noisy } = without_noise(leaves, parent, &mut told, config);
    if kept.is_empty() {
        return Err(Error::damaged(path, "holds nothing but noise (--keep-noise takes it in)"));
    }
    let column = |role, or| mapping.get(role).map_or(or, |column| table.columns[column].as_str());
    let names = (column(ColumnRole::Name, "name"), column(ColumnRole::Id, "id"));
    let made = made(path, kept, names, &mut told)?;
    let noise_made = made_leniently(set_aside);
    let (clusters, parent): (Vec<Cluster>, Vec<Option<usize>>) =
        made.into_iter().map(|made| (made.cluster, made.above)).unzip();
    told_of_clusters(&clusters, &mut told);
    let items = clusters.iter().fold(0u64, |sum, cluster| sum.saturating_add(cluster.size));
    let leaves = clusters.len() as u64;
    let wanted = config.keep_levels && !above.is_empty();
    let given =
        if wanted { levels::kept(path, &clusters, &parent, &above)? } else { Kept::default() };
    told_of_levels(&above, unlinked, &given, config, leaves, &mut told);
    let clusters = if given.nodes.is_empty() { clusters } else { given.tops };
    let understood = Understood {
        file: file_name(path),
        kind: shape.map_or_else(|| table.format.clone(), |shape| shape.called.to_owned()),
        format: table.format.clone(),
        clusters: leaves,
        items,
        columns: columns(table, mapping),
        notes: told.notes,
        noise: noise_of(&noisy, config.keep_noise, shape),
        not_used: not_used(table, mapping, shape),
    };
    Ok(Input {
        clusters,
        noise: noise_made,
        given: given.nodes,
        understood,
        warnings: told.warnings,
    })
}

/// Drafts, told apart by whether they hold what is in no cluster.
#[derive(Default)]
struct NoiseSplit {
    kept: Vec<ClusterDraft>,
    set_aside: Vec<ClusterDraft>,
    /// Name, id and size of each that is noise, whether it is set aside or not.
    noisy: Vec<(String, Option<String>, u64)>,
}

fn without_noise(
    leaves: Vec<ClusterDraft>,
    parent: Vec<Option<usize>>,
    told: &mut ReadingNotes,
    config: &InputConfig,
) -> NoiseSplit {
    let largest = leaves.iter().map(ClusterDraft::size).max().unwrap_or(0);
    let capitals = noise::have_capitals(&leaves);
    let mut split = NoiseSplit::default();
    for (mut draft, parent) in leaves.into_iter().zip(parent) {
        draft.above = parent;
        let judged = noise::judge(&draft, largest, capitals);
        let is_noise = judged == Noisy::Yes;
        if judged == Noisy::Perhaps {
            told.warnings.push(format!(
                "{} is taken for a cluster ({}): if it is what is in no cluster, leave that row out",
                printable(&draft.name),
                draft.place
            ));
        }
        if is_noise {
            split.noisy.push((draft.name.clone(), draft.id.clone(), draft.size()));
        }
        if is_noise && !config.keep_noise {
            split.set_aside.push(draft);
        } else {
            split.kept.push(draft);
        }
    }
    split
}

/// Cleans and checks; sorted by id.
fn made(
    path: &Path,
    drafts: Vec<ClusterDraft>,
    (name_column, id_column): (&str, &str),
    told: &mut ReadingNotes,
) -> Result<Vec<PlacedCluster>> {
    let mut clusters: Vec<PlacedCluster> = Vec::with_capacity(drafts.len());
    let mut cut = 0;
    for draft in drafts {
        let (name, name_cut) = clean(&draft.name, text::MAX_NAME_CHARS);
        let (description, description_cut) = clean(&draft.description, text::MAX_DESCRIPTION_CHARS);
        cut += usize::from(name_cut) + usize::from(description_cut);
        if name.is_empty() {
            return Err(Error::at(path, draft.place, &printable(name_column), "is empty"));
        }
        let (place, above) = (draft.place, draft.above);
        clusters.push(PlacedCluster { place, above, cluster: cluster(draft, name, description) });
    }
    if cut > 0 {
        told.warnings.push(format!(
            "{} cut: names to {} characters, descriptions to {}",
            if cut == 1 { "1 text was".to_owned() } else { format!("{cut} texts were") },
            text::MAX_NAME_CHARS,
            text::MAX_DESCRIPTION_CHARS
        ));
    }
    let mut clusters = unique_ids(path, id_column, clusters)?;
    // By id, so that the order of the input changes nothing.
    clusters.sort_by(|a, b| a.cluster.id.cmp(&b.cluster.id));
    Ok(clusters)
}

/// What is set aside is kept as it is, whatever is wrong with it.
fn made_leniently(drafts: Vec<ClusterDraft>) -> Vec<Cluster> {
    let mut clusters: Vec<Cluster> = drafts
        .into_iter()
        .map(|draft| {
            let (name, description) = draft.cleaned();
            cluster(draft, name, description)
        })
        .collect();
    clusters.sort_by(|a, b| a.id.cmp(&b.id));
    clusters.dedup_by(|a, b| a.id == b.id);
    clusters
}

fn cluster(draft: ClusterDraft, name: String, description: String) -> Cluster {
    let size = draft.size();
    let members: Vec<String> = draft
        .members
        .unwrap_or_default()
        .iter()
        .map(|member| text::clean_id(member).into_owned())
        .collect();
    let slug = match draft.slug.as_deref().map(text::clean) {
        Some(slug) if !slug.is_empty() => slug.into_owned(),
        _ => cladus_words::slug(&name),
    };
    let id = draft.id.as_deref().map(text::clean_id).filter(|id| !id.is_empty());
    let id =
        id.map_or_else(|| id::base_id(&name, &description, &members), std::borrow::Cow::into_owned);
    Cluster { id, name, description, slug, level: 0, members, size }
}

/// Given ids must be unique; derived ones are made so.
fn unique_ids(
    path: &Path,
    column: &str,
    clusters: Vec<PlacedCluster>,
) -> Result<Vec<PlacedCluster>> {
    let mut seen: HashMap<String, (Place, u32)> = HashMap::with_capacity(clusters.len());
    let mut unique = Vec::with_capacity(clusters.len());
    for PlacedCluster { place, mut cluster, above } in clusters {
        let derived =
            cluster.id == id::base_id(&cluster.name, &cluster.description, &cluster.members);
        match seen.get_mut(&cluster.id) {
            None => drop(seen.insert(cluster.id.clone(), (place, 1))),
            Some((_, times)) if derived => {
                // Two rows that say the same are two clusters all the same.
                *times += 1;
                cluster.id = format!("{}-{times}", cluster.id);
            }
            Some((before, _)) => {
                let problem = format!(
                    "{:?} stands in {before} already (--id-column none derives ids from the rows)",
                    cluster.id
                );
                return Err(Error::at(path, place, &printable(column), problem));
            }
        }
        unique.push(PlacedCluster { place, cluster, above });
    }
    Ok(unique)
}

#[cfg(test)]
#[path = "clusters_tests.rs"]
mod tests;
