//! Lists as people write them: bullets, headings, indented lines, with counts or descriptions behind names.

use cladus_core::Place;
use serde_json::{Value, json};

use crate::read::fields::{self, OutlineNode};
use crate::values::item::{self, ListItem};
use crate::values::numbered;
use crate::values::table::{InputTable, TableRow};

/// How a line begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// `##` is 2.
    Heading(usize),
    Bullet,
    Plain,
}

#[derive(Debug)]
struct OutlineLine<'a> {
    place: Place,
    mark: Mark,
    /// Blanks before it; a tab is four.
    indent: usize,
    text: &'a str,
    /// With its mark.
    whole: &'a str,
}

/// A list with marks, levels or counts; nothing where it is plain lines.
pub(crate) fn read(text: &str) -> Option<InputTable> {
    let mut lines: Vec<OutlineLine<'_>> = lines(text).collect();
    counted(&mut lines);
    bold_headings(&mut lines);
    let of = |is: fn(Mark) -> bool| lines.iter().filter(|line| is(line.mark)).count();
    let headings = of(|mark| matches!(mark, Mark::Heading(_)));
    let bullets = of(|mark| mark == Mark::Bullet);
    let plain = lines.len() - headings - bullets;
    let mut notes = Vec::new();
    let nodes = match () {
        () if headings + bullets >= 2 && bullets * 2 >= plain && bullets > 0 => {
            bulleted(&lines, headings, &mut notes)
        }
        () if headings >= 2 && bullets == 0 => headed(&lines, &mut notes),
        () if headings + bullets == 0 => indented(&lines)?,
        () => return None,
    };
    let mut nodes = nodes;
    let sizes = fields::taken(&mut nodes, &mut notes);
    let leaves: Vec<bool> = (0..nodes.len())
        .map(|at| nodes.get(at + 1).is_none_or(|next| next.depth <= nodes[at].depth))
        .collect();
    let texts: Vec<&str> = nodes.iter().map(|node| node.text).collect();
    let mut items: Vec<ListItem> = item::read_with_leaves(&texts, &leaves);
    for (item, size) in items.iter_mut().zip(sizes) {
        item.size = item.size.or(size);
    }
    let leveled = nodes.iter().any(|node| node.depth != nodes[0].depth);
    let says_more = items.iter().any(|item| item.size.is_some() || !item.description.is_empty());
    if nodes.len() < 2 || headings + bullets == 0 && !leveled && !says_more {
        return None;
    }
    let format = if headings + bullets > 0 { "text, a list" } else { "text, one name a line" };
    let mut table = InputTable { format: format.to_owned(), notes, ..InputTable::default() };
    fill(&mut table, &nodes, items, leveled);
    Some(table)
}

/// Lines that numbers or letters count are those of a list, and numbers in numbers say what is below what.
fn counted(lines: &mut [OutlineLine<'_>]) {
    let whole: Vec<&str> = lines.iter().map(|line| line.whole).collect();
    if let Some(levels) = numbered::outline(&whole) {
        for (line, (depth, text)) in
            lines.iter_mut().zip(levels).filter(|(_, (depth, _))| *depth > 0)
        {
            (line.mark, line.indent, line.text) = (Mark::Bullet, depth, text);
        }
        return;
    }
    for (line, found) in lines.iter_mut().zip(numbered::counted(&whole)) {
        if let Some((depth, text)) = found {
            (line.mark, line.indent, line.text) = (Mark::Bullet, line.indent + depth, text);
        }
    }
}

/// `**Name** (12)` above what is said of it, in a text without other marks.
fn bold_headings(lines: &mut [OutlineLine<'_>]) {
    let bold =
        |line: &OutlineLine<'_>| line.text.starts_with("**") && line.text[2..].contains("**");
    let count = lines.iter().filter(|line| bold(line)).count();
    let plain = lines.iter().all(|line| line.mark == Mark::Plain);
    if plain && count > 1 && count < lines.len() && lines.first().is_some_and(bold) {
        for line in lines.iter_mut().filter(|line| bold(line)) {
            line.mark = Mark::Heading(1);
        }
    }
}

fn lines(text: &str) -> impl Iterator<Item = OutlineLine<'_>> {
    let there = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    there.map(|(at, whole)| {
        let indent = whole
            .chars()
            .take_while(|c| c.is_whitespace())
            .map(|c| if c == '\t' { 4 } else { 1 })
            .sum();
        let line = whole.trim();
        let hashes = line.len() - line.trim_start_matches('#').len();
        // Org mode and MediaWiki have a star for every level.
        let stars = line.len() - line.trim_start_matches('*').len();
        if stars > 1
            && let Some(rest) = line[stars..].strip_prefix(' ')
        {
            let place = Place::Line(at + 1);
            return OutlineLine {
                place,
                mark: Mark::Bullet,
                indent: indent + stars,
                text: rest.trim(),
                whole: line,
            };
        }
        let (mark, text) = match line[hashes..].strip_prefix(' ') {
            Some(rest) if (1..=6).contains(&hashes) => (Mark::Heading(hashes), rest.trim()),
            _ => match bulleted_text(line) {
                Some(text) => (Mark::Bullet, text),
                None => (Mark::Plain, line),
            },
        };
        OutlineLine { place: Place::Line(at + 1), mark, indent, text, whole: line }
    })
}

/// What stands behind `- `, `* `, `• `, `3. ` or `3) `.
fn bulleted_text(line: &str) -> Option<&str> {
    let marked = ["- ", "* ", "• ", "+ ", "– ", "◦ ", "‣ ", "▪ "];
    let behind = marked.iter().find_map(|mark| line.strip_prefix(mark));
    behind
        .or_else(|| {
            let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
            let rest = rest.strip_prefix(['.', ')']).filter(|_| rest.len() < line.len())?;
            rest.strip_prefix(' ')
        })
        .map(str::trim)
}

/// Bullets below headings or below each other; what is neither goes with the bullet before it.
fn bulleted<'a>(
    lines: &[OutlineLine<'a>],
    headings: usize,
    notes: &mut Vec<String>,
) -> Vec<OutlineNode<'a>> {
    // A line above bullets is a heading too, where there are several of the kind.
    let above = |at: usize| {
        lines[at].mark == Mark::Plain
            && lines.get(at + 1).is_some_and(|next| next.mark == Mark::Bullet)
            && (lines[at].indent == 0)
    };
    let groups = headings == 0 && (0..lines.len()).filter(|at| above(*at)).count() > 1;
    let mut nodes: Vec<OutlineNode<'a>> = Vec::new();
    let mut left = Vec::new();
    let mut bullet_below = false;
    for (at, line) in lines.iter().enumerate() {
        let depth = match line.mark {
            Mark::Heading(level) => level,
            Mark::Bullet => 10 + line.indent,
            Mark::Plain if groups && above(at) => 9,
            Mark::Plain => {
                match nodes.last_mut().filter(|_| bullet_below && line.indent > 0) {
                    Some(node) => node.about.push(line.text),
                    None => left.push(line.text),
                }
                continue;
            }
        };
        bullet_below = line.mark == Mark::Bullet;
        nodes.push(OutlineNode { place: line.place, depth, text: line.text, about: Vec::new() });
    }
    // A heading with no bullets below it is none of theirs.
    let mut kept: Vec<OutlineNode<'a>> = Vec::new();
    while let Some(node) = nodes.pop() {
        let below = kept.last().is_some_and(|next| next.depth > node.depth);
        if node.depth > 9 || below {
            kept.push(node);
        } else {
            left.push(node.text);
        }
    }
    kept.reverse();
    without_title(&mut kept, notes);
    told_of(&left, notes);
    kept
}

/// Headings, and what is said below each.
fn headed<'a>(lines: &[OutlineLine<'a>], notes: &mut Vec<String>) -> Vec<OutlineNode<'a>> {
    let mut nodes: Vec<OutlineNode<'a>> = Vec::new();
    let mut left = Vec::new();
    for line in lines {
        match (line.mark, nodes.last_mut()) {
            (Mark::Heading(depth), _) => {
                nodes.push(OutlineNode {
                    place: line.place,
                    depth,
                    text: line.text,
                    about: Vec::new(),
                });
            }
            (_, Some(node)) => node.about.push(line.text),
            (_, None) => left.push(line.text),
        }
    }
    without_title(&mut nodes, notes);
    told_of(&left, notes);
    nodes
}

/// Lines below others by the blanks before them.
fn indented<'a>(lines: &[OutlineLine<'a>]) -> Option<Vec<OutlineNode<'a>>> {
    let counts = lines.iter().all(|line| line.text.starts_with(|c: char| c.is_ascii_digit()));
    let depth = |line: &OutlineLine<'_>| if counts { 0 } else { line.indent };
    if depth(lines.first()?) != lines.iter().map(depth).min()? {
        return None;
    }
    let node = |line: &OutlineLine<'a>| OutlineNode {
        place: line.place,
        depth: depth(line),
        text: line.text,
        about: Vec::new(),
    };
    Some(lines.iter().map(node).collect())
}

/// A heading above all others is a title and no cluster.
fn without_title(nodes: &mut Vec<OutlineNode<'_>>, notes: &mut Vec<String>) {
    let Some(first) = nodes.first() else { return };
    let rest = &nodes[1..];
    if first.depth < 10 && !rest.is_empty() && rest.iter().all(|node| node.depth > first.depth) {
        notes.push(format!("below the title {}", crate::columns::unclear::printable(first.text)));
        nodes.remove(0);
    }
}

fn told_of(left: &[&str], notes: &mut Vec<String>) {
    if let Some(first) = left.first() {
        let lines =
            if left.len() == 1 { "1 line".to_owned() } else { format!("{} lines", left.len()) };
        notes.push(format!(
            "{lines} of text not read ({})",
            crate::columns::unclear::printable(first)
        ));
    }
}

fn fill(table: &mut InputTable, nodes: &[OutlineNode<'_>], items: Vec<ListItem>, leveled: bool) {
    let about = |node: &OutlineNode<'_>| node.about.join(" ");
    let described = nodes.iter().any(|node| !node.about.is_empty())
        || items.iter().any(|item| !item.description.is_empty());
    let sized = items.iter().any(|item| item.size.is_some());
    let mut columns = vec!["name"];
    columns.extend(described.then_some("description"));
    columns.extend(sized.then_some("count"));
    columns.extend(leveled.then_some(["id", "parent_id"]).into_iter().flatten());
    table.columns = columns.into_iter().map(str::to_owned).collect();
    let mut above: Vec<(usize, String)> = Vec::new();
    for (at, (node, item)) in nodes.iter().zip(items).enumerate() {
        let mut cells = vec![json!(item.name)];
        if described {
            let texts = [item.description, about(node)];
            let texts: Vec<String> = texts.into_iter().filter(|text| !text.is_empty()).collect();
            cells.push(json!(texts.join(" ")));
        }
        if sized {
            cells.push(item.size.map_or(Value::Null, Value::from));
        }
        if leveled {
            above.retain(|(depth, _)| *depth < node.depth);
            let id = format!("node-{}", at + 1);
            let parent = above.last().map_or(Value::Null, |(_, id)| Value::from(id.as_str()));
            above.push((node.depth, id.clone()));
            cells.extend([Value::from(id), parent]);
        }
        table.rows.push(TableRow { place: node.place, cells });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let table = read(text).unwrap_or_else(|| panic!("{text}"));
        let rows: Vec<Value> =
            table.rows.iter().map(|row| Value::from(row.cells.clone())).collect();
        assert_eq!(Value::from(rows).to_string(), expected, "{text}: {:?}", table.notes);
    }

    #[test]
    fn lists_in_every_style() {
        for text in [
            "# Our topics\n\n- Late\n- Lost\n",
            "- [ ] Late\n- [x] Lost\n",
            "The topics:\n* **Late**\n* **Lost**\n",
            "1. Late\n2. Lost\n",
            "## Late\n\n## Lost\n",
        ] {
            check(text, r#"[["Late"],["Lost"]]"#);
        }
        for text in [
            "- **Late**: They came late (3 tickets)\n- **Lost** – Never came (12 tickets)\n",
            "# T\n## Late (3)\n\nThey came late\n## Lost (12)\nNever came\n",
        ] {
            check(text, r#"[["Late","They came late",3],["Lost","Never came",12]]"#);
        }
        check("Late (3)\nLost (1,200)\n", r#"[["Late",3],["Lost",1200]]"#);
        check("Late: 3\nLost: 12\n", r#"[["Late",3],["Lost",12]]"#);
        check("   3 Late parcels\n  12 Lost\n", r#"[["Late parcels",3],["Lost",12]]"#);
        for text in ["Late parcels\nLost parcels\n", "Refunds: late\nRefunds: lost\n", "Late\n"] {
            assert!(read(text).is_none(), "{text}");
        }
    }

    #[test]
    fn what_is_indented_or_below_a_heading_has_a_parent() {
        let expected = r#"[["Mail","node-1",null],["Late","node-2","node-1"],["Lost","node-3","node-1"],["Pay","node-4",null],["Refund","node-5","node-4"]]"#;
        for text in [
            "- Mail\n  - Late\n  - Lost\n- Pay\n  - Refund\n",
            "Mail\n\tLate\n\tLost\nPay\n\tRefund\n",
            "Mail\n    Late\n    Lost\nPay\n    Refund\n",
            "# All\n## Mail\n- Late\n- Lost\n## Pay\n- Refund\n",
            "Mail:\n- Late\n- Lost\nPay:\n- Refund\n",
        ] {
            check(text, expected);
        }
    }
}
