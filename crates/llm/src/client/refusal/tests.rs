use serde_json::json;

use super::*;

fn said(status: u16, body: &str) -> Refusal {
    read(status, &HeaderMap::new(), body.as_bytes())
}

#[track_caller]
fn check(status: u16, body: &str, meaning: RefusalMeaning, message: &str) {
    let said = said(status, body);
    assert_eq!((said.meaning, said.message.as_str()), (meaning, message), "{body}");
}

/// What a server says of itself, as most of them write it.
fn error(message: &str, code: &str) -> String {
    json!({"error": {"message": message, "code": code, "type": "x"}}).to_string()
}

#[test]
fn servers_say_it_in_many_ways() {
    check(401, r#"{"error":{"message":"Bad key"}}"#, RefusalMeaning::Denied, "Bad key");
    check(429, &error("Exceeded", "insufficient_quota"), RefusalMeaning::Denied, "Exceeded");
    check(429, r#"{"error":"slow down"}"#, RefusalMeaning::Overloaded, "slow down");
    let loading = r#"{"error":{"message":"Loading model","code":503}}"#;
    check(503, loading, RefusalMeaning::Overloaded, "Loading model");
    let none = r#"{"error":{"message":"no such model"}}"#;
    check(404, none, RefusalMeaning::Misaddressed, "no such model");
    check(405, "", RefusalMeaning::Misaddressed, "no reason given");
    check(301, "Moved", RefusalMeaning::Misaddressed, "Moved");
    check(422, r#"{"detail":[{"loc":["body"]}]}"#, RefusalMeaning::Bad, r#"[{"loc":["body"]}]"#);
    check(502, "<html>Bad gateway</html>", RefusalMeaning::Failed, "<html>Bad gateway</html>");
    check(400, "", RefusalMeaning::Bad, "no reason given");
    assert_eq!(
        said(400, r#"{"error":{"message":"x","param":"temperature"}}"#).param,
        "temperature"
    );
}

/// Every row: a status, what is said, what it means.
#[test]
fn what_the_words_mean() {
    use RefusalMeaning::*;
    let rows: &[(u16, &str, RefusalMeaning)] = &[
        // Limits by the minute are not refused accounts, whatever is said of billing.
        (
            429,
            r#"{"error":{"message":"Rate limit reached on tokens per minute: Limit 6000, Used 5034, Requested 1443. Please try again in 4.77s. Upgrade at /settings/billing","type":"tokens","code":"rate_limit_exceeded"}}"#,
            Overloaded,
        ),
        (
            429,
            r#"[{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.","status":"RESOURCE_EXHAUSTED","details":[{"retryDelay":"36s"}]}}]"#,
            Overloaded,
        ),
        (
            429,
            r#"{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","code":"insufficient_quota"}}"#,
            Denied,
        ),
        (
            200,
            r#"{"error":{"message":"Provider returned error","code":429,"metadata":{"raw":"m is temporarily rate-limited upstream"}}}"#,
            Overloaded,
        ),
        (
            200,
            r#"{"choices":[{"error":{"code":502,"message":"upstream"},"finish_reason":"error"}]}"#,
            Failed,
        ),
        (
            200,
            r#"{"choices":null,"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}"#,
            Denied,
        ),
        (500, r#"{"error":{"message":"upstream is busy","code":"429"}}"#, Overloaded),
        // Money and keys.
        (
            400,
            r#"{"error":{"message":"Your credit balance is too low to access the API"}}"#,
            Denied,
        ),
        (
            400,
            r#"{"error":{"message":"Budget has been exceeded! Current cost: 10.1, Max budget: 10.0","type":"budget_exceeded","code":"400"}}"#,
            Denied,
        ),
        (
            400,
            r#"[{"error":{"code":400,"message":"API key not valid.","details":[{"reason":"API_KEY_INVALID"}]}}]"#,
            Denied,
        ),
        (400, r#"{"error":{"message":"API key expired. Please renew the API key."}}"#, Denied),
        (402, r#"{"error":{"message":"Insufficient Balance"}}"#, Denied),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC."}}"#,
            Denied,
        ),
        (
            400,
            r#"{"error":{"message":"This organization has been disabled.","type":"invalid_request_error"}}"#,
            Denied,
        ),
        (500, r#"{"message":"Too many tokens, please wait before trying again."}"#, Overloaded),
        (
            403,
            "<html><title>Access denied</title>Error 1015: You are being rate limited</html>",
            Overloaded,
        ),
        (
            402,
            r#"{"error":{"message":"This request requires more credits, or fewer max_tokens. You requested up to 2048 tokens, but can only afford 1200."}}"#,
            LongAnswer,
        ),
        (403, r#"{"error":{"message":"Country, region, or territory not supported"}}"#, Denied),
        (
            403,
            r#"{"error":{"message":"Your chosen model requires moderation and your input was flagged","code":403,"metadata":{"flagged_input":"x"}}}"#,
            Filtered,
        ),
        (
            400,
            r#"{"error":{"message":"The response was filtered due to the prompt","code":"content_filter"}}"#,
            Filtered,
        ),
        (
            400,
            r#"{"error":{"message":"Input data may contain inappropriate content.","code":"data_inspection_failed"}}"#,
            Filtered,
        ),
        (
            403,
            r#"{"code":"The caller does not have permission","error":"Content violates usage guidelines. API key ID: 4b, Failed check: SAFETY_CHECK_TYPE_VIOLENCE"}"#,
            Filtered,
        ),
        (400, r#"{"error":{"message":"Content Exists Risk"}}"#, Filtered),
        (403, "<html><title>Just a moment...</title></html>", Page),
        (200, "<!doctype html><title>Sign in</title>", Page),
        (503, "<html>Service Unavailable</html>", Failed),
        (200, "", Page),
        (200, r#"{"status":"ok"}"#, Page),
        (200, r#"{"id":"x","choices":null}"#, Failed),
        (403, r#"{"message":"API rate limit exceeded"}"#, Overloaded),
        // Addresses.
        (
            400,
            r#"{"error":{"message":"foo/bar is not a valid model ID","code":400}}"#,
            Misaddressed,
        ),
        (
            400,
            r#"{"error":{"message":"Model Not Exist","type":"invalid_request_error"}}"#,
            Misaddressed,
        ),
        (
            400,
            r#"{"error":{"message":"Invalid model name passed in model=x","code":"400"}}"#,
            Misaddressed,
        ),
        (
            200,
            r#"{"error":"Unexpected endpoint or method. (POST /chat/completions)"}"#,
            Misaddressed,
        ),
        (
            403,
            r#"{"error":{"message":"Project p does not have access to model m","code":"model_not_found"}}"#,
            Misaddressed,
        ),
        (
            404,
            r#"{"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist."}}"#,
            Misaddressed,
        ),
        (407, "", Proxy),
        (
            500,
            r#"{"message":"An error occurred (ValidationException): The provided model identifier is invalid."}"#,
            Misaddressed,
        ),
        (
            500,
            r#"{"error":"model requires more system memory (37.5 GiB) than is available (14.2 GiB)"}"#,
            Misaddressed,
        ),
        // Roles.
        (500, r#"{"message":"This model doesn't support system messages. Try again"}"#, NoSystem),
        (422, r#"{"detail":[{"msg":"Input should be 'user' or 'assistant'"}]}"#, NoSystem),
        (400, r#"{"error":{"message":"The first message must be from user"}}"#, NoSystem),
        (
            400,
            r#"{"error_msg":"the role of message with even index in the messages must be user or tool"}"#,
            NoSystem,
        ),
        // Lengths.
        (
            400,
            r#"{"error":{"message":"Invalid request: Your request exceeded model token limit: 2500"}}"#,
            TooLong,
        ),
        (400, r#"{"error":{"code":"1261","message":"Prompt 超长"}}"#, TooLong),
        (400, r#"{"error":{"code":"1261","message":"Prompt exceeds max length"}}"#, TooLong),
        (500, r#"{"error":{"message":"context shift is disabled"}}"#, TooLong),
        (
            422,
            r#"{"error":"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 3000 and 2048","error_type":"validation"}"#,
            TooLong,
        ),
        (
            400,
            r#"[{"error":{"code":400,"message":"The input token count (1200293) exceeds the maximum number of tokens allowed (1048576)."}}]"#,
            TooLong,
        ),
        (
            400,
            r#"{"object":"error","message":"This model's maximum context length is 4096 tokens. However, you requested 5000 tokens","code":400}"#,
            TooLong,
        ),
        (
            413,
            r#"{"error":{"message":"Request too large for model on tokens per minute (TPM): Limit 6000, Requested 12328","code":"rate_limit_exceeded"}}"#,
            TooLong,
        ),
        (
            429,
            r#"{"error":{"message":"Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 40000.","type":"tokens","code":"rate_limit_exceeded"}}"#,
            TooLong,
        ),
        (
            400,
            r#"{"error":{"message":"request (900 tokens) exceeds the available context size","type":"exceed_context_size_error"}}"#,
            TooLong,
        ),
        (
            400,
            r#"{"error":{"message":"max_tokens is too large: 2048. This model supports at most 1024 completion tokens","param":"max_tokens"}}"#,
            LongAnswer,
        ),
        (
            400,
            r#"{"error":{"message":"`max_tokens` must be less than or equal to `1024`, the maximum value for `max_tokens`"}}"#,
            LongAnswer,
        ),
        (
            400,
            r#"{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","param":"max_tokens","code":"unsupported_parameter"}}"#,
            Bad,
        ),
        // Forms.
        (
            400,
            r#"{"error":{"message":"The specified schema produces a constraint that has too many states for serving."}}"#,
            Form,
        ),
        (400, r#"{"error":{"message":"Failed to parse grammar"}}"#, Form),
        (
            400,
            r#"{"error":{"message":"The provided JSON schema contains features not supported by xgrammar."}}"#,
            Form,
        ),
        (
            400,
            r#"{"error":{"message":"Failed to generate JSON. See 'failed_generation'","code":"json_validate_failed","failed_generation":"{\"a\": 1"}}"#,
            Useless,
        ),
        (500, r#"{"error":{"message":"System role not supported"}}"#, NoSystem),
        (
            400,
            r#"{"error":{"message":"Conversation roles must alternate user/assistant/user/assistant/..."}}"#,
            NoSystem,
        ),
        (
            400,
            r#"{"error":{"message":"Developer instruction is not enabled for models/gemma-3-1b-it"}}"#,
            NoSystem,
        ),
        (
            400,
            r#"{"error":{"message":"Unsupported value: 'messages[0].role' does not support 'system' with this model."}}"#,
            NoSystem,
        ),
        (
            500,
            r#"{"error":{"message":"Only user, assistant and tool roles are supported, got system."}}"#,
            NoSystem,
        ),
        (404, r#"{"error":{"message":"This is not a chat model"}}"#, Misaddressed),
    ];
    for (status, body, meaning) in rows {
        assert_eq!(said(*status, body).meaning, *meaning, "{status} {body}");
    }
}

#[test]
fn what_was_written_and_where_it_points_is_kept() {
    let body = json!({"error": {"code": "json_validate_failed", "message": "x", "failed_generation": "{}"}});
    assert_eq!(said(400, &body.to_string()).generation.as_deref(), Some("{}"));
    let to = [("location".parse().unwrap(), "https://new.example/v1".parse().unwrap())];
    let moved = read(308, &to.into_iter().collect(), b"");
    assert_eq!(moved.message, "it points to https://new.example/v1");
    let quoted = json!({"error": {"message": "x: {\"error\": {\"message\": \"too busy\"}}"}});
    assert_eq!(said(500, &quoted.to_string()).message, "too busy");
    let raw = json!({"error": {"message": "Provider returned error", "metadata": {"raw": "why"}}});
    assert_eq!(said(500, &raw.to_string()).message, "Provider returned error: why");
    assert_eq!(said(200, "<title>Sign in</title>").message, "a web page, \"Sign in\"");
}

/// Every row: a status, what is said, what it means. As they were met where they were taken for something
/// else.
#[test]
fn what_was_mistaken_once() {
    use RefusalMeaning::*;
    let rows: &[(u16, &str, RefusalMeaning)] = &[
        (
            403,
            r#"{"error":{"message":"m requires moderation on Azure. Your input was flagged for \"violence\". No credits were charged.","code":403,"metadata":{"reasons":["violence"],"flagged_input":"x"}}}"#,
            Filtered,
        ),
        (
            403,
            r#"{"error":"Blocked by DLP policy","policy":"PII-outbound","incident":"INC-0042"}"#,
            Filtered,
        ),
        (403, r#"{"error":{"message":"Your IP address was blocked by policy"}}"#, Denied),
        (
            429,
            r#"{"error":{"code":429,"message":"Your prepayment credits are depleted. Please go to AI Studio to manage your project and billing.","status":"RESOURCE_EXHAUSTED"}}"#,
            Denied,
        ),
        (
            400,
            r#"{"error":{"message":"API access is blocked: the spend alert limit of this organization is reached","code":"blocked_api_access"}}"#,
            Denied,
        ),
        (500, r#"{"error":{"message":"Token limit (500,000 per day) exceeded"}}"#, Overloaded),
        (
            422,
            r#"{"detail":[{"loc":["body","messages",0,"role"],"msg":"value is not a valid enumeration member; permitted: 'user', 'assistant'","type":"type_error.enum"}]}"#,
            NoSystem,
        ),
        (
            503,
            r#"{"error":{"message":"当前分组 default 下对于模型 m 无可用渠道","code":"model_not_found"}}"#,
            Misaddressed,
        ),
        (
            503,
            r#"{"error":{"message":"No available channel for model m under group default","code":"model_not_found"}}"#,
            Misaddressed,
        ),
        (
            400,
            r#"{"error":{"code":"1211","message":"模型不存在，请检查模型代码。"}}"#,
            Misaddressed,
        ),
        (
            400,
            r#"{"error":{"message":"The requested model 'm' is not supported by any provider you have enabled.","code":"model_not_supported"}}"#,
            Misaddressed,
        ),
        (
            500,
            r#"{"detail":"An error occurred (ValidationException) when calling the Converse operation: Invocation of model ID m with on-demand throughput isn’t supported. Retry your request with the ID or ARN of an inference profile that contains this model."}"#,
            Misaddressed,
        ),
        (
            501,
            r#"{"error":{"message":"this model does not support embeddings","type":"api_error"}}"#,
            Misaddressed,
        ),
        (
            501,
            r#"{"error":{"code":501,"message":"This server does not support embeddings. Start it with `--embeddings`"}}"#,
            Misaddressed,
        ),
        (
            400,
            r#"{"error":{"message":"\"m\" does not support chat","type":"invalid_request_error"}}"#,
            Misaddressed,
        ),
        (400, "Client sent an HTTP request to an HTTPS server.", Misaddressed),
        (
            200,
            r#"{"choices":null,"base_resp":{"status_code":1004,"status_msg":"login fail: Please carry the API secret key in the 'Authorization' field"}}"#,
            Denied,
        ),
        (
            429,
            r#"{"errors":[{"message":"AiError: you have used up your daily free allocation of 10,000 neurons","code":4006}]}"#,
            Denied,
        ),
        (
            403,
            r#"{"error":{"message":"用户额度不足, 剩余额度: 0","code":"insufficient_user_quota"}}"#,
            Denied,
        ),
        (
            429,
            r#"{"error":{"code":"SetLimitExceeded","message":"Your account has reached the set inference limit, and the model service has been paused."}}"#,
            Denied,
        ),
        (
            200,
            r#"{"choices":null,"base_resp":{"status_code":1026,"status_msg":"input new_sensitive"}}"#,
            Filtered,
        ),
        (
            400,
            r#"{"error":{"message":"The request was rejected because it was considered high risk","type":"content_filter"}}"#,
            Filtered,
        ),
        (
            400,
            r#"{"error":{"message":"The parameter `max_tokens` specified in the request are not valid: integer above maximum value, expected a value <= 1024, but got 2048 instead.","param":"max_tokens"}}"#,
            LongAnswer,
        ),
        (
            400,
            r#"{"error":{"code":"1210","message":"max_tokens 参数非法：取值范围 [1, 1024]"}}"#,
            LongAnswer,
        ),
        (
            200,
            r#"{"base_resp":{"status_code":2013,"status_msg":"invalid params, tokens_to_generate should be in [1, 1024]"}}"#,
            LongAnswer,
        ),
        (
            500,
            r#"{"detail":"The maximum tokens you requested exceeds the model limit of 1024. Try again with a maximum tokens value that is lower than 1024."}"#,
            LongAnswer,
        ),
        (
            400,
            r#"{"error":{"message":"it has a maxOutputTokens value of 2048 but the supported range is from 1 (inclusive) to 1025 (exclusive)."}}"#,
            LongAnswer,
        ),
        (
            400,
            r#"{"error":{"message":"max completion tokens reached before generating a valid document","code":"json_validate_failed","failed_generation":""}}"#,
            OutOfRoom,
        ),
        (
            404,
            r#"{"error":{"message":"No endpoints found that can handle the requested parameters.","code":404}}"#,
            Form,
        ),
        (404, r#"{"error":{"message":"No endpoints found for m","code":404}}"#, Misaddressed),
        (
            498,
            r#"{"error":{"message":"Flex tier capacity exceeded","code":"capacity_exceeded"}}"#,
            Failed,
        ),
        (424, r#"{"error":"Failed dependency"}"#, Failed),
        (400, r#"{"error":"'input_type' parameter is required for asymmetric models"}"#, Wants),
        (
            400,
            r#"{"error":{"message":"This model only support stream mode, please enable the stream parameter"}}"#,
            Wants,
        ),
    ];
    for (status, body, meaning) in rows {
        assert_eq!(said(*status, body).meaning, *meaning, "{status} {body}");
    }
}
