//! What stands in a cell: lists in every notation.

use serde_json::Value;

pub(crate) use crate::values::sizes::{SizeNotation, is_number};
use crate::values::table::{as_text, is_blank};

/// Deepest nesting of lists that is followed.
const DEEPEST: usize = 16;

/// A list, and whether whoever printed it left some of it out.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct List {
    pub(crate) items: Vec<String>,
    pub(crate) cut: bool,
}

/// Ids of members: a list in any notation, or text between semicolons, bars, line ends or commas.
pub(crate) fn members(value: &Value) -> Result<List, String> {
    match value {
        Value::Array(list) => {
            let items = list.iter().map(scalar).collect::<Result<_, _>>()?;
            Ok(List { items, cut: false })
        }
        Value::String(text) => match written_list(text) {
            Some(list) => Ok(list),
            None if text.trim_start().starts_with('[') => {
                let error = serde_json::from_str::<Value>(text).err();
                Err(format!("is no list: {}", error.map_or_else(String::new, |e| e.to_string())))
            }
            None => Ok(List { items: parted(text), cut: false }),
        },
        Value::Object(fields) => Ok(List { items: fields.keys().cloned().collect(), cut: false }),
        Value::Number(_) | Value::Bool(_) => Ok(List { items: vec![as_text(value)], cut: false }),
        Value::Null => Ok(List::default()),
    }
}

fn scalar(value: &Value) -> Result<String, String> {
    match value {
        Value::Null => Err("holds a null".to_owned()),
        Value::Array(_) => Err("holds a list where an id is expected".to_owned()),
        Value::Object(fields) => {
            let id = ["id", "chat_id", "doc_id", "key"].iter().find_map(|key| fields.get(*key));
            match id {
                Some(id @ (Value::String(_) | Value::Number(_))) => Ok(as_text(id)),
                _ => Err("holds an object where an id is expected".to_owned()),
            }
        }
        value => Ok(as_text(value)),
    }
}

/// Text at the delimiter that it has.
fn parted(text: &str) -> Vec<String> {
    let delimiter = [';', '|', '\n', '\t', ','].into_iter().find(|d| text.contains(*d));
    // Blanks part ids, and stand in what is no id.
    let are_ids = || text.split_whitespace().all(|id| id.contains(|c: char| c.is_ascii_digit()));
    let pieces: Vec<&str> = match delimiter {
        Some(delimiter) => text.split(delimiter).collect(),
        None if are_ids() => text.split_whitespace().collect(),
        None => vec![text],
    };
    pieces
        .iter()
        .map(|piece| piece.trim())
        .filter(|piece| !piece.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Keywords of a cell, the most telling first, where it holds some; weights beside them are left out.
pub(crate) fn keywords(value: &Value) -> Option<Vec<String>> {
    let words: Vec<String> = match value {
        Value::Array(list) => list.iter().filter_map(keyword).collect(),
        Value::String(text) => match (weighted(text), written_list(text)) {
            (Some(words), _) => words,
            (None, Some(list)) => list.items,
            (None, None) => return None,
        },
        Value::Object(fields) if fields.values().all(Value::is_number) => {
            fields.keys().cloned().collect()
        }
        _ => return None,
    };
    Some(words.iter().map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect())
}

/// `["word", 0.5]` is a word with its weight.
fn keyword(value: &Value) -> Option<String> {
    match value {
        Value::Array(pair) => pair.first().filter(|first| first.is_string()).map(as_text),
        Value::Object(fields) => {
            let word = ["word", "term", "keyword", "name", "text", "label"]
                .iter()
                .find_map(|key| fields.get(*key));
            word.map(as_text)
        }
        value if is_blank(value) => None,
        value => Some(as_text(value)),
    }
}

/// `0.050*"tomato" + 0.040*"blight"`, as gensim writes a topic.
pub(crate) fn weighted(text: &str) -> Option<Vec<String>> {
    let terms: Vec<&str> = text.trim().split(" + ").collect();
    let word = |term: &str| {
        let (weight, word) = term.trim().split_once('*')?;
        weight.trim().parse::<f64>().ok()?;
        Some(word.trim().trim_matches('"').to_owned())
    };
    terms.into_iter().map(word).collect()
}

/// A list as JSON, Python or numpy print it; nothing where it is none.
pub(crate) fn written_list(text: &str) -> Option<List> {
    let text = text.trim();
    let mut inner = text;
    for prefix in ["array(", "Index(", "list(", "set(", "frozenset(", "dict_keys(", "Series("] {
        if let Some(rest) = text.strip_prefix(prefix) {
            inner = rest;
        }
    }
    let open = inner.chars().next()?;
    if !matches!(open, '[' | '(' | '{') || inner.len() < 2 {
        return None;
    }
    if open == '(' && !inner.ends_with(')') || open == '{' && !inner.ends_with('}') {
        return None;
    }
    let mut reader = CellReader { text: inner, at: 0 };
    let mut list = List::default();
    reader.list(&mut list, 0)?;
    let rest = inner[reader.at..].trim();
    // What follows a numpy array: `, dtype=object)`.
    (rest.is_empty() || inner.len() < text.len() && rest.ends_with(')')).then_some(list)
}

struct CellReader<'a> {
    text: &'a str,
    at: usize,
}

impl CellReader<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn skip(&mut self, what: impl Fn(char) -> bool) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches(what).len();
    }

    fn list(&mut self, into: &mut List, depth: usize) -> Option<()> {
        let close = match self.peek()? {
            '[' => ']',
            '(' => ')',
            '{' => '}',
            _ => return None,
        };
        self.at += 1;
        loop {
            self.skip(|c| c.is_whitespace() || c == ',');
            match self.peek()? {
                c if c == close => {
                    self.at += 1;
                    return Some(());
                }
                '[' | '(' | '{' if depth < DEEPEST => {
                    // Of a pair the first is the word, the second its weight.
                    let mut pair = List::default();
                    self.list(&mut pair, depth + 1)?;
                    into.items.extend(pair.items.into_iter().next());
                    into.cut |= pair.cut;
                }
                '\'' | '"' => {
                    let item = self.quoted()?;
                    into.items.push(item);
                }
                ']' | ')' | '}' | '[' | '(' | '{' => return None,
                _ => self.bare(into, close)?,
            }
        }
    }

    fn quoted(&mut self) -> Option<String> {
        let quote = self.peek()?;
        self.at += 1;
        let mut item = String::new();
        let mut letters = self.text[self.at..].char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '\\' => match letters.next()?.1 {
                    'n' => item.push('\n'),
                    't' => item.push('\t'),
                    'r' => item.push('\r'),
                    'u' => {
                        let code: String = letters.by_ref().take(4).map(|(_, c)| c).collect();
                        item.extend(u32::from_str_radix(&code, 16).ok().and_then(char::from_u32));
                    }
                    'x' => {
                        let code: String = letters.by_ref().take(2).map(|(_, c)| c).collect();
                        item.extend(u32::from_str_radix(&code, 16).ok().and_then(char::from_u32));
                    }
                    other => item.push(other),
                },
                letter if letter == quote => {
                    self.at += at + 1;
                    return Some(item);
                }
                letter => item.push(letter),
            }
        }
        None
    }

    /// A number, a name, `np.int64(3)`, `np.str_('a')`; numpy parts them by white space alone.
    fn bare(&mut self, into: &mut List, close: char) -> Option<()> {
        let from = self.at;
        self.skip(|c| !c.is_whitespace() && !",[](){}'\"".contains(c));
        let word = &self.text[from..self.at];
        if self.peek() == Some('(') && (word.starts_with("np.") || word.starts_with("numpy.")) {
            return self.list(into, DEEPEST);
        }
        match word {
            "..." | "…" => into.cut = true,
            "" => return None,
            "None" | "nan" | "null" => {}
            word if word.ends_with(':') || close == '}' && word.contains(':') => return None,
            word => into.items.push(word.to_owned()),
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn list(text: &str, expected: &[&str]) {
        assert_eq!(written_list(text).unwrap().items, expected, "{text}");
    }

    #[test]
    fn lists_in_every_notation() {
        list(r#"["a", "b"]"#, &["a", "b"]);
        list("['a', 'b']", &["a", "b"]);
        list("['a' 'b'\n 'c']", &["a", "b", "c"]);
        list("[1 2\n 3]", &["1", "2", "3"]);
        list("(1, 2)", &["1", "2"]);
        list("{'a', 'b'}", &["a", "b"]);
        list("array(['a', 'b'], dtype=object)", &["a", "b"]);
        list("[np.int64(1), np.str_('b')]", &["1", "b"]);
        list(r#"['it\'s', "so \"so\"", 'x\ny']"#, &["it's", "so \"so\"", "x\ny"]);
        list("[('tomato', 0.5), ('leaf', 0.4)]", &["tomato", "leaf"]);
        list("[]", &[]);
        list("[é, ü]", &["é", "ü"]);
        assert!(written_list("[0 1 ... 8 9]").unwrap().cut);
        for text in ["[a", "plain", "(see below) and more", "[1] Trade", "{\"a\": 1}", "[", ""] {
            assert_eq!(written_list(text), None, "{text}");
        }
        assert!(written_list(&"[".repeat(100_000)).is_none());
    }

    #[test]
    fn members_come_in_many_spellings() {
        let of = |value: Value| members(&value).unwrap().items;
        assert_eq!(of(json!("a; b;")), ["a", "b"]);
        assert_eq!(of(json!("a | b")), ["a", "b"]);
        assert_eq!(of(json!("a, b, c")), ["a", "b", "c"]);
        assert_eq!(of(json!("a, b; c")), ["a, b", "c"]);
        assert_eq!(of(json!(["a", 7])), ["a", "7"]);
        assert_eq!(of(json!("d1 d2 d3")), ["d1", "d2", "d3"]);
        assert_eq!(of(json!("one long name")), ["one long name"]);
        assert_eq!(of(json!("")), Vec::<String>::new());
        assert!(members(&json!(["a", null])).is_err());
        assert!(members(&json!("[\"a\", ")).is_err());
    }

    #[test]
    fn keywords_lose_their_weights() {
        let of = |value: Value| keywords(&value);
        let two = Some(vec!["tomato".to_owned(), "leaf".to_owned()]);
        assert_eq!(of(json!([["tomato", 0.5], ["leaf", 0.4]])), two);
        assert_eq!(of(json!("0.05*\"tomato\" + 0.04*\"leaf\"")), two);
        assert_eq!(of(json!(["tomato", "leaf", "", ""])), two);
        assert_eq!(of(json!({"tomato": 0.5, "leaf": 0.4})), two);
        assert_eq!(of(json!("tomato leaf")), None);
    }
}
