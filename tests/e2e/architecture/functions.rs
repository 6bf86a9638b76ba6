//! Every function can be taken in at once.

use proc_macro2::Span;
use syn::visit::{self, Visit};
use syn::{Block, ImplItemFn, ItemFn, Signature, TraitItemFn};

use super::{is_test, rust_files};
use crate::space::repository;

/// From the line with its name to the one with its last brace.
const MOST_LINES: usize = 60;

#[derive(Default)]
struct FunctionLengths {
    found: Vec<(usize, String)>,
}

impl FunctionLengths {
    fn add(&mut self, signature: &Signature, body: &Block) {
        let line = |span: Span| span.start().line;
        let lines = line(body.brace_token.span.close()) + 1 - line(signature.fn_token.span);
        self.found.push((lines, signature.ident.to_string()));
    }
}

impl<'ast> Visit<'ast> for FunctionLengths {
    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.add(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        self.add(&function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast TraitItemFn) {
        if let Some(body) = &function.default {
            self.add(&function.sig, body);
        }
        visit::visit_trait_item_fn(self, function);
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if module.ident != "tests" {
            visit::visit_item_mod(self, module);
        }
    }
}

#[test]
fn functions_can_be_taken_in_at_once() {
    let (mut seen, mut long) = (0, Vec::new());
    for folder in ["crates", "pipelines/src"] {
        let folder = repository().join(folder);
        for file in rust_files(&folder) {
            let path = file.strip_prefix(&folder).unwrap();
            if is_test(path) || path.iter().any(|part| part == "examples") {
                continue;
            }
            let code = syn::parse_file(&std::fs::read_to_string(&file).unwrap()).unwrap();
            let mut lengths = FunctionLengths::default();
            lengths.visit_file(&code);
            seen += lengths.found.len();
            let over = lengths.found.into_iter().filter(|(lines, _)| *lines > MOST_LINES);
            long.extend(over.map(|(lines, name)| format!("{}: {name}, {lines}", file.display())));
        }
    }
    assert!(seen > 2_000, "{seen} functions");
    assert!(long.is_empty(), "{long:#?}");
}
