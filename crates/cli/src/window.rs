//! The window that results are printed into, and what fits into it.

use std::io::{self, IsTerminal};

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A terminal's size in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Columns.
    pub width: usize,
    /// Lines.
    pub height: usize,
}

/// The window that standard output is shown in; `None` where that is a file or another program.
pub fn window() -> Option<Window> {
    if !io::stdout().is_terminal() {
        return None;
    }
    let (width, height) = terminal_size::terminal_size_of(io::stdout())?;
    Some(Window { width: width.0.into(), height: height.0.into() })
        .filter(|window| window.width > 0)
}

/// How many columns `text` takes.
pub fn columns(text: &str) -> usize {
    text.width()
}

/// As much of `text` as fits into so many columns, with a sign that it was cut.
pub fn cut(text: &str, most: usize) -> String {
    if columns(text) <= most {
        return text.to_owned();
    }
    let mut taken = 1;
    let fits = |c: &char| {
        taken += c.width().unwrap_or(0);
        taken <= most
    };
    let kept: String = text.chars().take_while(fits).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_fits() {
        assert_eq!(cut("Invoices", 8), "Invoices");
        assert_eq!(cut("Invoices and payments", 10), "Invoices…");
        // Each of these takes two columns.
        assert_eq!((columns("請求書"), cut("請求書", 5).as_str()), (6, "請求…"));
        assert_eq!(cut("x", 0), "…");
    }
}
