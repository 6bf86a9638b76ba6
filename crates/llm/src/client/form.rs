//! The forms in which an answer can be asked for.

use serde::{Deserialize, Serialize};

/// How the form of the answer is asked for, from the most to the least that a server can enforce.
#[derive(
    Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AnswerForm {
    /// `response_format: json_schema`, strict.
    #[default]
    Schema,
    /// `response_format: json_object` with the schema in it, and in the prompt.
    ObjectWithSchema,
    /// `response_format: json_object`, and the schema in the prompt.
    Object,
    /// The schema in the prompt, and nothing else.
    Plain,
}

impl AnswerForm {
    /// The next simpler one.
    pub(crate) fn next(self) -> Option<Self> {
        match self {
            Self::Schema => Some(Self::ObjectWithSchema),
            Self::ObjectWithSchema => Some(Self::Object),
            Self::Object => Some(Self::Plain),
            Self::Plain => None,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Schema => "json_schema",
            Self::ObjectWithSchema => "json_object with schema",
            Self::Object => "json_object",
            Self::Plain => "plain",
        }
    }
}

/// The field that limits the length of an answer.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum LimitField {
    #[default]
    MaxTokens,
    MaxCompletionTokens,
}

impl LimitField {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::MaxTokens => "max_tokens",
            Self::MaxCompletionTokens => "max_completion_tokens",
        }
    }

    pub(super) fn other(self) -> Self {
        match self {
            Self::MaxTokens => Self::MaxCompletionTokens,
            Self::MaxCompletionTokens => Self::MaxTokens,
        }
    }
}

/// The form that one kind of question is asked in.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct KnownForm {
    pub(super) form: AnswerForm,
    /// An answer came back in this form: a refusal is then not the form's fault.
    pub(super) proven: bool,
    /// A better one was only suspected, and is tried again after so many answers.
    #[serde(skip)]
    pub(super) again: Option<u32>,
    #[serde(skip)]
    pub(super) answers: u32,
}
