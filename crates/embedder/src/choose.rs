//! From a name on the command line to an embedder.

use std::sync::{Arc, Mutex, PoisonError};

use crate::{Embedder, Error, Lexical, Text};

const KNOWN: &[&str] = &["auto", "lexical", "api"];
const PLANNED: &[&str] = &["minilm", "static"];

/// The built-in embedders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// [`Lexical`].
    #[default]
    Lexical,
}

impl Kind {
    /// The embedder meant by `name`; `auto` picks the best one of this build.
    ///
    /// # Errors
    /// The name is unknown, or its embedder is not in this build.
    pub fn parse(name: &str) -> Result<Self, Error> {
        match name {
            "auto" | "lexical" => Ok(Self::Lexical),
            "api" => Err(Error::NotConnected),
            name if PLANNED.contains(&name) => {
                Err(Error::NotBuilt { name: name.to_owned(), known: KNOWN })
            }
            name => Err(Error::Unknown { name: name.to_owned(), known: KNOWN }),
        }
    }

    /// The kind and seed of the embedder that has this [`id`](Embedder::id), if it is one of ours.
    pub fn of_id(id: &str) -> Option<(Self, u64)> {
        let rest = id.strip_prefix(Self::Lexical.version())?;
        let seed = rest.split(' ').find_map(|part| part.strip_prefix("seed="))?;
        Some((Self::Lexical, seed.parse().ok()?))
    }

    /// Method and version, known without a corpus: what a fingerprint holds.
    pub fn version(self) -> &'static str {
        match self {
            Self::Lexical => Lexical::VERSION,
        }
    }

    /// The embedder, fitted on `corpus` where it needs one.
    ///
    /// Whoever wants to embed other texts into the space of some stored vectors (a candidate's
    /// name among the clusters) fits again, on the same texts with the same seed, and has the
    /// same embedder: its [`id`](Embedder::id) says so.
    pub fn fit(self, corpus: &[Text<'_>], seed: u64) -> Box<dyn Embedder> {
        match self {
            Self::Lexical => Box::new(fitted(corpus, seed)),
        }
    }
}

/// The embedder that was fitted last: stages that run in one process, one after the other, want the
/// same one.
static LAST: Mutex<Option<Arc<Lexical>>> = Mutex::new(None);

fn fitted(corpus: &[Text<'_>], seed: u64) -> Arc<Lexical> {
    let id = Lexical::id_for(corpus, seed);
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
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

/// [`Kind::parse`] and [`Kind::fit`] in one.
///
/// # Errors
/// The name is unknown, or its embedder is not in this build.
pub fn choose(name: &str, corpus: &[Text<'_>], seed: u64) -> Result<Box<dyn Embedder>, Error> {
    Ok(Kind::parse(name)?.fit(corpus, seed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auto_is_an_embedder_that_can_be_named() {
        let auto = Kind::parse("auto").unwrap();
        assert_eq!(auto, Kind::parse("lexical").unwrap());
        let embedder = auto.fit(&[Text::name("a")], 0);
        assert!(embedder.id().starts_with(auto.version()), "{}", embedder.id());
        assert_eq!(Kind::of_id(&auto.fit(&[Text::name("a")], 9).id()), Some((auto, 9)));
        assert_eq!(Kind::of_id("word2vec"), None);
    }

    #[test]
    fn a_wrong_name_is_told_the_right_ones() {
        let message = |name| Kind::parse(name).unwrap_err().to_string();
        assert_eq!(message("Minilm"), r#"unknown embedder "Minilm"; known are auto, lexical, api"#);
        assert_eq!(
            message("minilm"),
            r#"embedder "minilm" is not in this build yet; there are auto, lexical, api"#
        );
    }
}
