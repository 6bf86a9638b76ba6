//! The words by which servers tell why they refuse, in lower case.

/// Codes that say: slower, whatever else is written about plans and billing.
pub(super) const RATE_CODES: &[&str] =
    &["rate_limit", "ratelimit", "resource_exhausted", "too_many_requests", "throttl"];
/// Text that says the same.
pub(super) const PACED: &[&str] = &[
    "try again in",
    "retry in",
    "retrydelay",
    "retry_after",
    "per minute",
    "per second",
    "rate limit",
    "rate-limit",
    "rate_limit",
    "too many requests",
    "resource_exhausted",
    "rate limited",
    "error 1015",
    "please wait",
    "before trying again",
    "requests limit",
    "throttl",
];
/// No waiting brings it back.
pub(super) const QUOTA_GONE: &[&str] = &[
    "insufficient_quota",
    "budget_exceeded",
    "exceeded_current_quota",
    "spending limit",
    "spend limit",
    "available credits",
    "calls / month",
    "欠费",
];
/// The account has nothing left.
pub(super) const NO_MONEY: &[&str] = &[
    "insufficient_quota",
    "insufficient balance",
    "insufficient_balance",
    "insufficient credit",
    "insufficient_credit",
    "insufficient funds",
    "credit balance",
    "out of credits",
    "budget_exceeded",
    "budget has been exceeded",
    "exceeded budget",
    "exceeded your monthly",
    "billing_hard_limit",
    "billing hard limit",
    "billing_not_active",
    "billing is not active",
    "account is not active",
    "account_deactivated",
    "account has been deactivated",
    "account has been suspended",
    "account is suspended",
    "account has been disabled",
    "account is disabled",
    "account has been locked",
    "account is locked",
    "organization has been disabled",
    "organization is disabled",
    "organization has been deactivated",
    "usage limits",
    "your usage limit",
    "exceeded_current_quota",
    "available credits",
    "calls / month",
    "is suspended",
    "regain access",
    "spending limit",
    "spend limit",
    "spending cap",
    "monthly limit",
    "payment required",
    "payment method",
    "out of funds",
    "not enough credits",
    "no credits",
    "credits exhausted",
    "credits are exhausted",
    "run out of credit",
    "add credits",
    "account balance",
    "trial has expired",
    "trial has ended",
    "trial expired",
    "subscription has expired",
    "欠费",
    "请充值",
    "access_terminated",
    "arrearage",
    "overdue",
    "余额不足",
];
/// The key opens nothing.
pub(super) const NO_KEY: &[&str] = &[
    "api_key_invalid",
    "invalid_api_key",
    "invalid_authentication",
    "authentication_error",
    "unauthenticated",
    "api key not valid",
    "incorrect api key",
    "invalid api key",
    "invalid api-key",
    "api key expired",
    "expired api key",
    "api key is expired",
    "expired_api_key",
    "key has expired",
    "token has expired",
    "token expired",
    "no api key",
    "missing api key",
    "api key is required",
    "expired_key",
    "token_expired",
    "key has been revoked",
    "expired key",
    "expiredtoken",
    "security token included in the request is expired",
    "key is revoked",
    "key_revoked",
    "key has been disabled",
    "key is disabled",
    "key has been deleted",
    "key is not active",
    "user not found",
];
/// About the account, and not about what was sent.
pub(super) const ACCOUNT: &[&str] = &["your account", "your organization", "your api key"];
/// What was sent is not liked.
pub(super) const FILTERED: &[&str] = &[
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
    "safety check",
    "violates our",
    "sensitive content",
    "敏感",
    "usage policies",
];
/// There is money for a shorter answer.
pub(super) const AFFORD: &[&str] = &["can only afford"];
/// One request is more than there is in a minute: no waiting makes room for it.
pub(super) const TOO_LARGE: &[&str] =
    &["request too large", "request_too_large", "entity too large"];
/// The plain protocol where the secure one is spoken.
pub(super) const PLAIN_HTTP: &[&str] = &["plain http request was sent to https"];
/// Nothing is served at this path.
pub(super) const NO_PATH: &[&str] = &[
    "unexpected endpoint",
    "unknown request url",
    "invalid url (",
    "no route matched",
    "unknown path",
];
/// The model has another name.
pub(super) const NO_MODEL: &[&str] = &[
    "model_not_found",
    "modelnotfound",
    "deploymentnotfound",
    "not a valid model",
    "invalid model",
    "invalid_model",
    "unknown model",
    "unknown_model",
    "no such model",
    "no models loaded",
    "model identifier is invalid",
    "model id is invalid",
    "requires more system memory",
    "failed to load model",
    "error loading model",
    "unable to load model",
];
/// With the word "model": it is not there.
pub(super) const NOT_THERE: &[&str] = &["does not exist", "not found", "not exist"];
/// Roles that a template refuses.
pub(super) const ROLES: &[&str] = &[
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
    "conversation must start with",
];
/// With [`NOT_TAKEN`]: no system messages.
pub(super) const SYSTEM: &[&str] = &[
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
pub(super) const NOT_TAKEN: &[&str] = &[
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
pub(super) const USELESS: &[&str] = &[
    "json_validate_failed",
    "failed_generation",
    "failed to generate json",
    "failed to validate json",
    "output_parse_failed",
    "tool_use_failed",
];
/// The model came to the end of its room before it came to an answer.
pub(super) const OUT_OF_ROOM: &[&str] = &[
    "could not finish the message",
    "output limit was reached",
    "model output limit",
    "reached max_tokens before",
    "ran out of tokens",
];
/// Only one text at a time, and not in a list.
pub(super) const ONE_TEXT: &[&str] = &[
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
    "one text at a time",
    "only one input",
    "only one text",
    "batch is not supported",
    "batching is not supported",
    "does not support batch",
];
/// Numbers that are none: a model that has no vector for a text.
pub(super) const NO_NUMBER: &[&str] =
    &["nan", "unsupported value", "not json compliant", "infinity"];
/// More than the model takes.
pub(super) const TOO_LONG: &[&str] = &[
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
pub(super) const ANSWER_LIMIT: &[&str] = &[
    "max_tokens",
    "max_completion_tokens",
    "max output tokens",
    "maximum output",
    "of output tokens",
];
/// With [`ANSWER_LIMIT`]: a number is too great.
pub(super) const AT_MOST: &[&str] = &[
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
];
/// The field itself is refused.
pub(super) const NO_PARAMETER: &[&str] =
    &["unsupported parameter", "not supported with", "instead"];
/// The form of the answer.
pub(super) const FORM: &[&str] = &[
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
/// An embedding call holds more texts than are taken at once.
pub(super) const TOO_MANY: &[&str] = &[
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
];

/// With a status that says to wait, and no waiting helps.
pub(super) const TOO_MANY_AT_ONCE: &[&str] =
    &["too many inputs", "number of inputs", "too many texts", "number of texts", "batch size"];

/// A page for people, in a few words: its title.
pub(super) fn of_page(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let title = lower.find("<title").and_then(|at| {
        let start = at + lower[at..].find('>')? + 1;
        let end = start + lower[start..].find("</title")?;
        Some(text[start..end].trim().to_owned())
    });
    match title.filter(|title| !title.is_empty()) {
        Some(title) => format!("a web page, {title:?}"),
        None => text.to_owned(),
    }
}

/// A schema that is refused for what is in it, and not for being one.
pub(super) const TOO_COMPLEX: &[&str] = &[
    "too many states",
    "too much branching",
    "too complex",
    "too large",
    "grammar",
    "minitems",
    "maxitems",
    "features not supported",
];
