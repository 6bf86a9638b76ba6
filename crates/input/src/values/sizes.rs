//! Numbers as people write them, and sizes with their units.

use serde_json::Value;

use crate::values::table::is_blank;

/// Is it a number, as anybody writes one?
pub(crate) fn is_number(text: &str) -> bool {
    let text = text.trim().trim_end_matches('%').trim_end();
    let digits = text.trim_start_matches(['-', '+']);
    !digits.is_empty()
        && digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits
            .chars()
            .all(|c| c.is_ascii_digit() || is_separator(c) || c == '.' || c == 'e' || c == '-')
        && digits.ends_with(|c: char| c.is_ascii_digit() || c == '.')
}

fn is_separator(c: char) -> bool {
    matches!(c, ',' | '\'' | '’' | '_' | ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}')
}

/// How a column writes its sizes: what a point or a comma before three digits means is only told by all of
/// them.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SizeNotation {
    /// Three zeros after every point are decimals.
    three_decimals: bool,
}

impl SizeNotation {
    pub(crate) fn of<'a>(values: impl Iterator<Item = &'a Value>) -> Self {
        let mut texts = values.filter_map(Value::as_str).map(str::trim).peekable();
        let any = texts.peek().is_some();
        let three_decimals = any && texts.all(|text| text.ends_with(".000"));
        Self { three_decimals }
    }

    /// A whole number; nothing where the cell has none.
    pub(crate) fn read(self, value: &Value) -> Result<Option<u64>, String> {
        match value {
            value if is_blank(value) => Ok(None),
            Value::Number(number) => {
                let float = number.as_f64();
                whole(number.as_u64(), float)
                    .map(Some)
                    .ok_or_else(|| not_a_size(&number.to_string()))
            }
            Value::String(text) => self.written(text.trim()),
            Value::Array(list) => Ok(Some(list.len() as u64)),
            other => Err(not_a_size(&other.to_string())),
        }
    }

    fn written(self, text: &str) -> Result<Option<u64>, String> {
        if ["nan", "none", "null", "na", "n/a", "-", "–", "?"]
            .contains(&text.to_lowercase().as_str())
        {
            return Ok(None);
        }
        if let Some(plain) = whole(text.parse().ok(), None) {
            return Ok(Some(plain));
        }
        let grouped = text.split(|c: char| is_separator(c) || c == '.');
        let mut groups = grouped.clone();
        let first = groups.next().unwrap_or_default();
        let digits = |group: &str| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit());
        let all_three = groups.all(|group| group.len() == 3 && digits(group));
        if digits(first) && first.len() <= 3 && all_three && !self.three_decimals {
            return Ok(grouped.collect::<String>().parse().ok());
        }
        let point = decimal(text).unwrap_or_else(|| text.replace(',', "."));
        let number = whole(None, point.parse().ok());
        number.or_else(|| self.with_unit(text)).map(Some).ok_or_else(|| not_a_size(text))
    }

    /// `45 docs`, `12k`, `~120`, `210 (24.8%)`.
    fn with_unit(self, text: &str) -> Option<u64> {
        let bare = text.trim_start_matches(['~', '≈', '+']).trim();
        let end = bare.find(|c: char| !c.is_ascii_digit() && !".,'’\u{a0}\u{202f}".contains(c));
        let (text, end) = match end {
            Some(end) => (bare, end),
            None if bare.len() < text.len() => return self.written(bare).ok().flatten(),
            None => return None,
        };
        let (number, unit) = (&text[..end], text[end..].trim());
        if number.is_empty() {
            return None;
        }
        let thousands = match unit {
            "k" | "K" | "Tsd" | "Tsd." => 1e3,
            "m" | "M" | "Mio" | "Mio." => 1e6,
            _ => {
                let word = unit.chars().count() <= 20
                    && unit.chars().all(|c| c.is_alphabetic() || c == ' ' || c == '.');
                let share = unit.starts_with('(') && unit.ends_with(')');
                return (word || share).then(|| self.written(number).ok().flatten()).flatten();
            }
        };
        let number: f64 = number.replace(',', ".").parse().ok()?;
        whole(None, Some((number * thousands).round()))
    }
}

/// `1.234,00` and `1,234.00`, whose last mark is the decimals'.
fn decimal(text: &str) -> Option<String> {
    let (whole, decimals) = text.rsplit_once(['.', ','])?;
    let mark = text[whole.len()..].chars().next()?;
    let other = if mark == '.' { ',' } else { '.' };
    let short = (1..=2).contains(&decimals.len()) && decimals.bytes().all(|b| b.is_ascii_digit());
    let mut groups = whole.split([other, '\'', '’', ' ', '\u{a0}', '\u{202f}']);
    let first = groups.next()?;
    let mut several = false;
    let grouped = groups.all(|group| {
        several = true;
        group.len() == 3 && group.bytes().all(|b| b.is_ascii_digit())
    });
    let digits: String = whole.chars().filter(char::is_ascii_digit).collect();
    (short && grouped && several && !first.is_empty() && first.bytes().all(|b| b.is_ascii_digit()))
        .then(|| format!("{digits}.{decimals}"))
}

/// 12, or 12.0 as spreadsheets write it.
fn whole(integer: Option<u64>, float: Option<f64>) -> Option<u64> {
    let exact = |f: f64| f >= 0.0 && f.fract() == 0.0 && f < 9e15;
    integer.or_else(|| float.filter(|f| exact(*f)).map(|f| f as u64))
}

fn not_a_size(text: &str) -> String {
    format!("is {text}, expected a whole number from 0")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn size(text: &str, expected: Option<u64>) {
        assert_eq!(SizeNotation::default().read(&json!(text)).ok().flatten(), expected, "{text}");
    }

    #[test]
    fn sizes_have_separators_or_not() {
        for text in
            ["1234", "1,234", "1.234", "1 234", "1'234", "1\u{a0}234", "1_234", "1234.0", "1234,00"]
        {
            size(text, Some(1234));
        }
        size("1.234.567", Some(1_234_567));
        for text in ["1.234,00", "1,234.00", "1.234,0", "1234 docs", "~1234", "1,234 (24.8%)"] {
            size(text, Some(1234));
        }
        size("12k", Some(12_000));
        size("1.5k", Some(1_500));
        size("", None);
        size("NaN", None);
        for text in ["many", "-3", "1.5", "12,34,5"] {
            assert!(SizeNotation::default().read(&json!(text)).is_err(), "{text}");
        }
        let decimals = [json!("2.000"), json!("12.000")];
        assert_eq!(SizeNotation::of(decimals.iter()).read(&decimals[1]).unwrap(), Some(12));
        let thousands = [json!("2.000"), json!("300")];
        assert_eq!(SizeNotation::of(thousands.iter()).read(&thousands[0]).unwrap(), Some(2_000));
    }
}
