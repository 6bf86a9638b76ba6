//! Tokenisers in a model's folder.

use std::fs;
use std::io;
use std::path::Path;

use cladus_core::{Error, Result};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::tokenizer::split::Cleaning;
use crate::tokenizer::vocabulary::PieceVocabulary;
use crate::tokenizer::wordpiece::WordPiece;

/// No vocabulary is larger than this many bytes.
const LARGEST: u64 = 256 << 20;

impl WordPiece {
    /// The tokeniser of a model in `folder`: its `tokenizer.json`, or else its `vocab.txt` (with
    /// `tokenizer_config.json`, where there is one).
    pub fn open(folder: &Path) -> Result<Self> {
        let path = folder.join("tokenizer.json");
        match read(&path)? {
            Some(text) => from_json(&text).map_err(|problem| Error::damaged(&path, problem)),
            None => from_list(folder),
        }
    }
}

/// A file's text, `None` where there is no such file.
fn read(path: &Path) -> Result<Option<String>> {
    let size = match fs::metadata(path) {
        Ok(found) => found.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io("read", path, error)),
    };
    if size > LARGEST {
        return Err(Error::damaged(path, format!("{size} bytes are too many for a tokeniser")));
    }
    fs::read_to_string(path).map(Some).map_err(|error| Error::io("read", path, error))
}

#[derive(Deserialize)]
struct TokenizerFile {
    normalizer: Option<Value>,
    pre_tokenizer: Option<Value>,
    model: TokenizerModel,
}

#[derive(Deserialize)]
struct TokenizerModel {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    continuing_subword_prefix: Option<String>,
    #[serde(default)]
    max_input_chars_per_word: Option<usize>,
    #[serde(default)]
    vocab: Value,
}

fn from_json(text: &str) -> Result<WordPiece, String> {
    let file: TokenizerFile =
        serde_json::from_str(text).map_err(|error| format!("not a tokeniser's JSON: {error}"))?;
    if file.model.kind != "WordPiece" {
        return Err(format!(
            "its model is {:?}; only WordPiece, the tokeniser of BERT models, is supported",
            file.model.kind
        ));
    }
    expect(file.pre_tokenizer.as_ref(), "pre_tokenizer", "BertPreTokenizer")?;
    expect(file.normalizer.as_ref(), "normalizer", "BertNormalizer")?;
    let settings = file.normalizer.unwrap_or_default();
    let is = |name: &str| settings.get(name).and_then(Value::as_bool);
    let lowercase = is("lowercase").unwrap_or(true);
    let cleaning = Cleaning {
        control: is("clean_text").unwrap_or(true),
        chinese: is("handle_chinese_chars").unwrap_or(true),
        accents: is("strip_accents").unwrap_or(lowercase),
        lowercase,
    };
    let prefix = file.model.continuing_subword_prefix.as_deref().unwrap_or("##");
    let Value::Object(vocab) = &file.model.vocab else {
        return Err("its vocabulary is not an object of pieces and ids".to_owned());
    };
    let pieces = in_order(vocab)?;
    let tokens = WordPiece::new(PieceVocabulary::new(pieces.into_iter(), prefix), cleaning)?;
    Ok(tokens.with_longest_word(file.model.max_input_chars_per_word.unwrap_or(100)))
}

fn expect(part: Option<&Value>, name: &str, wanted: &str) -> Result<(), String> {
    let found = part.and_then(|part| part.get("type")).and_then(Value::as_str).unwrap_or("none");
    if found == wanted {
        Ok(())
    } else {
        Err(format!("its {name} is {found}; only {wanted}, as BERT models have it, is supported"))
    }
}

/// Pieces by id. Ids must be dense.
fn in_order(vocab: &Map<String, Value>) -> Result<Vec<&str>, String> {
    let mut pieces = vec![None; vocab.len()];
    for (piece, id) in vocab {
        let id = id.as_u64().and_then(|id| usize::try_from(id).ok());
        let place = id.and_then(|id| pieces.get_mut(id)).filter(|place| place.is_none());
        let Some(place) = place else {
            return Err(format!(
                "the id of the piece {piece:?} is not one of 0 to {} used once",
                vocab.len() - 1
            ));
        };
        *place = Some(piece.as_str());
    }
    Ok(pieces.into_iter().flatten().collect())
}

fn from_list(folder: &Path) -> Result<WordPiece> {
    let path = folder.join("vocab.txt");
    let Some(text) = read(&path)? else {
        return Err(Error::config_hint(
            format!("{} has neither tokenizer.json nor vocab.txt", folder.display()),
            "name the folder of a sentence-transformers model of the BERT family",
        ));
    };
    let config = folder.join("tokenizer_config.json");
    let settings: Value = match read(&config)? {
        Some(text) => serde_json::from_str(&text)
            .map_err(|error| Error::damaged(&config, format!("not JSON: {error}")))?,
        None => Value::Null,
    };
    let is = |name: &str| settings.get(name).and_then(Value::as_bool);
    let lowercase = is("do_lower_case").unwrap_or(true);
    let cleaning = Cleaning {
        control: true,
        chinese: is("tokenize_chinese_chars").unwrap_or(true),
        accents: is("strip_accents").unwrap_or(lowercase),
        lowercase,
    };
    WordPiece::new(PieceVocabulary::new(text.lines().map(str::trim_end), "##"), cleaning)
        .map_err(|problem| Error::damaged(&path, problem))
}
