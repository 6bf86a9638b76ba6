//! Who takes which form, and that the answer does not depend on it.

use base64::Engine as _;
use serde_json::{Value, json};

use super::*;
use crate::server::{Behaviour, Support};

/// The same question in every form.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Form {
    Schema,
    ObjectWithSchema,
    Object,
    Plain,
}

const FORMS: [Form; 4] = [Form::Schema, Form::ObjectWithSchema, Form::Object, Form::Plain];

fn in_form(form: Form) -> Value {
    let mut body = label(1);
    let user = body["messages"][1]["content"].as_str().unwrap().to_owned();
    let schema = label_schema();
    let told = format!("{user}\n\nAnswer with JSON that follows this schema:\n{schema:#}");
    match form {
        Form::Schema => return body,
        Form::ObjectWithSchema => {
            body["messages"][0]["content"] = json!("Be brief. Answer in JSON.");
            body["response_format"] = json!({"type": "json_object", "schema": schema});
            return body;
        }
        Form::Object => body["response_format"] = json!({"type": "json_object"}),
        Form::Plain => drop(body.as_object_mut().unwrap().remove("response_format")),
    }
    body["messages"][1]["content"] = told.into();
    body
}

#[test]
fn every_mode_takes_what_it_says() {
    let takes = |support| match support {
        Support::Strict | Support::Ignores => [200, 200, 200, 200],
        Support::SchemaRefused400 => [400, 200, 200, 200],
        Support::SchemaRefused500 => [500, 200, 200, 200],
        Support::ObjectOnly => [400, 400, 200, 200],
        Support::PlainOnly => [400, 400, 400, 200],
    };
    for (name, support) in Support::ALL {
        let server = TestServer::start(Behaviour::supporting(*support));
        for (form, status) in FORMS.into_iter().zip(takes(*support)) {
            let got = post(&server, &in_form(form));
            assert_eq!(got.status, status, "{name} {form:?}");
            if status == 400 {
                assert_eq!(got.error("param"), "response_format", "{name} {form:?}");
            } else if status == 200 && *support == Support::Ignores {
                let text = got.content();
                let json = text.split_once("```json\n").unwrap().1.split_once("\n```").unwrap().0;
                assert!(text.starts_with("Sure!"), "{text}");
                assert_eq!(serde_json::from_str::<Value>(json).unwrap(), labels());
            } else if status == 200 {
                assert_eq!(got.answer(), labels(), "{name} {form:?}");
            }
        }
        // One question, in whatever form; refused forms are no attempts.
        assert_eq!(server.stats().logical, 1, "{name}");
        let attempts: Vec<u64> =
            server.requests().iter().map(|seen| seen.attempt).filter(|n| *n > 0).collect();
        assert_eq!(attempts, (1..=attempts.len() as u64).collect::<Vec<_>>(), "{name}");
    }
}

#[test]
fn json_mode_wants_the_word() {
    for (support, status) in [(Support::ObjectOnly, 400), (Support::SchemaRefused400, 200)] {
        let server = TestServer::start(Behaviour::supporting(support));
        let mut body = label(1);
        body["response_format"] = json!({"type": "json_object"});
        let got = post(&server, &body);
        assert_eq!(got.status, status);
        assert!(
            status == 200 || got.error("message").as_str().unwrap().contains("the word 'json'")
        );
    }
}

#[test]
fn a_strict_schema_must_be_closed() {
    let server = TestServer::start(Behaviour::default());
    let mut body = label(1);
    body["response_format"]["json_schema"]["schema"]["additionalProperties"] = json!(true);
    assert_eq!(post(&server, &body).status, 400);
    body["response_format"]["json_schema"]["strict"] = json!(false);
    assert_eq!(post(&server, &body).answer(), labels());
}

#[test]
fn answers_follow_the_question() {
    let server = TestServer::start(Behaviour::default());
    let names = post(&server, &propose(3)).answer();
    assert_eq!(names["names"].as_array().unwrap().len(), 3, "{names}");
    let parents = post(&server, &rename()).answer();
    assert_ne!(parents["1"]["name"], parents["2"]["name"]);
    for parent in [&parents["1"], &parents["2"]] {
        assert_eq!(parent["description"].as_str().unwrap().matches('.').count(), 2);
        assert_eq!(parent["slug"].as_str().unwrap().split('_').count(), 3);
    }
    assert_eq!(post(&server, &json!({"model": "m"})).error("param"), "messages");
    assert_eq!(post(&server, &json!({"messages": messages("x")})).error("param"), "model");
    let plain = post(&server, &json!({"model": "m", "messages": messages("x")}));
    assert!(plain.content().starts_with("There is nothing to say"));
    let mut client = Client::new(&server);
    client.send("GET", "/v1/models", "");
    assert_eq!(client.receive().unwrap().json()["data"][0]["id"], "test-chat");
    client.send("GET", "/v1/nowhere", "");
    assert_eq!(client.receive().unwrap().status, 404);
    client.send("POST", "/v1/chat/completions", "{");
    assert_eq!(client.receive().unwrap().status, 400);
}

#[test]
fn the_same_question_has_the_same_answer() {
    let first = TestServer::start(Behaviour::default());
    let second = TestServer::start(Behaviour::default());
    let _ = post(&second, &label(77));
    for body in [label(1), propose(2), rename(), embed(&["reset passwords"])] {
        let got = post(&first, &body);
        assert_eq!(got, post(&first, &body));
        assert_eq!(got, post(&second, &body));
    }
}

#[test]
fn usage_is_counted_and_prompts_are_cached() {
    let server = TestServer::start(Behaviour::default());
    let mut body = label(1);
    let usage = |body: &Value| post(&server, body).json()["usage"].clone();
    let short = usage(&body);
    let prompt = 9 + ITEMS.len() + 2 + label_schema().to_string().len();
    assert_eq!(short["prompt_tokens"], prompt.div_ceil(4));
    assert_eq!(short["completion_tokens"], labels().to_string().len().div_ceil(4));
    assert_eq!(usage(&body)["prompt_tokens_details"]["cached_tokens"], 0);
    body["messages"][0]["content"] = json!("word ".repeat(1000));
    assert_eq!(usage(&body)["prompt_tokens_details"]["cached_tokens"], 0);
    body["messages"][1]["content"] = json!(ITEMS);
    assert_eq!(usage(&body)["prompt_tokens_details"]["cached_tokens"], 1152);
}

#[test]
fn parameters_may_be_unsupported_and_keys_required() {
    let server = TestServer::start(Behaviour {
        unsupported: vec!["max_tokens".to_owned(), "temperature".to_owned()],
        api_key: Some("sk-right".to_owned()),
        ..Behaviour::default()
    });
    let mut client = Client::new(&server);
    client.headers = "Authorization: Bearer sk-wrong\r\n".to_owned();
    let got = client.post(&label(1));
    assert_eq!((got.status, got.error("code")), (401, json!("invalid_api_key")));
    assert!(got.error("message").as_str().unwrap().contains("Bearer sk-wrong"));
    client.headers = "Authorization: Bearer sk-right\r\n".to_owned();
    let mut body = label(1);
    body["max_tokens"] = json!(100);
    let got = client.post(&body);
    assert_eq!((got.status, got.error("param")), (400, json!("max_tokens")));
    assert_eq!(got.error("code"), "unsupported_parameter");
    assert_eq!(client.post(&label(1)).status, 200);
    server.configure(|behaviour| behaviour.api_key = None);
    client.headers.clear();
    assert_eq!(client.post(&label(1)).status, 200);
    assert_eq!(server.requests()[0].header("authorization"), Some("Bearer sk-wrong"));
}

#[test]
fn embeddings_are_bags_of_words() {
    let server = TestServer::start(Behaviour { max_inputs: 3, ..Behaviour::default() });
    let vectors = |body: &Value| -> Vec<Vec<f32>> {
        let data = post(&server, body).json()["data"].clone();
        let vector = |one: &Value| serde_json::from_value(one["embedding"].clone()).unwrap();
        data.as_array().unwrap().iter().map(vector).collect()
    };
    let mut body = embed(&["Reset passwords", "the passwords, reset!", "Bake bread"]);
    let plain = vectors(&body);
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
    assert_eq!(plain[0].len(), 64);
    assert!(dot(&plain[0], &plain[1]) > 0.999 && dot(&plain[0], &plain[2]) < 0.5);
    assert!(plain.iter().all(|vector| (dot(vector, vector) - 1.0).abs() < 1e-5));
    body["encoding_format"] = json!("base64");
    let text = post(&server, &body).json()["data"][0]["embedding"].as_str().unwrap().to_owned();
    let bytes = base64::engine::general_purpose::STANDARD.decode(text).unwrap();
    let floats: Vec<f32> =
        bytes.chunks(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect();
    assert_eq!(floats, plain[0]);
    let mut wide = embed(&["a word"]);
    wide["dimensions"] = json!(5);
    assert_eq!(vectors(&wide)[0].len(), 5);
    for wrong in [&[][..], &["x", ""], &["a", "b", "c", "d"]] {
        assert_eq!(post(&server, &embed(wrong)).status, 400);
    }
}
