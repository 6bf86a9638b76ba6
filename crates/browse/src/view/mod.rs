//! The state as a screen: a line above, the tree or the worklist, the panel, a line below.

mod foot;
mod help;
mod list;
mod panel;
mod tree;
mod wrap;

use cladus_cli::{plural, thousands};
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

use crate::browser::{Browser, Mode, PanelView};

/// From so many columns on, the panel stands beside the tree.
const WIDE: u16 = 110;
/// From so many lines on, it stands below.
const HIGH: u16 = 14;

/// How things are told apart; never by colour alone.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Palette {
    pub(crate) colour: bool,
}

impl Palette {
    fn coloured(self, colour: Color) -> Style {
        if self.colour { Style::new().fg(colour) } else { Style::new() }
    }

    fn bar(self) -> Style {
        self.coloured(Color::Cyan)
    }

    fn doubt(self) -> Style {
        self.coloured(Color::Yellow)
    }

    fn hit(self) -> Style {
        self.coloured(Color::Magenta).add_modifier(Modifier::UNDERLINED)
    }

    fn dim(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    fn bold(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    fn here(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }
}

/// Draws `browser`, which learns how much of it is in sight.
pub(crate) fn draw(browser: &mut Browser, palette: Palette, frame: &mut Frame<'_>) {
    let area = frame.area();
    if area.width == 0 || area.height == 0 {
        return;
    }
    let buffer = frame.buffer_mut();
    let (body, foot) = (between(area), Rect { y: area.bottom() - 1, height: 1, ..area });
    if area.height > 2 {
        put(buffer, area, 0, &head(browser, palette));
    }
    if body.height > 0 {
        draw_body(browser, palette, body, buffer);
    }
    if let Some(cursor) = foot::draw(browser, palette, foot, buffer) {
        frame.set_cursor_position(cursor);
    }
}

/// What is between the first line and the last.
fn between(area: Rect) -> Rect {
    let above = u16::from(area.height > 2);
    Rect { y: area.y + above, height: area.height.saturating_sub(above + 1), ..area }
}

fn draw_body(browser: &mut Browser, palette: Palette, body: Rect, buffer: &mut Buffer) {
    if matches!(browser.mode, Mode::Help) {
        return help::draw(palette, body, buffer);
    }
    if browser.full {
        browser.height = usize::from(body.height);
        return panel::draw(browser, palette, body, buffer);
    }
    let (main, panel) = split(body);
    browser.height = usize::from(main.height);
    match browser.list {
        Some(_) => list::draw(browser, palette, main, buffer),
        None => tree::draw(browser, palette, main, buffer),
    }
    let Some(panel) = panel else { return };
    let line = rule(browser);
    let inner = if panel.x > body.x {
        for y in panel.top()..panel.bottom() {
            buffer.set_stringn(panel.x, y, "│", 1, palette.dim());
        }
        Rect { x: panel.x + 2, width: panel.width - 2, ..panel }
    } else {
        let width = usize::from(panel.width);
        let dashes = "─".repeat(width.saturating_sub(line.len() + 4));
        buffer.set_stringn(panel.x, panel.y, format!("── {line} {dashes}"), width, palette.dim());
        Rect { y: panel.y + 1, height: panel.height - 1, ..panel }
    };
    panel::draw(browser, palette, inner, buffer);
}

/// What the line above the panel says.
fn rule(browser: &Browser) -> &'static str {
    match browser.panel {
        PanelView::Facts => "cluster (w: why it is here, Tab: all of it)",
        PanelView::Why => "why it is here (w: the cluster, Tab: all of it)",
    }
}

/// The room of the tree, and that of the panel where there is any.
fn split(body: Rect) -> (Rect, Option<Rect>) {
    if body.width >= WIDE {
        let width = body.width * 3 / 5;
        let panel = Rect { x: body.x + width, width: body.width - width, ..body };
        return (Rect { width: width - 1, ..body }, Some(panel));
    }
    if body.height < HIGH {
        return (body, None);
    }
    let height = (body.height * 2 / 5).min(14);
    let panel = Rect { y: body.bottom() - height, height, ..body };
    (Rect { height: body.height - height, ..body }, Some(panel))
}

/// What is browsed, and how much of it there is.
fn head<'a>(browser: &Browser, palette: Palette) -> Line<'a> {
    let tree = &browser.tree;
    let base: u64 = tree.roots.iter().map(|&root| tree.leaves[root]).sum();
    let counted = |count: u64, noun: &str| format!("{} {}", thousands(count), plural(count, noun));
    let mut says = format!(
        "  {}, {}, {}, {}",
        counted(base, "base cluster"),
        counted(tree.total, "item"),
        counted(tree.roots.len() as u64, "root"),
        counted(browser.levels as u64, "level"),
    );
    if tree.noise > 0 {
        says += &format!(", {} set aside as noise", thousands(tree.noise));
    }
    if !tree.edits.is_empty() {
        says += &format!("  ✎ {}", counted(tree.edits.len() as u64, "correction"));
    }
    Line::from(vec![
        Span::styled(tree.title.clone(), palette.bold()),
        Span::styled(says, palette.dim()),
    ])
}

/// Writes a line of `area`, as far as there is room.
fn put(buffer: &mut Buffer, area: Rect, row: u16, line: &Line<'_>) {
    if row < area.height {
        buffer.set_line(area.x, area.y + row, line, area.width);
    }
}

/// The first row in sight, so that `at` is, and some around it, with `height` rows of which `top` was the first.
fn scrolled(top: usize, at: usize, height: usize, rows: usize) -> usize {
    let height = height.max(1);
    let around = ((height - 1) / 2).min(2);
    let top = top.min(rows.saturating_sub(height));
    let least = (at + 1 + around).min(rows).saturating_sub(height);
    top.clamp(least, at.saturating_sub(around).max(least))
}
