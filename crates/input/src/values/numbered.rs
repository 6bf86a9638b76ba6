//! Marks that count lines: `1.` above `1.1`, `a)`, `(ii)`, `IV.`; what they say of levels.

/// How a mark is written: with a bracket before it, what is behind it, and what counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct MarkStyle {
    opened: bool,
    close: char,
    of: MarkCounter,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MarkCounter {
    Digits,
    Small,
    Capital,
}

/// For every line of an outline by numbers its level and its text; nothing where not all lines are in one. A title
/// above it has level 0.
pub(crate) fn outline<'a>(lines: &[&'a str]) -> Option<Vec<(usize, &'a str)>> {
    let mut seen: std::collections::HashSet<Vec<u32>> = std::collections::HashSet::new();
    let mut levels = Vec::with_capacity(lines.len());
    let mut below = 0;
    for (at, line) in lines.iter().enumerate() {
        let Some((path, text)) = numbers(line) else {
            if at > 0 {
                return None;
            }
            levels.push((0, *line));
            continue;
        };
        let above = &path[..path.len() - 1];
        if !(above.is_empty() || seen.contains(above)) {
            return None;
        }
        below += usize::from(!above.is_empty());
        levels.push((path.len(), text));
        if !seen.insert(path) {
            return None;
        }
    }
    (below > 1).then_some(levels)
}

/// `1.2 Late parcels`, `1.2. Late parcels`.
fn numbers(line: &str) -> Option<(Vec<u32>, &str)> {
    let line = line.trim_start_matches('#').trim();
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let mark = line[..line.len() - rest.len()].trim_end_matches('.');
    let rest = rest.strip_prefix(')').unwrap_or(rest);
    let text = rest.strip_prefix([' ', '\t', '\u{a0}'])?.trim();
    let path: Option<Vec<u32>> = mark.split('.').map(|part| part.parse().ok()).collect();
    text.contains(char::is_alphabetic).then_some((path?, text))
}

/// For every line how deep its mark is below those of other kinds, and what stands behind the mark; nothing for
/// lines without one, or where the marks do not count.
pub(crate) fn counted<'a>(lines: &[&'a str]) -> Vec<Option<(usize, &'a str)>> {
    let marks: Vec<Option<(MarkStyle, &str, &str)>> = lines.iter().map(|line| mark(line)).collect();
    let mut styles: Vec<MarkStyle> = Vec::new();
    for (style, _, _) in marks.iter().flatten() {
        if !styles.contains(style) {
            styles.push(*style);
        }
    }
    // Digits alone are told elsewhere.
    let bare = MarkStyle { opened: false, close: '.', of: MarkCounter::Digits };
    styles.retain(|style| counts(&marks, *style));
    if styles.iter().all(|style| MarkStyle { close: '.', ..*style } == bare) {
        return vec![None; lines.len()];
    }
    let of = |(style, _, text): &(MarkStyle, &'a str, &'a str)| {
        Some((styles.iter().position(|known| known == style)?, *text))
    };
    marks.iter().map(|mark| mark.as_ref().and_then(of)).collect()
}

/// The mark that a line begins with, and what follows it.
fn mark(line: &str) -> Option<(MarkStyle, &str, &str)> {
    let (opened, line) = match line.strip_prefix('(') {
        Some(rest) => (true, rest),
        None => (false, line),
    };
    let end =
        line.find(|c: char| !c.is_ascii_alphanumeric()).filter(|end| (1..=5).contains(end))?;
    let (counter, rest) = line.split_at(end);
    let close = rest.chars().next().filter(|c| matches!(c, '.' | ')'))?;
    let text = rest[1..].strip_prefix([' ', '\t', '\u{a0}'])?.trim();
    let all = |is: fn(&char) -> bool| counter.chars().all(|c| is(&c));
    let of = match () {
        () if all(char::is_ascii_digit) => MarkCounter::Digits,
        () if all(char::is_ascii_lowercase) => MarkCounter::Small,
        () if all(char::is_ascii_uppercase) => MarkCounter::Capital,
        () => return None,
    };
    let closed = !opened || close == ')';
    (closed && !text.is_empty()).then_some((MarkStyle { opened, close, of }, counter, text))
}

/// Do the marks of a style count from the first on, again below every other line?
fn counts(marks: &[Option<(MarkStyle, &str, &str)>], style: MarkStyle) -> bool {
    let by = |value: fn(&str) -> Option<u32>| {
        let (mut before, mut parted, mut times) = (0, true, 0);
        for mark in marks {
            match mark {
                Some((found, counter, _)) if *found == style => {
                    let Some(number) = value(counter) else { return false };
                    if number != before + 1 && !(parted && number == 1) {
                        return false;
                    }
                    (before, parted, times) = (number, false, times + 1);
                }
                _ => parted = true,
            }
        }
        times > 1
    };
    by(|digits| digits.parse().ok()) || by(letter) || by(roman)
}

fn letter(counter: &str) -> Option<u32> {
    let mut letters = counter.chars();
    let first = letters.next().filter(|_| letters.next().is_none())?;
    first.is_ascii_alphabetic().then(|| u32::from(first.to_ascii_lowercase()) - u32::from('a') + 1)
}

fn roman(counter: &str) -> Option<u32> {
    let value = |letter: char| match letter.to_ascii_lowercase() {
        'i' => Some(1),
        'v' => Some(5),
        'x' => Some(10),
        'l' => Some(50),
        _ => None,
    };
    let values: Vec<u32> = counter.chars().map(value).collect::<Option<_>>()?;
    let signed = values.iter().enumerate().map(|(at, value)| {
        let falls = values.get(at + 1).is_some_and(|next| next > value);
        if falls { -i64::from(*value) } else { i64::from(*value) }
    });
    u32::try_from(signed.sum::<i64>()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_numbers_are_levels() {
        let levels = outline(&["1. Money", "1.1 Late", "1.2. Lost", "2 Shop", "2.1 Slow"]);
        let levels = levels.unwrap_or_default();
        let depths: Vec<usize> = levels.iter().map(|(depth, _)| *depth).collect();
        assert_eq!((depths, levels[2].1), (vec![1, 2, 2, 1, 2], "Lost"));
        for lines in [
            &["1. Late", "2. Lost"][..],
            &["1.5 million refunds", "1.6 million parcels"],
            &["1. Late", "1.1 Lost", "Broken", "1.2 Slow"],
        ] {
            assert!(outline(lines).is_none(), "{lines:?}");
        }
    }

    #[test]
    fn letters_count_too() {
        let texts = |lines: &[&'static str]| -> Vec<(usize, &'static str)> {
            counted(lines).into_iter().flatten().collect()
        };
        assert_eq!(texts(&["a) Late", "b) Lost"]), [(0, "Late"), (0, "Lost")]);
        assert_eq!(texts(&["(i) Late", "(ii) Lost", "(iii) Slow"])[2], (0, "Slow"));
        assert_eq!(texts(&["IV. Late", "V. Lost"]), []);
        assert_eq!(
            texts(&["1. Mail", "a) Late", "b) Lost", "2. Pay", "a) Refund"]),
            [(0, "Mail"), (1, "Late"), (1, "Lost"), (0, "Pay"), (1, "Refund")]
        );
        for lines in [&["A. Smith", "C. Diff"][..], &["1. Late", "2. Lost"], &["e.g. this", "Lost"]]
        {
            assert_eq!(texts(lines), [], "{lines:?}");
        }
    }
}
