//! What documents about the code say of it is there: the files and folders that they name, and the types.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use pulldown_cmark::Event;
use syn::Item;

use crate::architecture::rust_files;
use crate::space::repository;

use super::blocks::parser;

/// Where the code is.
const CODE: [&str; 3] = ["crates", "pipelines/src", "tests/src"];

/// A document about the code, and the folders that what it names may be in.
struct AboutCode {
    document: PathBuf,
    paths_from: Vec<PathBuf>,
    types_below: Vec<PathBuf>,
}

fn documents() -> Vec<AboutCode> {
    let root = repository();
    let usual = || vec![root.clone(), root.join("crates"), root.join("pipelines/src")];
    let code = || CODE.map(|folder| root.join(folder)).into();
    let of_all = ["ARCHITECTURE.md", "CONTRIBUTING.md", "docs/glossary.md"].map(|name| {
        // ARCHITECTURE says the name of a crate first.
        let paths_from = usual().into_iter().chain([root.join("crates/llm/src")]).collect();
        AboutCode { document: root.join(name), paths_from, types_below: code() }
    });
    let folders = std::fs::read_dir(root.join("crates")).unwrap();
    let of_crates = folders.map(|entry| {
        let folder = entry.unwrap().path();
        let own = [folder.clone(), folder.join("src")];
        AboutCode {
            document: folder.join("README.md"),
            paths_from: usual().into_iter().chain(own).collect(),
            types_below: vec![folder.join("src")],
        }
    });
    of_all.into_iter().chain(of_crates).collect()
}

fn spans(text: &str) -> Vec<String> {
    let code = |event| match event {
        Event::Code(code) => Some(code.into_string()),
        _ => None,
    };
    parser(text).filter_map(code).collect()
}

/// A path of the checkout, unless a part of it is a placeholder or a run folder's.
fn is_path(span: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    let parts: Vec<&str> = span.trim_end_matches('/').split('/').collect();
    let is_placeholder = |part: &str| {
        let stem = part.split('.').next().unwrap_or_default();
        !stem.is_empty() && stem.chars().all(|c| c.is_ascii_uppercase()) && stem != "README"
    };
    parts.len() > 1
        && span.chars().all(plain)
        && parts.iter().all(|part| !part.is_empty() && !is_placeholder(part))
        && !["my-run", "answers"].contains(&parts[0])
}

/// A type, or a type and what it has.
fn named_type(span: &str) -> Option<&str> {
    let name = span.split("::").next()?;
    let mut letters = name.chars();
    (letters.next()?.is_ascii_uppercase()
        && letters.next()?.is_ascii_lowercase()
        && letters.all(|c| c.is_ascii_alphanumeric())
        && span.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, ':' | '_' | '(' | ')')))
    .then_some(name)
}

/// Names of the types that are defined below `folders`.
fn types_below<'a>(files: &'a [(PathBuf, Vec<String>)], folders: &[PathBuf]) -> BTreeSet<&'a str> {
    let within = |file: &Path| folders.iter().any(|folder| file.starts_with(folder));
    let found = files.iter().filter(|(file, _)| within(file));
    found.flat_map(|(_, types)| types.iter().map(String::as_str)).collect()
}

/// Every file of code, with the types that it defines.
fn code() -> Vec<(PathBuf, Vec<String>)> {
    let files = CODE.iter().flat_map(|folder| rust_files(&repository().join(folder)));
    files.map(|file| (file.clone(), types_of(&file))).collect()
}

/// Types, their variants, and traits of a file.
fn types_of(file: &Path) -> Vec<String> {
    let code = syn::parse_file(&std::fs::read_to_string(file).unwrap()).unwrap();
    let mut found = Vec::new();
    for item in code.items {
        match item {
            Item::Struct(item) => found.push(item.ident.to_string()),
            Item::Trait(item) => found.push(item.ident.to_string()),
            Item::Type(item) => found.push(item.ident.to_string()),
            Item::Enum(item) => {
                found.push(item.ident.to_string());
                found.extend(item.variants.iter().map(|variant| variant.ident.to_string()));
            }
            _ => {}
        }
    }
    found
}

#[test]
fn the_files_that_documents_name_are_there() {
    let mut seen = 0;
    for AboutCode { document, paths_from, .. } in documents() {
        let text = std::fs::read_to_string(&document).unwrap();
        for span in spans(&text).iter().filter(|span| is_path(span)) {
            seen += 1;
            let found = paths_from.iter().any(|folder| folder.join(span).exists());
            assert!(found, "{}: there is no {span}", document.display());
        }
    }
    assert!(seen > 80, "{seen} paths");
}

#[test]
fn the_types_that_documents_name_are_there() {
    let of_rust = ["Default", "Arc", "Vec", "Option", "Result", "Send", "Sync"];
    let (mut seen, code) = (0, code());
    for AboutCode { document, types_below: folders, .. } in documents() {
        let text = std::fs::read_to_string(&document).unwrap();
        let known = types_below(&code, &folders);
        for span in &spans(&text) {
            let Some(name) = named_type(span).filter(|name| !of_rust.contains(name)) else {
                continue;
            };
            seen += 1;
            assert!(known.contains(name), "{}: there is no {span}", document.display());
        }
    }
    assert!(seen > 40, "{seen} types");
}
