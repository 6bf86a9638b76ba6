//! Numbers as people read them: the only formats there are.

/// `1234567` as `1,234,567`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `part` of `whole` as a percentage.
pub fn percent(part: u64, whole: u64) -> String {
    percentage(part as f64 / whole.max(1) as f64)
}

/// A share, 0 to 1, as a percentage with one decimal.
pub fn percentage(share: f64) -> String {
    format!("{:.1}%", 100.0 * share)
}

/// `noun` as it follows `count`.
pub fn plural(count: u64, noun: &str) -> String {
    if count == 1 { noun.to_owned() } else { format!("{noun}s") }
}

/// A bar of at most `columns` columns, as long as `part` is of `whole`, to an eighth of a column.
pub fn bar(part: u64, whole: u64, columns: usize) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (part as f64 / whole.max(1) as f64 * 8.0 * columns as f64).round() as usize;
    // What is there is seen.
    let eighths = eighths.clamp(usize::from(part > 0), 8 * columns);
    let bar = "█".repeat(eighths / 8) + PARTS[eighths % 8];
    format!("{bar:<columns$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_like_numbers() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_000), "1,000");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(percent(1, 3), "33.3%");
        assert_eq!(percent(0, 0), "0.0%");
    }

    #[test]
    fn bars_are_as_long_as_shares_and_never_nothing() {
        assert_eq!(bar(10, 10, 10), "██████████");
        assert_eq!(bar(5, 10, 10), "█████     ");
        assert_eq!(bar(1, 1_000, 10), "▏         ");
        assert_eq!(bar(0, 10, 10), "          ");
        assert_eq!(bar(11, 20, 10).chars().count(), 10);
    }
}
