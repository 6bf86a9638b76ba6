//! One line of a list: a name, and behind it a count or what the cluster is about.

/// A line taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ListItem {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) size: Option<u64>,
}

/// All lines of a list: what stands behind most of the names is told from all of them.
pub(crate) fn read(lines: &[&str]) -> Vec<ListItem> {
    read_with_leaves(lines, &vec![true; lines.len()])
}

/// All lines of a list with levels, and which of them are leaves: groups above often have no counts.
pub(crate) fn read_with_leaves(lines: &[&str], leaves: &[bool]) -> Vec<ListItem> {
    let plain: Vec<&str> = lines.iter().map(|line| without_box(line)).collect();
    let most = |is: &dyn Fn(&str) -> bool| {
        let share = |of: &[&str]| {
            let like = of.iter().filter(|line| is(line)).count();
            like >= 2 && like * 10 >= of.len() * 7
        };
        let lowest: Vec<&str> =
            plain.iter().zip(leaves).filter(|(_, leaf)| **leaf).map(|(line, _)| *line).collect();
        share(&plain) || share(&lowest)
    };
    let leading = most(&|line| leading_count(line).is_some()) && !are_in_order(&plain);
    let trailing = most(&|line| trailing_count(line).is_some());
    let bold = most(&|line| bold_name(line).is_some());
    let lowest: Vec<&str> =
        plain.iter().zip(leaves).filter(|(_, leaf)| **leaf).map(|(line, _)| *line).collect();
    let open = !bold && !trailing;
    let of_all = says_more(&plain).filter(|_| open);
    let of_leaves = says_more(&lowest).filter(|_| open);
    plain
        .iter()
        .zip(leaves)
        .map(|(line, leaf)| {
            let (mut line, mut size) = (*line, None);
            if let Some((count, rest)) = leading_count(line).filter(|_| leading) {
                (line, size) = (rest, Some(count));
            } else if let Some((rest, count)) = trailing_count(line).filter(|_| trailing) {
                (line, size) = (rest, Some(count));
            }
            let about = of_all.or(of_leaves.filter(|_| *leaf));
            let parted = about.and_then(|mark| line.split_once(mark));
            let (name, description) = bold_name(line).or(parted).unwrap_or((line, ""));
            // `**Name** (12): what it is about`.
            let (description, size) = match leading_brackets(description).filter(|_| size.is_none())
            {
                Some((count, rest)) => (rest, Some(count)),
                None => (description, size),
            };
            let name = unmarked(name.trim().trim_end_matches(':'));
            ListItem { name, description: unmarked(description), size }
        })
        .collect()
}

/// Without the box of a list of tasks.
fn without_box(line: &str) -> &str {
    let marked = ["[ ] ", "[x] ", "[X] "].iter().find_map(|mark| line.strip_prefix(mark));
    marked.unwrap_or(line).trim()
}

/// `**Name**: what it is about`.
fn bold_name(line: &str) -> Option<(&str, &str)> {
    let mark = ["**", "__"].into_iter().find(|mark| line.starts_with(mark))?;
    let (name, rest) = line[2..].split_once(mark)?;
    let rest = rest.trim_start().trim_start_matches([':', '-', '–', '—', '.']).trim_start();
    (!name.trim().is_empty()).then_some((name, rest))
}

/// `(12 items): what it is about`.
fn leading_brackets(text: &str) -> Option<(u64, &str)> {
    let (inside, rest) = text.strip_prefix('(')?.split_once(')')?;
    let (_, count) = trailing_count(&format!("x ({inside})")).map(|(_, count)| ((), count))?;
    Some((count, rest.trim_start().trim_start_matches([':', '-', '–', '—']).trim_start()))
}

/// Without marks of Markdown and quotes around it.
fn unmarked(text: &str) -> String {
    let mut text = text.trim();
    for (open, close) in [("**", "**"), ("`", "`"), ("\"", "\""), ("“", "”"), ("_", "_")] {
        if let Some(inner) = text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)) {
            text = inner.trim();
        }
    }
    text.to_owned()
}

/// `Name (210)`, `Name (52 tickets)`, `Name: 210`, `Name – 210`.
fn trailing_count(line: &str) -> Option<(&str, u64)> {
    let line = line.trim();
    if let Some((name, inside)) = line.strip_suffix(')').and_then(|rest| rest.rsplit_once('(')) {
        let inside = inside.trim();
        let inside = ["n=", "n = ", "size: ", "count: ", "Count: "]
            .iter()
            .find_map(|mark| inside.strip_prefix(mark))
            .unwrap_or(inside);
        let mut words = inside.split([' ', ';']).filter(|word| !word.is_empty());
        let size = count(words.next()?)?;
        let unit = words.next().is_none_or(|word| word.chars().all(char::is_alphabetic));
        return (unit && words.next().is_none() && !name.trim().is_empty())
            .then_some((name.trim(), size));
    }
    if let Some(found) = led_count(line) {
        return Some(found);
    }
    let marks = [": ", " - ", " – ", " — ", " = ", " : "];
    let (name, rest) = marks.iter().find_map(|mark| line.rsplit_once(mark))?;
    let size = count(rest.trim())?;
    (!name.trim().is_empty()).then_some((name.trim(), size))
}

/// `Name ........ 210`, where dots or dashes lead the eye to the number.
fn led_count(line: &str) -> Option<(&str, u64)> {
    let name =
        line.trim_end_matches(|c: char| c.is_ascii_digit() || ",.'’\u{a0}\u{202f}".contains(c));
    // The leader may be of the marks that numbers have too.
    let number = line[name.len()..].trim_start_matches('.');
    let name = line[..line.len() - number.len()].trim_end();
    let mark = name.chars().next_back().filter(|c| ".…·_-–—‥".contains(*c))?;
    let bare = name.trim_end_matches([mark, ' ']);
    let leader = name[bare.len()..].chars().filter(|c| *c == mark).count();
    let long = leader >= 3 || leader >= 1 && matches!(mark, '…' | '‥');
    let size = count(number)?;
    (long && bare.contains(char::is_alphabetic)).then_some((bare.trim_end(), size))
}

/// `210 Name`, as `uniq -c` counts.
fn leading_count(line: &str) -> Option<(u64, &str)> {
    let (number, rest) = line.split_once(' ')?;
    let rest = rest.trim();
    // A tab or a comma before a word parts columns: `13⇥Mobile app` is no number of apps.
    let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    let unit = number[end..].trim_start_matches(|c: char| c.is_ascii_digit() || ",.'’".contains(c));
    let parted = number[..number.len() - unit.len()].ends_with([',', '.']) && !unit.is_empty();
    if parted || unit.contains(|c: char| c.is_control() || ";|".contains(c)) {
        return None;
    }
    (rest.starts_with(char::is_alphabetic)).then_some((count(number)?, rest))
}

/// Numbers that count the lines are no sizes.
fn are_in_order(lines: &[&str]) -> bool {
    let numbers: Vec<u64> = lines.iter().filter_map(|line| Some(leading_count(line)?.0)).collect();
    numbers.windows(2).all(|pair| pair[1] == pair[0] + 1)
}

fn count(text: &str) -> Option<u64> {
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    crate::values::cells::SizeNotation::default()
        .read(&serde_json::Value::from(text))
        .ok()
        .flatten()
}

/// What stands between a name and what it is about, and how many words follow it on average where it does: names
/// have dashes of their own.
const ABOUT: [(&str, usize); 4] = [(": ", 3), (" – ", 4), (" — ", 4), (" - ", 5)];

/// What parts every line into a name and what it is about; nothing where not every line is so.
fn says_more(lines: &[&str]) -> Option<&'static str> {
    let parts = |mark: &str, least: usize| {
        let mut names = std::collections::HashSet::new();
        let mut words = 0;
        lines.len() >= 3
            && lines.iter().all(|line| {
                line.split_once(mark).is_some_and(|(name, rest)| {
                    words += rest.split_whitespace().count();
                    name.split_whitespace().count() <= 8 && names.insert(name)
                })
            })
            && words >= lines.len() * least
    };
    ABOUT.into_iter().find(|(mark, least)| parts(mark, *least)).map(|(mark, _)| mark)
}
