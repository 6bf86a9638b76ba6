//! Values as Python prints them, and JSON with `NaN` in it, as JSON values.

use serde_json::{Map, Number, Value};

/// Deepest nesting that is followed.
const DEEPEST: usize = 64;

/// One value that is the whole text; nothing where it is none.
///
/// Tuples and sets are lists, `None`, `NaN` and `Infinity` null, texts that follow each other one text.
pub(crate) fn value(text: &str) -> Option<Value> {
    let mut reader = LiteralReader { rest: text.trim() };
    let value = reader.value(0)?;
    reader.blanks();
    reader.rest.is_empty().then_some(value)
}

struct LiteralReader<'a> {
    rest: &'a str,
}

impl LiteralReader<'_> {
    fn blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn eat(&mut self, mark: char) -> bool {
        self.blanks();
        match self.rest.strip_prefix(mark) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > DEEPEST {
            return None;
        }
        self.blanks();
        match self.rest.chars().next()? {
            '[' => self.list(']', depth),
            '(' => self.list(')', depth),
            '{' => self.fields(depth),
            '"' | '\'' => self.texts().map(Value::String),
            _ => self.word(depth),
        }
    }

    fn list(&mut self, close: char, depth: usize) -> Option<Value> {
        self.rest = self.rest.get(1..)?;
        let mut list = Vec::new();
        let mut commas = 0;
        loop {
            if self.eat(close) {
                // Brackets around one value are no list.
                let around = close == ')' && list.len() == 1 && commas == 0;
                return if around { list.pop() } else { Some(Value::Array(list)) };
            }
            if list.len() > commas {
                return None;
            }
            list.push(self.value(depth + 1)?);
            commas += usize::from(self.eat(','));
        }
    }

    fn fields(&mut self, depth: usize) -> Option<Value> {
        self.rest = self.rest.get(1..)?;
        let (mut fields, mut list) = (Map::new(), Vec::new());
        loop {
            if self.eat('}') {
                return Some(if list.is_empty() {
                    Value::Object(fields)
                } else {
                    Value::Array(list)
                });
            }
            let key = self.value(depth + 1)?;
            if self.eat(':') {
                let value = self.value(depth + 1)?;
                fields.insert(crate::values::table::as_text(&key), value);
            } else {
                list.push(key);
            }
            if !list.is_empty() && !fields.is_empty() {
                return None;
            }
            if !self.eat(',') && !self.rest.starts_with('}') {
                return None;
            }
        }
    }

    /// Texts that follow each other are one, as Python's `pprint` breaks long ones.
    fn texts(&mut self) -> Option<String> {
        let mut whole = String::new();
        while let Some(quote @ ('"' | '\'')) = self.rest.chars().next() {
            self.rest = self.rest.get(1..)?;
            let used = quoted(self.rest, quote, &mut whole)?;
            self.rest = self.rest.get(used..)?;
            self.blanks();
        }
        Some(whole)
    }

    /// A number, `True`, `None`, `np.float64(0.5)`.
    fn word(&mut self, depth: usize) -> Option<Value> {
        let end = self
            .rest
            .find(|c: char| c.is_whitespace() || ",()[]{}:'\"".contains(c))
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        let called = ["np.", "numpy.", "array", "set", "frozenset", "Counter", "OrderedDict"];
        if rest.starts_with('(') && called.iter().any(|name| word.starts_with(name)) {
            let mut inside = self.list(')', depth)?;
            // `array([…], dtype=object)` has more than the value in its brackets.
            if let Value::Array(list) = &mut inside
                && word.starts_with("np.")
                && list.len() == 1
            {
                inside = list.pop()?;
            }
            return Some(inside);
        }
        Some(match word {
            "True" | "true" => Value::Bool(true),
            "False" | "false" => Value::Bool(false),
            "None" | "null" | "nan" | "NaN" | "inf" | "-inf" | "Infinity" | "-Infinity" => {
                Value::Null
            }
            word if word.starts_with(|c: char| c.is_ascii_digit() || "-+.".contains(c)) => {
                number(word)?
            }
            _ => return None,
        })
    }
}

fn number(word: &str) -> Option<Value> {
    if let Ok(whole) = word.parse::<i64>() {
        return Some(Value::from(whole));
    }
    Number::from_f64(word.parse().ok()?).map(Value::Number)
}

/// Adds what stands before the closing quote to `whole`; how many bytes that took, the quote among them.
fn quoted(text: &str, quote: char, whole: &mut String) -> Option<usize> {
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => match letters.next()?.1 {
                'n' => whole.push('\n'),
                't' => whole.push('\t'),
                'r' => whole.push('\r'),
                mark @ ('u' | 'x' | 'U') => {
                    let length = match mark {
                        'x' => 2,
                        'u' => 4,
                        _ => 8,
                    };
                    let code: String = letters.by_ref().take(length).map(|(_, c)| c).collect();
                    whole.push(char::from_u32(u32::from_str_radix(&code, 16).ok()?)?);
                }
                other => whole.push(other),
            },
            letter if letter == quote => return Some(at + letter.len_utf8()),
            letter => whole.push(letter),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_as_python_prints_them() {
        for (text, json) in [
            ("[('Late', 210), ('Lost', 3)]", r#"[["Late",210],["Lost",3]]"#),
            ("[{'name': 'It\\'s late', 'n': None}]", r#"[{"name":"It's late","n":null}]"#),
            ("[{\"size\":NaN},{\"size\":-Infinity}]", r#"[{"size":null},{"size":null}]"#),
            ("[(0,\n '0.1*\"a\" + '\n '0.2*\"b\"')]", r#"[[0,"0.1*\"a\" + 0.2*\"b\""]]"#),
            ("{0: 'Late', 1: \"Lost\"}", r#"{"0":"Late","1":"Lost"}"#),
            ("[(0, [('late', np.float64(0.5))])]", r#"[[0,[["late",0.5]]]]"#),
            ("Counter({'Late': 2, 'Lost': 1})", r#"{"Late":2,"Lost":1}"#),
            ("(1,)", "[1]"),
            ("[]", "[]"),
        ] {
            assert_eq!(value(text).map(|v| v.to_string()).as_deref(), Some(json), "{text}");
        }
        let deep = "[".repeat(100_000);
        for text in ["[1] Trade: goods", "Late parcels", "['a'", "[a, b]", "", deep.as_str()] {
            assert_eq!(value(text), None, "{}", &text[..text.len().min(20)]);
        }
    }
}
