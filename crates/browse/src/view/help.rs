//! What every key does.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Palette, put};

const KEYS: [(&str, &str); 21] = [
    ("↓ ↑  j k", "next, previous"),
    ("→ l", "open, then go in"),
    ("← h", "close, then go to the parent"),
    ("Enter  Space", "open or close"),
    ("PgDn PgUp", "a page (Ctrl-F Ctrl-B; half: Ctrl-D Ctrl-U)"),
    ("g G", "first, last (Home, End)"),
    ("*  -", "open all below; close all"),
    ("/  n N", "search names, descriptions; next, previous"),
    ("w", "why it is here, and back"),
    ("J K", "scroll what is said of it"),
    ("Tab", "that on the whole screen"),
    ("d", "doubtful placements first, and back"),
    ("r", "rename"),
    ("m", "move: go to the new parent, Enter"),
    ("M", "merge: go to the other parent, Enter"),
    ("p", "pin under its parent, whatever a rebuild does"),
    ("a", "move to the runner-up"),
    ("u", "undo the last correction"),
    ("Esc", "give up what was begun"),
    ("q", "quit (Ctrl-C; Ctrl-Z: pause)"),
    ("? ✎", "in doubt; corrected by people"),
];

pub(super) fn draw(palette: Palette, area: Rect, buffer: &mut Buffer) {
    // Beside each other where there is no room for all below each other.
    let rows = usize::from(area.height).max(1);
    let blocks = KEYS.len().div_ceil(rows).min(2);
    let width = usize::from(area.width) / blocks.max(1);
    for (at, (key, does)) in KEYS.iter().enumerate().take(rows * blocks) {
        let (block, row) = (at / rows, at % rows);
        let line =
            Line::from(vec![Span::styled(format!("{key:<13}"), palette.bold()), Span::raw(*does)]);
        let x = area.x + u16::try_from(block * width).unwrap_or(0);
        let place = Rect { x, width: u16::try_from(width).unwrap_or(area.width), ..area };
        put(buffer, place, u16::try_from(row).unwrap_or(u16::MAX), &line);
    }
}
