//! The tree: the rows in sight, and no others.

use cladus_cli::{bar, columns, cut, percent, thousands};
use cladus_core::sureness::Sure;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Palette, put, scrolled};
use crate::browser::Browser;

/// The length of the largest root's bar, in columns.
const BAR_WIDTH: usize = 10;

pub(super) fn draw(browser: &mut Browser, palette: Palette, area: Rect, buffer: &mut Buffer) {
    let height = usize::from(area.height);
    browser.top = scrolled(browser.top, browser.cursor, height, browser.rows.len());
    for (row, at) in (0..area.height).zip(browser.top..) {
        let Some((node, depth)) = browser.rows.get(at) else { break };
        put(buffer, area, row, &line(browser, palette, (node, depth), area.width.into()));
        let whole = Rect { y: area.y + row, height: 1, ..area };
        if at == browser.cursor {
            buffer.set_style(whole, palette.here());
        } else if browser.picking.is_some_and(|picking| picking.node == node) {
            buffer.set_style(whole, palette.bold());
        }
    }
}

fn line<'a>(
    browser: &Browser,
    palette: Palette,
    (node, depth): (usize, usize),
    width: usize,
) -> Line<'a> {
    let tree = &browser.tree;
    let cluster = &tree.nodes[node];
    let digits = thousands(tree.total).len().max(4);
    let mut spans = vec![Span::raw(format!("{:>digits$}", thousands(cluster.size)))];
    if width >= 46 {
        spans.push(Span::raw(format!(" {:>6}", percent(cluster.size, tree.total))));
    }
    if width >= 64 {
        let bar = bar(cluster.size, tree.largest, BAR_WIDTH);
        spans.push(Span::styled(format!("  {bar}"), palette.bar()));
    }
    // However deep it is, its name has room.
    let indent = (2 * depth).min(width / 4);
    let sign = match (tree.is_leaf(node), browser.rows.is_open(node)) {
        (true, _) => "  ",
        (false, true) => "▾ ",
        (false, false) => "▸ ",
    };
    spans.push(Span::raw(format!("  {:indent$}{sign}", "")));
    let marks = marks(browser, palette, node);
    let taken = |spans: &[Span<'_>]| spans.iter().map(|span| columns(&span.content)).sum::<usize>();
    let room = width.saturating_sub(taken(&spans) + taken(&marks)).max(4);
    let style = match (browser.hits.set.contains(&node), depth) {
        (true, _) => palette.hit(),
        (false, 0) => palette.bold(),
        _ => ratatui::style::Style::new(),
    };
    spans.push(Span::styled(cut(&cluster.name, room), style));
    spans.extend(marks);
    Line::from(spans)
}

/// What stands behind a name: how many placements below are in doubt, or its own; that people corrected it.
fn marks<'a>(browser: &Browser, palette: Palette, node: usize) -> Vec<Span<'a>> {
    let tree = &browser.tree;
    let mut marks = Vec::new();
    let own = tree.sure[node] == Some(Sure::Doubtful);
    let below = tree.doubts[node] - u64::from(own);
    if own {
        marks.push(Span::styled(" ?", palette.doubt()));
    }
    if below > 0 && !browser.rows.is_open(node) {
        marks.push(Span::styled(format!(" {}?", thousands(below)), palette.doubt()));
    }
    if tree.nodes[node].corrected {
        marks.push(Span::raw(" ✎"));
    }
    marks
}
