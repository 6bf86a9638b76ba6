//! What tokens cost. A price that is not known is `None`, never 0.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use cladus_core::{Error, Result};
use serde::Deserialize;

use crate::account::usage::TokenUsage;

/// Made by `scripts/price_table.py`.
const BUILT_IN: &str = include_str!("prices.tsv");

/// More dollars for a million tokens than this are a slip of the pen.
const MOST_DOLLARS: f64 = 1e6;

/// What one model's tokens cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    // In millionths of a millionth of a dollar a token: $1 for a million tokens is 1,000,000 of
    // them, so that published prices are whole numbers.
    input: u64,
    cached_input: u64,
    /// `None`: no tokens come back.
    output: Option<u64>,
    /// What a token costs in a batch, in millionths of what it costs otherwise.
    batch: u64,
    /// What is paid of all that, in millionths.
    share: u64,
}

const WHOLE: u64 = 1_000_000;

/// What batches cost at OpenAI and wherever else they are known, as a share of the price.
const IN_BATCH: f64 = 0.5;

/// Prices by model.
#[derive(Debug, Clone)]
pub struct Prices {
    by_model: PriceTable,
}

/// What is known of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct PriceEntry {
    price: Price,
    /// Tokens that it reads at once.
    window: Option<u64>,
}

type PriceTable = BTreeMap<String, PriceEntry>;

/// Tokens that `model` reads at once, as the built-in table has it; `None` where it does not know the
/// model.
pub fn window(model: &str) -> Option<u64> {
    static BUILT_IN_TABLE: LazyLock<Prices> =
        LazyLock::new(|| Prices { by_model: built_in().unwrap_or_default() });
    BUILT_IN_TABLE.window(model)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PriceLine {
    input: f64,
    cached_input: Option<f64>,
    output: Option<f64>,
    batch: Option<f64>,
    window: Option<u64>,
}

impl Prices {
    /// The built-in table, and before it the one in `user_file`.
    ///
    /// # Errors
    /// When `user_file` cannot be read, or has an unknown key or a price that is none.
    pub fn load(user_file: Option<&Path>) -> Result<Self> {
        let mut by_model = built_in()?;
        if let Some(path) = user_file {
            let text = std::fs::read_to_string(path).map_err(|e| Error::io("read", path, e))?;
            by_model.extend(parse(&text, &path.display().to_string())?);
        }
        Ok(Self { by_model })
    }

    /// The price of `model`: by its name as it is, without a provider before it
    /// (`openai/gpt-4o-mini`), without a date behind it (`gpt-4o-mini-2024-07-18`,
    /// `claude-haiku-4-5-20251001`); or, where only providers' names are known, with any of them before
    /// it, if they agree. Other names have no price.
    pub fn of(&self, model: &str) -> Option<Price> {
        match self.entry(model) {
            Some(entry) => Some(entry.price),
            None => agreed(self.with_providers(model).map(|entry| entry.price)),
        }
    }

    /// Tokens that `model` reads at once; of several providers' the fewest.
    pub fn window(&self, model: &str) -> Option<u64> {
        match self.entry(model) {
            Some(entry) => entry.window,
            None => self.with_providers(model).filter_map(|entry| entry.window).min(),
        }
    }

    fn entry(&self, model: &str) -> Option<&PriceEntry> {
        let bare = model.rsplit('/').next().unwrap_or(model);
        let names = [model, bare, without_date(model), without_date(bare)];
        names.into_iter().filter(|name| !name.is_empty()).find_map(|name| self.by_model.get(name))
    }

    /// What providers have under this name.
    fn with_providers(&self, model: &str) -> impl Iterator<Item = &PriceEntry> {
        let bare = without_date(model.rsplit('/').next().unwrap_or(model)).to_owned();
        let named = self.by_model.iter().filter(move |(name, _)| {
            !bare.is_empty() && name.rsplit('/').next() == Some(bare.as_str())
        });
        named.map(|(_, entry)| entry)
    }
}

/// What all say, if they say the same.
fn agreed(mut prices: impl Iterator<Item = Price>) -> Option<Price> {
    let first = prices.next()?;
    prices.all(|price| price == first).then_some(first)
}

fn built_in() -> Result<PriceTable> {
    let mut table = PriceTable::new();
    for line in BUILT_IN.lines().filter(|line| !line.starts_with('#')) {
        let wrong = || Error::Bug(format!("built-in prices: {line:?}"));
        let fields: Vec<&str> = line.split('\t').collect();
        let [model, input, cached, output, batch, window, _answer, _schema] = fields[..] else {
            return Err(wrong());
        };
        let number = |text: &str| match text {
            "" => Ok(None),
            text => text.parse::<f64>().map(Some).map_err(|_| wrong()),
        };
        let line = PriceLine {
            input: number(input)?.ok_or_else(wrong)?,
            cached_input: number(cached)?,
            output: number(output)?,
            batch: number(batch)?,
            window: window.parse().ok(),
        };
        table.insert(model.to_owned(), line.entry(model, "built-in prices")?);
    }
    Ok(table)
}

impl Price {
    /// The same model's price in a batch.
    pub fn in_batch(self) -> Self {
        Self { share: self.batch, ..self }
    }

    fn paid(&self, picodollars: u128) -> u64 {
        // Two steps: their product may be too great.
        let (parts, rest) = (picodollars / u128::from(WHOLE), picodollars % u128::from(WHOLE));
        let share = u128::from(self.share);
        nano(parts.saturating_mul(share) + (rest * share).div_ceil(u128::from(WHOLE)))
    }

    /// What a call cost, in billionths of a dollar, rounded up; `None` where the provider did not
    /// count, or the table has no price for what it counted.
    pub fn nanodollars(&self, usage: &TokenUsage) -> Option<u64> {
        let prompt = usage.prompt_tokens?;
        // Providers without a cache say nothing about it.
        let cached = usage.cached_tokens.unwrap_or(0).min(prompt);
        let answer = match self.output {
            Some(output) => times(usage.completion_tokens?, output),
            None if usage.completion_tokens.unwrap_or(0) == 0 => 0,
            None => return None,
        };
        let input = times(prompt - cached, self.input) + times(cached, self.cached_input);
        Some(self.paid(input + answer))
    }

    /// The most a call can cost, in billionths of a dollar: nothing cached, the longest answer.
    /// `None` where an answer is asked for and the table has no price for answers.
    pub fn at_most(&self, prompt_tokens: u64, max_completion_tokens: u64) -> Option<u64> {
        let answer = match self.output {
            Some(output) => times(max_completion_tokens, output),
            None if max_completion_tokens == 0 => 0,
            None => return None,
        };
        // There are caches that are dearer than the prompt.
        Some(self.paid(times(prompt_tokens, self.input.max(self.cached_input)) + answer))
    }
}

fn times(tokens: u64, price: u64) -> u128 {
    u128::from(tokens) * u128::from(price)
}

fn nano(picodollars: u128) -> u64 {
    u64::try_from(picodollars.div_ceil(1_000)).unwrap_or(u64::MAX)
}

/// `name` without `-2024-07-18` or `-20241022`.
fn without_date(name: &str) -> &str {
    let is_date = |text: &str| {
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let shape: Vec<usize> = text.split('-').map(str::len).collect();
        digits == 8 && (shape == [8] || shape == [4, 2, 2])
    };
    for length in [11, 9] {
        if let Some((before, date)) = name.split_at_checked(name.len().saturating_sub(length))
            && !before.is_empty()
            && date.strip_prefix('-').is_some_and(is_date)
        {
            return before;
        }
    }
    name
}

fn parse(text: &str, origin: &str) -> Result<PriceTable> {
    let lines: BTreeMap<String, PriceLine> = toml::from_str(text).map_err(|e| {
        Error::config_hint(
            format!("{origin}: {}", e.to_string().trim_end()),
            "a line is \"model\" = { input = 1.0, cached_input = 0.5, output = 2.0 }, in dollars \
             for a million tokens (and batch = 0.5, where a batch costs half of that, or window = 8192, \
             the tokens that it reads at once); names with a dot in them need the quotes",
        )
    })?;
    lines
        .into_iter()
        .map(|(model, line)| Ok((model.clone(), line.entry(&model, origin)?)))
        .collect()
}

impl PriceLine {
    fn entry(&self, model: &str, origin: &str) -> Result<PriceEntry> {
        Ok(PriceEntry { price: self.price(model, origin)?, window: self.window })
    }

    fn price(&self, model: &str, origin: &str) -> Result<Price> {
        let checked = |key: &str, dollars: f64| {
            if !(0.0..=MOST_DOLLARS).contains(&dollars) {
                return Err(Error::config(format!(
                    "{origin}: {model}.{key} is {dollars}, expected dollars for a million tokens"
                )));
            }
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "checked above"
            )]
            let price = (dollars * 1e6).round() as u64;
            Ok(price)
        };
        let input = checked("input", self.input)?;
        let cached = self.cached_input.map(|x| checked("cached_input", x)).transpose()?;
        let output = self.output.map(|x| checked("output", x)).transpose()?;
        let batch = self.batch.unwrap_or(IN_BATCH);
        if !(0.0..=1.0).contains(&batch) {
            return Err(Error::config(format!(
                "{origin}: {model}.batch is {batch}, expected a share of the price, 0 to 1"
            )));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked above"
        )]
        let batch = (batch * WHOLE as f64).round() as u64;
        let cached_input = cached.unwrap_or(input);
        Ok(Price { input, cached_input, output, batch, share: WHOLE })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(prompt: u64, cached: u64, completion: u64) -> TokenUsage {
        TokenUsage {
            prompt_tokens: Some(prompt),
            cached_tokens: Some(cached),
            completion_tokens: Some(completion),
        }
    }

    #[test]
    fn names_with_a_provider_or_a_date_are_found() {
        let prices = Prices::load(None).unwrap();
        let mini = prices.of("gpt-4o-mini");
        assert!(mini.is_some());
        for name in [
            "openai/gpt-4o-mini",
            "gpt-4o-mini-2024-07-18",
            "openrouter/openai/gpt-4o-mini-2024-07-18",
        ] {
            assert_eq!(prices.of(name), mini, "{name}");
        }
        assert_eq!(prices.of("claude-haiku-4-5-20251001"), prices.of("claude-haiku-4-5"));
        assert_ne!(prices.of("gpt-4o-2024-05-13"), prices.of("gpt-4o"), "exact comes first");
        for name in
            ["", "-20241022", "gpt-4o-mini-other", "gpt", "ft:gpt-4o-mini:me", "é-2024-07-18"]
        {
            assert_eq!(prices.of(name), None, "{name}");
        }
    }

    #[test]
    fn windows_are_found_as_prices_are() {
        assert_eq!(window("gpt-4o-mini"), Some(128_000));
        assert_eq!(window("openai/gpt-4o-mini-2024-07-18"), Some(128_000));
        assert!(window("gpt-oss-120b").is_some(), "with any provider before it");
        assert_eq!(window("no-such-model"), None);
        let own = parse("m = { input = 1, window = 512 }", "own").unwrap();
        assert_eq!(Prices { by_model: own }.window("m"), Some(512));
    }

    #[test]
    fn costs_are_whole_nanodollars() {
        let price = Prices::load(None).unwrap().of("gpt-4o-mini").unwrap();
        // $0.15 for a million is 150 nanodollars a token, $0.075 is 75, $0.60 is 600.
        assert_eq!(price.nanodollars(&usage(1_000, 400, 10)), Some(600 * 150 + 400 * 75 + 6_000));
        assert_eq!(price.nanodollars(&usage(1, 7, 0)), Some(75), "more cached than sent");
        assert_eq!(price.nanodollars(&TokenUsage::default()), None);
        let silent = TokenUsage { completion_tokens: None, ..usage(1, 0, 0) };
        assert_eq!(price.nanodollars(&silent), None);
        assert_eq!(price.at_most(1_000, 10), Some(156_000));
        let small = Prices::load(None).unwrap().of("text-embedding-3-small").unwrap();
        let embedding = TokenUsage { prompt_tokens: Some(1_000_000), ..TokenUsage::default() };
        assert_eq!(small.nanodollars(&embedding), Some(20_000_000));
        assert_eq!(small.at_most(1_000_000, 0), Some(20_000_000));
        assert_eq!(small.at_most(1, 1), None, "nobody knows what its answers would cost");
        assert_eq!(price.at_most(u64::MAX, u64::MAX), Some(u64::MAX));
    }

    #[test]
    fn a_batch_costs_its_share() {
        let price = Prices::load(None).unwrap().of("gpt-4o-mini").unwrap();
        let half = price.in_batch();
        assert_eq!(half.nanodollars(&usage(1_000, 400, 10)), Some(63_000));
        assert_eq!(half.nanodollars(&usage(1, 1, 0)), Some(38), "rounded up, once");
        assert_eq!(half.at_most(1_000, 10), Some(78_000));
        assert_eq!(half.at_most(u64::MAX, u64::MAX), Some(u64::MAX));
        assert_eq!(half.nanodollars(&TokenUsage::default()), None);
        let own = |line: &str| parse(line, "own").map(|table| table["m"].price.in_batch());
        let free = own("m = { input = 1, output = 1, batch = 0 }").unwrap();
        assert_eq!(free.at_most(9, 9), Some(0));
        let dear = own("m = { input = 1, output = 1, batch = 1 }").unwrap();
        assert_eq!(dear.at_most(9, 9), Some(18_000));
        let wrong = own("m = { input = 1, batch = 1.5 }").unwrap_err().to_string();
        assert!(wrong.contains("m.batch"), "{wrong}");
    }

    #[test]
    fn an_own_table_comes_first_and_is_checked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("prices.toml");
        let load = |text: &str| {
            std::fs::write(&path, text).unwrap();
            Prices::load(Some(&path))
        };
        let own = load("gpt-4o = { input = 1, output = 2 }\n[mine]\ninput = 0\n").unwrap();
        assert_eq!(own.of("gpt-4o").unwrap().at_most(1, 1), Some(3_000));
        assert_eq!(own.of("mine").unwrap().at_most(9, 0), Some(0));
        assert!(own.of("gpt-4.1").is_some());
        for (text, names) in [
            ("m = { input = 1, ouput = 2 }", "ouput"),
            ("m = { input = -1 }", "m.input"),
            ("m = { input = nan }", "m.input"),
            ("m = { output = 1 }", "input"),
            ("m = 3", "m = 3"),
        ] {
            let message = load(text).unwrap_err().to_string();
            assert!(message.contains(names) && message.contains("prices.toml"), "{message}");
        }
        assert!(Prices::load(Some(&folder.path().join("none.toml"))).is_err());
    }
}
