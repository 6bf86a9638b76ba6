//! The models that are built in, or lie in a folder, as embedders.

use std::sync::Arc;

use cladus_models::static_table::Static;
use cladus_models::transformer::Transformer;

use crate::corpus::{STATIC_SEED, digest, sample};
use crate::memo::Memo;
use crate::{EmbeddedText, Embedder, Error};

/// A sentence transformer: the one that is built in, or one in a folder.
#[derive(Debug, Clone)]
pub(crate) struct Sentence {
    weights: LoadedModel,
    /// What names and phrases mean.
    names: Arc<Memo>,
}

#[derive(Debug, Clone)]
enum LoadedModel {
    Shipped(&'static Transformer),
    Opened(Arc<Transformer>),
}

impl Sentence {
    pub(crate) fn shipped(names: Arc<Memo>) -> Result<Self, Error> {
        Ok(Self { weights: LoadedModel::Shipped(Transformer::minilm()?), names })
    }

    pub(crate) fn opened(model: Arc<Transformer>, names: Arc<Memo>) -> Self {
        Self { weights: LoadedModel::Opened(model), names }
    }

    fn model(&self) -> &Transformer {
        match &self.weights {
            LoadedModel::Shipped(model) => model,
            LoadedModel::Opened(model) => model,
        }
    }
}

impl Embedder for Sentence {
    fn id(&self) -> String {
        self.model().id()
    }

    fn dim(&self) -> usize {
        self.model().dim()
    }

    fn embed(
        &self,
        texts: &[EmbeddedText<'_>],
        on_done: &(dyn Fn(usize) + Sync),
    ) -> Result<Vec<f32>, Error> {
        let model = self.model();
        // Names and phrases come again; of clusters, their embeddings are kept in a file.
        if texts.iter().all(|text| text.description.is_empty()) {
            let texts: Vec<&str> = texts.iter().map(|text| text.name).collect();
            let make = |wanted: &[&str]| {
                on_done(texts.len() - wanted.len());
                model.embed(wanted, on_done)
            };
            return Ok(self.names.vectors(&model.id(), model.dim(), &texts, make)?);
        }
        let texts: Vec<String> = texts.iter().map(sentence).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        Ok(model.embed(&texts, on_done)?)
    }
}

/// A text as a transformer reads it.
fn sentence(text: &EmbeddedText<'_>) -> String {
    match (text.name, text.description) {
        (name, "") => name.to_owned(),
        ("", description) => description.to_owned(),
        (name, description) => format!("{name}. {description}"),
    }
}

/// The distillate of the transformer, a table of token vectors; texts as seen from the centre of a
/// corpus.
#[derive(Debug)]
pub(crate) struct Distilled {
    model: &'static Static,
    centre: Vec<f32>,
    id: String,
}

impl Distilled {
    /// Method, version and weights, known without a corpus.
    pub(crate) fn version() -> Result<String, Error> {
        Ok(shipped()?.id())
    }

    /// Repetitions and the order of `corpus` do not matter; of a large one, a sample is read.
    pub(crate) fn fit(corpus: &[EmbeddedText<'_>]) -> Result<Self, Error> {
        let model = shipped()?;
        let sample = sample(corpus, STATIC_SEED);
        let centre = model.centre(&pairs(&sample));
        Ok(Self { model, centre, id: format!("{} corpus={}", model.id(), digest(&sample)) })
    }

    /// The one with this `id`, if it was made of these weights: it saw its texts from `centre`.
    pub(crate) fn at(centre: &[f32], id: &str) -> Result<Option<Self>, Error> {
        let model = shipped()?;
        let same = id.strip_prefix(&model.id()).is_some_and(|rest| rest.starts_with(" corpus="));
        let fits = same && centre.len() == model.dim();
        Ok(fits.then(|| Self { model, centre: centre.to_vec(), id: id.to_owned() }))
    }
}

fn shipped() -> Result<&'static Static, Error> {
    Ok(Static::shipped().map_err(cladus_core::Error::from)?)
}

fn pairs<'a>(texts: &[EmbeddedText<'a>]) -> Vec<(&'a str, &'a str)> {
    texts.iter().map(|text| (text.name, text.description)).collect()
}

impl Embedder for Distilled {
    fn id(&self) -> String {
        self.id.clone()
    }

    fn dim(&self) -> usize {
        self.model.dim()
    }

    fn centre(&self) -> Option<&[f32]> {
        Some(&self.centre)
    }

    fn embed(
        &self,
        texts: &[EmbeddedText<'_>],
        on_done: &(dyn Fn(usize) + Sync),
    ) -> Result<Vec<f32>, Error> {
        Ok(self.model.embed(&pairs(texts), Some(&self.centre), on_done))
    }
}
