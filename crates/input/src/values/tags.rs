//! Markup around names and in them: HTML's tags, Markdown's links, Excel's guard against formulas.

/// Tags that stand in texts; what else is between angle brackets is the text's own.
const TAGS: [&str; 30] = [
    "a", "b", "i", "u", "p", "br", "em", "strong", "span", "div", "li", "ul", "ol", "td", "tr",
    "th", "h1", "h2", "h3", "h4", "h5", "h6", "code", "small", "sup", "sub", "font", "mark",
    "label", "hr",
];

/// A text without markup; nothing where there is none, or nothing else.
pub(crate) fn without(text: &str) -> Option<String> {
    let bare = guarded(text).or_else(|| linked(text)).or_else(|| tagged(text))?;
    (!bare.trim().is_empty()).then(|| bare.trim().to_owned())
}

/// `="Late parcels"`, which Excel takes for a text whatever is in it.
fn guarded(text: &str) -> Option<String> {
    let inner = text.trim().strip_prefix("=\"")?.strip_suffix('"')?;
    Some(inner.replace("\"\"", "\""))
}

/// `[Late parcels](https://…)`, where that is the whole of it.
fn linked(text: &str) -> Option<String> {
    let (name, link) = text.trim().strip_prefix('[')?.strip_suffix(')')?.split_once("](")?;
    let is_link =
        !link.contains([' ', ')']) && (link.contains('/') || link.starts_with(['#', '.']));
    (is_link && !name.contains(['[', ']'])).then(|| name.to_owned())
}

/// Without the tags in it; a new line stands for those that make one.
fn tagged(text: &str) -> Option<String> {
    if !text.contains('<') || !text.contains('>') {
        return None;
    }
    let (mut bare, mut rest, mut found) = (String::with_capacity(text.len()), text, false);
    while let Some((before, behind)) = rest.split_once('<') {
        bare.push_str(before);
        match behind.split_once('>').filter(|(tag, _)| is_tag(tag)) {
            Some((tag, after)) => {
                found = true;
                let parts =
                    ["br", "/p", "/li", "/div", "hr"].iter().any(|end| tag.starts_with(end));
                if parts && !after.is_empty() && !bare.ends_with(' ') {
                    bare.push(' ');
                }
                rest = after;
            }
            None => {
                bare.push('<');
                rest = behind;
            }
        }
    }
    bare.push_str(rest);
    found.then_some(bare)
}

fn is_tag(tag: &str) -> bool {
    let tag = tag.trim_start_matches('/').trim_end_matches('/').trim_end();
    let name = tag.split([' ', '\t', '\n']).next().unwrap_or_default().to_lowercase();
    let rest = tag[name.len().min(tag.len())..].trim();
    TAGS.contains(&name.as_str()) && (rest.is_empty() || rest.contains('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_goes_and_text_stays() {
        for (text, bare) in [
            ("<b>Refunds</b>", "Refunds"),
            ("<p>Late <i>parcels</i><br/>and more</p>", "Late parcels and more"),
            ("<a href=\"x\">Late</a>", "Late"),
            ("[Late parcels](https://x.io/0)", "Late parcels"),
            ("=\"Late parcels\"", "Late parcels"),
        ] {
            assert_eq!(without(text).as_deref(), Some(bare), "{text}");
        }
        for text in [
            "a < b > c",
            "<Unknown>",
            "[Late] (see below)",
            "R&D",
            "<b></b>",
            "=1+1",
            "<T> in code",
        ] {
            assert_eq!(without(text), None, "{text}");
        }
    }
}
