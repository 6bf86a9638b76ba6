//! Users' files become base clusters: found, decoded, checked, cleaned.

mod rows;
mod table;
mod text;

use std::collections::HashMap;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use cladus_core::artifact::Cluster;
use cladus_core::{Error, Place, Result};

use serde::{Deserialize, Serialize};

use rows::RawCluster;

/// What a file holds, and under which names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, clap::Args)]
pub struct InputArgs {
    /// How the input is written; by default its ending or its first bytes tell.
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub input_format: Option<Format>,
    /// The input's column with ids.
    #[arg(long, value_name = "NAME")]
    pub id_column: Option<String>,
    /// The input's column with names.
    #[arg(long, value_name = "NAME")]
    pub name_column: Option<String>,
    /// The input's column with descriptions.
    #[arg(long, value_name = "NAME")]
    pub description_column: Option<String>,
    /// The input's column with slugs.
    #[arg(long, value_name = "NAME")]
    pub slug_column: Option<String>,
    /// The input's column with member ids: a list, a JSON array, or text split at semicolons.
    #[arg(long, value_name = "NAME")]
    pub members_column: Option<String>,
    /// The input's column with sizes, where they are not the number of members.
    #[arg(long, value_name = "NAME")]
    pub size_column: Option<String>,
}

/// How an input is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Apache Parquet.
    Parquet,
    /// One JSON object a line (Kura's checkpoints too).
    Jsonl,
    /// An array of JSON objects.
    Json,
    /// Comma-separated, with a header.
    Csv,
}

/// What a column of the input is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Role {
    Id,
    Name,
    Description,
    Slug,
    Members,
    Size,
    Parent,
}

impl Role {
    const ALL: [Self; 7] = [
        Self::Id,
        Self::Name,
        Self::Description,
        Self::Slug,
        Self::Members,
        Self::Size,
        Self::Parent,
    ];

    /// Names that are recognised without a flag, the first one found wins.
    fn usual_names(self) -> &'static [&'static str] {
        match self {
            Self::Id => &["id", "cluster_id"],
            Self::Name => &["name"],
            Self::Description => &["description"],
            Self::Slug => &["slug"],
            Self::Members => &["members", "chat_ids"],
            Self::Size => &["size"],
            Self::Parent => &["parent_id"],
        }
    }
}

/// Which column of a file plays which role.
#[derive(Debug)]
struct Columns {
    names: HashMap<Role, String>,
}

impl Columns {
    /// Chooses among the columns `found`.
    fn choose(path: &Path, found: &[String], args: &InputArgs) -> Result<Self> {
        let mut names = HashMap::new();
        for role in Role::ALL {
            let asked = match role {
                Role::Id => &args.id_column,
                Role::Name => &args.name_column,
                Role::Description => &args.description_column,
                Role::Slug => &args.slug_column,
                Role::Members => &args.members_column,
                Role::Size => &args.size_column,
                Role::Parent => &None,
            };
            let has = |name: &str| found.iter().any(|column| column == name);
            match asked {
                Some(name) if has(name) => drop(names.insert(role, name.clone())),
                Some(name) => return Err(missing(path, name, found)),
                None => {
                    if let Some(name) = role.usual_names().iter().find(|name| has(name)) {
                        names.insert(role, (*name).to_owned());
                    }
                }
            }
        }
        if !names.contains_key(&Role::Name) {
            let list = if found.is_empty() { "none".to_owned() } else { found.join(", ") };
            return Err(Error::damaged(
                path,
                format!(
                    "column name is missing (the file has: {list}); --name-column says which one it is"
                ),
            ));
        }
        Ok(Self { names })
    }

    fn get(&self, role: Role) -> Option<&str> {
        self.names.get(&role).map(String::as_str)
    }
}

fn missing(path: &Path, name: &str, found: &[String]) -> Error {
    Error::damaged(path, format!("column {name} is missing (the file has: {})", found.join(", ")))
}

/// What was read, and what the user should know about it.
#[derive(Debug)]
pub struct Input {
    /// The base clusters, sorted by id.
    pub clusters: Vec<Cluster>,
    /// Whole sentences.
    pub warnings: Vec<String>,
}

/// Reads base clusters from `path` (`-` is standard input).
///
/// # Errors
/// When it cannot be read, lacks a name column, or holds a value that makes no sense; the file, the
/// line or row, and the column are named.
pub fn read(path: &Path, args: &InputArgs) -> Result<Input> {
    if path.as_os_str() != "-" {
        return read_file(path, path, args);
    }
    let stdin: PathBuf = "standard input".into();
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes).map_err(|e| Error::io("read", &stdin, e))?;
    match args.input_format.unwrap_or_else(|| sniff(&bytes)) {
        Format::Parquet => {
            // Parquet has to be read from its end.
            let mut file =
                tempfile::NamedTempFile::new().map_err(|e| Error::io("write", &stdin, e))?;
            file.write_all(&bytes).map_err(|e| Error::io("write", file.path(), e))?;
            let path = file.path().to_owned();
            rows::into_clusters(&stdin, table::read(&path, args)?)
        }
        format => rows::into_clusters(&stdin, text::read(&stdin, &bytes, format, args)?),
    }
}

fn read_file(path: &Path, named: &Path, args: &InputArgs) -> Result<Input> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    let by_ending = match ending.as_deref() {
        Some("parquet" | "pq") => Some(Format::Parquet),
        Some("jsonl" | "ndjson") => Some(Format::Jsonl),
        Some("json") => Some(Format::Json),
        Some("csv") => Some(Format::Csv),
        _ => None,
    };
    let format = args.input_format.or(by_ending);
    if format == Some(Format::Parquet) {
        return rows::into_clusters(named, table::read(path, args)?);
    }
    let bytes = std::fs::read(path).map_err(|e| Error::io("read", path, e))?;
    match format.unwrap_or_else(|| sniff(&bytes)) {
        Format::Parquet => rows::into_clusters(named, table::read(path, args)?),
        format => rows::into_clusters(named, text::read(path, &bytes, format, args)?),
    }
}

/// The format that the first bytes look like.
fn sniff(bytes: &[u8]) -> Format {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match bytes.iter().find(|b| !b.is_ascii_whitespace()) {
        _ if bytes.starts_with(b"PAR1") => Format::Parquet,
        Some(b'[') => Format::Json,
        Some(b'{') => Format::Jsonl,
        _ => Format::Csv,
    }
}

/// Everything a format can tell of one cluster.
type Raw = (Place, RawCluster);
