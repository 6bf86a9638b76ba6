//! Words about the address and the model, and what pages say.

/// The plain protocol where the secure one is spoken.
pub(in crate::client) const PLAIN_HTTP: &[&str] =
    &["plain http request was sent to https", "http request to an https server"];
/// Nothing is served at this path.
pub(in crate::client) const NO_PATH: &[&str] = &[
    "unexpected endpoint",
    "unknown request url",
    "invalid url (",
    "no route matched",
    "unknown path",
    "unknown_url",
    "unsupported openapi method",
];
/// The model has another name.
pub(in crate::client) const NO_MODEL: &[&str] = &[
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
    "could not load model",
    "llm provider not provided",
    "has been decommissioned",
    "model_not_supported",
    "model_not_available",
    "unsupported model",
    "model disabled",
    "无可用渠道",
    "no available channel",
    "模型不存在",
    "on-demand throughput isn",
    "inference profile",
];
/// The model is there, and does something else.
pub(in crate::client) const OTHER_USE: &[&str] = &[
    "does not support chat",
    "not a chat model",
    "does not support embeddings",
    "not support embeddings",
    "not support embedding",
    "does not work with the specified model",
    "chat template is no longer allowed",
    "must provide a chat template",
    "template not found",
    "generate embeddings from this model",
];
/// With the word "model": it is not there.
pub(in crate::client) const NOT_THERE: &[&str] = &["does not exist", "not found", "not exist"];
/// A page for people, in a few words: its title.
pub(in crate::client) fn of_page(text: &str) -> String {
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
