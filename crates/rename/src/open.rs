//! What a share leaves beside its parents, so that names can be told apart when shares are gathered.

use cladus_asking::share_note::read_share_note;
use cladus_asking::stage::MadeRows;
use cladus_core::Result;
use cladus_core::artifact::{self, Cluster, Parent};
use cladus_core::name::Distinct;
use cladus_core::outcome::Asked;
use cladus_core::shard::Share;
use cladus_words::{OpenName, Telling, told_apart};
use serde::{Deserialize, Serialize};

use crate::extractive::ParentText;
use crate::work::note;

/// What stands in the file of a share.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct OpenParents {
    /// What joins the parts of a name.
    and: String,
    /// How the level's families came about.
    said: String,
    /// In the order of the file.
    parents: Vec<OpenParent>,
}

/// A parent before its name is told from those of others.
#[derive(Debug, Serialize, Deserialize)]
struct OpenParent {
    /// Among the families of the level.
    place: usize,
    /// `None`: a cluster that moved up alone, under its own name.
    open: Option<OpenText>,
}

#[derive(Debug, Serialize, Deserialize)]
struct OpenText {
    names: Vec<String>,
    avoided: Vec<String>,
    weight: u64,
    set: u32,
    telling: Telling,
}

impl OpenParents {
    /// Of `parents`, of the families at the places `own`; `said` has what was said of those that were named.
    pub(crate) fn new(
        and: &str,
        note: &str,
        own: &[usize],
        parents: &[Cluster],
        said: impl Iterator<Item = Option<(OpenName, Telling)>>,
    ) -> Self {
        let text = |(open, telling)| {
            let OpenName { names, avoided, weight, set, alone: _ } = open;
            OpenText { names, avoided, weight, set, telling }
        };
        let open =
            own.iter().zip(said).map(|(&place, said)| OpenParent { place, open: said.map(text) });
        let mut each: Vec<(&Cluster, OpenParent)> = parents.iter().zip(open).collect();
        each.sort_unstable_by_key(|(parent, _)| &parent.id);
        let parents = each.into_iter().map(|(_, open)| open).collect();
        Self { and: and.to_owned(), said: note.to_owned(), parents }
    }
}

/// The parents of all shares under names that are told apart; `None` where one of them does not say by what.
///
/// # Errors
/// When a file cannot be read or breaks its contract.
pub(crate) fn joined(shares: &[Share]) -> Result<Option<MadeRows<Parent>>> {
    let (mut all, mut and, mut note_of_level) = (Vec::new(), String::new(), String::new());
    for share in shares {
        let note: Option<OpenParents> = read_share_note(&share.path)?;
        let Some(OpenParents { and: joins, said, parents }) = note else { return Ok(None) };
        let rows = artifact::read_clusters(&share.path)?.rows;
        if rows.len() != parents.len() {
            return Ok(None);
        }
        (and, note_of_level) = (joins, said);
        all.extend(parents.into_iter().zip(rows));
    }
    all.sort_unstable_by_key(|(open, _)| open.place);
    let (open, mut rows): (Vec<OpenParent>, Vec<Cluster>) = all.into_iter().unzip();
    let alone = name_all(open, &mut rows, &and);
    let note = note(rows.len(), alone) + &note_of_level;
    let rows = rows.into_iter().map(Parent::from).collect();
    Ok(Some(MadeRows { rows, note, asked: Asked::default() }))
}

/// Writes names, descriptions and slugs anew, in the order of the families. Says how many have their own.
fn name_all(open: Vec<OpenParent>, rows: &mut [Cluster], and: &str) -> usize {
    let alone = open.iter().zip(&*rows).filter(|(open, _)| open.open.is_none());
    let mut taken: Distinct = alone.clone().map(|(_, row)| &row.name).collect();
    let alone = alone.count();
    let (mut names, mut texts) = (Vec::new(), Vec::new());
    for (open, row) in open.into_iter().zip(rows) {
        if let Some(OpenText { names: own, avoided, weight, set, telling }) = open.open {
            names.push(OpenName { names: own, avoided, weight, set, alone: false });
            texts.push((telling, row));
        }
    }
    for (name, (telling, row)) in told_apart(&names).iter().zip(texts) {
        let ParentText { name, description, slug } =
            ParentText::of(name, &telling, and, &mut taken);
        (row.name, row.description, row.slug) = (name, description, slug);
    }
    alone
}
