//! Styles of prompts: what an item is, and in which grammatical form names are written.
//!
//! These words are not in a prompt's file, so a fingerprint does not see them: who changes them raises
//! the versions of propose, label and rename.

use cladus_core::config::PromptStyle;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use serde::Serialize;

/// The words that a prompt takes from its style, as `{{ style.items }}` and `{{ style.names }}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct StyleWords {
    /// What the items are: "… each item is a cluster of …".
    items: &'static str,
    /// How names are written: "Write every name …".
    names: &'static str,
}

/// The words of `style`.
pub(crate) fn words(style: PromptStyle) -> StyleWords {
    match style {
        PromptStyle::General => StyleWords {
            items: "anything at all (conversations, tickets, papers, packages, diagnoses)",
            names: "in the items' language, and all of them in the grammatical form that most of \
                    the items' names have",
        },
        PromptStyle::Requests => StyleWords {
            items: "what people ask for (conversations, tickets, questions)",
            names: "in the items' language, as what people want done: a verb in its basic form and \
                    what it is done to (in English: Reset a forgotten password)",
        },
        PromptStyle::Topics => StyleWords {
            items: "texts on a topic (papers, articles, documents)",
            names: "in the items' language, as a noun phrase for a field or a topic (in English: \
                    Statistical inference)",
        },
        PromptStyle::Things => StyleWords {
            items: "things (products, packages, diagnoses)",
            names: "in the items' language, as a noun phrase for a kind of thing, in the plural \
                    where it can be counted (in English: Image file converters)",
        },
    }
}

/// `--prompt-style`, with a line of help for every value.
pub(crate) fn parser() -> impl TypedValueParser<Value = PromptStyle> {
    let values = PromptStyle::ALL.map(|style| PossibleValue::new(style.name()).help(style.help()));
    PossibleValuesParser::new(values).try_map(|name| name.parse::<PromptStyle>())
}
