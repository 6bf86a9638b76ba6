//! The last line: what is being typed or chosen, what was said, or what one can do.

use cladus_cli::{columns, cut};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::{Palette, put};
use crate::browser::{Browser, Mode};
use crate::line::TypedLine;

/// Draws it; says where the cursor is, where something is typed.
pub(super) fn draw(
    browser: &Browser,
    palette: Palette,
    area: Rect,
    buffer: &mut Buffer,
) -> Option<Position> {
    let width = usize::from(area.width);
    let name = |node: usize| cut(&browser.tree.nodes[node].name, width / 3);
    match &browser.mode {
        Mode::Search(line) => {
            let found = browser.hits.nodes.len();
            let found = match (line.text().trim().is_empty(), found) {
                (true, _) => String::new(),
                (false, 0) => "  nothing found".to_owned(),
                (false, n) => format!("  {n} found"),
            };
            return Some(typing(("/", &found), line, palette, area, buffer));
        }
        Mode::Rename(_, line) => {
            return Some(typing(("new name: ", ""), line, palette, area, buffer));
        }
        Mode::MergeName { other, line, .. } => {
            let before = format!("name with “{}” in it: ", name(*other));
            return Some(typing((&before, ""), line, palette, area, buffer));
        }
        Mode::Undo => {
            let last = browser.tree.edits.last().map_or("", String::as_str);
            put(buffer, area, 0, &said(&format!("undo “{last}”?  y / n"), palette));
        }
        Mode::Walk | Mode::Help => put(buffer, area, 0, &walking(browser, palette, width)),
    }
    None
}

fn said<'a>(says: &str, palette: Palette) -> Line<'a> {
    Line::styled(says.to_owned(), palette.bold())
}

fn walking<'a>(browser: &Browser, palette: Palette, width: usize) -> Line<'a> {
    if let Some(says) = &browser.says {
        return said(&cut(says, width), palette);
    }
    if let Some(picking) = browser.picking {
        let name = cut(&browser.tree.nodes[picking.node].name, width / 3);
        let says = match picking.merges {
            true => format!("merge “{name}”: go to the parent it becomes part of, Enter; Esc: no"),
            false => format!("move “{name}”: go to its new parent, Enter; Esc: no"),
        };
        return said(&says, palette);
    }
    let hits = &browser.hits;
    if !hits.nodes.is_empty() && browser.list.is_none() {
        let (at, all) = (hits.at + 1, hits.nodes.len());
        let says = format!("{at} of {all} with “{}”: n next, N back, Esc ends it", hits.wanted);
        return Line::raw(cut(&says, width));
    }
    let keys: &[(&str, &str)] = match (matches!(browser.mode, Mode::Help), browser.list.is_some()) {
        (true, _) => &[("any key", "back")],
        (false, true) => &[
            ("Enter", "in the tree"),
            ("a", "to the runner-up"),
            ("m", "move"),
            ("p", "pin"),
            ("d", "tree"),
            ("?", "help"),
            ("q", "quit"),
        ],
        (false, false) => &[
            ("/", "search"),
            ("w", "why"),
            ("d", "doubtful"),
            ("r", "rename"),
            ("m", "move"),
            ("M", "merge"),
            ("u", "undo"),
            ("?", "help"),
            ("q", "quit"),
        ],
    };
    let mut spans = Vec::new();
    for (key, does) in keys {
        spans.push(Span::styled((*key).to_owned(), palette.bold()));
        spans.push(Span::styled(format!(" {does}  "), palette.dim()));
    }
    Line::from(spans)
}

/// A line that is typed, of which the cursor is always in sight.
fn typing(
    (before, behind): (&str, &str),
    line: &TypedLine,
    palette: Palette,
    area: Rect,
    buffer: &mut Buffer,
) -> Position {
    let (left, right) = line.parts();
    let room = usize::from(area.width).saturating_sub(columns(before) + 1).max(1);
    let mut left = left;
    while columns(left) > room {
        let first = left.chars().next().map_or(0, char::len_utf8);
        left = &left[first..];
    }
    let at = columns(before) + columns(left);
    let spans = vec![
        Span::styled(before.to_owned(), palette.bold()),
        Span::raw(format!("{left}{right}")),
        Span::styled(behind.to_owned(), palette.dim()),
    ];
    put(buffer, area, 0, &Line::from(spans));
    let at = u16::try_from(at).unwrap_or(u16::MAX).min(area.width.saturating_sub(1));
    Position { x: area.x + at, y: area.y }
}
