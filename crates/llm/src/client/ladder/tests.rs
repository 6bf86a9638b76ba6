//! A row for every behaviour: what came, what is known, what was tried, and what is done next.

use crate::client::profile::LIST;
use reqwest::header::HeaderMap;
use serde_json::json;

use super::*;
use crate::account::usage::TokenUsage;

const URL: &str = "http://h/v1";

fn said(status: u16, body: &str) -> Refusal {
    super::super::refusal::read(status, &HeaderMap::new(), body.as_bytes())
}

fn worded(status: u16, message: &str) -> Refusal {
    said(status, &json!({"error": {"message": message}}).to_string())
}

fn unknown() -> EndpointProfile {
    EndpointProfile::unknown(URL)
}

fn chat(profile: &EndpointProfile) -> EndpointKnowledge<'_> {
    EndpointKnowledge {
        service: Service::Chat,
        url: URL,
        model: "m",
        profile,
        kind: "label",
        form: profile.form("label"),
        learnt: false,
        answered: true,
        beside: 0,
        asked: 2_048,
        needed: 300,
        inputs: 1,
        others: false,
        may_cut: true,
        patience: Duration::from_secs(600),
    }
}

fn texts(profile: &EndpointProfile, inputs: usize) -> EndpointKnowledge<'_> {
    let service = Service::Embeddings;
    EndpointKnowledge {
        service,
        form: AnswerForm::Plain,
        inputs,
        asked: 0,
        needed: 0,
        ..chat(profile)
    }
}

/// The nth time that this came.
fn nth(came: &Came<'_>, known: &EndpointKnowledge<'_>, times: u32) -> Next {
    let mut tried = Attempts::default();
    (0..times).for_each(|_| tried.count(came));
    next(came, known, &tried)
}

fn of_said(said: &Refusal, known: &EndpointKnowledge<'_>, times: u32) -> Next {
    nth(&Came::Said(said), known, times)
}

fn stops(next: &Next) -> Option<EndpointFault> {
    match next {
        Next::Stop { fault, .. } => Some(*fault),
        _ => None,
    }
}

#[test]
fn refusals_that_concern_everybody_stop_everything_at_once() {
    let profile = unknown();
    for answered in [false, true] {
        let known = EndpointKnowledge { answered, ..chat(&profile) };
        for (status, message) in [
            (401, "Incorrect API key"),
            (402, "Insufficient Balance"),
            (400, "Your credit balance is too low"),
            (400, "API key expired"),
            (429, "insufficient_quota"),
        ] {
            let next = of_said(&worded(status, message), &known, 1);
            assert_eq!(stops(&next), Some(EndpointFault::Denied), "{message}");
        }
        assert_eq!(stops(&of_said(&said(407, ""), &known, 1)), Some(EndpointFault::Misaddressed));
    }
}

#[test]
fn the_first_call_tells_of_a_wrong_address() {
    let profile = unknown();
    let first = EndpointKnowledge { answered: false, ..chat(&profile) };
    for said in [
        worded(404, "no such path"),
        worded(400, "x is not a valid model ID"),
        said(200, r#"{"error":"Unexpected endpoint or method. (POST /chat/completions)"}"#),
        said(301, ""),
        worded(405, "no"),
    ] {
        let next = of_said(&said, &first, 1);
        assert_eq!(stops(&next), Some(EndpointFault::Misaddressed), "{said:?}");
        // After good answers it is a fault like others.
        let later = of_said(&said, &chat(&profile), 1);
        assert_eq!(later, Next::Wait { said: None, all: false }, "{said:?}");
    }
    let page = said(200, "<html><title>Sign in</title></html>");
    assert!(matches!(of_said(&page, &first, 2), Next::Wait { .. }));
    assert_eq!(stops(&of_said(&page, &first, 3)), Some(EndpointFault::Misaddressed));
    assert!(matches!(of_said(&page, &chat(&profile), 3), Next::Wait { .. }));
    assert!(matches!(of_said(&page, &chat(&profile), 6), Next::Unanswered { .. }));
}

#[test]
fn what_waiting_cannot_cure_is_not_waited_for() {
    let profile = unknown();
    let known = chat(&profile);
    for cause in [Cause::Certificate, Cause::NoTls, Cause::Proxy] {
        let came = Came::NeverSent { why: "x", cause };
        assert_eq!(stops(&nth(&came, &known, 1)), Some(EndpointFault::Misaddressed), "{cause:?}");
    }
    let refused = Came::NeverSent { why: "x", cause: Cause::Broken };
    assert!(matches!(nth(&refused, &known, 6), Next::Wait { .. }));
    assert_eq!(stops(&nth(&refused, &known, 7)), Some(EndpointFault::Temporary));
}

#[test]
fn waits_are_as_long_as_was_said_and_no_longer_than_there_is_patience() {
    let profile = unknown();
    let known = chat(&profile);
    let wait = |message: &str| of_said(&worded(429, message), &known, 1);
    let seven = Some(Duration::from_secs_f64(7.2));
    assert_eq!(
        wait("Please try again in 7.2s. See /billing"),
        Next::Wait { said: seven, all: true }
    );
    assert_eq!(wait("slow down"), Next::Wait { said: None, all: true });
    assert_eq!(stops(&wait("Please try again in 2h0m0s")), Some(EndpointFault::Temporary));
    // A gateway's word is not everybody's, however long it wants.
    let gateway = Refusal { after: Some(Duration::from_secs(3_600)), ..said(502, "<html>") };
    assert_eq!(of_said(&gateway, &known, 1), Next::Wait { said: None, all: false });
    assert!(matches!(of_said(&gateway, &known, 6), Next::Unanswered { .. }));
}

#[test]
fn one_row_is_one_row() {
    let profile = unknown();
    let known = chat(&profile);
    let flagged = worded(403, "your input was flagged");
    assert_eq!(of_said(&flagged, &known, 1), Next::GiveUp(Flaw::Filtered));
}

#[test]
fn forms_are_left_for_a_reason() {
    let profile = unknown();
    let known = chat(&profile);
    // A reason that names the form: the endpoint's profile.
    let named = worded(400, "response_format is not supported");
    assert!(matches!(of_said(&named, &known, 1), Next::Learn(_)));
    // No reason: only this time.
    let bare = worded(400, "Bad Request");
    assert_eq!(of_said(&bare, &known, 1), Next::Form(AnswerForm::ObjectWithSchema));
    let down = worded(500, "Internal");
    assert!(matches!(of_said(&down, &known, 1), Next::Wait { .. }));
    assert_eq!(of_said(&down, &known, 2), Next::Form(AnswerForm::ObjectWithSchema));
    // A form that has worked is not blamed.
    let proven = unknown().answered_in("label", AnswerForm::Schema, false);
    let known = chat(&proven);
    assert!(matches!(of_said(&bare, &known, 1), Next::GiveUp(Flaw::BadRequest(_))));
    assert!(matches!(of_said(&down, &known, 2), Next::Wait { .. }));
    assert!(matches!(of_said(&said(400, ""), &known, 1), Next::Wait { .. }), "perhaps a slip");
    assert!(matches!(of_said(&said(400, ""), &known, 3), Next::GiveUp(_)));
    // Whoever asked in the old way asks again in the new one.
    let late = EndpointKnowledge { learnt: true, ..known };
    assert_eq!(of_said(&bare, &late, 1), Next::Again);
}

#[test]
fn prose_is_asked_again_with_the_schema_in_the_prompt_unless_the_form_has_worked() {
    let prose = Read::Flawed(Flaw::NotJson("Sure".to_owned()), TokenUsage::default());
    let profile = unknown();
    assert_eq!(nth(&Came::Answer(&prose), &chat(&profile), 1), Next::Form(AnswerForm::Plain));
    let proven = unknown().answered_in("label", AnswerForm::Schema, false);
    assert_eq!(nth(&Came::Answer(&prose), &chat(&proven), 1), Next::Keep);
    let empty = Read::Flawed(Flaw::Empty, TokenUsage::default());
    assert_eq!(nth(&Came::Answer(&empty), &chat(&profile), 1), Next::Keep);
}

#[test]
fn an_answer_that_the_server_kept_to_itself() {
    let profile = unknown();
    let known = chat(&profile);
    let useless = |written: &str| {
        let error =
            json!({"error": {"code": "json_validate_failed", "failed_generation": written}});
        said(400, &error.to_string())
    };
    let whole = r#"{"1": "A"}"#;
    assert_eq!(of_said(&useless(whole), &known, 1), Next::Read(whole.to_owned()));
    let other = json!({"error": {"code": "json_validate_failed", "failed_generation": whole,
        "message": "Generated JSON does not match the expected schema."}});
    let other = said(400, &other.to_string());
    assert!(matches!(of_said(&other, &known, 1), Next::Wait { .. }), "once more, perhaps it fits");
    assert_eq!(of_said(&other, &known, 2), Next::Read(whole.to_owned()));
    let half = useless(r#"{"1": "A"#);
    assert!(matches!(of_said(&half, &known, 1), Next::Wait { .. }));
    assert_eq!(of_said(&half, &known, 2), Next::Form(AnswerForm::Plain));
    let plain = EndpointKnowledge { form: AnswerForm::Plain, ..known };
    assert!(matches!(of_said(&half, &plain, 3), Next::GiveUp(Flaw::NotJson(_))));
}

#[test]
fn too_long_is_first_a_shorter_answer_and_then_a_shorter_question() {
    let profile = unknown();
    let known = chat(&profile);
    let long = worded(400, "maximum context length is 4096 tokens");
    assert_eq!(of_said(&long, &known, 1), Next::Less(300));
    let least = EndpointKnowledge { asked: 300, ..known.clone() };
    assert_eq!(of_said(&long, &least, 1), Next::GiveUp(Flaw::TooLong));
    let answer = worded(400, "max_tokens must be less than or equal to 1024");
    assert_eq!(of_said(&answer, &known, 1), Next::Less(1_024));
    let exclusive = worded(
        400,
        "maxOutputTokens value of 2048 but the supported range is from 1 (inclusive) to 1025 (exclusive)",
    );
    assert_eq!(of_said(&exclusive, &known, 1), Next::Less(1_024));
    let money = worded(402, "You requested up to 2048 tokens, but can only afford 1200");
    assert_eq!(of_said(&money, &known, 1), Next::Less(1_200));
}

#[test]
fn calls_that_are_lost_are_not_paid_for_many_times() {
    let profile = unknown();
    let known = chat(&profile);
    let lost = |cause| Came::Unknown { why: "x", cause };
    assert!(matches!(nth(&lost(Cause::Broken), &known, 2), Next::Wait { .. }));
    assert!(matches!(nth(&lost(Cause::Broken), &known, 3), Next::Unanswered { ones: true, .. }));
    // Nothing was paid for where the connection was closed at once: a server may be starting again.
    assert!(matches!(nth(&lost(Cause::Closed), &known, 6), Next::Wait { .. }));
    assert!(matches!(nth(&lost(Cause::Closed), &known, 7), Next::Unanswered { ones: true, .. }));
    let new = EndpointKnowledge { answered: false, ..known.clone() };
    assert!(matches!(nth(&lost(Cause::Closed), &new, 7), Next::Unanswered { ones: false, .. }));
    let others = EndpointKnowledge { beside: 3, ..known.clone() };
    for cause in [Cause::Broken, Cause::Closed] {
        let next = nth(&lost(cause), &others, 3);
        assert!(matches!(next, Next::Unanswered { ones: true, .. }), "{cause:?}");
    }
    let first = EndpointKnowledge { answered: false, ..known };
    let Next::Stop { hint, .. } = nth(&lost(Cause::Timeout), &first, 3) else { panic!() };
    assert!(hint.contains("--concurrency"), "{hint}");
}

#[test]
fn embeddings_find_out_what_is_taken() {
    let profile = unknown();
    let fewer = |status, message: &str, inputs| match of_said(
        &worded(status, message),
        &texts(&profile, inputs),
        1,
    ) {
        Next::Fewer { most, lasting } => (most, lasting),
        other => panic!("{other:?}"),
    };
    for (status, message, most) in [
        (
            400,
            "Value error, batch size is invalid, it should not be larger than 10.: input.contents",
            10,
        ),
        (400, "at most 100 requests can be in one batch", 100),
        (413, "input batch size 128 > maximum allowed batch size 32", 32),
        (422, "batch size 128 > maximum allowed batch size 64", 64),
    ] {
        assert_eq!(fewer(status, message, 128), (Some(most), true), "{message}");
    }
    assert_eq!(fewer(413, "", 128), (None, false), "half of them, then");
    assert!(!fewer(400, "maximum context length is 8192 tokens", 128).1);
    let one = texts(&profile, 1);
    assert_eq!(of_said(&worded(400, "maximum context length is 512 tokens"), &one, 1), Next::Cut);
    let format = worded(400, "encoding_format is not supported");
    let Next::Learn(learnt) = of_said(&format, &one, 1) else { panic!() };
    assert!(!learnt.takes("encoding_format"));
    let came = |missing| Came::Vectors { missing };
    assert_eq!(nth(&came(0), &one, 1), Next::Keep);
    assert!(matches!(nth(&came(1), &texts(&profile, 8), 1), Next::Wait { .. }));
    assert_eq!(nth(&came(1), &one, 4), Next::Cut, "another text may have a vector");
}

#[test]
fn thoughts_that_fill_an_answer_get_more_room() {
    let profile = unknown();
    let full = worded(
        400,
        "Could not finish the message because max_tokens or model output limit was reached. Please try again with higher max_tokens.",
    );
    assert_eq!(of_said(&full, &chat(&profile), 1), Next::More);
    assert_eq!(of_said(&full, &chat(&profile), 2), Next::More);
    let out = of_said(&full, &chat(&profile), 3);
    assert_eq!(out, Next::GiveUp(Flaw::CutOff(2_048)));
}

#[test]
fn a_server_that_takes_one_text_gets_one() {
    let profile = unknown();
    for message in [
        "input must be a string",
        "json: cannot unmarshal array into Go struct field EmbeddingRequest.input of type string",
        "1 validation error: input: str type expected",
    ] {
        let Next::Learn(learnt) = of_said(&worded(422, message), &texts(&profile, 20), 1) else {
            panic!("{message}");
        };
        assert_eq!((learnt.inputs, learnt.takes(LIST)), (Some(1), false), "{message}");
        let again = of_said(&worded(422, message), &texts(&learnt, 1), 1);
        assert!(!matches!(again, Next::Learn(_)), "{message}: learnt once");
    }
}

#[test]
fn a_text_without_numbers_is_asked_about_alone_and_cut() {
    let profile = unknown();
    let nan = worded(500, "failed to encode response: json: unsupported value: NaN");
    let fewer = Next::Fewer { most: None, lasting: false };
    assert_eq!(of_said(&nan, &texts(&profile, 20), 3), fewer);
    assert_eq!(of_said(&nan, &texts(&profile, 1), 1), Next::Cut);
    // Any other failure may pass.
    assert!(matches!(of_said(&worded(500, "oops"), &texts(&profile, 1), 1), Next::Wait { .. }));
}

#[test]
fn a_question_that_the_server_fails_at_alone_is_known_soon() {
    let profile = unknown().answered_in("label", AnswerForm::Schema, false);
    let down = worded(500, "");
    let beside = |beside| EndpointKnowledge { beside, ..chat(&profile) };
    assert!(matches!(of_said(&down, &beside(0), 5), Next::Wait { .. }));
    assert!(matches!(of_said(&down, &beside(0), 6), Next::Unanswered { ones: true, .. }));
    assert!(matches!(of_said(&down, &beside(3), 2), Next::Wait { .. }));
    assert!(matches!(of_said(&down, &beside(3), 3), Next::Unanswered { ones: true, .. }));
    // Who is slow is slow with everybody.
    let slow = Came::Unknown { why: "x", cause: Cause::Timeout };
    assert!(matches!(nth(&slow, &beside(9), 3), Next::Unanswered { ones: false, .. }));
}

#[test]
fn a_text_that_the_server_fails_at_is_found_and_cut() {
    let profile = unknown();
    let fewer = Next::Fewer { most: None, lasting: false };
    let page = said(403, "<html><title>Blocked</title></html>");
    let lost = Came::Unknown { why: "reset", cause: Cause::Broken };
    for failure in [Came::Said(&worded(500, "")), Came::Said(&page), lost] {
        let next = |known: &EndpointKnowledge<'_>| nth(&failure, known, 3);
        assert_eq!(next(&texts(&profile, 20)), fewer);
        // Others first, which tell whether anything is answered here.
        let first = EndpointKnowledge { answered: false, others: true, ..texts(&profile, 1) };
        assert_eq!(next(&first), Next::PutOff);
        assert_eq!(next(&texts(&profile, 1)), Next::Cut);
        let enough = EndpointKnowledge { may_cut: false, ..texts(&profile, 1) };
        assert_ne!(next(&enough), Next::Cut, "it is not the texts");
    }
    let bare = worded(400, "Bad Request");
    assert_eq!(of_said(&bare, &texts(&profile, 1), 1), Next::Cut);
    let first = EndpointKnowledge { answered: false, ..texts(&profile, 20) };
    let Next::Learn(learnt) = of_said(&bare, &first, 1) else { panic!() };
    assert!(!learnt.takes("encoding_format"), "what older servers stumble at");
}

#[test]
fn what_only_the_user_can_know_is_named() {
    let profile = unknown();
    let hint = |known: EndpointKnowledge<'_>, message: &str| match of_said(
        &worded(400, message),
        &known,
        1,
    ) {
        Next::Stop { fault: EndpointFault::Misaddressed, hint, .. } => hint,
        other => panic!("{message}: {other:?}"),
    };
    let first = EndpointKnowledge { answered: false, ..chat(&profile) };
    let thinking = "parameter.enable_thinking must be set to false for non-streaming calls";
    assert!(hint(first.clone(), thinking).contains("[llm.extra_body]"));
    assert!(hint(first, "Missing required query parameter: api-version").contains("[llm.query]"));
    let first = EndpointKnowledge { answered: false, ..texts(&profile, 9) };
    let input = "'input_type' parameter is required for asymmetric models";
    assert!(hint(first.clone(), input).contains("[embedding.extra_body]"));
    let size = "Model \"m\" does not support matryoshka representation";
    assert!(hint(first, size).contains("dimensions"));
}

#[test]
fn the_quota_of_a_day_is_not_waited_for() {
    let profile = unknown();
    let known = chat(&profile);
    for message in [
        "Rate limit exceeded: free-models-per-day. Add 10 credits",
        "Too many tokens per day, please wait before trying again.",
        "Usage limit reached for 5 hour. Your limit will reset at 2026-12-01 03:10:00",
        "quotaId GenerateRequestsPerDayPerProjectPerModel-FreeTier. Please retry in 18.2s.",
    ] {
        let next = of_said(&worded(429, message), &known, 1);
        assert_eq!(stops(&next), Some(EndpointFault::Temporary), "{message}");
    }
    // A rolling day says when there is room again.
    let rolling = worded(429, "on requests per day (RPD): Limit 200. Please try again in 7.2s.");
    assert!(matches!(of_said(&rolling, &known, 1), Next::Wait { said: Some(_), all: true }));
}
