//! Texts that are plainly no list of clusters: what they look like, and the way out.

use std::path::Path;

use cladus_core::{Error, Result};

use crate::bytes::foreign;
use crate::read::lines;

/// Refuses a text that is something else than a table or a list.
///
/// # Errors
/// With what it looks like and what to do.
pub(crate) fn refuse_what_is_none(path: &Path, text: &str) -> Result<()> {
    let problem = markup(text)
        .or_else(|| pointer(text))
        .or_else(|| drawing(text))
        .or_else(|| doc_topics(text))
        .or_else(|| printed(text))
        .or_else(|| foreign::is(text).filter(|_| lines::recognised(text).is_none()));
    problem.map_or(Ok(()), |problem| Err(Error::damaged(path, problem)))
}

fn head(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).take(400)
}

/// Are at least nine of ten lines so?
fn most(text: &str, least: usize, is: impl Fn(&str) -> bool) -> bool {
    let (mut all, mut like) = (0usize, 0usize);
    for line in text.lines().filter(|line| !line.trim().is_empty()).take(400) {
        all += 1;
        like += usize::from(is(line));
    }
    like >= least && like * 10 >= all * 9
}

fn markup(text: &str) -> Option<&'static str> {
    let start: String = text.trim_start().chars().take(300).collect::<String>().to_lowercase();
    let is_html = start.starts_with("<!doctype html")
        || ["<html", "<table", "<body", "<head", "<div"].iter().any(|tag| start.starts_with(tag));
    if is_html {
        return Some(
            "looks like a web page (HTML), not a table: save the table itself as CSV; where a download was meant, a page to log in may have come instead",
        );
    }
    let is_xml = start.starts_with("<?xml")
        || start.starts_with('<')
            && head(text).take(20).filter(|line| line.starts_with('<')).count() * 2
                > head(text).take(20).count();
    is_xml.then_some("looks like XML, which is not read: write the clusters as CSV or JSON")
}

/// What Git leaves where the file itself was not fetched.
fn pointer(text: &str) -> Option<&'static str> {
    text.starts_with("version https://git-lfs.github.com/")
        .then_some("is a pointer of Git LFS, not the file itself: `git lfs pull` fetches it")
}

/// A graph that a program draws: what is in it stands there to be seen, not to be read back.
fn drawing(text: &str) -> Option<&'static str> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let (first, second) = (lines.next()?, lines.next()?);
    let graphviz = ["digraph ", "graph ", "strict "].iter().any(|word| first.starts_with(word))
        && first.ends_with('{')
        && text.trim_end().ends_with('}');
    let mermaid = ["flowchart ", "graph "].iter().any(|word| first.starts_with(word))
        && first.split_whitespace().count() == 2
        && second.contains(['[', '(', '-']);
    let what = match () {
        () if graphviz => {
            "is a drawing for Graphviz, which is not read: write the clusters as CSV, JSON or GraphML (`cladus export --format graphml`)"
        }
        () if mermaid => {
            "is a drawing for Mermaid, which is not read: write the clusters as CSV, JSON or GraphML (`cladus export --format graphml`)"
        }
        () => return None,
    };
    Some(what)
}

/// Keys before colons, the same ones again and again.
pub(crate) fn is_yaml(text: &str) -> bool {
    let key = |line: &str| -> Option<String> {
        let line = line.trim_start().trim_start_matches("- ").trim_start();
        let (key, rest) = line.split_once(':')?;
        let plain = !key.is_empty()
            && key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
            && (rest.is_empty() || rest.starts_with(' '));
        plain.then(|| key.to_owned())
    };
    let mut times = std::collections::HashMap::<String, usize>::new();
    let (mut all, mut keyed) = (0usize, 0usize);
    for line in text.lines().filter(|line| !line.trim().is_empty()).take(400) {
        all += 1;
        if let Some(key) = key(line) {
            keyed += 1;
            *times.entry(key).or_default() += 1;
        }
    }
    let again = times.values().filter(|times| **times > 1).count();
    let begins = head(text).find(|line| !line.starts_with('#') && *line != "---");
    let begins = begins.is_some_and(|line| key(line).is_some());
    begins && !text.contains("*\"") && again >= 2 && keyed * 10 >= all * 7
}

/// MALLET's shares of topics in documents.
fn doc_topics(text: &str) -> Option<&'static str> {
    let shares = |line: &str| {
        let mut fields = line.split('\t').filter(|field| !field.is_empty());
        let number = fields.next().is_some_and(|field| field.trim().parse::<u64>().is_ok());
        let _document = fields.next();
        let shares: Option<Vec<f64>> = fields.map(|field| field.trim().parse().ok()).collect();
        // A share a topic, or a topic's number before each: other tables have other numbers.
        let is_share = |share: &f64| (0.0..=1.0).contains(share);
        number
            && shares.is_some_and(|shares| {
                let pairs = shares.len().is_multiple_of(2)
                    && shares.iter().skip(1).step_by(2).all(is_share)
                    && shares.iter().step_by(2).all(|topic| topic.fract() == 0.0);
                shares.len() >= 2 && (pairs || shares.iter().all(is_share))
            })
    };
    let without_header = text.split_once('\n').filter(|(first, _)| first.starts_with('#'));
    most(without_header.map_or(text, |(_, rest)| rest), 2, shares).then_some(
        "holds the shares of topics in documents (MALLET's --output-doc-topics), no names: those are in the file of --output-topic-keys",
    )
}

/// A data frame as it is printed: columns of blanks, rows behind their numbers.
fn printed(text: &str) -> Option<&'static str> {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let first = lines.next()?;
    let parts = |line: &str| line.trim().split("  ").filter(|part| !part.trim().is_empty()).count();
    let names = first.split_whitespace().count();
    let rest: Vec<&str> = lines.take(400).collect();
    let row = |line: &str| {
        line.split_whitespace().next().is_some_and(|word| word.parse::<i64>().is_ok())
            && parts(line) >= names.max(2)
    };
    let rows = rest.iter().filter(|line| row(line)).count();
    let is_header = first.starts_with("  ") && names >= 2 && !first.contains(['\t', ',', ';']);
    (is_header && rows >= 2 && rows * 10 >= rest.len() * 8).then_some(
        "looks like a table as Python or R print it, where texts are cut: write it as CSV (`df.to_csv(…)`, `write.csv(…)`)",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_list_is_told_by_its_looks() {
        let refused =
            |text: &str| refuse_what_is_none(Path::new("f"), text).unwrap_err().to_string();
        for (text, says) in [
            ("<!DOCTYPE html><html><body>Log in</body></html>", "web page"),
            ("<table>\n<tr><td>Late</td></tr>\n</table>", "web page"),
            ("<?xml version=\"1.0\"?>\n<a/>", "XML"),
            ("digraph \"r\" {\n  \"a\" -> \"b\";\n}\n", "Graphviz"),
            ("flowchart LR\n  n0[\"a\"]\n  n0 --- n1\n", "Mermaid"),
            ("version https://git-lfs.github.com/spec/v1\noid sha256:4d\nsize 9\n", "git lfs pull"),
            ("#doc name\n0\tf\t0\t0.6\t1\t0.2\n1\tg\t1\t0.6\t2\t0.2\n", "doc-topics"),
            (
                "    Topic  Count        Name\n0      -1    640  -1_the_and\n1       0    210   0_a_b_c\n",
                "print it",
            ),
        ] {
            assert!(refused(text).contains(says), "{text}");
        }
        assert!(is_yaml("- name: Late\n  size: 3\n- name: Lost\n  size: 4\n"));
        for text in [
            "Late parcels\nLost parcels\n",
            "Late: they came late\nLost: they never came\n",
            "name,size\na,1\n",
            "0\t0.05\ttomato blight leaves\n1\t0.07\tparcel late days\n",
            "<3 hearts\nStars\nMoons\n",
        ] {
            refuse_what_is_none(Path::new("f"), text).unwrap();
            assert!(!is_yaml(text), "{text}");
        }
    }
}
