//! What servers do not take, whatever the question: by the body of a request, and not by chance.

use serde_json::{Value, json};

use super::chat::error;
use super::faults::Kind;
use super::http::Response;
use super::text::tokens;

/// What a server does not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Quirk {
    /// Its template has no system messages, and says so in these words.
    NoSystem(&'static str),
    /// Prompt and longest answer together, in tokens, in the words of TGI.
    Window(u64),
    /// A longer answer than this, in tokens.
    LongestAnswer(u64),
    /// `minItems` and `maxItems`.
    NoListBounds,
    /// More texts at once than this, in the words of DashScope.
    Texts(usize),
    /// Texts in a list.
    OneText,
    /// Thoughts need room for so many tokens, and a refusal says when there was not enough.
    Thinks(u64),
    /// A longer text than this, in bytes.
    LongText(usize),
    /// `encoding_format`.
    NoEncodingFormat,
    /// A query without this in it.
    Query(&'static str),
    /// A request without this header and value.
    Header(&'static str, &'static str),
    /// A body without this field.
    Field(&'static str),
    /// Questions and texts with this in them: each time with this status, and nothing said.
    Chokes(&'static str, u16),
    /// Any `response_format`, in these words.
    Formats(&'static str),
}

const REQUEST: &str = "invalid_request_error";

/// Why a request is refused, if it is.
pub(super) fn refusal(
    quirks: &[Quirk],
    kind: Kind,
    request: &super::http::Request,
    body: &Value,
) -> Option<Response> {
    quirks.iter().find_map(|quirk| match quirk {
        Quirk::Query(wanted) => (!request.query.contains(wanted))
            .then(|| error(404, "Resource not found", REQUEST, Some("404"), None)),
        Quirk::Header(name, value) => (request.header(name) != Some(value)).then(|| {
            error(401, "Access denied due to invalid subscription key", REQUEST, None, None)
        }),
        Quirk::Field(name) => body
            .get(name)
            .is_none()
            .then(|| error(400, &format!("the field {name} is wanted"), REQUEST, None, None)),
        Quirk::Chokes(text, status) => {
            let asked = [body.get("messages"), body.get("input")];
            let has = asked.into_iter().flatten().any(|part| part.to_string().contains(text));
            has.then(|| Response::json(*status, &json!({"error": {"message": ""}})))
        }
        Quirk::OneText => (kind == Kind::Embed && body.get("input").is_some_and(Value::is_array))
            .then(|| {
                let message = "json: cannot unmarshal array into Go struct field EmbeddingRequest.input of type string";
                error(400, message, REQUEST, None, None)
            }),
        Quirk::Texts(_) | Quirk::LongText(_) | Quirk::NoEncodingFormat => {
            (kind == Kind::Embed).then(|| of_texts(quirk, body)).flatten()
        }
        _ => kind.is_chat().then(|| of_question(quirk, body)).flatten(),
    })
}

fn of_texts(quirk: &Quirk, body: &Value) -> Option<Response> {
    let texts = body.get("input")?.as_array()?;
    let refused = |message: String| Some(error(400, &message, "InvalidParameter", None, None));
    match quirk {
        Quirk::Texts(most) if texts.len() > *most => refused(format!(
            "<400> InternalError.Algo.InvalidParameter: Value error, batch size is invalid, it should not be larger than {most}.: input.contents"
        )),
        Quirk::LongText(most)
            if texts.iter().filter_map(Value::as_str).any(|text| text.len() > *most) =>
        {
            refused(
                "This model's maximum context length is 512 tokens, however an input has more"
                    .to_owned(),
            )
        }
        Quirk::NoEncodingFormat if body.get("encoding_format").is_some() => {
            refused("extra_forbidden: encoding_format: Extra inputs are not permitted".to_owned())
        }
        _ => None,
    }
}

fn of_question(quirk: &Quirk, body: &Value) -> Option<Response> {
    let number = |name: &str| body.get(name).and_then(Value::as_u64);
    let longest = number("max_completion_tokens").or_else(|| number("max_tokens"));
    match quirk {
        Quirk::NoSystem(words) => {
            let messages = body.get("messages")?.as_array()?;
            let refused = messages.iter().any(|message| message["role"] == "system");
            refused.then(|| error(400, words, "BadRequestError", None, None))
        }
        Quirk::Window(most) => {
            let prompt = tokens(body.get("messages")?.to_string().len());
            let answer = longest.unwrap_or(0);
            (prompt + answer > *most).then(|| {
                let message = format!(
                    "Input validation error: `inputs` tokens + `max_new_tokens` must be <= {most}. Given: {prompt} `inputs` tokens and {answer} `max_new_tokens`"
                );
                Response::json(422, &json!({"error": message, "error_type": "validation"}))
            })
        }
        Quirk::LongestAnswer(most) => (longest? > *most).then(|| {
            let message = format!("`max_tokens` must be less than or equal to `{most}`, the maximum value for `max_tokens`");
            error(400, &message, REQUEST, None, Some("max_tokens"))
        }),
        Quirk::Thinks(least) => (longest? < *least).then(|| {
            let message = "Could not finish the message because max_tokens or model output limit was reached. Please try again with higher max_tokens.";
            error(400, message, REQUEST, None, None)
        }),
        Quirk::Formats(words) => {
            body.get("response_format").map(|_| error(400, words, REQUEST, None, None))
        }
        Quirk::NoListBounds => {
            let format = body.get("response_format")?.to_string();
            (format.contains("minItems") || format.contains("maxItems")).then(|| {
                let message = "invalid schema for response format: response_format/json_schema: minItems is not supported";
                error(400, message, REQUEST, None, None)
            })
        }
        _ => None,
    }
}
