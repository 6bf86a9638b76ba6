//! `cladus schema`

use std::fmt::Write as _;

use cladus_cli::print;
use cladus_core::schema::{ALL, Presence, Schema};
use cladus_core::{Error, Result, exit};

#[derive(Debug, clap::Args)]
pub(crate) struct SchemaArgs {
    /// Artifact: clusters, embeddings, groups, candidates, labels, parents, hierarchy, closure or map
    /// [default: all].
    artifact: Option<String>,
    /// Print as JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &SchemaArgs) -> Result<u8> {
    let schemas: Vec<&Schema> = match &args.artifact {
        None => ALL.to_vec(),
        Some(name) => {
            let name = name.trim_end_matches(".parquet");
            vec![Schema::of(name).ok_or_else(|| {
                let names: Vec<&str> = ALL.iter().map(|schema| schema.artifact).collect();
                Error::config_hint(
                    format!("there is no artifact {name:?}"),
                    format!("artifacts: {}", names.join(", ")),
                )
            })?]
        }
    };
    if args.json {
        let value: Vec<serde_json::Value> = schemas.iter().map(|schema| to_json(schema)).collect();
        let text = serde_json::to_string_pretty(&value).map_err(|e| Error::Bug(e.to_string()))?;
        print(&(text + "\n"))?;
    } else {
        let blocks: Vec<String> = schemas.iter().map(|schema| render(schema)).collect();
        print(&blocks.join("\n"))?;
    }
    Ok(exit::OK)
}

fn presence(presence: Presence) -> &'static str {
    match presence {
        Presence::Required => "",
        Presence::Nullable => ", null",
        Presence::Optional => ", null, may be absent",
    }
}

fn render(schema: &Schema) -> String {
    let types: Vec<String> =
        schema.columns.iter().map(|c| format!("{}{}", c.ty, presence(c.presence))).collect();
    let name_width = schema.columns.iter().map(|c| c.name.len()).max().unwrap_or(0);
    let type_width = types.iter().map(String::len).max().unwrap_or(0);
    // Writing to a String cannot fail.
    let mut text = String::new();
    let _ =
        writeln!(text, "{}.parquet: {}; rows {}", schema.artifact, schema.summary, schema.order);
    for (column, ty) in schema.columns.iter().zip(&types) {
        let _ =
            writeln!(text, "  {:name_width$}  {ty:type_width$}  {}", column.name, column.meaning);
    }
    text
}

fn to_json(schema: &Schema) -> serde_json::Value {
    let columns: Vec<serde_json::Value> = schema
        .columns
        .iter()
        .map(|column| {
            serde_json::json!({
                "name": column.name,
                "type": column.ty.to_string(),
                "nullable": column.presence != Presence::Required,
                "required": column.presence != Presence::Optional,
                "meaning": column.meaning,
            })
        })
        .collect();
    serde_json::json!({
        "artifact": schema.artifact,
        "summary": schema.summary,
        "order": schema.order,
        "columns": columns,
    })
}
