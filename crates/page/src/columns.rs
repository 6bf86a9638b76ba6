//! Columns as bytes: what the page's script reads. A block is the length of its head (four bytes, the
//! least significant first), the head (JSON: what is in it and `columns`, each `[name, type, bytes]`),
//! and the columns one behind the other; deflated, in base64.
//!
//! Types: `u8`, `u16` (least significant byte first), `varint` (seven bits a byte, the least significant
//! first), `text` (UTF-8, a line a row).

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use serde_json::{Map, Value, json};

/// Columns that are being written.
#[derive(Debug, Default)]
pub(crate) struct ColumnBlock {
    head: Map<String, Value>,
    columns: Vec<Value>,
    bytes: Vec<u8>,
}

impl ColumnBlock {
    /// Puts a value into the head.
    pub(crate) fn say(&mut self, key: &str, value: impl Into<Value>) {
        self.head.insert(key.to_owned(), value.into());
    }

    fn column(&mut self, name: &str, ty: &str, bytes: &[u8]) {
        self.columns.push(json!([name, ty, bytes.len()]));
        self.bytes.extend(bytes);
    }

    pub(crate) fn u8s(&mut self, name: &str, values: impl Iterator<Item = u8>) {
        self.column(name, "u8", &values.collect::<Vec<u8>>());
    }

    pub(crate) fn u16s(&mut self, name: &str, values: impl Iterator<Item = u16>) {
        self.column(name, "u16", &values.flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
    }

    pub(crate) fn varints(&mut self, name: &str, values: impl Iterator<Item = u64>) {
        let mut bytes = Vec::new();
        for mut value in values {
            while value >= 0x80 {
                bytes.push((value & 0x7f) as u8 | 0x80);
                value >>= 7;
            }
            bytes.push(value as u8);
        }
        self.column(name, "varint", &bytes);
    }

    /// Texts; line breaks in them become blanks.
    pub(crate) fn texts<'t>(&mut self, name: &str, values: impl Iterator<Item = &'t str>) {
        let mut bytes = Vec::new();
        for (row, text) in values.enumerate() {
            if row > 0 {
                bytes.push(b'\n');
            }
            bytes.extend(text.bytes().map(|byte| if byte == b'\n' { b' ' } else { byte }));
        }
        self.column(name, "text", &bytes);
    }

    /// The block as the page holds it. Base64 has no character that means anything in HTML, so nothing
    /// in it can end the element that it stands in.
    pub(crate) fn finish(mut self) -> String {
        self.head.insert("columns".to_owned(), Value::Array(self.columns));
        let head = Value::Object(self.head).to_string();
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(9));
        // Writing to a Vec cannot fail.
        let _ = encoder.write_all(&(head.len() as u32).to_le_bytes());
        let _ = encoder.write_all(head.as_bytes());
        let _ = encoder.write_all(&self.bytes);
        STANDARD.encode(encoder.finish().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn what_is_packed_can_be_unpacked() {
        let mut block = ColumnBlock::default();
        block.say("n", 3);
        block.varints("v", [0, 127, 128, 300].into_iter());
        block.u16s("w", [258].into_iter());
        block.texts("t", ["a</script>", "", "b\nc"].into_iter());
        let text = block.finish();
        assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b)), "{text}");
        let mut bytes = Vec::new();
        let packed = STANDARD.decode(text).unwrap();
        flate2::read::DeflateDecoder::new(packed.as_slice()).read_to_end(&mut bytes).unwrap();
        let length = u32::from_le_bytes(bytes[..4].try_into().unwrap()) as usize;
        let head: Value = serde_json::from_slice(&bytes[4..4 + length]).unwrap();
        assert_eq!(head["n"], 3);
        assert_eq!(
            head["columns"],
            json!([["v", "varint", 6], ["w", "u16", 2], ["t", "text", 15]])
        );
        assert_eq!(&bytes[4 + length..], b"\x00\x7f\x80\x01\xac\x02\x02\x01a</script>\n\nb c");
    }
}
