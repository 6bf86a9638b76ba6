//! Replies as real servers give them: refusals word for word as a client meets them, and answers where
//! servers put them. As faults they are called after the server and what it does (`groq-minute`).

use serde_json::{Value, json};

use super::http::Response;

/// A reply in the place of an answer: its name, status, headers, and body.
type Reply = (&'static str, u16, &'static [(&'static str, &'static str)], &'static str);

const REPLIES: &[Reply] = &[
    (
        "groq-minute",
        429,
        &[],
        r#"{"error":{"message":"Rate limit reached for model `m` on tokens per minute (TPM): Limit 6000, Used 5800, Requested 900. Please try again in 300ms. Need more tokens? Upgrade today at /settings/billing","type":"tokens","code":"rate_limit_exceeded"}}"#,
    ),
    (
        "gemini-minute",
        429,
        &[],
        r#"[{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"0.3s"}]}}]"#,
    ),
    (
        "openrouter-busy",
        200,
        &[],
        r#"{"error":{"message":"Provider returned error","code":429,"metadata":{"raw":"m is temporarily rate-limited upstream","provider_name":"p"}}}"#,
    ),
    (
        "openrouter-choice",
        200,
        &[],
        r#"{"id":"gen-1","choices":[{"index":0,"finish_reason":"error","error":{"code":502,"message":"Upstream error"},"message":{"role":"assistant","content":""}}],"usage":{"prompt_tokens":9,"completion_tokens":0}}"#,
    ),
    (
        "anthropic-credit",
        400,
        &[],
        r#"{"error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the API. Please go to Plans & Billing."}}"#,
    ),
    (
        "litellm-budget",
        400,
        &[],
        r#"{"error":{"message":"Budget has been exceeded! Current cost: 10.1, Max budget: 10.0","type":"budget_exceeded","param":null,"code":"400"}}"#,
    ),
    (
        "gemini-key",
        400,
        &[],
        r#"[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}]"#,
    ),
    (
        "openrouter-flagged",
        403,
        &[],
        r#"{"error":{"message":"The chosen model requires moderation and the input was flagged for \"violence\".","code":403,"metadata":{"reasons":["violence"],"flagged_input":"x"}}}"#,
    ),
    (
        "azure-filter",
        400,
        &[],
        r#"{"error":{"message":"The response was filtered due to the prompt triggering the content management policy.","type":null,"param":"prompt","code":"content_filter","status":400}}"#,
    ),
    (
        "cloudflare-page",
        403,
        &[],
        "<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>",
    ),
    (
        "login-page",
        200,
        &[],
        "<!DOCTYPE html><html><head><title>Sign in</title></head><body><form></form></body></html>",
    ),
    ("moved", 308, &[("location", "https://new.example/v1/chat/completions")], ""),
    (
        "lmstudio-path",
        200,
        &[],
        r#"{"error":"Unexpected endpoint or method. (POST /chat/completions)"}"#,
    ),
    (
        "openrouter-model",
        400,
        &[],
        r#"{"error":{"message":"foo/bar is not a valid model ID","code":400}}"#,
    ),
    (
        "deepseek-model",
        400,
        &[],
        r#"{"error":{"message":"Model Not Exist","type":"invalid_request_error","param":null,"code":"invalid_request_error"}}"#,
    ),
    (
        "gemini-states",
        400,
        &[],
        r#"[{"error":{"code":400,"message":"The specified schema produces a constraint that has too many states for serving.","status":"INVALID_ARGUMENT"}}]"#,
    ),
    (
        "groq-json",
        400,
        &[],
        r#"{"error":{"message":"Failed to generate JSON. Please adjust your prompt. See 'failed_generation' for more details.","type":"invalid_request_error","code":"json_validate_failed","failed_generation":"Sure! Here are the"}}"#,
    ),
    ("empty-400", 400, &[], ""),
    (
        "openrouter-day",
        429,
        &[],
        r#"{"error":{"message":"Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day","code":429}}"#,
    ),
    (
        "gemini-day",
        429,
        &[],
        r#"[{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.","status":"RESOURCE_EXHAUSTED","details":[{"violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]},{"retryDelay":"18s"}]}}]"#,
    ),
    (
        "dashscope-thinking",
        400,
        &[],
        r#"{"error":{"message":"parameter.enable_thinking must be set to false for non-streaming calls","code":"invalid_parameter_error"}}"#,
    ),
    (
        "nim-input-type",
        400,
        &[],
        r#"{"error":"'input_type' parameter is required for asymmetric models"}"#,
    ),
    (
        "ollama-no-vectors",
        501,
        &[],
        r#"{"error":{"message":"this model does not support embeddings","type":"api_error"}}"#,
    ),
    (
        "newapi-channel",
        503,
        &[],
        r#"{"error":{"message":"No available channel for model m under group default","type":"new_api_error","code":"model_not_found"}}"#,
    ),
    (
        "gateway-hour",
        502,
        &[("retry-after", "3600")],
        "<html><head><title>502 Bad Gateway</title></head></html>",
    ),
    (
        "retry-zero",
        429,
        &[("retry-after", "0")],
        r#"{"error":{"message":"Too many requests","type":"requests"}}"#,
    ),
    (
        "unloaded",
        404,
        &[],
        r#"{"error":{"message":"model 'test-chat' not found","type":"api_error"}}"#,
    ),
];

/// Answers that are somewhere else than usual.
const SHAPES: &[&str] = &[
    "reasoning-only",
    "tool-call",
    "channels",
    "think-tags",
    "think-unclosed",
    "in-parts",
    "schema-first",
    "schema-only",
    "under-properties",
    "trailing-commas",
];

/// Every name.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    REPLIES.iter().map(|(name, ..)| *name).chain(SHAPES.iter().copied())
}

/// The reply of this name, if it is one in the place of an answer.
pub(super) fn reply(name: &str) -> Option<Response> {
    let (_, status, headers, body) = REPLIES.iter().find(|(known, ..)| *known == name)?;
    let content_type = if body.starts_with('<') { "text/html" } else { "application/json" };
    let mut response = Response::json(*status, &Value::Null);
    response.content_type = content_type;
    response.body = body.as_bytes().to_vec();
    for (name, value) in *headers {
        response = response.with(name, *value);
    }
    Some(response)
}

/// Is the answer in it all the same?
pub(super) fn leaves_the_answer_usable(name: &str) -> bool {
    SHAPES.contains(&name) && !matches!(name, "think-unclosed" | "schema-only")
}

/// The message with the answer `text` as a server of this name writes it.
pub(super) fn shape(name: &str, text: &str, schema: &Value) -> Option<Value> {
    let spoken = |content: String| Some(json!({"role": "assistant", "content": content}));
    match name {
        "reasoning-only" => {
            Some(json!({"role": "assistant", "content": "", "reasoning_content": text}))
        }
        "tool-call" => {
            let call = json!({"id": "c", "type": "function", "function": {"name": "answer", "arguments": text}});
            Some(json!({"role": "assistant", "content": null, "tool_calls": [call]}))
        }
        "channels" => spoken(format!(
            "<|channel|>analysis<|message|>They want {{}}.<|end|><|start|>assistant<|channel|>final<|message|>{text}<|return|>"
        )),
        "think-tags" => spoken(format!("[THINK]First {{\"x\": 1}}.[/THINK]{text}")),
        "think-unclosed" => spoken(format!("<think>Perhaps {text} and then")),
        "in-parts" => {
            let (a, b) = text.split_at(text.floor_char_boundary(text.len() / 2));
            let parts = json!([{"type": "text", "text": a}, {"type": "text", "text": b}]);
            Some(json!({"role": "assistant", "content": parts}))
        }
        "schema-first" => spoken(format!("{schema}\n\n{text}")),
        "schema-only" => spoken(schema.to_string()),
        "under-properties" => {
            let answer: Value = serde_json::from_str(text).unwrap_or_default();
            spoken(json!({"type": "object", "properties": answer}).to_string())
        }
        "trailing-commas" => spoken(text.replacen("\"}", "\",\n}", 99).replacen("\"]", "\",]", 99)),
        _ => None,
    }
}
