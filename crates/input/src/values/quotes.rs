//! How quotation marks inside a table's cells are written: twice, behind backslashes, or as they are.

/// Bytes that are looked at.
const SAMPLE: usize = 1 << 20;

/// How a quotation mark stands in a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum QuoteStyle {
    /// `"the ""last"" parcel"`, as RFC 4180 has it.
    Doubled,
    /// `"the \"last\" parcel"`, as MySQL and pandas' `escapechar` write it.
    Backslash,
    /// `"last" parcel`: between tabs nothing has to be quoted, and quotes are the text's own.
    None,
}

/// The style of a text.
pub(crate) fn of(text: &str, delimiter: u8) -> QuoteStyle {
    let bytes = &text.as_bytes()[..text.len().min(SAMPLE)];
    if bytes.contains(&b'\\') && are_escaped(bytes, delimiter) {
        return QuoteStyle::Backslash;
    }
    if delimiter == b'\t' && are_own(text) { QuoteStyle::None } else { QuoteStyle::Doubled }
}

/// Are there backslashes before quotes that end no cell, and no quotes that are written twice?
fn are_escaped(bytes: &[u8], delimiter: u8) -> bool {
    let ends =
        |byte: Option<&u8>| byte.is_none_or(|b| *b == delimiter || matches!(b, b'\n' | b'\r'));
    let (mut escaped, mut doubled) = (0usize, 0usize);
    for at in 0..bytes.len() {
        let next = bytes.get(at + 1) == Some(&b'"');
        match bytes[at] {
            b'\\' if next && !ends(bytes.get(at + 2)) => escaped += 1,
            // An empty cell is no quote.
            b'"' if next && at > 0 && !ends(bytes.get(at - 1)) && bytes[at - 1] != b'\\' => {
                doubled += usize::from(!ends(bytes.get(at + 2)));
            }
            _ => {}
        }
    }
    escaped > 0 && doubled == 0
}

/// Does every line in which a cell begins with a quote have text of that cell behind the closing one?
fn are_own(text: &str) -> bool {
    let mut own = 0;
    for cell in text.lines().take(1_000).flat_map(|line| line.split('\t')) {
        let Some(inner) = cell.strip_prefix('"') else { continue };
        match inner.split_once('"') {
            Some((_, behind)) if !behind.is_empty() && !behind.starts_with('"') => own += 1,
            _ => return false,
        }
    }
    own > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_written_in_three_ways() {
        for (text, delimiter, style) in [
            ("name,n\n\"a \"\"b\"\" c\",1\n", b',', QuoteStyle::Doubled),
            ("name,n\n\"a \\\"b\\\" c\",1\n", b',', QuoteStyle::Backslash),
            ("name,n\n\"C:\\dir\\\",1\n", b',', QuoteStyle::Doubled),
            ("name\tn\n\"a\" b\t1\n", b'\t', QuoteStyle::None),
            ("name\tn\n\"a\"\t1\n", b'\t', QuoteStyle::Doubled),
            ("name\tn\n\"a\nb\"\t1\n", b'\t', QuoteStyle::Doubled),
        ] {
            assert_eq!(of(text, delimiter), style, "{text}");
        }
    }
}
