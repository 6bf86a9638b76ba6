//! Links between documents lead somewhere.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pulldown_cmark::{Event, Tag, TagEnd};

use crate::space::repository;

use super::blocks::{parser, shown};

/// Every document of the checkout.
fn documents() -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![repository()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() {
                let foreign = ["target", "node_modules", "book", "my-run"].contains(&name);
                if !foreign && (!name.starts_with('.') || name == ".github") {
                    folders.push(path);
                }
            } else if name.ends_with(".md") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Where links of `text` lead, as they are written.
fn links(text: &str) -> Vec<String> {
    let to = |event| match event {
        Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
            Some(dest_url.into_string())
        }
        _ => None,
    };
    parser(text).filter_map(to).collect()
}

/// What headings can be linked by, as GitHub and mdBook make it of their words.
fn anchors(text: &str) -> Vec<String> {
    let (mut found, mut seen) = (Vec::new(), BTreeMap::<String, usize>::new());
    let mut heading: Option<String> = None;
    for event in parser(text) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::Text(words) | Event::Code(words) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&words);
                }
            }
            Event::End(TagEnd::Heading(_)) => {
                let anchor = anchor(&heading.take().unwrap_or_default());
                let times = seen.entry(anchor.clone()).or_default();
                found.push(if *times == 0 { anchor } else { format!("{anchor}-{times}") });
                *times += 1;
            }
            _ => {}
        }
    }
    found
}

fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().trim().to_lowercase().replace(' ', "-")
}

/// Why this link of the document at `from` leads nowhere.
fn broken(from: &Path, text: &str, link: &str) -> Option<String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (file, anchor) = link.split_once('#').map_or((link, None), |(f, a)| (f, Some(a)));
    let target = if file.is_empty() { from.to_owned() } else { from.parent().unwrap().join(file) };
    if !file.is_empty() && !target.exists() {
        return Some(format!("{link}: there is no such file"));
    }
    let anchor = anchor.filter(|_| target.extension().is_some_and(|ending| ending == "md"))?;
    let there = if file.is_empty() {
        anchors(text)
    } else {
        anchors(&std::fs::read_to_string(&target).unwrap())
    };
    let missing = !there.iter().any(|found| found == anchor);
    missing.then(|| format!("{link}: there is no such heading, but {}", there.join(", ")))
}

#[test]
fn every_link_leads_somewhere() {
    let (mut problems, mut seen) = (Vec::new(), 0);
    for path in documents() {
        let text = std::fs::read_to_string(&path).unwrap();
        for link in links(&text) {
            seen += 1;
            problems
                .extend(broken(&path, &text, &link).map(|why| format!("{}: {why}", shown(&path))));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(seen > 100, "only {seen} links found");
}

#[test]
fn the_book_has_every_page() {
    let docs = repository().join("docs");
    let summary = std::fs::read_to_string(docs.join("SUMMARY.md")).unwrap();
    let listed: Vec<PathBuf> = links(&summary).into_iter().map(|link| docs.join(link)).collect();
    for path in documents().into_iter().filter(|path| path.starts_with(&docs)) {
        let itself = path.ends_with("SUMMARY.md");
        assert!(itself || listed.contains(&path), "{} is not in docs/SUMMARY.md", shown(&path));
    }
}

#[test]
fn every_crate_says_what_it_is() {
    for entry in std::fs::read_dir(repository().join("crates")).unwrap() {
        let readme = entry.unwrap().path().join("README.md");
        assert!(readme.is_file(), "there is no {}", shown(&readme));
    }
}

#[test]
fn anchors_are_what_github_makes_of_headings() {
    let text = "# With `--onto`, next month's\n## A b\n## A b\n";
    assert_eq!(anchors(text), ["with---onto-next-months", "a-b", "a-b-1"]);
    assert!(broken(Path::new("a.md"), text, "#a-b-1").is_none());
    assert!(broken(Path::new("a.md"), text, "#c").is_some());
    assert!(broken(Path::new("a.md"), text, "nowhere.md").is_some());
}
