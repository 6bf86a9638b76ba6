//! What a share leaves beside its candidates, so that names can be told apart when shares are gathered.

use cladus_asking::share_note::{read_share_note, share_note};
use cladus_asking::stage::MadeRows;
use cladus_core::Result;
use cladus_core::artifact::{self, Candidate};
use cladus_core::outcome::Asked;
use cladus_core::shard::Share;
use cladus_words::{OpenName, told_apart};
use serde::{Deserialize, Serialize};

use crate::extractive::called;
use crate::work::note;

/// What stands in the file of a share.
#[derive(Debug, Serialize, Deserialize)]
struct OpenShare {
    groups: usize,
    /// For each candidate its names, the words to avoid, its weight, and whether it is of one cluster.
    names: Vec<(Vec<String>, Vec<String>, u64, bool)>,
}

/// As a share of so many groups says it; `None` if it is too much.
///
/// # Errors
/// Never in practice.
pub(crate) fn said(groups: usize, names: Vec<OpenName>) -> Result<Option<String>> {
    let names = names.into_iter().map(|open| (open.names, open.avoided, open.weight, open.alone));
    share_note(&OpenShare { groups, names: names.collect() })
}

/// The candidates of all shares under names that are told apart; `None` where one of them does not say by
/// what.
///
/// # Errors
/// When a file cannot be read or breaks its contract.
pub(crate) fn joined(shares: &[Share]) -> Result<Option<MadeRows<Candidate>>> {
    let mut groups = 0;
    let mut all: Vec<(Candidate, OpenName)> = Vec::new();
    for share in shares {
        let note: Option<OpenShare> = read_share_note(&share.path)?;
        let Some(OpenShare { groups: own, names }) = note else { return Ok(None) };
        let rows = artifact::read_candidates(&share.path)?.rows;
        if rows.len() != names.len() {
            return Ok(None);
        }
        groups += own;
        for (row, (names, avoided, weight, alone)) in rows.into_iter().zip(names) {
            let Some(set) = row.group_id else { return Ok(None) };
            all.push((row, OpenName { names, avoided, weight, set, alone }));
        }
    }
    // Each group is in one share, with its candidates in their order.
    all.sort_by_key(|(_, open)| open.set);
    let (mut rows, open): (Vec<Candidate>, Vec<OpenName>) = all.into_iter().unzip();
    for ((row, open), name) in rows.iter_mut().zip(&open).zip(told_apart(&open)) {
        row.name = called(&name, open.set);
    }
    Ok(Some(MadeRows { note: note(&rows, groups), rows, asked: Asked::default() }))
}
