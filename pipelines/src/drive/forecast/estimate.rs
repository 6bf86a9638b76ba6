//! What a stage would come to whose inputs are not there yet.

use std::path::Path;

use cladus_asking::calls_worth;
use cladus_core::Result;
use cladus_core::artifact::{self, Cluster};
use cladus_core::config::{Backend, Config, LastLook};
use cladus_core::progress::Spent;
use cladus_llm::{Price, Prices, TEXTS_A_CALL, TokenCounter, TokenUsage};
use cladus_words::EMBEDDED_OF_A_CLASS;

use crate::stages::levels::Level;
use crate::stages::stage::Stage;

/// A prompt's own text and schema, in tokens.
const STATIC: u64 = 350;

/// A candidate with what belongs in it, and how many of them one call shows, at most.
const CANDIDATE: u64 = 22;
const NAMES: u64 = 60;
/// Proposals that are compared in one call, at most.
const PROPOSALS: u64 = 150;

/// A phrase that names are made of, and such a name, in tokens.
const PHRASE: u64 = 4;
const NAME: u64 = 9;
/// `rename` embeds names of those parents alone whose children `label` has changed.
const CHANGED: u64 = 10;

/// What is known beforehand of texts and prices.
#[derive(Debug)]
pub(crate) struct Estimator {
    /// Of the base clusters.
    texts: TextTokens,
    price: Option<Price>,
    /// What an endpoint's vectors cost, where one embeds.
    vectors: Option<Price>,
}

impl Estimator {
    pub(crate) fn of(clusters: &Path, config: &Config, in_batches: bool) -> Result<Self> {
        let model = config.llm.model.as_deref().filter(|_| config.backend == Backend::Llm);
        let vectors = config.embedding_model();
        let Some(counted_by) = model.or(vectors) else {
            return Ok(Self { texts: TextTokens::MADE, price: None, vectors: None });
        };
        let texts = TextTokens::of(&artifact::read_clusters(clusters)?.rows, counted_by);
        let prices = Prices::load(config.llm.prices.as_deref())?;
        let price = model.and_then(|model| prices.of(model));
        let price = if in_batches { price.map(Price::in_batch) } else { price };
        Ok(Self { texts, price, vectors: vectors.and_then(|model| prices.of(model)) })
    }

    /// What `stage` comes to at `level`, by the level plan.
    pub(crate) fn of_stage(&self, stage: Stage, level: &Level, config: &Config) -> Spent {
        add(self.of_chat(stage, level, config), self.of_vectors(stage, level, config))
    }

    fn of_chat(&self, stage: Stage, level: &Level, config: &Config) -> Spent {
        if config.backend != Backend::Llm {
            return NOTHING;
        }
        let average = config.group_size(level.size, level.target);
        let groups = level.size.div_ceil(average.max(1)) as u64;
        let (n, target) = (level.size as u64, level.target as u64);
        let texts = self.texts_of(level);
        // Several groups propose what becomes one.
        let proposed = if groups > 1 { target * 9 / 5 } else { target };
        let (calls, prompt, completion) = match stage {
            Stage::Embed | Stage::Group => return NOTHING,
            Stage::Propose => {
                let windows = if groups > 1 { proposed.div_ceil(PROPOSALS) } else { 0 };
                let prompt = (groups + windows) * (STATIC + 150) + n * texts.short;
                let reconciled = if groups > 1 { proposed } else { 0 };
                (groups + windows, prompt + reconciled * CANDIDATE, proposed * 24 + reconciled * 8)
            }
            Stage::Label => {
                let repeated = STATIC + target.min(NAMES) * (CANDIDATE + NAME);
                let said = n * (texts.short + 12);
                let width = |calls: usize| level.size.div_ceil(calls).clamp(8, 60) as u64;
                let width = match config.label.labels_per_call {
                    Some(most) => most.max(1) as u64,
                    None => width(calls_worth(said as usize, repeated as usize)),
                };
                // One in ten is looked at again.
                let calls = n.div_ceil(width)
                    + if config.label.look == LastLook::Once { n.div_ceil(240) } else { 0 };
                (calls, calls * repeated + said * 11 / 10, n * 13)
            }
            Stage::Rename => {
                let said = n * texts.short.min(40);
                let calls = calls_worth(said as usize, 550);
                let width = level.target.div_ceil(calls).clamp(4, 12) as u64;
                let calls = target.div_ceil(width);
                (calls, calls * (STATIC + 200) + said, target * 90)
            }
        };
        spent(calls, prompt, completion, self.price.as_ref())
    }

    /// What the vectors of names come to that an endpoint makes. Those of clusters are no estimate,
    /// and parents lie in the middle of their children.
    fn of_vectors(&self, stage: Stage, level: &Level, config: &Config) -> Spent {
        if config.embedding_model().is_none() {
            return NOTHING;
        }
        let (n, target) = (level.size as u64, level.target as u64);
        let (phrases, names) = EMBEDDED_OF_A_CLASS;
        let (phrases, names) = (target * phrases as u64, target * names as u64);
        let (texts, tokens) = match (stage, config.backend) {
            (Stage::Propose, Backend::Extractive) => (
                n + phrases + names,
                n * self.texts_of(level).name + phrases * PHRASE + names * NAME,
            ),
            (Stage::Rename, Backend::Extractive) => {
                ((phrases + names) / CHANGED, (phrases * PHRASE + names * NAME) / CHANGED)
            }
            // Candidates that a model made have no exemplars.
            (Stage::Label, Backend::Llm) => (target, target * NAME / 2),
            _ => return NOTHING,
        };
        spent(texts.div_ceil(TEXTS_A_CALL as u64), tokens, 0, self.vectors.as_ref())
    }

    fn texts_of(&self, level: &Level) -> TextTokens {
        if level.iteration == 1 { self.texts } else { TextTokens::MADE }
    }
}

const NOTHING: Spent = Spent {
    calls: 0,
    answered: 0,
    prompt_tokens: 0,
    cached_tokens: 0,
    completion_tokens: 0,
    nanodollars: Some(0),
};

fn spent(calls: u64, prompt: u64, completion: u64, price: Option<&Price>) -> Spent {
    let usage = TokenUsage {
        prompt_tokens: Some(prompt),
        cached_tokens: None,
        completion_tokens: Some(completion),
    };
    Spent {
        calls,
        prompt_tokens: prompt,
        completion_tokens: completion,
        nanodollars: price.and_then(|price| price.nanodollars(&usage)),
        ..NOTHING
    }
}

/// Tokens of a cluster as prompts show it, in the mean.
#[derive(Debug, Clone, Copy)]
struct TextTokens {
    /// Its name.
    name: u64,
    /// Its name and the first sentence about it.
    short: u64,
}

impl TextTokens {
    /// Of parents: ten words and two sentences at most.
    const MADE: Self = Self { name: 10, short: 45 };

    fn of(clusters: &[Cluster], model: &str) -> Self {
        /// So many tell the mean well enough.
        const SAMPLE: usize = 200;
        let counter = TokenCounter::for_model(model);
        let step = clusters.len().div_ceil(SAMPLE).max(1);
        let sample: Vec<&Cluster> = clusters.iter().step_by(step).collect();
        let mean = |shown: &dyn Fn(&Cluster) -> String| {
            let all: usize = sample.iter().map(|cluster| counter.count(&shown(cluster))).sum();
            all as u64 / sample.len().max(1) as u64
        };
        let whole = mean(&|c| format!("<item id=\"10\">{}: {}</item>", c.name, c.description));
        Self { name: mean(&|c| c.name.clone()), short: whole.min(55) }
    }
}

/// Both together.
pub(crate) fn add(a: Spent, b: Spent) -> Spent {
    Spent {
        calls: a.calls + b.calls,
        answered: a.answered + b.answered,
        prompt_tokens: a.prompt_tokens + b.prompt_tokens,
        cached_tokens: a.cached_tokens + b.cached_tokens,
        completion_tokens: a.completion_tokens + b.completion_tokens,
        // A stage that asks nobody has nothing to price.
        nanodollars: if b.calls == 0 {
            a.nanodollars
        } else {
            a.nanodollars.zip(b.nanodollars).map(|(a, b)| a + b)
        },
    }
}
