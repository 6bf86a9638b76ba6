//! The embedders that a process has in use.

use std::borrow::Cow;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use cladus_models::transformer::Transformer;

use crate::memo::Memo;
use crate::model::{Distilled, Sentence};
use crate::smooth::Smoothing;
use crate::{EmbeddedText, Embedder, EmbedderKind, Error, Lexical};

/// The embedders that a process has in use: stages that run one after the other are handed the same
/// one of these, and what one of them has read, fitted or computed the next need not do again. It
/// changes no result.
#[derive(Debug, Default)]
pub struct Embedders {
    /// The transformer that was read from a folder last.
    opened: Mutex<Option<Arc<Transformer>>>,
    /// The one that was fitted last.
    fitted: Mutex<Option<Arc<Lexical>>>,
    /// What names and phrases mean to a transformer.
    names: Arc<Memo>,
    smoothing: Smoothing,
}

impl Embedders {
    /// The embedder of this kind, fitted on `corpus` where it needs one.
    ///
    /// Whoever wants to embed other texts into the space of some stored vectors (a candidate's
    /// name among the clusters) fits again, on the same texts with the same seed, and has the
    /// same embedder: its [`id`](Embedder::id) says so.
    ///
    /// # Errors
    /// When a model cannot be read.
    pub fn fit(
        &self,
        kind: &EmbedderKind,
        corpus: &[EmbeddedText<'_>],
        seed: u64,
    ) -> Result<Box<dyn Embedder>, Error> {
        Ok(match kind {
            EmbedderKind::MiniLm => Box::new(Sentence::shipped(Arc::clone(&self.names))?),
            EmbedderKind::Static => Box::new(Distilled::fit(corpus)?),
            EmbedderKind::Lexical => Box::new(self.lexical(corpus, seed)),
            EmbedderKind::Folder(folder) => {
                Box::new(Sentence::opened(self.opened(folder)?, Arc::clone(&self.names)))
            }
        })
    }

    /// The embedder of this kind with this `id` and `centre`, as a file of embeddings says them, if it
    /// is of the same version and need not be fitted again.
    ///
    /// # Errors
    /// When a model cannot be read.
    pub fn at(
        &self,
        kind: &EmbedderKind,
        id: &str,
        centre: Option<&[f32]>,
    ) -> Result<Option<Box<dyn Embedder>>, Error> {
        let embedder: Option<Box<dyn Embedder>> = match (kind, centre) {
            (EmbedderKind::Static, Some(centre)) => match Distilled::at(centre, id)? {
                Some(embedder) => Some(Box::new(embedder)),
                None => None,
            },
            // These depend on their corpus.
            (EmbedderKind::Static | EmbedderKind::Lexical, _) => None,
            (EmbedderKind::MiniLm | EmbedderKind::Folder(_), _) => Some(self.fit(kind, &[], 0)?),
        };
        Ok(embedder.filter(|embedder| embedder.id() == id))
    }

    /// [`smoothed`](crate::smooth), which is computed once for the same vectors and texts.
    pub(crate) fn smoothed<'v>(
        &self,
        vectors: &'v [f32],
        dim: usize,
        texts: &[EmbeddedText<'_>],
    ) -> Cow<'v, [f32]> {
        self.smoothing.of(vectors, dim, texts)
    }

    /// The model in `folder`, read again where its files are no longer what they were.
    fn opened(&self, folder: &Path) -> Result<Arc<Transformer>, Error> {
        let id = Transformer::id_of(folder)?;
        let mut last = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(model) = &*last
            && model.id() == id
        {
            return Ok(Arc::clone(model));
        }
        // Let go of the old one before the new one is read.
        *last = None;
        let model = Arc::new(Transformer::open(folder)?);
        *last = Some(Arc::clone(&model));
        Ok(model)
    }

    fn lexical(&self, corpus: &[EmbeddedText<'_>], seed: u64) -> Arc<Lexical> {
        let id = Lexical::id_for(corpus, seed);
        let mut last = self.fitted.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(embedder) = &*last
            && embedder.id() == id
        {
            return Arc::clone(embedder);
        }
        // Let go of the old one before the new one is made.
        *last = None;
        // On a thread of the pool: fitting hands it a thousand small pieces of work, and each hand-over
        // from outside would wake it up anew.
        let (embedder, ()) = rayon::join(|| Arc::new(Lexical::fit(corpus, seed)), || ());
        *last = Some(Arc::clone(&embedder));
        embedder
    }
}
