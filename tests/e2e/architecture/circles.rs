//! No modules of a crate name each other in a circle, so that each can be read after those it rests on.
//!
//! A file names another by what it imports and by paths. What a module re-exports counts for the file
//! that defines it. A module and what is inside it belong together (a parent declares its children, and
//! they extend its types): a circle is one of modules that stand beside each other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use syn::{Attribute, ItemMod, ItemUse, Meta, UseTree};

use super::{is_test, rust_files};
use crate::space::repository;

/// From the crate's root; the root itself has no segments.
type ModulePath = Vec<String>;

/// What a file names, before it is known what that is.
#[derive(Default)]
struct NamedPaths {
    paths: Vec<Vec<String>>,
    /// Names that are imported, with where they come from.
    imports: Vec<(String, Vec<String>)>,
}

impl<'ast> Visit<'ast> for NamedPaths {
    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        if !module.attrs.iter().any(is_for_tests) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if !item.attrs.iter().any(is_for_tests) {
            self.import(&item.tree, &mut Vec::new());
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            self.paths.push(path.segments.iter().map(|part| part.ident.to_string()).collect());
        }
        visit::visit_path(self, path);
    }
}

impl NamedPaths {
    fn import(&mut self, tree: &UseTree, before: &mut Vec<String>) {
        let (name, last) = match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.import(&path.tree, before);
                before.pop();
                return;
            }
            UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.import(tree, before));
                return;
            }
            UseTree::Name(name) => (name.ident.to_string(), name.ident.to_string()),
            UseTree::Rename(rename) => (rename.rename.to_string(), rename.ident.to_string()),
            UseTree::Glob(_) => (String::new(), String::new()),
        };
        let own = (!last.is_empty() && last != "self").then_some(last);
        let path: Vec<String> = before.iter().cloned().chain(own).collect();
        self.paths.push(path.clone());
        self.imports.push((name, path));
    }
}

fn is_for_tests(attribute: &Attribute) -> bool {
    matches!(&attribute.meta, Meta::List(list)
        if list.path.is_ident("cfg") && list.tokens.to_string() == "test")
}

/// The files of a crate, by the module each is.
struct CrateFiles {
    files: BTreeMap<ModulePath, NamedPaths>,
}

impl CrateFiles {
    fn read(source: &Path) -> Self {
        let mut files = BTreeMap::new();
        for file in rust_files(source) {
            let within = file.strip_prefix(source).unwrap();
            if within.ends_with("main.rs") || is_test(within) {
                continue;
            }
            let code = syn::parse_file(&std::fs::read_to_string(&file).unwrap()).unwrap();
            let mut named = NamedPaths::default();
            named.visit_file(&code);
            files.insert(module(within), named);
        }
        Self { files }
    }

    /// The module that `path` leads to as it stands in `from`, and what it names there.
    fn resolve<'a>(
        &self,
        from: &ModulePath,
        path: &'a [String],
    ) -> Option<(ModulePath, &'a [String])> {
        let mut at = from.clone();
        let mut rest = path;
        match rest.first()?.as_str() {
            "crate" => {
                at.clear();
                rest = &rest[1..];
            }
            "self" => rest = &rest[1..],
            "super" => {
                while rest.first().is_some_and(|part| part == "super") {
                    at.pop();
                    rest = &rest[1..];
                }
            }
            child => {
                at.push(child.to_owned());
                if !self.files.contains_key(&at) {
                    return None;
                }
                rest = &rest[1..];
            }
        }
        while let Some(next) = rest.first() {
            at.push(next.clone());
            if !self.files.contains_key(&at) {
                at.pop();
                break;
            }
            rest = &rest[1..];
        }
        Some((at, rest))
    }

    /// The file that defines what a path names.
    fn home(&self, from: &ModulePath, path: &[String]) -> Option<ModulePath> {
        let (mut at, mut rest) = self.resolve(from, path)?;
        let mut seen = BTreeSet::new();
        while let Some(name) = rest.first()
            && seen.insert(at.clone())
        {
            let imports = &self.files.get(&at)?.imports;
            let Some((_, path)) = imports.iter().find(|(import, _)| import == name) else { break };
            let Some(next) = self.resolve(&at, path) else { break };
            (at, rest) = next;
        }
        Some(at)
    }

    /// The modules that each one names, or what is inside it does; both stand beside each other.
    fn edges(&self) -> BTreeMap<ModulePath, BTreeSet<ModulePath>> {
        let mut edges: BTreeMap<ModulePath, BTreeSet<ModulePath>> = BTreeMap::new();
        for (from, named) in &self.files {
            for to in named.paths.iter().filter_map(|path| self.home(from, path)) {
                let common = from.iter().zip(&to).take_while(|(from, to)| from == to).count();
                if common < from.len() && common < to.len() {
                    let beside = to[..=common].to_vec();
                    edges.entry(from[..=common].to_vec()).or_default().insert(beside);
                }
            }
        }
        edges
    }

    /// Modules that can be come back to, with those that they name on the way.
    fn circles(&self) -> Vec<String> {
        let edges = self.edges();
        let reached = |from| {
            let mut reached = BTreeSet::new();
            let mut open = vec![from];
            while let Some(at) = open.pop() {
                for next in edges.get(at).into_iter().flatten() {
                    if reached.insert(next) {
                        open.push(next);
                    }
                }
            }
            reached
        };
        let reach: BTreeMap<_, _> = edges.keys().map(|from| (from, reached(from))).collect();
        let goes = |from: &ModulePath, to: &ModulePath| {
            reach.get(from).is_some_and(|reached| reached.iter().any(|at| *at == to))
        };
        edges
            .iter()
            .flat_map(|(from, named)| named.iter().map(move |to| (from, to)))
            .filter(|(from, to)| goes(to, from))
            .map(|(from, to)| format!("{} names {}", from.join("/"), to.join("/")))
            .collect()
    }
}

fn module(file: &Path) -> ModulePath {
    let mut parts: Vec<String> =
        file.with_extension("").iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    parts.pop_if(|last| ["mod", "lib"].contains(&last.as_str()));
    parts
}

#[test]
fn no_modules_of_a_crate_name_each_other_in_a_circle() {
    let mut sources: Vec<PathBuf> = std::fs::read_dir(repository().join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap().path().join("src"))
        .collect();
    sources.push(repository().join("pipelines/src"));
    let mut found = BTreeMap::new();
    let mut edges = 0;
    for source in sources {
        let files = CrateFiles::read(&source);
        edges += files.edges().values().map(BTreeSet::len).sum::<usize>();
        let circles = files.circles();
        if !circles.is_empty() {
            found.insert(source, circles);
        }
    }
    assert!(edges > 500, "{edges} edges");
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn circles_are_found_through_imports_paths_and_exports() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("lib.rs", "mod a; mod b; mod c; pub use c::Thing; #[cfg(test)] mod tests;");
    write("a.rs", "use crate::b::{self, other}; fn f() { other() }");
    write("b.rs", "pub fn other() -> crate::Thing { todo!() }");
    write("c/mod.rs", "mod inner; pub struct Thing; #[cfg(test)] mod tests { use crate::a; }");
    write("c/inner.rs", "use super::Thing; fn f() -> Thing { Thing }");
    write("tests.rs", "use crate::{a, b};");
    assert_eq!(CrateFiles::read(folder.path()).circles(), [""; 0]);

    write("c/inner.rs", "use super::Thing; fn f(_: Thing) { crate::a::f() }");
    let circles = ["a names b", "b names c", "c names a"];
    assert_eq!(CrateFiles::read(folder.path()).circles(), circles);
}
