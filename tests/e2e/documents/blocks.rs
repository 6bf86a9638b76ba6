//! Fenced blocks of a document.

use std::ops::Range;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag};

use crate::space::repository;

/// A document and its fenced blocks.
pub(super) struct Document {
    pub path: PathBuf,
    pub text: String,
    pub blocks: Vec<Block>,
}

/// A fenced block.
pub(super) struct Block {
    /// File and line, for whoever has to look.
    pub place: String,
    pub language: String,
    pub body: String,
    /// Where its body stands in the document.
    pub range: Range<usize>,
}

impl Block {
    /// What it needs that is not there when tests run.
    pub(super) fn needs(&self) -> Option<&str> {
        self.body.lines().next()?.strip_prefix("# needs ")
    }
}

/// How documents are parsed.
pub(super) fn parser(text: &str) -> Parser<'_> {
    Parser::new_ext(text, Options::ENABLE_TABLES)
}

/// How a file is called in messages.
pub(super) fn shown(path: &Path) -> String {
    path.strip_prefix(repository()).unwrap_or(path).display().to_string()
}

impl Document {
    pub(super) fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let mut blocks = Vec::new();
        let mut events = parser(&text).into_offset_iter();
        while let Some((event, whole)) = events.next() {
            let Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) = event else { continue };
            let mut range: Option<Range<usize>> = None;
            for (event, at) in events.by_ref() {
                match event {
                    Event::Text(_) => {
                        range = Some(range.map_or(at.clone(), |before| before.start..at.end));
                    }
                    _ => break,
                }
            }
            let range = range.unwrap_or(whole.end..whole.end);
            let line = text[..whole.start].matches('\n').count() + 1;
            blocks.push(Block {
                place: format!("{}:{line}", shown(path)),
                language: info.split_whitespace().next().unwrap_or_default().to_owned(),
                body: text[range.clone()].to_owned(),
                range,
            });
        }
        Self { path: path.to_owned(), text, blocks }
    }
}
