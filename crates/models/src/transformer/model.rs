//! What users of this module hold.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::tokenizer::WordPiece;
use cladus_core::{Error, Result};

use crate::transformer::blocks;
use crate::transformer::config::{self, ModelConfig};
use crate::transformer::encoder::{Encoder, Pooling};
use crate::transformer::kernel::Kernel;
use crate::transformer::weights;

/// Raised when the same texts get other vectors from the same weights.
const VERSION: u32 = 1;
/// all-MiniLM-L6-v2, as `scripts/convert_minilm.py` writes it.
static MINILM: &[u8] = include_bytes!("../../model/transformer/minilm.safetensors");
const MINILM_CONFIG: &[u8] = include_bytes!("../../model/transformer/config.json");
/// What it is called in ids.
const MINILM_NAME: &str = "minilm";
/// What one in a folder is called in ids.
const OPENED_NAME: &str = "transformer";
/// Of MiniLM's weights, configuration and vocabulary.
const MINILM_DIGEST: &str = "7dd8618da761";
/// Tokens that all-MiniLM-L6-v2 reads of a text.
const MINILM_LIMIT: usize = 256;

/// A model that turns texts into vectors.
#[derive(Debug)]
pub struct Transformer {
    name: &'static str,
    encoder: Encoder,
    tokens: Tokens,
    limit: usize,
    kernel: Kernel,
    digest: String,
}

#[derive(Debug)]
enum Tokens {
    Shipped(&'static WordPiece),
    Own(Box<WordPiece>),
}

/// What a folder says of a model.
struct ModelFiles {
    config_text: Vec<u8>,
    config: ModelConfig,
    pooling: Pooling,
    limit: usize,
    tokens: WordPiece,
    weights_path: PathBuf,
    weights: Vec<u8>,
}

impl ModelFiles {
    fn read(folder: &Path) -> Result<Self> {
        let config_path = folder.join("config.json");
        let config_text = config::bytes(&config_path)?;
        let config = ModelConfig::parse(&config_text)
            .map_err(|problem| Error::damaged(&config_path, problem))?;
        let weights_path = folder.join("model.safetensors");
        Ok(Self {
            pooling: config::pooling(folder)?,
            limit: config::limit(folder, config.max_position_embeddings)?,
            tokens: WordPiece::open(folder)?,
            weights: config::bytes(&weights_path)?,
            weights_path,
            config,
            config_text,
        })
    }

    /// Of everything that decides the vectors.
    fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        let vocabulary = vocabulary_text(&self.tokens);
        for part in [&self.config_text, &self.weights, vocabulary.as_bytes()] {
            hasher.update(blake3::hash(part).as_bytes());
        }
        let Self { pooling, limit, tokens, .. } = self;
        hasher.update(format!("{pooling:?} {limit} {:?}", tokens.cleaning()).as_bytes());
        short(&hasher.finalize())
    }
}

fn id(name: &str, digest: &str) -> String {
    format!("{name}-{VERSION} {digest}")
}

impl Transformer {
    /// The shipped all-MiniLM-L6-v2, loaded once in a process.
    ///
    /// # Errors
    /// Only where the program itself is damaged.
    pub fn minilm() -> Result<&'static Self> {
        static SHIPPED: OnceLock<Transformer> = OnceLock::new();
        if let Some(shipped) = SHIPPED.get() {
            return Ok(shipped);
        }
        let bug = |problem| Error::Bug(format!("the shipped model: {problem}"));
        let config = ModelConfig::parse(MINILM_CONFIG).map_err(bug)?;
        let encoder =
            weights::encoder(&config, MINILM, Pooling::Mean, MINILM_LIMIT).map_err(bug)?;
        let model = Self {
            name: MINILM_NAME,
            encoder,
            tokens: Tokens::Shipped(WordPiece::minilm()?),
            limit: MINILM_LIMIT,
            kernel: fastest(),
            digest: MINILM_DIGEST.to_owned(),
        };
        Ok(SHIPPED.get_or_init(|| model))
    }

    /// A sentence-transformers model of the BERT family in `folder`: `config.json`,
    /// `model.safetensors` (in F32, brought to 8 bits here), `tokenizer.json` or `vocab.txt`, and
    /// where they are there `modules.json`, the pooling's `config.json` and
    /// `sentence_bert_config.json`.
    ///
    /// # Errors
    /// When a file cannot be read, is damaged, or asks for what is not supported: other
    /// architectures, pooling other than by mean or first token, further modules.
    pub fn open(folder: &Path) -> Result<Self> {
        let files = ModelFiles::read(folder)?;
        let ModelFiles { config, pooling, limit, .. } = &files;
        let encoder = weights::encoder(config, &files.weights, *pooling, *limit)
            .map_err(|problem| Error::damaged(&files.weights_path, problem))?;
        if files.tokens.vocabulary().len() > encoder.words.scales.len() {
            return Err(Error::damaged(
                &files.weights_path,
                format!(
                    "it has {} word embeddings for {} pieces of the vocabulary",
                    encoder.words.scales.len(),
                    files.tokens.vocabulary().len()
                ),
            ));
        }
        Ok(Self {
            name: OPENED_NAME,
            encoder,
            limit: *limit,
            kernel: fastest(),
            digest: files.digest(),
            tokens: Tokens::Own(Box::new(files.tokens)),
        })
    }

    /// The [`id`](Self::id) of the model in `folder`, known by its files alone: quicker than opening it.
    ///
    /// # Errors
    /// When a file cannot be read or is damaged.
    pub fn id_of(folder: &Path) -> Result<String> {
        Ok(id(OPENED_NAME, &ModelFiles::read(folder)?.digest()))
    }

    /// Everything that decides the vectors, in one stable line: minilm, or transformer for another one,
    /// with the version of the arithmetic, and a digest of weights, vocabulary and configuration. Where
    /// a folder lies, and what it is called, does not count.
    pub fn id(&self) -> String {
        id(self.name, &self.digest)
    }

    /// The [`id`](Self::id) of the shipped model, known without loading it.
    pub fn minilm_id() -> String {
        id(MINILM_NAME, MINILM_DIGEST)
    }

    /// The length of a vector.
    pub fn dim(&self) -> usize {
        self.encoder.hidden
    }

    /// Tokens that are read of a text, at most; the rest of a longer one is not seen.
    pub fn max_tokens(&self) -> usize {
        self.limit
    }

    /// One vector of unit length a text, row-major, whatever is in the text. `on_done` is told, from
    /// any thread, each time some more texts are finished.
    ///
    /// # Errors
    /// When somebody asked to stop, or where a model from a folder overflows.
    pub fn embed(&self, texts: &[&str], on_done: &(dyn Fn(usize) + Sync)) -> Result<Vec<f32>> {
        let tokens = self.tokens();
        blocks::embed(&self.encoder, self.kernel, tokens, self.limit, texts, on_done)
    }

    #[cfg(test)]
    pub(crate) fn encoder(&self) -> &Encoder {
        &self.encoder
    }

    pub(crate) fn tokens(&self) -> &WordPiece {
        match &self.tokens {
            Tokens::Shipped(tokens) => tokens,
            Tokens::Own(tokens) => tokens,
        }
    }
}

fn fastest() -> Kernel {
    Kernel::available().first().copied().unwrap_or(Kernel::Portable)
}

fn short(hash: &blake3::Hash) -> String {
    hash.to_hex().chars().take(12).collect()
}

/// The pieces in the order of their ids, a line each.
fn vocabulary_text(tokens: &WordPiece) -> String {
    let vocabulary = tokens.vocabulary();
    let mut text = String::new();
    for (piece, continues) in (0..).map_while(|id| vocabulary.piece(id)) {
        text.push_str(if continues { "##" } else { "" });
        text.push_str(piece);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests;
