//! Words about what was asked, and how.

/// What was sent was looked at, and is not liked: whatever else is written about credits and keys.
pub(in crate::client) const FLAGGED: &[&str] = &[
    "input was flagged",
    "prompt was flagged",
    "content was flagged",
    "requires moderation",
    "flagged for \"",
    "dlp policy",
    "blocked by dlp",
    "data loss prevention",
    "blocked by policy",
    "policy violation",
    "contains pii",
    "pii detected",
    "personal data detected",
    "sensitive data",
    "sensitive information",
];
/// What was sent is not liked.
pub(in crate::client) const FILTERED: &[&str] = &[
    "content_filter",
    "content filter",
    "contentfilter",
    "content management policy",
    "content policy",
    "content_policy",
    "responsibleaipolicyviolation",
    "data_inspection_failed",
    "datainspectionfailed",
    "inappropriate content",
    "flagged",
    "moderation",
    "prohibited_content",
    "prohibited content",
    "invalid_prompt",
    "safety system",
    "blocked by safety",
    "unsafe content",
    "content exists risk",
    "content risk",
    "usage guidelines",
    "safety_check",
    "guardrail",
    "high risk",
    "content_policy_violation",
    "new_sensitive",
    "不安全",
    "safety check",
    "violates our",
    "sensitive content",
    "敏感",
    "usage policies",
];
/// There is money for a shorter answer.
pub(in crate::client) const AFFORD: &[&str] = &["can only afford"];
/// One request is more than there is in a minute: no waiting makes room for it.
pub(in crate::client) const TOO_LARGE: &[&str] =
    &["request too large", "request_too_large", "entity too large"];
/// Roles that a template refuses.
pub(in crate::client) const ROLES: &[&str] = &[
    "roles must alternate",
    "developer instruction is not enabled",
    "only user and assistant roles",
    "only user, assistant",
    "should be 'user' or 'assistant'",
    "must be 'user' or 'assistant'",
    "must be user or assistant",
    "must be either 'user' or 'assistant'",
    "first message must be from user",
    "first message must be from the user",
    "first message must use the user role",
    "first message must have role",
    "must be user or tool",
    "must start with a user",
    "permitted: 'user', 'assistant'",
    "input should be 'user' or 'assistant'",
    "input should be 'user', 'assistant'",
    "conversation must start with",
];
/// With [`NOT_TAKEN`]: no system messages.
pub(in crate::client) const SYSTEM: &[&str] = &[
    "system role",
    "system message",
    "system prompt",
    "system instruction",
    "role 'system'",
    "role \"system\"",
    "'system' role",
    "\"system\" role",
    "support 'system'",
    "role system",
    "role: system",
];
/// With [`SYSTEM`].
pub(in crate::client) const NOT_TAKEN: &[&str] = &[
    "not support",
    "n't support",
    "unsupported",
    "not allowed",
    "not enabled",
    "unexpected",
    "invalid",
    "unknown",
    "only supports",
    "not permitted",
];
/// The model wrote something, and it is not handed out.
pub(in crate::client) const USELESS: &[&str] = &[
    "json_validate_failed",
    "failed_generation",
    "failed to generate json",
    "failed to validate json",
    "output_parse_failed",
    "tool_use_failed",
];
/// The model came to the end of its room before it came to an answer.
pub(in crate::client) const OUT_OF_ROOM: &[&str] = &[
    "could not finish the message",
    "output limit was reached",
    "model output limit",
    "reached max_tokens before",
    "ran out of tokens",
    "max completion tokens reached",
];
/// More than the model takes.
pub(in crate::client) const TOO_LONG: &[&str] = &[
    "context_length",
    "context length",
    "context size",
    "context window",
    "context limit",
    "exceed_context",
    "max_model_len",
    "maximum model length",
    "max_new_tokens",
    "max_total_tokens",
    "prompt is too long",
    "prompt too long",
    "prompt_too_long",
    "input is too long",
    "input too long",
    "too many tokens",
    "token count",
    "number of tokens allowed",
    "maximum prompt length",
    "longer than the maximum",
    "longer than the model",
    "range of input length",
    "input length",
    "inputs must have less than",
    "input must have less than",
    "maximum input",
    "maximum length",
    "maximum number of tokens",
    "sequence length",
    "reduce the length",
    "reduce your prompt",
    "reduce your message size",
    "string_above_max_length",
    "physical batch size",
    "context shift is disabled",
    "max length of",
    "max_num_tokens",
    "conversation too long",
    "request body exceeds",
    "输入长度",
    "model token limit",
    "exceeds max length",
    "exceeds the max length",
    "exceeds maximum length",
    "prompt exceeds",
    "超长",
    "超过最大长度",
    "超出最大长度",
];
/// The field that limits an answer.
pub(in crate::client) const ANSWER_LIMIT: &[&str] = &[
    "max_tokens",
    "max_completion_tokens",
    "max output tokens",
    "maximum output",
    "of output tokens",
    "maxoutputtokens",
    "tokens_to_generate",
    "maximum tokens you requested",
    "output tokens",
    "completion tokens",
];
/// With [`ANSWER_LIMIT`]: a number is too great.
pub(in crate::client) const AT_MOST: &[&str] = &[
    "less than or equal",
    "too large",
    "at most",
    "cannot exceed",
    "can not exceed",
    "must be <=",
    "exceeds the",
    "range of",
    "should be in",
    "maximum value",
    "which is the maximum",
    "expected a value",
    "valid range",
    "supported range",
    "取值范围",
    "exceeds the model limit",
    "supports at most",
];
/// The field itself is refused.
pub(in crate::client) const NO_PARAMETER: &[&str] = &[
    "unsupported parameter",
    "not supported with",
    "use 'max_completion_tokens'",
    "use `max_completion_tokens`",
    "use max_completion_tokens",
];
/// The form of the answer.
pub(in crate::client) const FORM: &[&str] = &[
    "response_format",
    "response format",
    "response_schema",
    "json_schema",
    "json schema",
    "json_object",
    "json mode",
    "structured output",
    "structured_output",
    "too many states",
    "too much branching",
    "grammar",
    "constraint",
    "schema",
    "guided",
    "minitems",
    "maxitems",
    "additionalproperties",
];
/// A schema that is refused for what is in it, and not for being one.
pub(in crate::client) const TOO_COMPLEX: &[&str] = &[
    "too many states",
    "too much branching",
    "too complex",
    "too large",
    "grammar",
    "minitems",
    "maxitems",
    "features not supported",
];

/// Bounds on lists, which are all that a schema says beyond its shape.
pub(in crate::client) const BOUNDS: &[&str] = &["minitems", "maxitems"];

/// A schema that is refused for what is in it, also where other words name the whole form.
pub(in crate::client) const OF_ONE_SCHEMA: &[&str] = &[
    "schema for",
    "invalid schema",
    "nesting",
    "enum",
    "exceeds",
    "exceeded",
    "properties",
    "compile",
    "unsupported keyword",
    "understand the instance",
];
/// A field that we do not send, and that only the user can know.
pub(in crate::client) const WANTED: &[&str] = &[
    "parameter is required",
    "must be provided",
    "missing required",
    "field required",
    "is a required",
    "must be set to",
    "only support stream",
    "only supports stream",
    "enable the stream",
];
/// A marketplace where nobody takes all fields of a request.
pub(in crate::client) const NOBODY_TAKES: &[&str] =
    &["handle the requested parameters", "support structured outputs", "support response_format"];
