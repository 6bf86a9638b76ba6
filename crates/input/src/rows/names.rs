//! What stands around names without being part of them: quotation marks, bold letters, numbers of a list,
//! `Topic:` before each, entities of HTML. No letter of a name is lost, and what was taken off is said.

use std::collections::{HashMap, HashSet};

use crate::columns::unclear::printable;
use crate::notes::ReadingNotes;
use crate::rows::draft::ClusterDraft;
use crate::values::entities::decoded;
use crate::values::tags;
use cladus_core::numbers::thousands;

/// Marks that stand around a whole text.
const AROUND: [(&str, &str); 9] = [
    ("**", "**"),
    ("\"", "\""),
    ("“", "”"),
    ("„", "“"),
    ("«", "»"),
    ("‘", "’"),
    ("'", "'"),
    ("`", "`"),
    ("「", "」"),
];
/// What a model puts before every name.
const BEFORE: [&str; 10] =
    ["topic", "cluster", "theme", "category", "label", "name", "title", "group", "thema", "tema"];

/// Takes off what stands around the names, the descriptions, and what parents are called.
pub(crate) fn tidy(drafts: &mut [ClusterDraft], told: &mut ReadingNotes) {
    markup(drafts, told);
    entities(drafts, told);
    marks(drafts, told);
    prefixes(drafts, told);
    numbers(drafts, told);
    links_of_parents(drafts);
}

/// The texts of a draft; what a parent is called only where no id is.
fn texts<'a>(
    draft: &'a mut ClusterDraft,
    ids: &HashSet<String>,
) -> impl Iterator<Item = &'a mut String> {
    let parent = draft.parent.as_mut().filter(|parent| !ids.contains(parent.trim()));
    [&mut draft.name, &mut draft.description].into_iter().chain(parent).chain(&mut draft.path)
}

fn ids(drafts: &[ClusterDraft]) -> HashSet<String> {
    drafts.iter().filter_map(|draft| draft.id.clone()).collect()
}

/// `<b>Late parcels</b>`, `[Late parcels](https://…)`.
fn markup(drafts: &mut [ClusterDraft], told: &mut ReadingNotes) {
    let ids = ids(drafts);
    let (mut times, mut first) = (0u64, None);
    for draft in drafts {
        for text in texts(draft, &ids).filter(|text| text.contains(['<', '[', '='])) {
            if let Some(bare) = tags::without(text) {
                times += 1;
                first.get_or_insert_with(|| printable(&bare));
                *text = bare;
            }
        }
    }
    if let Some(first) = first {
        told.notes.push(format!("markup in {} taken off ({first})", counted(times, "text")));
    }
}

/// `Returns &amp; refunds` is "Returns & refunds".
fn entities(drafts: &mut [ClusterDraft], told: &mut ReadingNotes) {
    let ids = ids(drafts);
    let (mut times, mut first) = (0u64, None);
    for draft in drafts {
        for text in texts(draft, &ids).filter(|text| text.contains('&') && text.contains(';')) {
            let decoded = decoded(text);
            if decoded != *text {
                times += 1;
                first.get_or_insert_with(|| printable(&decoded));
                *text = decoded;
            }
        }
    }
    if let Some(first) = first {
        let texts = counted(times, "text");
        told.notes.push(format!(
            "HTML's entities in {texts} read as the letters they stand for ({first})"
        ));
    }
}

/// A text without the marks around the whole of it; nothing where there are none.
fn without_marks(text: &str) -> Option<&str> {
    let text = text.trim();
    AROUND.iter().find_map(|(open, close)| {
        let inner = text.strip_prefix(open)?.strip_suffix(close)?;
        let whole = !inner.trim().is_empty() && !inner.contains(open) && !inner.contains(close);
        // `'90s and '00s'` has one of its own at the end.
        whole.then(|| inner.trim())
    })
}

fn marks(drafts: &mut [ClusterDraft], told: &mut ReadingNotes) {
    let ids = ids(drafts);
    let (mut times, mut first) = (0u64, None);
    for draft in drafts {
        for (at, text) in texts(draft, &ids).enumerate() {
            let mut taken = false;
            while let Some(inner) = without_marks(text) {
                *text = inner.to_owned();
                taken = true;
            }
            if taken && at == 0 {
                times += 1;
                first.get_or_insert_with(|| printable(text));
            }
        }
    }
    if let Some(first) = first {
        let names = counted(times, "name");
        told.notes
            .push(format!("quotation marks or bold letters around {names} taken off ({first})"));
    }
}

/// `Topic: Late parcels`, `Cluster 3: Late parcels`, where nearly all names begin so.
fn prefixes(drafts: &mut [ClusterDraft], told: &mut ReadingNotes) {
    let named = drafts.iter().filter(|draft| !draft.name.trim().is_empty()).count();
    let found: HashMap<&'static str, usize> = drafts
        .iter()
        .filter_map(|draft| Some(prefix(&draft.name)?.0))
        .fold(HashMap::new(), |mut all, kind| {
            *all.entry(kind).or_default() += 1;
            all
        });
    let Some((kind, _)) =
        found.into_iter().find(|(_, times)| *times > 1 && times * 10 >= named * 9)
    else {
        return;
    };
    for draft in drafts {
        if let Some((_, rest)) = prefix(&draft.name).filter(|(found, _)| *found == kind) {
            draft.name = without_marks(rest).unwrap_or(rest).to_owned();
        }
    }
    let mut shown = kind.to_owned();
    shown[..1].make_ascii_uppercase();
    told.notes.push(format!("names without {shown}: before each"));
}

/// What a name begins with, and the name itself.
fn prefix(name: &str) -> Option<(&'static str, &str)> {
    let kind = BEFORE.iter().copied().find(|kind| {
        name.get(..kind.len()).is_some_and(|start| start.eq_ignore_ascii_case(kind))
    })?;
    let rest =
        name[kind.len()..].trim_start_matches(|c: char| c == ' ' || c == '#' || c.is_ascii_digit());
    let rest = rest.strip_prefix(':')?.trim();
    (!rest.is_empty()).then_some((kind, rest))
}

/// `1. Late parcels`, where the numbers count the rows and the names stay each one's own without them.
fn numbers(drafts: &mut [ClusterDraft], told: &mut ReadingNotes) {
    let numbered: Option<Vec<(u64, String)>> =
        drafts.iter().map(|draft| number(&draft.name)).collect();
    let Some(numbered) = numbered.filter(|numbered| numbered.len() > 1) else { return };
    let counts = numbered.windows(2).all(|pair| pair[1].0 == pair[0].0 + 1) && numbered[0].0 <= 1;
    let before: HashSet<&str> = drafts.iter().map(|draft| draft.name.as_str()).collect();
    let after: HashSet<&str> = numbered.iter().map(|(_, name)| name.as_str()).collect();
    if !counts || after.len() < before.len() {
        return;
    }
    for (draft, (_, name)) in drafts.iter_mut().zip(numbered) {
        draft.name = name;
    }
    told.notes.push("names without the numbers that count them".to_owned());
}

fn number(name: &str) -> Option<(u64, String)> {
    let name = name.trim();
    let rest = name.trim_start_matches(|c: char| c.is_ascii_digit());
    let number = name[..name.len() - rest.len()].parse().ok()?;
    let rest = rest.strip_prefix(['.', ')', ':'])?.strip_prefix(' ')?.trim();
    rest.contains(char::is_alphabetic).then(|| (number, rest.to_owned()))
}

/// Notion writes the page behind a relation: `Shop (https://www.notion.so/…)`.
fn links_of_parents(drafts: &mut [ClusterDraft]) {
    let names: HashSet<String> = drafts.iter().map(|draft| draft.name.trim().to_owned()).collect();
    for parent in drafts.iter_mut().filter_map(|draft| draft.parent.as_mut()) {
        let bare = parent.trim().strip_suffix(')').and_then(|rest| rest.rsplit_once(" (http"));
        if let Some((bare, _)) = bare.filter(|(bare, _)| names.contains(bare.trim())) {
            *parent = bare.trim().to_owned();
        }
    }
}

fn counted(number: u64, noun: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{} {noun}{s}", thousands(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(names: &[&str], expected: &[&str]) {
        let mut drafts: Vec<ClusterDraft> = names
            .iter()
            .map(|name| ClusterDraft { name: (*name).to_owned(), ..ClusterDraft::default() })
            .collect();
        let mut told = ReadingNotes::default();
        tidy(&mut drafts, &mut told);
        let found: Vec<&str> = drafts.iter().map(|draft| draft.name.as_str()).collect();
        assert_eq!(found, expected);
        assert_eq!(told.notes.is_empty(), names == expected, "{:?}", told.notes);
    }

    #[test]
    fn what_is_around_names_goes() {
        check(&["\"Late\"", "**Lost**", "“Slow”"], &["Late", "Lost", "Slow"]);
        check(&["**\"Late\"**", "Lost"], &["Late", "Lost"]);
        check(&["Returns &amp; refunds", "Caf&eacute;"], &["Returns & refunds", "Café"]);
        check(&["1. Late", "2. Lost"], &["Late", "Lost"]);
        check(&["Topic 0: Late", "Topic 1: Lost"], &["Late", "Lost"]);
        check(&["Topic: Late", "Topic: Lost"], &["Late", "Lost"]);
    }

    #[test]
    fn what_belongs_to_names_stays() {
        for names in [
            &["\"Late\" and \"lost\"", "AT&T; more", "R&D"][..],
            &["2. Bundesliga", "3. Liga"],
            &["1. Bundesliga", "2. Bundesliga"],
            &["Topic: Late", "Lost", "Slow"],
            &["'Late", "Lost'", "**kwargs"],
        ] {
            check(names, names);
        }
    }
}
