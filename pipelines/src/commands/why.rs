//! `cladus show --why`: why a cluster is where it is, in lines that more than one command shows.

use std::fmt::Write as _;

use anstyle::Style;
use cladus_browse::WhyLine;
use cladus_cli::percentage;

use crate::edits::EditOutcome;
use crate::why::asked::ItemQuestion;
use crate::why::{GroupPlace, OfferedName, Placing};
use cladus_core::tree::Tree;

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
    let mut all =
        vec![WhyLine::Fact("id", cluster.id.clone()), WhyLine::Fact("path", path.join(" > "))];
    all.extend(edits.iter().map(|edit| WhyLine::Fact("edits", edit.to_string())));
    all.extend(lines(why, if limit == 0 { usize::MAX } else { limit }));
    all.iter().for_each(|line| print(&mut text, line));
    text
}

fn print(text: &mut String, line: &WhyLine) {
    // Writing to a string does not fail: `let _` below.
    let _ = match line {
        WhyLine::Fact(what, says) => writeln!(text, "{DIM}{what:<9}{DIM:#}{says}"),
        WhyLine::Heading(says) => writeln!(text, "\n{says}"),
        WhyLine::Choice { chosen, number, name, scope } => {
            let mark = if *chosen { "*" } else { " " };
            let number = number.as_ref().map_or_else(String::new, |number| format!("{number}  "));
            let scope =
                scope.as_ref().map_or_else(String::new, |scope| format!("  {DIM}{scope}{DIM:#}"));
            writeln!(text, "  {mark} {number}{name}{scope}")
        }
        WhyLine::Text(says) => writeln!(text, "  {says}"),
        WhyLine::More(more) => {
            writeln!(text, "  {DIM}… and {more} more (--limit 0 prints all){DIM:#}")
        }
    };
}

/// Why a node is where it is, with so many of what was there to choose.
pub(super) fn lines(why: Option<&Placing>, limit: usize) -> Vec<WhyLine> {
    let Some(why) = why else {
        let says = "by no stage: it came with the input, or is all there is";
        return vec![WhyLine::Fact("placed", says.to_owned())];
    };
    let mut lines = vec![WhyLine::Fact("placed", format!("in iteration {}", why.iteration))];
    if let Some(GroupPlace { id, clusters, distance }) = why.group {
        let others = clusters.saturating_sub(1);
        let says =
            format!("{id}, with {others} others; {distance:.3} from its middle (cosine distance)");
        lines.push(WhyLine::Fact("group", says));
    }
    said(&mut lines, why);
    sure(&mut lines, why);
    candidates(&mut lines, why, limit);
    for (at, question) in why.questions.iter().enumerate() {
        asked(&mut lines, question, at > 0, limit);
    }
    lines
}

/// What was answered, and what came of it.
fn said(lines: &mut Vec<WhyLine>, why: &Placing) {
    let mut line = |what, says: String| lines.push(WhyLine::Fact(what, says));
    line("label", format!("{:?}", why.label));
    match &why.answer {
        Some(answer) => {
            line("answer", format!("{answer:?}"));
            let how = match why.matched {
                "exact" => "the candidate's number or name",
                "normalised" => "the same but for case, white space, punctuation or quotes",
                "fuzzy" => "the closest spelling",
                "nearest" => "none that was offered: the nearest by embedding took its place",
                _ => "nothing else was offered",
            };
            line("match", format!("{} ({how}), {:.3} alike", why.matched, why.similarity));
        }
        None => {
            let none = "none: no model was asked, the nearest by embedding was taken";
            line("answer", none.to_owned());
            line("match", format!("{}, cosine {:.3}", why.matched, why.similarity));
        }
    }
    if let Some(remark) = &why.remark {
        line("remark", remark.clone());
    }
}

/// A question to a model, and what it answered; `again` for a second look.
fn asked(lines: &mut Vec<WhyLine>, question: &ItemQuestion, again: bool, limit: usize) {
    let ItemQuestion { call, model, item, items, offered, answer } = question;
    let what = if again { "asked again" } else { "asked" };
    let says = format!("{what} of {model}, among {items} items (call {call} in the store)");
    lines.push(WhyLine::Heading(says));
    lines.push(WhyLine::Text(item.clone()));
    let choice = |name: &String| WhyLine::Choice {
        chosen: name == answer,
        number: None,
        name: name.clone(),
        scope: None,
    };
    lines.extend(offered.iter().take(limit).map(choice));
    more(lines, offered.len(), limit);
    lines.push(WhyLine::Text(format!("answered {answer:?}")));
}

fn more(lines: &mut Vec<WhyLine>, all: usize, limit: usize) {
    if all > limit {
        lines.push(WhyLine::More(all - limit));
    }
}

/// How close a call it was.
fn sure(lines: &mut Vec<WhyLine>, why: &Placing) {
    let (Some(margin), Some(runner_up)) = (why.margin, &why.runner_up) else { return };
    let than = why.closer_than.map_or_else(String::new, |share| {
        format!("; a closer call than {} of its level", percentage(share))
    });
    let says = match margin < 0.0 {
        true => format!("{margin:.3}: {runner_up:?} is nearer by embedding{than}"),
        false => format!("{margin:.3} nearer (cosine) than {runner_up:?}{than}"),
    };
    lines.push(WhyLine::Fact("margin", says));
}

/// What else there was, the nearest first.
fn candidates(lines: &mut Vec<WhyLine>, why: &Placing, limit: usize) {
    let of = if why.of_its_group {
        "of its group"
    } else {
        "of the level, the nearest of which a model sees"
    };
    let count = why.candidates.len();
    let says = format!("{count} candidates {of}; cosine to the clusters each was drawn from");
    lines.push(WhyLine::Heading(says));
    let choice = |OfferedName { name, scope, cosine }: &OfferedName| WhyLine::Choice {
        chosen: *name == why.label,
        number: Some(cosine.map_or_else(|| "    -".to_owned(), |cosine| format!("{cosine:5.3}"))),
        name: name.clone(),
        scope: scope.clone(),
    };
    lines.extend(why.candidates.iter().take(limit).map(choice));
    more(lines, count, limit);
}
