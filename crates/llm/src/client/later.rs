//! When to come back: in headers and in the words of an error, as spans and as moments.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::header::HeaderMap;
use serde_json::Value;

/// What a refusal says about when to come back: in its headers, in its fields, or in its words.
pub(super) fn said(
    headers: &HeaderMap,
    error: &Value,
    all: &str,
    now: SystemTime,
) -> Option<Duration> {
    retry_after(headers, now).or_else(|| in_fields(error, now)).or_else(|| in_words(all))
}

/// `retry-after-ms`, or `retry-after` in seconds or as a date, or the reset of a limit that is used
/// up.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let now = of_server(headers).unwrap_or(now);
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    if let Some(ms) = text("retry-after-ms").and_then(|ms| ms.parse::<f64>().ok()) {
        return seconds(ms / 1000.0);
    }
    if let Some(after) = text("retry-after") {
        if let Ok(number) = after.parse::<f64>() {
            return span_or_moment(number, now);
        }
        if let Ok(date) = httpdate::parse_http_date(after) {
            return Some(date.duration_since(now).unwrap_or_default());
        }
        if let Some(span) = span(after) {
            return Some(span);
        }
    }
    exhausted(headers, now)
}

/// Dates are told by the server's clock: ours may be another.
fn of_server(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get("date")?.to_str().ok()?.trim()).ok()
}

/// Until when there is nothing left of a limit, as headers tell it.
pub(super) fn exhausted(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let now = of_server(headers).unwrap_or(now);
    let text = |name: String| headers.get(name)?.to_str().ok().map(str::trim);
    let families = ["x-ratelimit-", "anthropic-ratelimit-", "ratelimit-"];
    let whats = ["requests", "tokens", "input-tokens", "output-tokens"];
    let pairs = families.iter().flat_map(|family| {
        let named = whats.iter().flat_map(move |what| {
            let (a, b) = (format!("{family}remaining-{what}"), format!("{family}reset-{what}"));
            let (c, d) = (format!("{family}{what}-remaining"), format!("{family}{what}-reset"));
            [(a, b), (c, d)]
        });
        named.chain([(format!("{family}remaining"), format!("{family}reset"))])
    });
    pairs
        .filter(|(remaining, _)| text(remaining.clone()) == Some("0"))
        .filter_map(|(_, reset)| moment_or_span(text(reset)?, now))
        .max()
}

/// `error.details[].retryDelay`, `error.retry_after`, and headers that a gateway quotes.
fn in_fields(error: &Value, now: SystemTime) -> Option<Duration> {
    let details = error.get("details").and_then(Value::as_array).into_iter().flatten();
    let delay = details.filter_map(|detail| detail.get("retryDelay")?.as_str()).find_map(span);
    if delay.is_some() {
        return delay;
    }
    let number = |name: &str| match error.get(name)? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    if let Some(number) = number("retry_after").or_else(|| number("retry_after_seconds")) {
        return span_or_moment(number, now);
    }
    let quoted = error.pointer("/metadata/headers")?.as_object()?;
    let (_, reset) = quoted.iter().find(|(name, _)| name.to_lowercase().ends_with("-reset"))?;
    match reset {
        Value::String(text) => moment_or_span(text, now),
        other => span_or_moment(other.as_f64()?, now),
    }
}

/// "Please try again in 7.2s", "retry in 36.9s", "retry after 12 seconds", "in 2 minutes".
fn in_words(all: &str) -> Option<Duration> {
    let before = ["try again in ", "retry in ", "retry after ", "wait ", "try again after "];
    before.iter().find_map(|before| {
        let rest = &all[all.find(before)? + before.len()..];
        let end =
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '.')).unwrap_or(rest.len());
        let word = rest[..end].trim_end_matches('.');
        if let Ok(number) = word.parse::<f64>() {
            let unit = rest[end..].trim_start();
            let unit = [("ms", 0.001), ("millisecond", 0.001), ("minute", 60.0), ("hour", 3600.0)]
                .iter()
                .find(|(name, _)| unit.starts_with(name))
                .map_or(1.0, |(_, seconds)| *seconds);
            return seconds(number * unit);
        }
        span(word)
    })
}

fn moment_or_span(text: &str, now: SystemTime) -> Option<Duration> {
    if let Ok(number) = text.parse::<f64>() {
        return span_or_moment(number, now);
    }
    if let Some(moment) = rfc_3339(text).or_else(|| httpdate::parse_http_date(text).ok()) {
        return Some(moment.duration_since(now).unwrap_or_default());
    }
    span(text)
}

/// Seconds from now, or, where that would be decades, a moment in seconds or milliseconds since 1970.
fn span_or_moment(number: f64, now: SystemTime) -> Option<Duration> {
    const DECADES: f64 = 1e8;
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    match number {
        n if n >= DECADES * 1e3 => seconds(n / 1000.0 - since),
        n if n >= DECADES => seconds(n - since),
        n => seconds(n),
    }
}

/// `2026-11-29T10:00:00Z`, with a fraction or without.
fn rfc_3339(text: &str) -> Option<SystemTime> {
    let (date, time) = text.split_once('T')?;
    let time = time.trim_end_matches('Z').split(['.', '+']).next()?;
    let numbers = |text: &str, by: char| -> Option<Vec<u64>> {
        text.split(by).map(|part| part.parse().ok()).collect()
    };
    let (date, time) = (numbers(date, '-')?, numbers(time, ':')?);
    let ([year, month, day], [hour, minute, second]) = (date.as_slice(), time.as_slice()) else {
        return None;
    };
    // As dates are written in headers, so that a calendar need not be counted here.
    let months =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = months.get(usize::try_from(month.checked_sub(1)?).ok()?)?;
    ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].iter().find_map(|weekday| {
        let date =
            format!("{weekday}, {day:02} {month} {year} {hour:02}:{minute:02}:{second:02} GMT");
        httpdate::parse_http_date(&date).ok()
    })
}

/// "1s", "6m0s", "1h2m3.5s", "20ms", or plain seconds.
fn span(text: &str) -> Option<Duration> {
    if let Ok(number) = text.parse::<f64>() {
        return seconds(number);
    }
    let mut total = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..end].parse().ok()?;
        let unit_end =
            rest[end..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |at| end + at);
        total += number
            * match &rest[end..unit_end] {
                "ms" => 0.001,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                "d" => 86_400.0,
                _ => return None,
            };
        rest = &rest[unit_end..];
    }
    seconds(total)
}

fn seconds(number: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(number.max(0.0)).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(k, v)| (k.parse().unwrap(), v.parse().unwrap())).collect()
    }

    #[test]
    fn every_way_of_saying_when_is_understood() {
        let now = UNIX_EPOCH + Duration::from_secs(784_111_770);
        let after = |pairs: &[(&'static str, &str)]| {
            retry_after(&headers(pairs), now).map(|d| d.as_secs_f64())
        };
        assert_eq!(after(&[("retry-after", "7")]), Some(7.0));
        assert_eq!(after(&[("retry-after", "7"), ("retry-after-ms", "1500")]), Some(1.5));
        assert_eq!(after(&[("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")]), Some(7.0));
        assert_eq!(after(&[("retry-after", "Sun, 06 Nov 1994 08:49:20 GMT")]), Some(0.0));
        let skewed = [
            ("retry-after", "Sun, 06 Nov 1994 10:00:05 GMT"),
            ("date", "Sun, 06 Nov 1994 10:00:00 GMT"),
        ];
        assert_eq!(after(&skewed), Some(5.0), "by the server's own clock");
        let reset = |text: &str| {
            after(&[("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-reset-tokens", text)])
        };
        assert_eq!(reset("6m0s"), Some(360.0));
        assert_eq!(reset("20ms"), Some(0.02));
        assert_eq!(reset("1h2m3.5s"), Some(3723.5));
        assert_eq!(reset("784111800"), Some(30.0), "a moment in seconds");
        assert_eq!(reset("784111800000"), Some(30.0), "a moment in milliseconds");
        assert_eq!(reset("1994-11-06T08:50:00Z"), Some(30.0));
        assert_eq!(reset("soon"), None);
        assert_eq!(after(&[("retry-after", "-1")]), Some(0.0));
        assert_eq!(after(&[]), None);
        let plain = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "784111830000")];
        assert_eq!(after(&plain), Some(60.0));
    }

    #[test]
    fn errors_say_when_in_fields_and_in_words() {
        let now = UNIX_EPOCH + Duration::from_secs(1_743_292_700);
        let none = HeaderMap::new();
        let fields = |error: Value| said(&none, &error, "", now).map(|d| d.as_secs_f64());
        assert_eq!(fields(json!({"details": [{"@type": "x"}, {"retryDelay": "36s"}]})), Some(36.0));
        assert_eq!(fields(json!({"retry_after": 5})), Some(5.0));
        let quoted = json!({"metadata": {"headers": {"X-RateLimit-Reset": "1743292800000"}}});
        assert_eq!(fields(quoted), Some(100.0));
        let words = |all: &str| said(&none, &json!({}), all, now).map(|d| d.as_secs_f64());
        assert_eq!(words("please try again in 7.2s. visit"), Some(7.2));
        assert_eq!(words("please try again in 9m38.016s."), Some(578.016));
        assert_eq!(words("please retry in 36.9s."), Some(36.9));
        assert_eq!(words("retry after 12 seconds"), Some(12.0));
        assert_eq!(words("please wait 2 minutes"), Some(120.0));
        assert_eq!(words("wait a little"), None);
    }
}
