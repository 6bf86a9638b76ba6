//! Words about texts that vectors are wanted of.

/// Only one text at a time, and not in a list.
pub(in crate::client) const ONE_TEXT: &[&str] = &[
    "must be a string",
    "should be a valid string",
    "expected a string",
    "expected string",
    "str type expected",
    "string_type",
    "into go struct field",
    "into string",
    "invalid type: sequence",
    "single input",
    "single string",
    "one input at a time",
    "single strings",
    "one text at a time",
    "only one input",
    "only one text",
    "batch is not supported",
    "batching is not supported",
    "does not support batch",
];
/// Numbers that are none: a model that has no vector for a text.
pub(in crate::client) const NO_NUMBER: &[&str] =
    &["nan", "unsupported value", "not json compliant", "infinity"];
/// An embedding call holds more texts than are taken at once.
pub(in crate::client) const TOO_MANY: &[&str] = &[
    "batch size",
    "batch_size",
    "batch limit",
    "in one batch",
    "per batch",
    "per request",
    "input.contents",
    "input array",
    "array length",
    "array too long",
    "array_above_max_length",
    "too many inputs",
    "max number of inputs",
    "maximum number of inputs",
    "number of requests in",
    "too many items",
    "too many texts",
    "number of inputs",
    "number of texts",
    "list should have at most",
    "items after validation",
    "'input' may have",
    "at most",
    "不得超过",
    "不能超过",
    "split into more batches",
    "number of input",
    "submitted batch",
];
/// With a status that says to wait, and no waiting helps.
pub(in crate::client) const TOO_MANY_AT_ONCE: &[&str] =
    &["too many inputs", "number of inputs", "too many texts", "number of texts", "batch size"];

/// Vectors are as long as they are.
pub(in crate::client) const OTHER_SIZE: &[&str] =
    &["matryoshka", "dimensions is currently not supported", "support specifying dimensions"];
