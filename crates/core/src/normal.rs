//! When do two names say the same?

use unicode_normalization::UnicodeNormalization;

/// A name without what does not matter: case, white space, punctuation, quotes, invisible
/// characters, and the several ways Unicode has to write the same (NFKC).
///
/// `&` is "and"; `+`, `#` and other signs stay (C, C++ and C# are three things), and so does the
/// point within a number.
pub fn normal_form(text: &str) -> String {
    // Upper case first: ß is then ss, and both small sigmas are one.
    let folded: Vec<char> =
        text.nfkc().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect();
    let digit =
        |at: Option<usize>| at.and_then(|at| folded.get(at)).is_some_and(|c| c.is_numeric());
    let mut form = String::with_capacity(text.len());
    for (at, c) in folded.iter().enumerate() {
        match c {
            '&' => form.push_str(" and "),
            '.' | ',' if digit(at.checked_sub(1)) && digit(Some(at + 1)) => form.push('.'),
            c if is_dropped(*c) => {}
            c if c.is_whitespace() || is_punctuation(*c) => form.push(' '),
            c => form.push(*c),
        }
    }
    form.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Apostrophes and what cannot be seen.
fn is_dropped(c: char) -> bool {
    matches!(
        c,
        '\'' | '`' | '´' | 'ʼ' | '‘' | '’' | '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}'
            | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
    ) || (c.is_control() && !c.is_whitespace())
}

fn is_punctuation(c: char) -> bool {
    match c {
        '+' | '#' | '%' | '$' | '@' | '=' | '<' | '>' | '^' => false,
        c if c.is_ascii() => c.is_ascii_punctuation(),
        '¡' | '§' | '«' | '¶' | '·' | '»' | '¿' => true,
        // Arabic, general (dashes, quotes, bullets), and Chinese and Japanese.
        '،' | '؛' | '؟' | '۔' | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205E}' => true,
        '、'..='〃' | '〈'..='】' | '〔'..='〟' | '・' => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_matter_is_gone() {
        for (text, form) in [
            ("  “Billing  &\tRefunds.” ", "billing and refunds"),
            ("Users' sign-in — FAQ", "users sign in faq"),
            ("Ｆｕｌｌ ﬁle", "full file"),
            ("STRASSE straße ΟΔΟΣ οδος", "strasse strasse οδοσ οδοσ"),
            ("C, C++ and C#", "c c++ and c#"),
            ("Python 3.12, 1,000 rows", "python 3.12 1.000 rows"),
            ("「重置密码」。", "重置密码"),
            ("هل نسيت كلمة المرور؟", "هل نسيت كلمة المرور"),
            ("a\u{200B}b 👍\u{FE0F}", "ab 👍"),
            ("?!", ""),
        ] {
            assert_eq!(normal_form(text), form, "{text}");
        }
    }
}
