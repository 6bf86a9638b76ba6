//! What a stage would come to whose inputs are not there yet.

use std::path::Path;

use cladus_core::Result;
use cladus_core::artifact::{self, Cluster};
use cladus_core::config::{Backend, Config};
use cladus_core::progress::Spent;
use cladus_llm::{Price, Prices, TokenCounter, Usage};

use crate::invocation::Stage;
use crate::levels::Level;

/// A prompt's own text and schema, in tokens.
const STATIC: u64 = 350;

/// What is known beforehand of texts and prices.
#[derive(Debug)]
pub(crate) struct Estimator {
    /// Of the base clusters.
    texts: Texts,
    price: Option<Price>,
}

impl Estimator {
    pub(crate) fn of(clusters: &Path, config: &Config, in_batches: bool) -> Result<Self> {
        let Some(model) = config.llm.model.as_deref().filter(|_| config.backend == Backend::Llm)
        else {
            return Ok(Self { texts: Texts::MADE, price: None });
        };
        let texts = Texts::of(&artifact::read_clusters(clusters)?.rows, model);
        let price = Prices::load(config.llm.prices.as_deref())?.of(model);
        let price = if in_batches { price.map(Price::in_batch) } else { price };
        Ok(Self { texts, price })
    }

    /// What `stage` comes to at `level`, by the level plan.
    pub(crate) fn of_stage(&self, stage: Stage, level: &Level, config: &Config) -> Spent {
        let nothing = Spent { nanodollars: Some(0), ..Spent::default() };
        if config.backend != Backend::Llm {
            return nothing;
        }
        let average = config.group_size(level.size, level.target);
        let groups = level.size.div_ceil(average.max(1)) as u64;
        let (n, target) = (level.size as u64, level.target as u64);
        let texts = if level.iteration == 1 { self.texts } else { Texts::MADE };
        let (prompt, completion) = match stage {
            Stage::Embed | Stage::Group => return nothing,
            Stage::Propose => (groups * (STATIC + 60) + n * texts.short, target * 10),
            Stage::Label => (groups * STATIC + target * 20 + n * (texts.long + 12), n * 13),
            Stage::Rename => (groups * STATIC + n * texts.short, target * 90),
        };
        let usage = Usage {
            prompt_tokens: Some(prompt),
            cached_tokens: None,
            completion_tokens: Some(completion),
        };
        Spent {
            calls: groups,
            prompt_tokens: prompt,
            completion_tokens: completion,
            nanodollars: self.price.as_ref().and_then(|price| price.nanodollars(&usage)),
            ..Spent::default()
        }
    }
}

/// Tokens of a cluster as prompts show it, in the mean.
#[derive(Debug, Clone, Copy)]
struct Texts {
    /// Its name and the first sentence about it.
    short: u64,
    /// Its name and all about it.
    long: u64,
}

impl Texts {
    /// Of parents: ten words and two sentences at most.
    const MADE: Self = Self { short: 45, long: 70 };

    fn of(clusters: &[Cluster], model: &str) -> Self {
        /// So many tell the mean well enough.
        const SAMPLE: usize = 200;
        let counter = TokenCounter::for_model(model);
        let step = clusters.len().div_ceil(SAMPLE).max(1);
        let sample: Vec<usize> = clusters
            .iter()
            .step_by(step)
            .map(|c| {
                counter.count(&format!("<item id=\"10\">{}: {}</item>", c.name, c.description))
            })
            .collect();
        let mean = sample.iter().sum::<usize>() as u64 / sample.len().max(1) as u64;
        Self { short: mean.min(55), long: mean.min(120) }
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
