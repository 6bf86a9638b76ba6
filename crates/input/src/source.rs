//! Where the bytes come from, and what they are: standard input, folders, compression, containers.

use cladus_core::numbers::thousands;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use cladus_core::artifact::{Values, read_arrow_values, read_parquet_values};
use cladus_core::config::InputConfig;
use cladus_core::{Error, Place, Result};
use tempfile::NamedTempFile;

use crate::args::InputFormat;
use crate::arrange::reshape;
use crate::bytes::columnar::{Columnar, columnar};
use crate::bytes::encoding;
use crate::bytes::folder;
use crate::bytes::looks;
use crate::frame;
use crate::read::delimited;
use crate::read::graphml;
use crate::read::json;
use crate::read::lines;
use crate::read::markup;
use crate::read::sheet;
use crate::read::sqlite;
use crate::values::table::{InputTable, TableRow};

/// What is unpacked at most: this much, and [`UNPACKED_PER_BYTE`] for every byte packed.
const UNPACKED: u64 = 256 << 20;
const UNPACKED_PER_BYTE: u64 = 30;
const UNPACKED_AT_MOST: u64 = 4 << 30;

/// An input whose bytes are at hand.
pub(crate) struct SourceFile {
    /// As messages call it.
    named: PathBuf,
    content: SourceContent,
    notes: Vec<String>,
}

enum SourceContent {
    /// A columnar file has to be read from both ends; what came otherwise lies in a temporary one.
    Files(Columnar, Vec<PathBuf>, Option<NamedTempFile>),
    /// A database is read where it lies, and only what is asked of it.
    Database {
        file: PathBuf,
        _temporary: Option<NamedTempFile>,
    },
    Bytes(Vec<u8>, InputFormat),
}

/// Finds the bytes of `path`, and what they are.
pub(crate) fn open(path: &Path, config: &InputConfig) -> Result<SourceFile> {
    let asked = match config.format.as_deref() {
        None => None,
        Some(name) => Some(
            InputFormat::named(name)
                .ok_or_else(|| Error::config(format!("[input] format = {name:?} is not known")))?,
        ),
    };
    if path.is_dir() {
        let (kind, files, note) = folder::files(path)?;
        let notes = vec![note.to_owned()];
        let content = SourceContent::Files(kind, files, None);
        return Ok(SourceFile { named: path.to_owned(), content, notes });
    }
    let (named, bytes) = if path.as_os_str() == "-" {
        let named: PathBuf = "standard input".into();
        let mut bytes = Vec::new();
        std::io::stdin()
            .lock()
            .read_to_end(&mut bytes)
            .map_err(|e| Error::io("read", &named, e))?;
        (named, bytes)
    } else {
        let magic = head(path)?;
        if let Some(kind) = columnar(&magic, asked, path) {
            let content = SourceContent::Files(kind, vec![path.to_owned()], None);
            return Ok(SourceFile { named: path.to_owned(), content, notes: Vec::new() });
        }
        if magic == sqlite::MAGIC {
            let content = SourceContent::Database { file: path.to_owned(), _temporary: None };
            return Ok(SourceFile { named: path.to_owned(), content, notes: Vec::new() });
        }
        (path.to_owned(), std::fs::read(path).map_err(|e| Error::io("read", path, e))?)
    };
    let mut notes = Vec::new();
    let (bytes, inner) = unpacked(&named, bytes, &mut notes)?;
    if let Some(kind) = columnar(&bytes, asked, &inner) {
        let file = temporary(&named, &bytes)?;
        let paths = vec![file.path().to_owned()];
        return Ok(SourceFile {
            named,
            content: SourceContent::Files(kind, paths, Some(file)),
            notes,
        });
    }
    if bytes.starts_with(sqlite::MAGIC) {
        let file = temporary(&named, &bytes)?;
        let content =
            SourceContent::Database { file: file.path().to_owned(), _temporary: Some(file) };
        return Ok(SourceFile { named, content, notes });
    }
    let format = match asked {
        Some(InputFormat::Parquet | InputFormat::Arrow) | None => sniff(&named, &inner, &bytes)?,
        Some(format) => format,
    };
    Ok(SourceFile { named, content: SourceContent::Bytes(bytes, format), notes })
}

fn temporary(named: &Path, bytes: &[u8]) -> Result<NamedTempFile> {
    let cannot = |e| Error::io("write", named, e);
    let mut file = NamedTempFile::new().map_err(cannot)?;
    file.write_all(bytes).map_err(cannot)?;
    Ok(file)
}

impl SourceFile {
    /// What messages call it.
    pub(crate) fn named(&self) -> &Path {
        &self.named
    }

    /// Its rows and columns.
    pub(crate) fn table(&self, config: &InputConfig) -> Result<InputTable> {
        let path = &self.named;
        let mut table = match &self.content {
            SourceContent::Files(kind, files, _) => self.columnar_table(*kind, files)?,
            SourceContent::Database { file, .. } => sqlite::read(path, file, config)?,
            SourceContent::Bytes(bytes, InputFormat::Xlsx) => sheet::read(path, bytes, config)?,
            SourceContent::Bytes(bytes, format) => {
                let decoded = encoding::decode(path, bytes, config.encoding.as_deref())?;
                let mut table = text_table(path, &decoded.text, *format, config)?;
                table.notes.extend(decoded.note);
                table.warnings.extend(decoded.warning);
                table
            }
        };
        table.notes.splice(0..0, self.notes.iter().cloned());
        // A record with nothing in it was written by somebody; an empty line by nobody.
        if !matches!(self.content, SourceContent::Bytes(_, InputFormat::Json | InputFormat::Jsonl))
        {
            table.blank += table.skip_blank_rows();
        }
        if table.blank > 0 {
            let rows = if table.blank == 1 { "blank row" } else { "blank rows" };
            let blank = thousands(table.blank as u64);
            table.notes.push(format!("{blank} {rows} skipped"));
        }
        table.drop_blank_columns();
        table.tell_columns_apart();
        table.gather_words();
        reshape::of(&mut table);
        Ok(table)
    }

    fn columnar_table(&self, kind: Columnar, files: &[PathBuf]) -> Result<InputTable> {
        let format = match kind {
            Columnar::Parquet => "Parquet",
            Columnar::Arrow => "Arrow",
        };
        let mut table = InputTable { format: format.to_owned(), ..InputTable::default() };
        for file in files {
            let read = match kind {
                Columnar::Parquet => read_parquet_values(file),
                Columnar::Arrow => read_arrow_values(file),
            };
            // A temporary file is nothing that anybody knows.
            let temporary = matches!(self.content, SourceContent::Files(_, _, Some(_)));
            let values =
                read.map_err(|error| if temporary { renamed(error, &self.named) } else { error })?;
            append(&mut table, values, file)?;
        }
        json::opened(&self.named, table)
    }
}

/// The table in a text: whatever is around it comes off first.
fn text_table(
    path: &Path,
    text: &str,
    format: InputFormat,
    config: &InputConfig,
) -> Result<InputTable> {
    match format {
        InputFormat::Json => return json::read(path, text, false),
        InputFormat::Jsonl => return json::read(path, text, true),
        InputFormat::Yaml => return markup::yaml(path, text),
        InputFormat::Toml => return markup::toml(path, text),
        _ => {}
    }
    // What is said with a flag is no guess.
    if config.format.as_deref().is_some_and(|format| format != InputFormat::Txt.name())
        || config.delimiter.is_some()
        || config.header.is_some()
    {
        return delimited::read(path, text, config);
    }
    if looks::is_yaml(text) {
        return markup::yaml(path, text);
    }
    if let Some(table) = graphml::read(path, text)? {
        return Ok(table);
    }
    if let Some(table) = markup::outline(path, text)?.or_else(|| markup::arff(text)) {
        return Ok(table);
    }
    looks::refuse_what_is_none(path, text)?;
    let Some(framed) = frame::of(text) else {
        return lines::read(path, text, config);
    };
    let said = InputConfig {
        delimiter: framed.delimiter.map(|delimiter| char::from(delimiter).to_string()),
        ..config.clone()
    };
    let mut table = match framed.delimiter {
        Some(_) => delimited::read(path, &framed.text, &said)?,
        None => lines::read(path, &framed.text, config)?,
    };
    // Lines that were made empty are no blank rows.
    table.blank = table.blank.saturating_sub(framed.emptied);
    table.notes.splice(0..0, framed.notes);
    Ok(table)
}

fn append(table: &mut InputTable, values: Values, file: &Path) -> Result<()> {
    let Values { columns, rows, unread } = values;
    if table.columns.is_empty() {
        (table.columns, table.unread) = (columns, unread);
    } else if table.columns != columns {
        return Err(Error::damaged(file, "has other columns than the files before it"));
    }
    let from = table.rows.len();
    let placed = rows.into_iter().enumerate();
    table.rows.extend(placed.map(|(row, cells)| TableRow { place: Place::Row(from + row), cells }));
    Ok(())
}

fn renamed(error: Error, named: &Path) -> Error {
    match error {
        Error::Damaged { problem, .. } => Error::damaged(named, problem),
        other => other,
    }
}

fn head(path: &Path) -> Result<Vec<u8>> {
    let mut magic = Vec::new();
    let file = File::open(path).map_err(|e| Error::io("read", path, e))?;
    file.take(16).read_to_end(&mut magic).map_err(|e| Error::io("read", path, e))?;
    Ok(magic)
}

/// The bytes without the compression around them, and the name without its ending.
fn unpacked(named: &Path, bytes: Vec<u8>, notes: &mut Vec<String>) -> Result<(Vec<u8>, PathBuf)> {
    let most = (UNPACKED + UNPACKED_PER_BYTE * bytes.len() as u64).min(UNPACKED_AT_MOST);
    let without = || match named.extension().map(|e| e.to_string_lossy().to_lowercase()) {
        Some(ending) if matches!(ending.as_str(), "gz" | "gzip" | "zst" | "zstd") => {
            named.with_extension("")
        }
        _ => named.to_owned(),
    };
    let (kind, read): (&str, Box<dyn Read + '_>) = if bytes.starts_with(&[0x1f, 0x8b]) {
        ("gzip", Box::new(flate2::bufread::MultiGzDecoder::new(bytes.as_slice())))
    } else if bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        let decoder = zstd::Decoder::new(bytes.as_slice());
        ("zstd", Box::new(decoder.map_err(|e| Error::io("read", named, e))?))
    } else if let Some((kind, command)) = packed_otherwise(&bytes) {
        let problem = format!(
            "is packed ({kind}), which is not read: unpack it first (`{command} {}`)",
            named.display()
        );
        return Err(Error::damaged(named, problem));
    } else {
        return Ok((bytes, named.to_owned()));
    };
    let mut whole = Vec::new();
    read.take(most + 1)
        .read_to_end(&mut whole)
        .map_err(|e| Error::damaged(named, format!("cannot be unpacked ({kind}): {e}")))?;
    if whole.len() as u64 > most {
        return Err(Error::damaged(
            named,
            format!(
                "holds more than {} MB ({kind}): unpack it first, if that is right",
                most >> 20
            ),
        ));
    }
    notes.push(format!("unpacked ({kind})"));
    Ok((whole, without()))
}

/// What bytes are packed with that nothing here unpacks, and what does.
fn packed_otherwise(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    let known: [(&[u8], &str, &str); 4] = [
        (b"BZh", "bzip2", "bunzip2 -k"),
        (b"\xfd7zXZ\0", "xz", "unxz -k"),
        (b"7z\xbc\xaf\x27\x1c", "7-Zip", "7z x"),
        (b"Rar!\x1a\x07", "RAR", "unrar x"),
    ];
    let found = known.into_iter().find(|(mark, _, _)| bytes.starts_with(mark));
    // A list may begin with the same letters, and holds no controls.
    let controls = || bytes.iter().take(200).any(|byte| *byte < 9);
    found.filter(|_| controls()).map(|(_, kind, command)| (kind, command))
}

/// The format that bytes look like, or a file's name says.
fn sniff(named: &Path, inner: &Path, bytes: &[u8]) -> Result<InputFormat> {
    const OLE: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0];
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(OLE) {
        return Ok(InputFormat::Xlsx);
    }
    if bytes.starts_with(&[0x80, 0x04]) || bytes.starts_with(&[0x80, 0x05]) {
        return Err(Error::damaged(
            named,
            "is a Python pickle, which only Python can read: write the table as CSV or Parquet there (`df.to_parquet(…)`)",
        ));
    }
    let bare = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let first = bare.iter().find(|b| !b.is_ascii_whitespace() && **b != 0 && **b < 0xfe);
    let ending = inner.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    Ok(match (ending.as_deref(), first) {
        (Some("jsonl" | "ndjson" | "jsonlines"), _) => InputFormat::Jsonl,
        (Some("json" | "jsonld"), _) => InputFormat::Json,
        (Some("yaml" | "yml"), _) => InputFormat::Yaml,
        (Some("toml"), _) => InputFormat::Toml,
        (Some("csv" | "tsv" | "tab" | "psv"), Some(b'[' | b'{')) if is_json(bare) => {
            InputFormat::Txt
        }
        (Some("csv" | "tsv" | "tab" | "psv"), _) => InputFormat::Csv,
        (Some("txt" | "md" | "log" | "list"), Some(b'[' | b'{')) if !is_json(bare) => {
            InputFormat::Csv
        }
        (_, Some(b'[')) if is_json(bare) => InputFormat::Json,
        (_, Some(b'{')) if is_json(bare) => InputFormat::Json,
        _ => InputFormat::Csv,
    })
}

/// TopicGPT's lists and Python's begin with brackets too: JSON goes on in its own way.
fn is_json(bytes: &[u8]) -> bool {
    let mut rest = bytes.iter().filter(|b| !b.is_ascii_whitespace() && **b != 0 && **b < 0xfe);
    match (rest.next(), rest.next()) {
        (Some(b'['), Some(second)) => {
            matches!(second, b'{' | b'"' | b'[' | b']') || {
                // Numbers may be a topic's in brackets: only the whole tells.
                !matches!(second, b'0'..=b'9' | b'(' | b'\'')
            }
        }
        (Some(b'{'), Some(second)) => matches!(second, b'"' | b'}'),
        _ => false,
    }
}
