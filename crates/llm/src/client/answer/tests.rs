use serde_json::json;

use super::*;

fn reply(content: &Value, finish: &str) -> Read {
    let body = json!({
        "choices": [{"message": {"content": content}, "finish_reason": finish}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 4}},
    });
    read(body.to_string().as_bytes())
}

fn found(content: &str) -> Option<Value> {
    match reply(&json!(content), "stop") {
        Read::Reply(reply) => Some(Value::Object(reply.object)),
        _ => None,
    }
}

#[test]
fn an_object_is_found_where_models_put_it() {
    let expected = Some(json!({"a": 1}));
    assert_eq!(found(r#"{"a":1}"#), expected);
    assert_eq!(found("Sure!\n```json\n{\"a\": 1}\n```\nAnything else?"), expected);
    assert_eq!(found("<think>{\"b\": 2}</think> {\"a\": 1}"), expected);
    assert_eq!(found("From {these} I choose {\"a\": 1}."), expected);
    assert_eq!(found("no object"), None);
    assert_eq!(found(r#"{"1": {"name": "A"}, "2": {"na"#), None, "a part is not the whole");
    assert_eq!(found("[1, 2]"), None);
    // The last one counts, and slips are mended.
    assert_eq!(found("First {\"b\": 2}, no: {\"a\": 1}"), expected);
    assert_eq!(found("{\"a\": 1,}"), expected);
    assert_eq!(found("{\"a\": \"x\ny\"}"), Some(json!({"a": "x\ny"})));
    assert_eq!(found("He said \"no\": {\"a\": 1}"), expected);
    assert_eq!(found("[THINK]{\"b\": 2}[/THINK]{\"a\": 1}"), expected);
    let channels = "<|channel|>analysis<|message|>{\"b\": 2}<|end|><|start|>assistant<|channel|>final<|message|>{\"a\": 1}<|return|>";
    assert_eq!(found(channels), expected);
    assert_eq!(found(r#"{"name": "labels", "arguments": {"a": 1}}"#), expected);
    assert_eq!(found(r#"{"result": "{\"a\": 1}"}"#), expected);
}

#[test]
fn what_is_whole_and_no_json_is_read_all_the_same() {
    let expected = Some(json!({"names": ["It's", "b"]}));
    assert_eq!(found(r#"{"names": ["It's", "b"]"#), expected, "without its last bracket");
    assert_eq!(found(r#"{"names": ["It's", "b""#), expected, "without any");
    assert_eq!(found(r#"{'names': ["It's", 'b']}"#), expected, "single quotes");
    assert_eq!(found("```\n{names: [\"It's\", \"b\"], // two\n}\n```"), expected, "bare names");
    assert_eq!(found(r#"{"names": ["It's", "b"#), None, "a text that breaks off");
    assert_eq!(found(r#"{"names": ["It's", "#), None, "an element that is missing");
    // What its longest length ended is not whole.
    assert!(matches!(reply(&json!(r#"{"names": ["a"]"#), "length"), Read::CutOff(_)));
}

#[test]
fn an_answer_beside_an_error_that_is_none_counts() {
    let choice = |said: &str| json!({"message": {"content": said}, "finish_reason": "stop"});
    let body = |said: &str| {
        json!({"choices": [choice(said)], "error": {"code": 0, "message": "success"}}).to_string()
    };
    assert!(matches!(read(body("{\"a\": 1}").as_bytes()), Read::Reply(_)));
    assert!(matches!(read(body("").as_bytes()), Read::NotAReply(_)));
}

#[test]
fn the_first_choice_that_answers_counts() {
    let choice = |said: &str| json!({"message": {"content": said}, "finish_reason": "stop"});
    let body = json!({"choices": [choice(""), choice("{\"a\": 1}")]}).to_string();
    assert!(matches!(read(body.as_bytes()), Read::Reply(_)));
    let stream = format!(
        "data: {}\n\ndata: [DONE]\n\n",
        json!({"choices": [{"delta": {"content": "{\"a\": 1}"}}]})
    );
    assert!(matches!(read(stream.as_bytes()), Read::Reply(_)));
}

#[test]
fn counts_are_known_or_unknown_but_never_invented() {
    let Read::Reply(reply) = reply(&json!("{}"), "stop") else { panic!() };
    let all = (reply.usage.prompt_tokens, reply.usage.cached_tokens, reply.usage.completion_tokens);
    assert_eq!(all, (Some(7), Some(4), Some(3)));
    assert_eq!(
        usage::read(&json!({"prompt_tokens": -1, "completion_tokens": 1e18})),
        TokenUsage::default()
    );
    assert_eq!(usage::read(&json!("none")), TokenUsage::default());
}

#[test]
fn what_is_no_answer_says_what_it_is() {
    let flaw = |read: Read| match read {
        Read::Flawed(flaw, _) => flaw.to_string(),
        other => format!("{other:?}"),
    };
    assert_eq!(flaw(reply(&json!(""), "stop")), "the answer was empty");
    assert_eq!(flaw(reply(&Value::Null, "stop")), "the answer was empty");
    assert_eq!(flaw(reply(&json!("cannot"), "eos")), "the answer was not a JSON object: cannot");
    assert_eq!(
        flaw(reply(&json!("{}"), "content_filter")),
        "the answer was filtered by the provider"
    );
    assert_eq!(flaw(read(br#"{"choices": []}"#)), "the answer was empty");
    assert!(matches!(reply(&json!("{\"a\": "), "length"), Read::CutOff(_)));
    assert!(matches!(read(b"<html>"), Read::NotAReply(_)));
    assert!(matches!(read(br#"{"error": {"message": "x"}}"#), Read::NotAReply(_)));
    let refusal = json!({"choices": [{"message": {"content": null, "refusal": "No.\u{1b}[2J"}}]});
    assert_eq!(flaw(read(refusal.to_string().as_bytes())), "the model refused: No.");
}

#[test]
fn remarks_and_a_list_around_it_do_not_hide_an_answer() {
    let remarked = "{ // the answer\n \"1\": {\"name\": \"A\", /* short */ \"at\": \"http://a//b\"}, // next\n \"2\": {\"name\": \"B\"}\n}";
    let expected = json!({"1": {"name": "A", "at": "http://a//b"}, "2": {"name": "B"}});
    assert_eq!(found(remarked), Some(expected));
    let in_list = found(r#"[{"1": "A", "2": "B"}]"#).unwrap();
    assert_eq!((&in_list["1"], &in_list["2"]), (&json!("A"), &json!("B")));
    let names = found(r#"[{"name": "A"}, {"name": "B"}]"#).unwrap();
    assert_eq!(names["list"][1]["name"], "B");
    assert_eq!(found("See https://a.example/{id} // nothing"), None);
}

#[test]
fn the_schema_is_not_the_answer() {
    let schema = json!({"type": "object", "properties": {"names": {"type": "array"}}, "required": ["names"]});
    assert_eq!(found(&schema.to_string()), None);
    let answered = format!("{schema}\n\n{{\"names\": [\"A\"]}}");
    assert_eq!(found(&answered), Some(json!({"names": ["A"]})));
    let before = format!("{{\"names\": [\"A\"]}} fits {schema}");
    assert_eq!(found(&before), Some(json!({"names": ["A"]})));
    let filled = json!({"type": "object", "properties": {"names": ["A", "B"]}});
    assert_eq!(found(&filled.to_string()), Some(json!({"names": ["A", "B"]})));
}

#[test]
fn the_answer_is_found_wherever_a_server_puts_it() {
    let expected = json!({"a": 1});
    let object = |message: Value, finish: &str| {
        let body = json!({"choices": [{"message": message, "finish_reason": finish}]});
        match read(body.to_string().as_bytes()) {
            Read::Reply(reply) => Some(Value::Object(reply.object)),
            _ => None,
        }
    };
    for message in [
        json!({"content": "", "reasoning_content": "so {\"a\": 1}"}),
        json!({"content": null, "reasoning": "{\"a\": 1}"}),
        json!({"content": null, "tool_calls": [{"function": {"name": "x", "arguments": "{\"a\": 1}"}}]}),
        json!({"content": null, "tool_calls": [{"function": {"name": "x", "arguments": {"a": 1}}}]}),
        json!({"content": [{"type": "text", "text": "{\"a\""}, {"type": "text", "text": ": 1}"}]}),
        json!({"content": [{"type": "thinking", "thinking": []}, {"type": "text", "text": "{\"a\": 1}"}]}),
        json!({"content": {"a": 1}}),
    ] {
        assert_eq!(object(message.clone(), "stop"), Some(expected.clone()), "{message}");
    }
    let thoughts = json!({"content": "", "reasoning_content": "{\"a\": 1} or"});
    assert_eq!(object(thoughts, "length"), None, "cut off while it thought");
}

#[test]
fn thoughts_that_never_end_are_no_answer() {
    assert!(matches!(reply(&json!("<think>{\"a\": 1}, but"), "stop"), Read::CutOff(_)));
    let at_its_end = "<think>\nSo it is\n```json\n{\"a\": 1}\n```";
    assert_eq!(found(at_its_end), Some(json!({"a": 1})));
    assert!(matches!(reply(&json!(at_its_end), "length"), Read::CutOff(_)));
    assert!(matches!(reply(&json!("[THINK]{\"a\": 1}"), "length"), Read::CutOff(_)));
    let channel = "<|channel|>analysis<|message|>{\"a\": 1}";
    assert!(matches!(reply(&json!(channel), "stop"), Read::CutOff(_)));
}

#[test]
fn errors_inside_a_choice_are_no_answers() {
    let body = json!({"choices": [{"error": {"code": 502, "message": "x"}, "finish_reason": "error",
        "message": {"content": ""}}]});
    assert!(matches!(read(body.to_string().as_bytes()), Read::NotAReply(_)));
    assert!(matches!(reply(&json!(""), "error"), Read::NotAReply(_)));
    assert!(matches!(
        read(br#"{"choices": null, "base_resp": {"status_code": 1}}"#),
        Read::NotAReply(_)
    ));
}
