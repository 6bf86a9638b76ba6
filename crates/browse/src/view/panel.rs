//! The panel: what is known of a cluster, or why it is where it is.

use cladus_cli::{bar, percent, plural, thousands};
use cladus_core::artifact::Match;
use cladus_core::sureness::Sure;
use cladus_page::Placed;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::wrap::wrap;
use super::{Palette, put};
use crate::WhyLine;
use crate::browser::{Browser, PanelView};

/// Of children, base clusters and members so many are listed.
const LISTED: usize = 200;
/// The columns before a fact.
const LABEL: usize = 10;

pub(super) fn draw(browser: &mut Browser, palette: Palette, area: Rect, buffer: &mut Buffer) {
    let Some(node) = browser.here() else { return };
    let mut text = PanelText { lines: Vec::new(), width: area.width.into(), palette };
    match browser.panel {
        PanelView::Facts => text.facts(browser, node),
        PanelView::Why => text.why(browser, node),
    }
    let height = usize::from(area.height);
    browser.scroll = browser.scroll.min(text.lines.len().saturating_sub(height));
    let hidden = text.lines.len().saturating_sub(browser.scroll + height);
    for (row, line) in (0..area.height).zip(text.lines.into_iter().skip(browser.scroll)) {
        put(buffer, area, row, &line);
    }
    if hidden > 0 && area.height > 1 {
        let last = Rect { y: area.bottom() - 1, height: 1, ..area };
        buffer.set_stringn(
            last.x,
            last.y,
            " ".repeat(last.width.into()),
            last.width.into(),
            Style::new(),
        );
        let more = format!("… {} more {} (J, K)", hidden + 1, plural(hidden as u64 + 1, "line"));
        put(buffer, last, 0, &Line::styled(more, palette.dim()));
    }
}

/// Lines as they are put together.
struct PanelText {
    lines: Vec<Line<'static>>,
    width: usize,
    palette: Palette,
}

impl PanelText {
    fn blank(&mut self) {
        self.lines.push(Line::default());
    }

    fn text(&mut self, says: &str, style: Style) {
        let lines = wrap(says, self.width).into_iter();
        self.lines.extend(lines.map(|line| Line::styled(line, style)));
    }

    /// A fact, its lines below each other.
    fn fact(&mut self, what: &str, says: &str) {
        let mut what = format!("{what:<LABEL$}");
        for line in wrap(says, self.width.saturating_sub(LABEL)) {
            let label = Span::styled(std::mem::take(&mut what), self.palette.dim());
            let gap = if label.content.is_empty() { LABEL } else { 0 };
            self.lines.push(Line::from(vec![label, Span::raw(format!("{:gap$}{line}", ""))]));
        }
    }

    fn facts(&mut self, browser: &Browser, node: usize) {
        let (tree, palette) = (&browser.tree, self.palette);
        let cluster = &tree.nodes[node];
        self.text(&cluster.name, palette.bold());
        let above: Vec<&str> =
            tree.ancestors(node).into_iter().map(|node| tree.nodes[node].name.as_str()).collect();
        self.text(&above.join(" > "), palette.dim());
        self.text(&cluster.description, Style::new());
        let parent = tree.parent(node);
        let mut size = format!(
            "{} of {} items, {}",
            thousands(cluster.size),
            thousands(tree.total),
            percent(cluster.size, tree.total)
        );
        if let Some(parent) = parent {
            size += &format!("; {} of its parent", percent(cluster.size, tree.nodes[parent].size));
        }
        self.fact("size", &size);
        if let Some(placed) = &cluster.placed
            && parent.is_some()
        {
            self.placed(browser, node, placed);
        } else if cluster.corrected {
            self.fact("place", "people put it here");
        }
        if !tree.is_leaf(node) {
            self.children(browser, node);
        }
        self.members(&cluster.members);
        self.blank();
        self.fact("id", &cluster.id);
        self.fact("level", &cluster.level.to_string());
    }

    fn placed(&mut self, browser: &Browser, node: usize, placed: &Placed) {
        let tree = &browser.tree;
        let word = match tree.sure[node] {
            Some(Sure::Only) => "nothing else was offered",
            Some(Sure::Clear) => "clear",
            Some(Sure::Close) => "close",
            Some(Sure::Doubtful) => "? in doubt",
            None => "people put it here",
        };
        let by = match (placed.margin, &placed.runner_up) {
            (Some(margin), Some(_)) if margin < 0.0 => {
                format!("; the runner-up is {:.3} nearer (cosine)", -margin)
            }
            (Some(margin), Some(_)) => format!("; {margin:.3} nearer than the runner-up (cosine)"),
            _ => String::new(),
        };
        self.fact("place", &format!("{word}{by}"));
        if let Some(runner_up) = &placed.runner_up {
            let became = runner_up.became.map(|node| tree.nodes[node].name.as_str());
            let says = match became {
                Some(now) if now == runner_up.name => now.to_owned(),
                Some(now) => format!("{now} (as candidate: {})", runner_up.name),
                None => format!("{} (no parent has come of it)", runner_up.name),
            };
            self.fact("could be", &says);
        }
        if let Some(answer) = &placed.answer {
            let how = if placed.matched == Match::Nearest {
                ", which is none of those offered"
            } else {
                ""
            };
            self.fact("answer", &format!("“{answer}”{how}"));
        }
        if let Some(remark) = &placed.remark {
            self.fact("remark", remark);
        }
    }

    fn children(&mut self, browser: &Browser, node: usize) {
        let tree = &browser.tree;
        let children = &tree.children[node];
        let (count, leaves) = (children.len() as u64, tree.leaves[node]);
        let below = match count == leaves {
            true => String::new(),
            false => format!(", {} base clusters below", thousands(leaves)),
        };
        self.blank();
        let noun = if count == 1 { "child" } else { "children" };
        self.text(&format!("{} {noun}{below}", thousands(count)), self.palette.dim());
        let largest = children.first().map_or(0, |&child| tree.nodes[child].size);
        let digits = thousands(largest).len();
        for &child in children.iter().take(LISTED) {
            let child = &tree.nodes[child];
            self.lines.push(Line::from(vec![
                Span::raw(format!("{:>digits$} ", thousands(child.size))),
                Span::styled(bar(child.size, largest, 6), self.palette.bar()),
                Span::raw(format!(" {}", child.name)),
            ]));
        }
        self.more(children.len());
    }

    fn members(&mut self, members: &[String]) {
        if members.is_empty() {
            return;
        }
        self.blank();
        let count = members.len() as u64;
        self.text(&format!("{} {}", thousands(count), plural(count, "member")), self.palette.dim());
        for member in members.iter().take(LISTED) {
            self.lines.push(Line::raw(member.clone()));
        }
        self.more(members.len());
    }

    fn more(&mut self, all: usize) {
        if all > LISTED {
            self.text(&format!("… {} more", thousands((all - LISTED) as u64)), self.palette.dim());
        }
    }

    fn why(&mut self, browser: &Browser, node: usize) {
        let cluster = &browser.tree.nodes[node];
        self.text(&cluster.name, self.palette.bold());
        match &browser.why {
            Some((id, lines)) if *id == cluster.id => {
                lines.iter().for_each(|line| self.why_line(line));
            }
            _ => self.text("…", self.palette.dim()),
        }
    }

    fn why_line(&mut self, line: &WhyLine) {
        match line {
            WhyLine::Fact(what, says) => self.fact(what, says),
            WhyLine::Heading(says) => {
                self.blank();
                self.text(says, self.palette.dim());
            }
            WhyLine::Choice { chosen, number, name, scope } => {
                let mark = if *chosen { "*" } else { " " };
                let number = number.as_ref().map_or_else(String::new, |n| format!("{n}  "));
                let style = if *chosen { self.palette.bold() } else { Style::new() };
                let scope = scope.as_ref().map_or_else(String::new, |scope| format!("  {scope}"));
                self.lines.push(Line::from(vec![
                    Span::styled(format!("{mark} {number}{name}"), style),
                    Span::styled(scope, self.palette.dim()),
                ]));
            }
            WhyLine::Text(says) => self.text(says, Style::new()),
            WhyLine::More(count) => {
                self.text(&format!("… and {count} more"), self.palette.dim());
            }
        }
    }
}
