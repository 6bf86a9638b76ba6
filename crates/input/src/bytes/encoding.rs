//! Bytes to text.

use std::path::Path;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use cladus_core::{Error, Result};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::bytes::old_letters::{self, OldText};

/// A file as text.
pub(crate) struct Decoded {
    pub(crate) text: String,
    /// How letters were written, where that was not UTF-8.
    pub(crate) note: Option<String>,
    pub(crate) warning: Option<String>,
}

/// What code page 850 is called.
const DOS: [&str; 5] = ["cp850", "ibm850", "850", "cp437", "dos"];
/// How many bytes a guess looks at.
const SAMPLE: usize = 4 << 20;

/// Decodes `bytes` as `asked`, or as they look.
pub(crate) fn decode(path: &Path, bytes: &[u8], asked: Option<&str>) -> Result<Decoded> {
    if asked.is_some_and(|name| DOS.iter().any(|dos| name.eq_ignore_ascii_case(dos))) {
        return checked(path, old(old_letters::dos(bytes)));
    }
    if let Some(name) = asked {
        let encoding = Encoding::for_label(name.as_bytes()).ok_or_else(|| {
            Error::config_hint(
                format!("--encoding {name} is not known"),
                "utf-8, utf-16le, utf-16be, windows-1252, iso-8859-15, windows-1251, macintosh, cp850, shift_jis, gb18030… are",
            )
        })?;
        return checked(path, with(encoding, bytes, true));
    }
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return checked(path, with(encoding, bytes, encoding != UTF_8));
    }
    if let Some(encoding) = looks_like_utf_16(bytes) {
        return checked(path, with(encoding, bytes, true));
    }
    if std::str::from_utf8(bytes).is_ok() || is_damaged_utf_8(bytes) {
        return checked(path, with(UTF_8, bytes, false));
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(&bytes[..bytes.len().min(SAMPLE)], bytes.len() <= SAMPLE);
    let guessed = detector.guess(None, Utf8Detection::Deny);
    if guessed == WINDOWS_1252
        && let Some(found) = old_letters::instead_of_windows(bytes)
    {
        return checked(path, old(found));
    }
    checked(path, with(guessed, bytes, true))
}

fn old(found: OldText) -> Decoded {
    let note = Some(format!("letters are {}, not UTF-8", found.called));
    Decoded { text: found.text, note, warning: None }
}

fn with(encoding: &'static Encoding, bytes: &[u8], say: bool) -> Decoded {
    let (text, used, broken) = encoding.decode(bytes);
    let letters = text.matches('\u{fffd}').count();
    let text = text.into_owned();
    let name = used.name();
    let note = say.then(|| format!("letters are {}, not UTF-8", readable(name)));
    let warning = broken.then(|| {
        format!(
            "{letters} {} not written as {} and now {} U+FFFD (--encoding says what they are)",
            if letters == 1 { "letter is" } else { "letters are" },
            readable(name),
            if letters == 1 { "reads" } else { "read" },
        )
    });
    Decoded { text, note, warning }
}

/// The web's name for Latin-1 and its extension is the latter's.
fn readable(name: &str) -> &str {
    match name {
        "windows-1252" => "Latin-1 (windows-1252)",
        "UTF-16LE" | "UTF-16BE" => "UTF-16",
        name => name,
    }
}

/// A program, a picture: no names of columns are to be found there.
fn checked(path: &Path, decoded: Decoded) -> Result<Decoded> {
    let head: String = decoded.text.chars().take(4_096).collect();
    let total = head.chars().count().max(1);
    let odd = head.chars().filter(|c| c.is_control() && !"\t\r\n\u{1b}\u{c}".contains(*c)).count();
    let nul_first = head.lines().next().is_some_and(|line| line.contains('\0'));
    if nul_first || odd * 10 > total {
        return Err(Error::damaged(
            path,
            "is no text (its first line holds NUL bytes or other controls), and no Parquet, Arrow or workbook",
        ));
    }
    if decoded.text.trim().is_empty() {
        return Err(Error::damaged(path, "is empty"));
    }
    Ok(decoded)
}

/// Every second byte of most European text in UTF-16 is zero.
fn looks_like_utf_16(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(4_096)];
    let zeros = |from: usize| head.iter().skip(from).step_by(2).filter(|b| **b == 0).count();
    let (even, odd, half) = (zeros(0), zeros(1), head.len() / 2);
    if half < 4 || !bytes.len().is_multiple_of(2) {
        return None;
    }
    match () {
        () if odd * 2 > half && even * 10 < half => Some(UTF_16LE),
        () if even * 2 > half && odd * 10 < half => Some(UTF_16BE),
        () => None,
    }
}

/// UTF-8 in which a few bytes are broken has many whole letters of several bytes; other encodings
/// hardly any.
fn is_damaged_utf_8(bytes: &[u8]) -> bool {
    let (mut whole, mut broken) = (0usize, 0usize);
    for chunk in bytes.utf8_chunks() {
        whole += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    whole > broken * 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> Decoded {
        decode(Path::new("f"), bytes, None).unwrap()
    }

    #[track_caller]
    fn check(bytes: &[u8], expected: &str, said: Option<&str>) {
        let found = decoded(bytes);
        assert_eq!((found.text.as_str(), found.warning), (expected, None));
        match said {
            None => assert_eq!(found.note, None),
            Some(said) => assert!(found.note.as_ref().unwrap().contains(said), "{:?}", found.note),
        }
    }

    #[test]
    fn every_encoding_gives_its_letters() {
        let text = "name,größe\nCafé für Gäste,1\nPflanzen übergießen,2\n";
        check(text.as_bytes(), text, None);
        check(format!("\u{feff}{text}").as_bytes(), text, None);
        let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        check(&latin, text, Some("Latin-1"));
        let wide = |text: &str, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            text.encode_utf16().flat_map(bytes).collect()
        };
        check(&wide(text, u16::to_le_bytes), text, Some("UTF-16"));
        check(&wide(text, u16::to_be_bytes), text, Some("UTF-16"));
        check(&wide(&format!("\u{feff}{text}"), u16::to_le_bytes), text, Some("UTF-16"));
        let (curly, _, _) = encoding_rs::WINDOWS_1252.encode("name\n“Quotes” – and 5 €\n");
        check(&curly, "name\n“Quotes” – and 5 €\n", Some("1252"));
        let (cyrillic, _, _) =
            encoding_rs::WINDOWS_1251.encode("имя\nДоставка пришла поздно и повреждена\n");
        check(&cyrillic, "имя\nДоставка пришла поздно и повреждена\n", Some("1251"));
    }

    #[test]
    fn a_broken_letter_among_whole_ones_is_told() {
        let mut bytes = "name\nä ö ü ß é è\n".as_bytes().to_vec();
        bytes.push(0xff);
        let found = decoded(&bytes);
        assert!(found.text.ends_with('\u{fffd}'));
        assert!(found.warning.unwrap().contains("1 letter is not"));
    }

    #[test]
    fn what_is_no_text_is_told() {
        for bytes in [&b"\x7fELF\0\0\x01>\n"[..], b" \n", b"", b"\x01\x02\x03\x04\x05"] {
            assert!(decode(Path::new("f"), bytes, None).is_err(), "{bytes:?}");
        }
        assert!(decode(Path::new("f"), b"name", Some("klingon")).is_err());
    }
}
