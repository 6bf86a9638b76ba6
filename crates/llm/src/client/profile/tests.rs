//! What refusals and answers teach of an endpoint.

use reqwest::header::HeaderMap;

use super::*;
use crate::request::AnswerShape;

fn request() -> Request {
    let names = json!({"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 3});
    let schema = json!({"type": "object", "properties": {"names": names}});
    Request {
        system: "S".to_owned(),
        user: "U".to_owned(),
        shape: AnswerShape { name: "x", schema },
        max_tokens: 9,
    }
}

fn body(profile: &EndpointProfile) -> Value {
    profile.body(&request(), profile.form("x"), "m", 0.0, &Map::new())
}

fn after(
    profile: &EndpointProfile,
    status: u16,
    param: &str,
    message: &str,
) -> Option<EndpointProfile> {
    let error = json!({"error": {"message": message, "param": param}}).to_string();
    let said = super::super::refusal::read(status, &HeaderMap::new(), error.as_bytes());
    profile.after(&said, "x", profile.form("x"))
}

fn unknown() -> EndpointProfile {
    EndpointProfile::unknown("http://localhost:1/v1")
}

#[test]
fn forms_step_down_to_plain_text() {
    let mut profile = unknown();
    let mut forms = vec![profile.form("x")];
    while let Some(next) = after(&profile, 400, "response_format", "not supported") {
        profile = next;
        forms.push(profile.form("x"));
    }
    assert_eq!(
        forms,
        [AnswerForm::Schema, AnswerForm::ObjectWithSchema, AnswerForm::Object, AnswerForm::Plain]
    );
    let text = body(&profile)["messages"][1]["content"].as_str().unwrap().to_owned();
    assert!(text.starts_with("U\n") && text.contains("maxItems"), "{text}");
    assert!(body(&profile).get("response_format").is_none());
    assert_eq!(profile.form("y"), AnswerForm::Plain, "the form itself was refused");
}

#[test]
fn a_schema_that_is_too_much_is_one_kinds_matter() {
    let text = "The specified schema produces a constraint that has too many states for serving";
    let next = after(&without_bounds(), 400, "", text).unwrap();
    assert_eq!(
        (next.form("x"), next.form("y")),
        (AnswerForm::ObjectWithSchema, AnswerForm::Schema)
    );
}

#[test]
fn a_form_that_has_a_name_is_every_kinds_matter_until_one_has_been_asked_in_it() {
    for text in [
        "Invalid response_format",
        "response_format value as json_schema is enabled only for later api versions",
        "extra fields not permitted: response_format",
        "json_schema is not enabled for this deployment",
    ] {
        let next = after(&unknown(), 400, "", text).unwrap();
        assert_eq!(next.form("y"), AnswerForm::ObjectWithSchema, "{text}");
        let proven = unknown().answered_in("y", AnswerForm::Schema, false);
        assert_eq!(after(&proven, 400, "", text).unwrap().form("y"), AnswerForm::Schema, "{text}");
    }
    let enums = "Invalid schema for response_format 'x': at most 500 enum values in total";
    let next = after(&without_bounds(), 400, "response_format", enums).unwrap();
    assert_eq!(
        (next.form("x"), next.form("y")),
        (AnswerForm::ObjectWithSchema, AnswerForm::Schema)
    );
    // Another kind is found out by one question.
    assert!(next.is_to_be_found_out("y") && !next.is_to_be_found_out("x"));
    assert!(!unknown().is_to_be_found_out("y"));
}

/// Of an endpoint that does not take bounds on lists.
fn without_bounds() -> EndpointProfile {
    EndpointProfile { unbounded: true, ..unknown() }
}

#[test]
fn bounds_on_lists_are_left_out_where_they_are_refused() {
    let sent = |profile: &EndpointProfile| body(profile)["response_format"].to_string();
    assert!(sent(&unknown()).contains("\"maxItems\":3"), "{}", sent(&unknown()));
    for text in [
        "Invalid schema for response_format 'x': In context=('properties', 'names'), 'maxItems' is not permitted.",
        "response_format.schema: For 'array' type, property 'maxItems' is not supported",
        "The specified schema produces a constraint that has too many states for serving",
        "The provided JSON schema contains features not supported by xgrammar",
    ] {
        let next = after(&unknown(), 400, "response_format", text).unwrap();
        assert_eq!(next, without_bounds(), "{text}");
        assert!(!sent(&next).contains("Items") && sent(&next).contains("names"));
        // It is not that, then.
        assert_eq!(after(&next, 400, "", text).unwrap().form("x"), AnswerForm::ObjectWithSchema);
    }
    // Where the form is refused, or a schema after another was answered, bounds are not to blame.
    for (profile, text) in [
        (unknown(), "response_format is not supported"),
        (
            unknown().answered_in("y", AnswerForm::Schema, false),
            "Invalid schema: too many enum values",
        ),
    ] {
        let next = after(&profile, 400, "", text).unwrap();
        assert_eq!(
            (next.form("x"), next.unbounded),
            (AnswerForm::ObjectWithSchema, false),
            "{text}"
        );
    }
}

#[test]
fn a_form_that_was_only_suspected_is_tried_again_and_not_kept() {
    let mut profile = unknown().answered_in("x", AnswerForm::Plain, true);
    assert_eq!(profile.certain().form("x"), AnswerForm::Schema);
    for _ in 0..AGAIN {
        assert_eq!(profile.form("x"), AnswerForm::Plain);
        profile = profile.answered_in("x", AnswerForm::Plain, false);
    }
    assert_eq!(profile.form("x"), AnswerForm::Schema);
    assert_eq!(profile.still_not("x").form("x"), AnswerForm::Plain);
    let climbed = profile.answered_in("x", AnswerForm::Schema, false);
    assert_eq!(climbed.form("x"), AnswerForm::Schema);
    assert!(climbed.is_proven("x", AnswerForm::Schema));
    assert_eq!(climbed.certain().form("x"), AnswerForm::Schema);
}

#[test]
fn parameters_that_are_refused_are_left_out() {
    let profile = unknown();
    let next = after(&profile, 400, "temperature", "Unsupported value").unwrap();
    assert!(body(&next).get("temperature").is_none());
    assert_eq!(after(&next, 400, "temperature", "again"), None);
    let text = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.";
    let next = after(&profile, 400, "max_tokens", text).unwrap();
    assert_eq!(body(&next)["max_completion_tokens"], 9);
    assert!(body(&next).get("max_tokens").is_none());
    let back = after(&next, 400, "max_completion_tokens", "Unsupported parameter").unwrap();
    assert!(body(&back).get("max_tokens").is_none(), "both were refused");
}

#[test]
fn without_a_system_role_its_text_comes_first() {
    for text in [
        "System role not supported",
        "Conversation roles must alternate user/assistant/user/assistant",
        "Developer instruction is not enabled for models/gemma",
        "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
        "Only user, assistant and tool roles are supported, got system.",
    ] {
        for status in [400, 500] {
            let next = after(&unknown(), status, "", text).unwrap();
            assert_eq!(body(&next)["messages"][0]["content"], "S\n\nU", "{text}");
        }
    }
}

#[test]
fn what_cannot_be_guessed_is_sent_along() {
    let extra = json!({"enable_thinking": false, "temperature": 1});
    let sent = unknown().body(&request(), AnswerForm::Schema, "m", 0.0, extra.as_object().unwrap());
    assert_eq!((&sent["enable_thinking"], &sent["temperature"]), (&json!(false), &json!(1)));
}
