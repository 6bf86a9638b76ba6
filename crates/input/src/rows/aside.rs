//! Rows of a table that are no clusters: sums, footers, rows without a name.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::columns::unclear::printable;
use crate::notes::ReadingNotes;
use crate::rows::draft::ClusterDraft;
use crate::rows::steps;
use crate::rows::subtotals;
use crate::values::vocabulary::words;
use cladus_core::numbers::thousands;

/// What sums are called, as [`words`] writes it.
static SUMS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let lines = include_str!("sums.txt").lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(|line| line.split(',')).map(words).collect()
});
/// How a line begins that says where a table is from.
const FOOTERS: [&str; 15] = [
    "source",
    "quelle",
    "quellen",
    "fuente",
    "note",
    "notes",
    "hinweis",
    "stand",
    "generated",
    "exported",
    "created",
    "as of",
    "copyright",
    "confidential",
    "confidential information",
];

/// How a row without a name is called among the noise.
pub(crate) const NAMELESS: &str = "(no name)";

/// Takes out what is no cluster, and says so.
pub(crate) fn take_out(drafts: &mut Vec<ClusterDraft>, has_size: bool, told: &mut ReadingNotes) {
    if has_size {
        without_sums(drafts, told);
        without_footer(drafts, told);
    }
    without_names(drafts, told);
    // Titles above clusters need none.
    let titles = steps::parents(drafts).is_some();
    let unsized_ = drafts.iter().filter(|d| d.size.is_none() && d.members.is_none());
    let (count, first) = (unsized_.clone().count(), unsized_.clone().next());
    if let Some(first) = first.filter(|_| has_size && count < drafts.len() && !titles) {
        told.warnings.push(format!(
            "{} no size and {} as one item ({})",
            if count == 1 {
                "1 cluster has".to_owned()
            } else {
                format!("{} clusters have", thousands(count as u64))
            },
            if count == 1 { "counts" } else { "count" },
            printable(&first.name)
        ));
    }
}

fn is_sum(draft: &ClusterDraft) -> bool {
    let called = |text: &str| {
        let words = words(text);
        SUMS.contains(&words)
            || words.ends_with(" total")
            || words.ends_with(" ergebnis")
            || words.starts_with("total ")
            || words.starts_with("grand total")
    };
    match draft.name.trim() {
        "" => draft.size.is_some() && draft.parent.as_deref().is_none_or(called),
        name => called(name),
    }
}

/// What is called a sum, and what the others come to.
struct SumRows {
    are_sums: Vec<bool>,
    /// The others that have a size, and the largest and the sum of their sizes.
    sized: usize,
    largest: u64,
    all: u64,
    /// The sum of the upper rows alone, of a pivot table.
    tops: Option<u64>,
    most_are_sized: bool,
}

/// What a row is among sums.
enum SumVerdict {
    Cluster,
    /// It is called a sum, and is none.
    OnlyCalledSo,
    /// Of all others, or of those since the one before.
    Sum,
    /// A formula that nobody has worked out yet.
    Open,
    /// It stands where a sum does, and says this instead.
    Off(u64),
}

impl SumRows {
    fn of(drafts: &[ClusterDraft]) -> Self {
        // Once: names are many and long.
        let are_sums: Vec<bool> = drafts.iter().map(is_sum).collect();
        let others =
            || drafts.iter().zip(&are_sums).filter(|(_, is)| !**is).map(|(draft, _)| draft);
        let sizes: Vec<u64> = others().map(ClusterDraft::size).collect();
        let sized = others().filter(|draft| draft.size.is_some()).count();
        Self {
            sized,
            largest: sizes.iter().copied().max().unwrap_or(0),
            all: sizes.iter().fold(0u64, |sum, size| sum.saturating_add(*size)),
            // Upper rows of a pivot table are in its sum once, with those below them.
            tops: subtotals::without_sums(&sizes).filter(|_| sized == sizes.len()),
            most_are_sized: sized * 2 > drafts.len(),
            are_sums,
        }
    }

    /// `since` is the sum of the rows since the last sum.
    fn judge(&self, draft: &ClusterDraft, place: usize, since: u64) -> SumVerdict {
        if !self.are_sums[place] {
            return SumVerdict::Cluster;
        }
        let at_an_end = place == 0 || place + 1 == self.are_sums.len();
        let is_called_sum = self.most_are_sized && at_an_end && SUMS.contains(&words(&draft.name));
        match draft.size {
            None if is_called_sum => SumVerdict::Open,
            None => SumVerdict::OnlyCalledSo,
            Some(size) if size == self.all || size == since && since > 0 => SumVerdict::Sum,
            Some(size) if Some(size) == self.tops => SumVerdict::Sum,
            Some(size) if is_called_sum && size >= self.largest.max(2) && self.sized > 2 => {
                SumVerdict::Off(size)
            }
            Some(_) => SumVerdict::OnlyCalledSo,
        }
    }
}

/// Sums of all others, or of those since the sum before, as sheets have them.
fn without_sums(drafts: &mut Vec<ClusterDraft>, told: &mut ReadingNotes) {
    let sums = SumRows::of(drafts);
    if drafts.len() < 3 || !sums.are_sums.contains(&true) {
        return;
    }
    let (mut since, mut kept, mut places) = (0u64, 0, 0..);
    let mut out: Vec<String> = Vec::new();
    let mut last_sum = None;
    drafts.retain(|draft| {
        match sums.judge(draft, places.next().unwrap_or_default(), since) {
            SumVerdict::Cluster => since = since.saturating_add(draft.size()),
            SumVerdict::OnlyCalledSo => {}
            SumVerdict::Off(size) => {
                told.warnings.push(format!(
                    "the row {} says {}, and the others come to {}: it is taken for their sum, and is no cluster",
                    printable(&draft.name),
                    thousands(size),
                    thousands(sums.tops.unwrap_or(sums.all))
                ));
                return false;
            }
            SumVerdict::Open => {
                out.push(name_of_sum(draft));
                return false;
            }
            SumVerdict::Sum => {
                out.push(name_of_sum(draft));
                (since, last_sum) = (0, Some(kept));
                return false;
            }
        }
        kept += 1;
        true
    });
    if let Some(from) = last_sum {
        without_lines_below(drafts, from, told);
    }
    told.notes.extend(in_words(&out));
}

/// As the reader is told of it: by its name, or by that of the row above it.
fn name_of_sum(draft: &ClusterDraft) -> String {
    let upper = draft.parent.as_ref().or(draft.path.last());
    let name = if draft.name.trim().is_empty() { upper } else { Some(&draft.name) };
    name.map_or_else(|| "without a name".to_owned(), |name| printable(name))
}

/// Which rows were sums, where some were.
fn in_words(sums: &[String]) -> Option<String> {
    match sums {
        [] => None,
        [one] => Some(format!("the row {one}, the sum of all others, is no cluster")),
        several => {
            Some(format!("the rows {}, sums of others, are no clusters", several.join(", ")))
        }
    }
}

/// Below the sum of everything stands what a report says of itself.
fn without_lines_below(drafts: &mut Vec<ClusterDraft>, from: usize, told: &mut ReadingNotes) {
    let bare = |draft: &ClusterDraft| {
        draft.size.is_none()
            && draft.members.is_none()
            && draft.description.is_empty()
            && draft.path.len() < 2
    };
    if from >= drafts.len()
        || from == 0
        || !drafts[from..].iter().all(bare)
        || drafts[..from].iter().any(bare)
    {
        return;
    }
    for line in drafts.drain(from..) {
        told.warnings.push(format!(
            "{} is a footer, no cluster: {}",
            line.place,
            printable(&line.name)
        ));
    }
}

/// Last lines that say where the table is from.
fn without_footer(drafts: &mut Vec<ClusterDraft>, told: &mut ReadingNotes) {
    while let Some(last) = drafts.last().filter(|_| drafts.len() > 2) {
        let name = words(&last.name);
        let bare = last.size.is_none()
            && last.members.is_none()
            && last.description.is_empty()
            && drafts[drafts.len() - 2].size.is_some();
        let begins = FOOTERS
            .iter()
            .any(|mark| name.strip_prefix(mark).is_some_and(|rest| rest.starts_with(' ')))
            || last.name.trim_start().starts_with(['*', '†', '©']);
        if !(bare && begins) {
            return;
        }
        told.warnings.push(format!(
            "{} is a footer, no cluster: {}",
            last.place,
            printable(&last.name)
        ));
        drafts.pop();
    }
}

/// Rows without a name that say something are set aside, others left out.
fn without_names(drafts: &mut Vec<ClusterDraft>, told: &mut ReadingNotes) {
    let nameless = |draft: &ClusterDraft| draft.name.trim().is_empty() && draft.path.is_empty();
    let count = drafts.iter().filter(|draft| nameless(draft)).count();
    if count == 0 || count * 2 > drafts.len() {
        return;
    }
    let empty = |draft: &ClusterDraft| {
        nameless(draft)
            && draft.id.is_none()
            && draft.size.is_none()
            && draft.members.is_none()
            && draft.item.is_none()
            && draft.description.is_empty()
    };
    let out: Vec<String> =
        drafts.iter().filter(|draft| empty(draft)).map(|draft| draft.place.to_string()).collect();
    drafts.retain(|draft| !empty(draft));
    if let Some(first) = out.first() {
        let rows = if out.len() == 1 {
            "1 row has".to_owned()
        } else {
            format!("{} rows have", out.len())
        };
        told.warnings.push(format!(
            "{rows} nothing in any column that is used, and no cluster is made of that ({first})"
        ));
    }
    let mut aside = 0usize;
    for draft in drafts.iter_mut().filter(|draft| nameless(draft)) {
        draft.name = NAMELESS.to_owned();
        aside += 1;
    }
    if aside > 0 {
        let rows = if aside == 1 {
            "1 row has".to_owned()
        } else {
            format!("{} rows have", thousands(aside as u64))
        };
        told.warnings.push(format!("{rows} no name: set aside with the noise"));
    }
}
