//! The worklist: placements, the most doubtful first.

use cladus_cli::{columns, cut};
use cladus_core::sureness::Sure;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Palette, put, scrolled};
use crate::browser::Browser;

pub(super) fn draw(browser: &mut Browser, palette: Palette, area: Rect, buffer: &mut Buffer) {
    let Some((at, top)) = browser.list else { return };
    let widths = Widths::of(area.width.into());
    put(buffer, area, 0, &heading(browser, palette, &widths));
    let body = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    browser.height = usize::from(body.height);
    let top = scrolled(top, at, browser.height, browser.tree.worklist.len());
    browser.list = Some((at, top));
    for (row, place) in (0..body.height).zip(top..) {
        let Some(&node) = browser.tree.worklist.get(place) else { break };
        put(buffer, body, row, &line(browser, palette, node, &widths));
        if place == at {
            buffer.set_style(Rect { y: body.y + row, height: 1, ..body }, palette.here());
        }
    }
}

/// Columns of the cluster, its parent and the runner-up.
struct Widths {
    name: usize,
    parent: usize,
    other: usize,
}

impl Widths {
    /// The margin takes nine, and there are gaps.
    fn of(width: usize) -> Self {
        let room = width.saturating_sub(9 + 4);
        let name = (room * 2 / 5).max(8);
        let parent = room.saturating_sub(name) / 2;
        Self { name, parent, other: room.saturating_sub(name + parent) }
    }
}

fn heading<'a>(browser: &Browser, palette: Palette, widths: &Widths) -> Line<'a> {
    let count = browser.tree.worklist.len();
    let name = filled(&format!("{count} to look at"), widths.name);
    let parent = filled("is under", widths.parent);
    let other = filled("could be", widths.other);
    Line::styled(format!("  margin {name}  {parent}  {other}"), palette.dim())
}

fn line<'a>(browser: &Browser, palette: Palette, node: usize, widths: &Widths) -> Line<'a> {
    let tree = &browser.tree;
    let cluster = &tree.nodes[node];
    let placed = cluster.placed.as_ref();
    let sign = if tree.sure[node] == Some(Sure::Doubtful) { "? " } else { "  " };
    let margin = placed.and_then(|placed| placed.margin);
    let margin = margin.map_or_else(|| "-".to_owned(), |margin| format!("{margin:.3}"));
    let parent = tree.parent(node).map_or("", |parent| &tree.nodes[parent].name);
    let other = placed.and_then(|placed| placed.runner_up.as_ref());
    let other = other.map_or("", |other| match other.became {
        Some(became) => &tree.nodes[became].name,
        None => &other.name,
    });
    Line::from(vec![
        Span::styled(sign, palette.doubt()),
        Span::raw(format!("{margin:>6} ")),
        Span::styled(filled(&cluster.name, widths.name), palette.bold()),
        Span::raw(format!("  {}  ", filled(parent, widths.parent))),
        Span::raw(filled(other, widths.other)),
    ])
}

/// `text` in exactly so many columns.
fn filled(text: &str, width: usize) -> String {
    let text = cut(text, width);
    let gap = width.saturating_sub(columns(&text));
    format!("{text}{:gap$}", "")
}
