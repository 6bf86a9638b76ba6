//! `cladus show --why`

use std::fmt::Write as _;

use anstyle::Style;

use super::percentage;
use crate::asked::ItemQuestion;
use crate::edits::EditOutcome;
use crate::tree::Tree;
use crate::why::{GroupPlace, Offer, Placing};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// Why a node is where it is, for people.
pub(super) fn render(
    tree: &Tree,
    node: usize,
    why: Option<&Placing>,
    limit: usize,
    edits: &[EditOutcome],
) -> String {
    let cluster = tree.cluster(node);
    let path: Vec<&str> =
        tree.path(node).into_iter().map(|node| tree.cluster(node).name.as_str()).collect();
    let mut text = format!("{BOLD}{}{BOLD:#}\n", cluster.name);
    line(&mut text, "id", &cluster.id);
    line(&mut text, "path", &path.join(" > "));
    for edit in edits {
        line(&mut text, "edits", &edit.to_string());
    }
    let Some(why) = why else {
        line(&mut text, "placed", "by no stage: it came with the input, or is all there is");
        return text;
    };
    line(&mut text, "placed", &format!("in iteration {}", why.iteration));
    if let Some(GroupPlace { id, clusters, distance }) = why.group {
        let others = clusters.saturating_sub(1);
        let says =
            format!("{id}, with {others} others; {distance:.3} from its middle (cosine distance)");
        line(&mut text, "group", &says);
    }
    said(&mut text, why);
    sure(&mut text, why);
    candidates(&mut text, why, limit);
    for (at, question) in why.questions.iter().enumerate() {
        asked(&mut text, question, at > 0, limit);
    }
    text
}

fn line(text: &mut String, what: &str, says: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{DIM}{what:<9}{DIM:#}{says}");
}

/// What was answered, and what came of it.
fn said(text: &mut String, why: &Placing) {
    line(text, "label", &format!("{:?}", why.label));
    match &why.answer {
        Some(answer) => {
            line(text, "answer", &format!("{answer:?}"));
            let how = match why.matched {
                "exact" => "the candidate's number or name",
                "normalised" => "the same but for case, white space, punctuation or quotes",
                "fuzzy" => "the closest spelling",
                "nearest" => "none that was offered: the nearest by embedding took its place",
                _ => "nothing else was offered",
            };
            line(text, "match", &format!("{} ({how}), {:.3} alike", why.matched, why.similarity));
        }
        None => {
            line(text, "answer", "none: no model was asked, the nearest by embedding was taken");
            line(text, "match", &format!("{}, cosine {:.3}", why.matched, why.similarity));
        }
    }
    if let Some(remark) = &why.remark {
        line(text, "remark", remark);
    }
}

/// A question to a model, and what it answered; `again` for a second look.
fn asked(text: &mut String, question: &ItemQuestion, again: bool, limit: usize) {
    let ItemQuestion { call, model, item, items, offered, answer } = question;
    let limit = if limit == 0 { usize::MAX } else { limit };
    let what = if again { "asked again" } else { "asked" };
    let _ = writeln!(text, "\n{what} of {model}, among {items} items (call {call} in the store)");
    let _ = writeln!(text, "  {item}");
    let mark = |name: &String| if name == answer { "*" } else { " " };
    for name in offered.iter().take(limit) {
        let _ = writeln!(text, "  {} {name}", mark(name));
    }
    if offered.len() > limit {
        let more = offered.len() - limit;
        let _ = writeln!(text, "  {DIM}… and {more} more (--limit 0 prints all){DIM:#}");
    }
    let _ = writeln!(text, "  answered {answer:?}");
}

/// How close a call it was.
fn sure(text: &mut String, why: &Placing) {
    let (Some(margin), Some(runner_up)) = (why.margin, &why.runner_up) else { return };
    let than = why.closer_than.map_or_else(String::new, |share| {
        format!("; a closer call than {} of its level", percentage(share))
    });
    let says = match margin < 0.0 {
        true => format!("{margin:.3}: {runner_up:?} is nearer by embedding{than}"),
        false => format!("{margin:.3} nearer (cosine) than {runner_up:?}{than}"),
    };
    line(text, "margin", &says);
}

/// What else there was, the nearest first.
fn candidates(text: &mut String, why: &Placing, limit: usize) {
    let limit = if limit == 0 { usize::MAX } else { limit };
    let of = if why.of_its_group {
        "of its group"
    } else {
        "of the level, the nearest of which a model sees"
    };
    let count = why.candidates.len();
    let _ = writeln!(text, "\n{count} candidates {of}; cosine to the clusters each was drawn from");
    for Offer { name, scope, cosine } in why.candidates.iter().take(limit) {
        let mark = if *name == why.label { "*" } else { " " };
        let cosine = cosine.map_or_else(|| "    -".to_owned(), |cosine| format!("{cosine:5.3}"));
        let scope =
            scope.as_ref().map_or_else(String::new, |scope| format!("  {DIM}{scope}{DIM:#}"));
        let _ = writeln!(text, "  {mark} {cosine}  {name}{scope}");
    }
    if count > limit {
        let more = count - limit;
        let _ = writeln!(text, "  {DIM}… and {more} more (--limit 0 prints all){DIM:#}");
    }
}
