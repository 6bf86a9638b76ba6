//! The same table in every format gives the same clusters, and no damage to a file is more than an error.

use std::io::{Cursor, Write as _};
use std::path::Path;

use crate::Input;
use crate::read;
use cladus_core::artifact::{self, Cluster};
use cladus_core::config::InputConfig;
use proptest::prelude::*;
use serde_json::{Value, json};

#[derive(Debug, Clone)]
struct Row {
    id: String,
    name: String,
    size: u64,
}

fn read_bytes(file: &str, bytes: &[u8]) -> cladus_core::Result<Input> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(file);
    std::fs::write(&path, bytes).unwrap();
    read(&path, &InputConfig::default())
}

fn field(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

fn delimited(rows: &[Row], delimiter: &str) -> Vec<u8> {
    let mut text = ["id", "name", "size"].join(delimiter) + "\r\n";
    for row in rows {
        text += &[field(&row.id), field(&row.name), row.size.to_string()].join(delimiter);
        text += "\r\n";
    }
    text.into_bytes()
}

fn record(row: &Row) -> Value {
    json!({ "id": row.id, "name": row.name, "size": row.size })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn zipped(parts: &[(&str, String)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn xlsx(rows: &str) -> Vec<u8> {
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    zipped(&[
        (
            "_rels/.rels",
            format!(
                "<Relationships xmlns=\"{package}\"><Relationship Id=\"rId1\" Type=\"{office}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{main}\" xmlns:r=\"{office}\"><sheets><sheet name=\"T\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships xmlns=\"{package}\"><Relationship Id=\"rId1\" Type=\"{office}/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/worksheets/sheet1.xml",
            format!("<worksheet xmlns=\"{main}\"><sheetData>{rows}</sheetData></worksheet>"),
        ),
    ])
}

fn xlsx_rows(rows: &[Row]) -> String {
    let text = |at: &str, text: &str| {
        format!(
            "<c r=\"{at}\" t=\"inlineStr\"><is><t xml:space=\"preserve\">{}</t></is></c>",
            escaped(text)
        )
    };
    let mut xml = format!(
        "<row r=\"1\">{}{}{}</row>",
        text("A1", "id"),
        text("B1", "name"),
        text("C1", "size")
    );
    for (row, at) in rows.iter().zip(2..) {
        let cells = text(&format!("A{at}"), &row.id) + &text(&format!("B{at}"), &row.name);
        xml += &format!("<row r=\"{at}\">{cells}<c r=\"C{at}\"><v>{}</v></c></row>", row.size);
    }
    xml
}

fn ods(rows: &str) -> Vec<u8> {
    let ns = "urn:oasis:names:tc:opendocument:xmlns";
    zipped(&[
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet".to_owned()),
        (
            "META-INF/manifest.xml",
            format!("<manifest:manifest xmlns:manifest=\"{ns}:manifest:1.0\"/>"),
        ),
        (
            "content.xml",
            format!(
                "<office:document-content xmlns:office=\"{ns}:office:1.0\" xmlns:table=\"{ns}:table:1.0\" xmlns:text=\"{ns}:text:1.0\"><office:body><office:spreadsheet><table:table table:name=\"T\">{rows}</table:table></office:spreadsheet></office:body></office:document-content>"
            ),
        ),
    ])
}

fn ods_rows(rows: &[Row]) -> String {
    let text = |text: &str| {
        format!(
            "<table:table-cell office:value-type=\"string\"><text:p>{}</text:p></table:table-cell>",
            escaped(text)
        )
    };
    let mut xml = format!(
        "<table:table-row>{}{}{}</table:table-row>",
        text("id"),
        text("name"),
        text("size")
    );
    for row in rows {
        let size = format!(
            "<table:table-cell office:value-type=\"float\" office:value=\"{0}\"><text:p>{0}</text:p></table:table-cell>",
            row.size
        );
        xml += &format!(
            "<table:table-row>{}{}{size}</table:table-row>",
            text(&row.id),
            text(&row.name)
        );
    }
    xml
}

fn parquet(rows: &[Row]) -> Vec<u8> {
    let clusters: Vec<Cluster> = rows
        .iter()
        .map(|row| Cluster {
            id: row.id.clone(),
            name: row.name.clone(),
            description: String::new(),
            slug: String::new(),
            level: 0,
            members: Vec::new(),
            size: row.size,
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    artifact::write_clusters(&path, &clusters).unwrap();
    std::fs::read(path).unwrap()
}

/// The table in every format.
fn files(rows: &[Row]) -> Vec<(&'static str, Vec<u8>)> {
    let records: Vec<Value> = rows.iter().map(record).collect();
    let column = |key: &str| records.iter().map(|record| record[key].clone()).collect::<Vec<_>>();
    let by_row = |values: Vec<Value>| -> Value {
        values
            .into_iter()
            .enumerate()
            .map(|(row, value)| (row.to_string(), value))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let columns = json!({ "id": by_row(column("id")), "name": by_row(column("name")), "size": by_row(column("size")) });
    let lists = json!({ "id": column("id"), "name": column("name"), "size": column("size") });
    let cells: Vec<Value> = rows.iter().map(|row| json!([row.id, row.name, row.size])).collect();
    let split = json!({ "columns": ["id", "name", "size"], "index": (0..rows.len()).collect::<Vec<_>>(), "data": cells });
    let lines: String = records.iter().map(|record| format!("{record}\n")).collect();
    let csv = delimited(rows, ",");
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(&csv).unwrap();
    let wide: Vec<u8> =
        String::from_utf8_lossy(&csv).encode_utf16().flat_map(u16::to_le_bytes).collect();
    vec![
        ("comma.csv", csv.clone()),
        ("semicolon.csv", delimited(rows, ";")),
        ("tab.tsv", delimited(rows, "\t")),
        ("bar.txt", delimited(rows, "|")),
        ("bom.csv", [&b"\xef\xbb\xbf"[..], &csv].concat()),
        ("wide.csv", [&b"\xff\xfe"[..], &wide].concat()),
        ("packed.csv.gz", gz.finish().unwrap()),
        ("packed.csv.zst", zstd::encode_all(csv.as_slice(), 1).unwrap()),
        ("lines.jsonl", lines.into_bytes()),
        ("records.json", json!(records).to_string().into_bytes()),
        ("wrapped.json", json!({ "made": "today", "clusters": records }).to_string().into_bytes()),
        ("columns.json", columns.to_string().into_bytes()),
        ("lists.json", lists.to_string().into_bytes()),
        ("index.json", by_row(records.clone()).to_string().into_bytes()),
        ("split.json", split.to_string().into_bytes()),
        ("sheet.xlsx", xlsx(&xlsx_rows(rows))),
        ("sheet.ods", ods(&ods_rows(rows))),
        ("table.parquet", parquet(rows)),
    ]
}

fn seen(input: &Input) -> Vec<(String, String, u64)> {
    input.clusters.iter().map(|c| (c.id.clone(), c.name.clone(), c.size)).collect()
}

prop_compose! {
    fn rows()(names in prop::collection::vec("[A-Za-zÄéßλ][A-Za-z0-9 ,;|'\"<&äöüñ.-]{0,24}[a-zéλ]", 2..9), sizes in prop::collection::vec(1u64..5_000_000, 9)) -> Vec<Row> {
        let rows = names.into_iter().zip(sizes).enumerate();
        rows.map(|(at, (name, size))| Row { id: format!("k{at}"), name, size }).collect()
    }
}

/// As many tables as somebody asks for, else as many as take some seconds.
fn extent() -> ProptestConfig {
    let usual = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    ProptestConfig { cases: if asked { usual.cases } else { 64 }, ..usual }
}

proptest! {
    #![proptest_config(extent())]

    #[test]
    fn the_same_clusters_come_back_from_every_format(rows in rows()) {
        let mut expected: Vec<(String, String, u64)> = rows
            .iter()
            .map(|row| (row.id.clone(), cladus_core::text::clean(&row.name).into_owned(), row.size))
            .collect();
        expected.sort();
        for (file, bytes) in files(&rows) {
            let input = read_bytes(file, &bytes).map_err(|e| TestCaseError::fail(format!("{file}: {e}")))?;
            prop_assert_eq!(seen(&input), expected.clone(), "{}: {}", file, input.understood);
        }
    }
}

fn sample() -> Vec<Row> {
    let names =
        ["Tomato blight on leaves", "Café queue", "Delivery arrived late", "Mower will not start"];
    names
        .iter()
        .zip(1..)
        .map(|(name, at)| Row { id: format!("k{at}"), name: (*name).to_owned(), size: at * 7 })
        .collect()
}

#[test]
fn damaged_files_are_errors_at_most() {
    let mut state = 0x2545_f491_4f6c_dd1du64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below.max(1) as u64) as usize
    };
    // A reader's panic is caught, and need not be seen.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !artifact::parquet::is_guarded() {
            hook(info);
        }
    }));
    for (file, bytes) in files(&sample()) {
        for _ in 0..60 {
            let mut bytes = bytes.clone();
            for _ in 0..=random(4) {
                let at = random(bytes.len());
                match random(4) {
                    0 => bytes[at] = random(256) as u8,
                    1 => bytes.truncate(at),
                    2 => drop(bytes.splice(at..at, [b"[{\"',;\0\xff\x1f"[random(9)]])),
                    _ => drop(bytes.drain(at..(at + random(20)).min(bytes.len()))),
                }
                if bytes.is_empty() {
                    break;
                }
            }
            if let Err(error) = read_bytes(file, &bytes) {
                assert!([2, 3].contains(&error.exit_code()), "{file}: {error}");
            }
        }
    }
}

#[test]
fn what_unpacks_to_gigabytes_is_refused() {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gz.write_all(&vec![b'a'; 1 << 20]).unwrap();
    let member = gz.finish().unwrap();
    let error = read_bytes("bomb.csv.gz", &member.repeat(400)).unwrap_err();
    assert!(error.to_string().contains("holds more than"), "{error}");
}

#[test]
fn sheets_that_claim_millions_of_cells_are_refused_or_read() {
    let far = "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>name</t></is></c></row><row r=\"1048576\"><c r=\"XFD1048576\" t=\"inlineStr\"><is><t>Late</t></is></c></row>";
    read_bytes("far.xlsx", &xlsx(far)).unwrap();
    let cell = "<table:table-cell office:value-type=\"string\" table:number-columns-repeated=\"16384\"><text:p>x</text:p></table:table-cell>";
    let wide =
        format!("<table:table-row table:number-rows-repeated=\"1048576\">{cell}</table:table-row>");
    let error = read_bytes("wide.ods", &ods(&wide)).unwrap_err();
    assert!(error.to_string().contains("claims more cells"), "{error}");
}

#[test]
fn deep_nesting_and_blank_rows_cost_little() {
    assert!(read_bytes("deep.json", "[".repeat(1_000_000).as_bytes()).is_err());
    assert!(
        read_bytes(
            "deep.csv",
            format!("name,members\na,\"{}\"\n", "[".repeat(1_000_000)).as_bytes()
        )
        .is_err()
    );
    let long = "a".repeat(40 << 20);
    let error = read_bytes("long.csv", long.as_bytes()).unwrap_err();
    assert!(error.to_string().contains("line 1 is longer than"), "{error}");
    let blank = format!("name\n{}Late\nLost\n", "\n".repeat(1_000_000));
    let input = read_bytes("blank.csv", blank.as_bytes()).unwrap();
    assert_eq!(input.clusters.len(), 2);
    assert!(
        input.understood.to_string().contains("1,000,000 blank rows skipped"),
        "{}",
        input.understood
    );
}

#[test]
fn folders_are_read_or_asked_about() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    std::fs::write(path.join("clusters.jsonl"), "{\"name\":\"A\"}\n").unwrap();
    std::fs::write(path.join("summaries.jsonl"), "{\"chat_id\":\"c\",\"summary\":\"s\"}\n")
        .unwrap();
    let error = read(path, &InputConfig::default()).unwrap_err();
    let cladus_core::Error::Unclear(unclear) = &error else { panic!("{error}") };
    assert_eq!(unclear.instead.as_deref(), Some(path.join("clusters.jsonl").as_path()));
    let error = read(&path.join("summaries.jsonl"), &InputConfig::default()).unwrap_err();
    assert!(error.to_string().contains("not clusters"), "{error}");
    assert!(read(Path::new("/nowhere/at/all"), &InputConfig::default()).is_err());
}
