//! The references that programs write: `docs/reference`. `CLADUS_TEST_DOCS=write` writes them anew.

use std::fmt::Write as _;

use cladus_core::config::Config;
use cladus_core::schema::{self, Presence};
use syn::{Expr, Field, Item, ItemStruct, Lit, Meta};

use crate::space::{Space, repository};

use super::writes;

/// What stands in `docs/reference/NAME.md` is `now`, or becomes it.
#[track_caller]
fn is_current(name: &str, now: &str) {
    let path = repository().join(format!("docs/reference/{name}.md"));
    if writes() {
        std::fs::write(&path, now).unwrap();
    }
    let was = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = was.lines().zip(now.lines()).find(|(was, now)| was != now);
    assert!(
        was == now,
        "docs/reference/{name}.md is not what the program says; CLADUS_TEST_DOCS=write writes it anew.\n\
         The first line that differs, as it was and as it is now: {differs:#?}"
    );
}

/// A table's cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

// --- the help of every command

/// The commands in a help, in groups or below the heading "Commands:": name and what it is for.
fn commands(help: &str) -> Vec<(String, String)> {
    let above = help.split("\nOptions:").next().unwrap_or_default();
    let above = above.split("\nArguments:").next().unwrap_or_default();
    // `cladus --help` alone has groups, and no arguments.
    let first =
        ["Commands:", "Build:"].into_iter().find(|first| above.lines().any(|l| l == *first));
    let Some(first) = first else { return Vec::new() };
    let lines = above.lines().skip_while(|line| *line != first);
    let mut found: Vec<(String, String)> = Vec::new();
    for line in lines.filter(|line| line.starts_with("  ")) {
        match (line.strip_prefix("   "), found.last_mut()) {
            // It goes on from the line before.
            (Some(more), Some((_, about))) => *about += &format!(" {}", more.trim()),
            _ => {
                let (name, about) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
                found.push((name.to_owned(), about.trim().to_owned()));
            }
        }
    }
    found.retain(|(name, _)| name != "help");
    found
}

/// Programs of their own, which need not be there: their help stands in their own pages.
const ELSEWHERE: [(&str, &str); 2] = [
    (
        "query",
        "`cladus query` is a program of its own: its help is in [questions in SQL](../query.md#help).",
    ),
    (
        "remote",
        "`cladus remote` is a program of its own: its help is in [work from an object store](../objects.md#help).",
    ),
];

/// The help of `words` and of every command below.
fn help(space: &Space, words: &[String], out: &mut String) {
    if let [command] = words
        && let Some((_, elsewhere)) = ELSEWHERE.iter().find(|(name, _)| name == command)
    {
        let _ = write!(out, "\n## cladus {command}\n\n{elsewhere}\n");
        return;
    }
    let mut command = space.command("cladus");
    command.args(words).arg("--help").env_remove("COLUMNS");
    let said: crate::space::Ran = command.output().unwrap().into();
    let said = said.ok().stdout;
    let name = ["cladus".to_owned()].iter().chain(words).cloned().collect::<Vec<_>>().join(" ");
    let text: String = said.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    let _ = write!(out, "\n## {name}\n\n```text\n{}\n```\n", text.trim_end());
    for (below, _) in commands(&said) {
        help(space, &[words, &[below]].concat(), out);
    }
}

#[test]
fn every_commands_help_is_in_the_reference() {
    let space = Space::new();
    let whole = space.cladus("--help").ok().stdout;
    let mut text = String::from(
        "# Commands\n\nThe help of every command, as `cladus COMMAND --help` prints it. Generated: do not edit.\n\n\
         | command | what it does |\n|---|---|\n",
    );
    let found = commands(&whole);
    assert!(found.len() > 20, "{found:?}");
    for (name, about) in found {
        let _ = writeln!(text, "| [`{name}`](#cladus-{name}) | {} |", cell(&about));
    }
    help(&space, &[], &mut text);
    is_current("cli", &text);
}

// --- settings

/// What documentation says of an item.
fn said(attributes: &[syn::Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| {
        let Meta::NameValue(pair) = &attribute.meta else { return None };
        let Expr::Lit(literal) = &pair.value else { return None };
        let Lit::Str(line) = &literal.lit else { return None };
        pair.path.is_ident("doc").then(|| line.value().trim().to_owned())
    });
    let text = lines.collect::<Vec<_>>().join(" ");
    // Links within the code lead nowhere here.
    text.replace("[`room::QUESTION_TOKENS`]", &cladus_core::room::QUESTION_TOKENS.to_string())
}

/// A setting's name in the file.
fn name(field: &Field) -> String {
    let named = field.ident.as_ref().unwrap().to_string();
    if named == "match_by" { "match".to_owned() } else { named }
}

/// A setting's type, as TOML has it.
fn kind(field: &Field) -> &'static str {
    let whole = quoted(&field.ty);
    let inner =
        whole.strip_prefix("Option<").map_or(whole.as_str(), |rest| rest.trim_end_matches('>'));
    match inner {
        "usize" | "u32" | "u64" => "integer",
        "f64" => "number",
        "bool" => "true or false",
        "String" => "text",
        "std::path::PathBuf" => "path",
        "BTreeMap<String,String" | "BTreeMap<String,String>" | "toml::Table" => "table",
        "Levels" => "integer, or integers from the largest",
        "Backend" => "extractive, llm",
        "PromptStyle" => "general, requests, topics, things",
        "MatchBy" => "auto, ids, members, names",
        "LastLook" => "none, once",
        other => panic!("{}: what is a {other} in TOML?", name(field)),
    }
}

/// A type's words without blanks.
fn quoted(ty: &syn::Type) -> String {
    let syn::Type::Path(path) = ty else { panic!("a setting has the type of a path") };
    let segment = |segment: &syn::PathSegment| {
        let inner = match &segment.arguments {
            syn::PathArguments::AngleBracketed(inner) => {
                let types = inner.args.iter().map(|argument| match argument {
                    syn::GenericArgument::Type(ty) => quoted(ty),
                    _ => panic!("a setting's type has types for arguments"),
                });
                format!("<{}>", types.collect::<Vec<_>>().join(","))
            }
            _ => String::new(),
        };
        format!("{}{inner}", segment.ident)
    };
    path.path.segments.iter().map(segment).collect::<Vec<_>>().join("::")
}

/// Defaults that are left out of the file because they are the defaults.
const LEFT_OUT: [(&str, &str); 6] = [
    ("subject", "\"\""),
    ("prompt_style", "\"general\""),
    ("match", "\"auto\""),
    ("keep_names", "true"),
    ("keep_noise", "false"),
    ("keep_levels", "false"),
];

/// A setting's default, proven: a file that says it is the same as one that says nothing.
fn default(section: &str, field: &Field, defaults: &toml::Table) -> String {
    let name = name(field);
    let table = if section.is_empty() { Some(defaults) } else { defaults[section].as_table() };
    let known = table.and_then(|table| table.get(&name)).map(ToString::to_string);
    let left_out = || LEFT_OUT.iter().find(|(left, _)| *left == name).map(|(_, d)| (*d).to_owned());
    let Some(value) = known.or_else(left_out) else {
        let empty = kind(field) == "table";
        assert!(empty || quoted(&field.ty).starts_with("Option<"), "{name}: no default");
        return (if empty { "none" } else { "not set" }).to_owned();
    };
    let header = if section.is_empty() { String::new() } else { format!("[{section}]\n") };
    let file = format!("{header}{name} = {value}\n");
    assert_eq!(toml::from_str::<Config>(&file).unwrap(), Config::default(), "{file}");
    format!("`{value}`")
}

fn table(section: &str, of: &ItemStruct, defaults: &toml::Table) -> String {
    let title = if section.is_empty() { "At the top".to_owned() } else { format!("`[{section}]`") };
    let mut text = format!("\n## {title}\n\n");
    let about = said(&of.attrs);
    let _ = writeln!(text, "{about}\n\n| setting | type | default | meaning |\n|---|---|---|---|");
    for field in of.fields.iter().filter(|field| !quoted(&field.ty).ends_with("Config")) {
        let default = default(section, field, defaults);
        let (name, kind, said) = (name(field), kind(field), cell(&said(&field.attrs)));
        let _ = writeln!(text, "| `{name}` | {kind} | {default} | {said} |");
    }
    text
}

#[test]
fn every_setting_is_in_the_reference() {
    let mut structs = Vec::new();
    for file in ["mod", "models"] {
        let path = repository().join(format!("crates/core/src/config/{file}.rs"));
        let code = syn::parse_file(&std::fs::read_to_string(path).unwrap()).unwrap();
        structs.extend(code.items.into_iter().filter_map(|item| match item {
            Item::Struct(found) => Some(found),
            _ => None,
        }));
    }
    let find = |name: &str| structs.iter().find(|found| found.ident == name).unwrap();
    // What is only written where it is said: the table of the input has no default to look up.
    let mut defaults: toml::Table = Config::default().to_toml().unwrap().parse().unwrap();
    defaults.entry("input").or_insert_with(|| toml::Table::new().into());
    let mut text = String::from(
        "# Settings\n\nEvery setting of `cladus.toml`, which lies in the run folder. Generated: do not edit.\n",
    );
    text += &table("", find("Config"), &defaults);
    for field in &find("Config").fields {
        let ty = quoted(&field.ty);
        if ty.ends_with("Config") {
            text += &table(&name(field), find(&ty), &defaults);
        }
    }
    is_current("settings", &text);
}

// --- columns

#[test]
fn every_column_is_in_the_reference() {
    let mut text = String::from(
        "# Columns\n\nEvery artifact of a run folder with its columns, as `cladus schema` prints them. Generated: do not edit.\n",
    );
    for schema in schema::ALL {
        let _ = write!(
            text,
            "\n## {}.parquet\n\n{}; rows {}.\n\n| column | type | may be null | meaning |\n|---|---|---|---|\n",
            schema.artifact, schema.summary, schema.order
        );
        for column in schema.columns {
            let null = match column.presence {
                Presence::Required => "no",
                Presence::Nullable => "yes",
                Presence::Optional => "yes, or absent",
            };
            let meaning = cell(column.meaning);
            let _ = writeln!(text, "| `{}` | {} | {null} | {meaning} |", column.name, column.ty);
        }
    }
    is_current("columns", &text);
}
