//! How long a text is in tokens.

use tiktoken_rs::CoreBPE;
use tiktoken_rs::tokenizer::{Tokenizer, get_tokenizer};

/// A text is counted in pieces of so many bytes: its tokens never reach this far, and no text, however
/// odd, makes the pattern that splits it run out of steps.
const PIECE: usize = 1 << 15;

/// Counts tokens as a model does.
#[derive(Debug, Clone, Copy)]
pub struct TokenCounter {
    tokenizer: Tokenizer,
}

impl TokenCounter {
    /// The counter for `model`, with or without a provider before its name. For models that are not
    /// OpenAI's it counts as `o200k_base` does, which is near but not exact.
    pub fn for_model(model: &str) -> Self {
        let bare = model.rsplit('/').next().unwrap_or(model);
        Self { tokenizer: get_tokenizer(bare).unwrap_or(Tokenizer::O200kBase) }
    }

    /// Tokens of `text`. The first call loads the model's vocabulary, which takes a moment (tenths of
    /// a second); every process loads each vocabulary once.
    pub fn count(&self, text: &str) -> usize {
        let vocabulary = self.vocabulary();
        pieces(text).map(|piece| vocabulary.encode_ordinary(piece).len()).sum()
    }

    fn vocabulary(&self) -> &'static CoreBPE {
        match self.tokenizer {
            Tokenizer::O200kBase => tiktoken_rs::o200k_base_singleton(),
            Tokenizer::O200kHarmony => tiktoken_rs::o200k_harmony_singleton(),
            Tokenizer::Cl100kBase => tiktoken_rs::cl100k_base_singleton(),
            Tokenizer::P50kBase => tiktoken_rs::p50k_base_singleton(),
            Tokenizer::P50kEdit => tiktoken_rs::p50k_edit_singleton(),
            Tokenizer::R50kBase | Tokenizer::Gpt2 => tiktoken_rs::r50k_base_singleton(),
        }
    }
}

fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE));
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

/// About how many tokens `text` has, without loading anything: a third of its bytes, rounded up. For
/// pacing: more than there are for nearly every text (English has about 4 bytes a token, other
/// scripts more), fewer for digits, symbols and noise.
pub fn estimate(text: &str) -> u64 {
    (text.len() as u64).div_ceil(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_as_the_model_does() {
        assert_eq!(TokenCounter::for_model("gpt-4o-mini").count("hello world"), 2);
        assert_eq!(
            TokenCounter::for_model("openai/text-embedding-3-small").count("hello world"),
            2
        );
        let unknown = TokenCounter::for_model("llama-3.3-70b");
        assert_eq!(unknown.tokenizer, Tokenizer::O200kBase);
        assert_eq!(unknown.count(""), 0);
    }

    #[test]
    fn odd_texts_are_counted_too() {
        let counter = TokenCounter::for_model("gpt-4o");
        for text in [" ".repeat(200_000), "é".repeat(50_000), "a ".repeat(50_000)] {
            let tokens = counter.count(&text);
            assert!(tokens > 0 && tokens <= text.len(), "{tokens}");
        }
        let special = "<|endoftext|>";
        assert!(counter.count(special) > 1, "what looks special in a text is text");
    }

    #[test]
    fn the_estimate_is_above_the_count_of_prose() {
        let prose = "Support tickets about invoices that were sent twice. Straßenbahn fährt später. \
                     請求書が二重に送られた件について。";
        let counted = TokenCounter::for_model("gpt-4o").count(prose) as u64;
        assert!(estimate(prose) >= counted, "{} < {counted}", estimate(prose));
        assert_eq!(estimate(""), 0);
        assert_eq!(estimate("ab"), 1);
    }
}
