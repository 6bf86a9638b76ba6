//! From a name on the command line to an embedder.

use std::fmt;
use std::path::{Path, PathBuf};

use cladus_core::config::API_EMBEDDER;
use cladus_core::{artifact, content};

use crate::kind::EmbedderKind;
use crate::tongue::{self, LanguageSupport, Sample};
use crate::{EmbeddedText, Embedder, Embedders, Error};

/// What may be asked for by name.
pub(crate) const KNOWN: &[&str] = &["auto", "auto:N", "minilm", "static", "lexical", API_EMBEDDER];

/// Texts up to which `auto` takes the transformer: half a minute on two cores.
pub const FEW_TEXTS: usize = 5_000;

/// And up to which where a model reads and names: vectors then decide who is shown together, not what a
/// category is, and nobody is to wait for them before the first question. Trees of five sets with known
/// categories, read by somebody who never errs, score .905 with static vectors and .911 with the
/// transformer's. On the levels above, where nearly all is shown at once, there is no difference, and the
/// driver asks for none.
pub const FEW_TEXTS_OF_A_MODEL: usize = 750;

/// The rules of `auto` and what a language is told from; raised where they change.
const QUESTION: &str = "language-1";

/// An embedder as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EmbedderRequest {
    /// Whichever built-in one suits the texts: the transformer up to so many of them.
    Auto(usize),
    /// This one.
    This(EmbedderKind),
}

impl EmbedderRequest {
    /// What is meant by `name`: `auto` (the transformer up to [`FEW_TEXTS`]), `auto:N` (up to N), the name of a built-in embedder, or a folder with a sentence
    /// transformer.
    ///
    /// # Errors
    /// The name is unknown, the folder holds no model, or it is an endpoint that is meant.
    pub fn parse(name: &str) -> Result<Self, Error> {
        Ok(match name {
            "auto" => Self::Auto(FEW_TEXTS),
            "minilm" => Self::This(EmbedderKind::MiniLm),
            "static" => Self::This(EmbedderKind::Static),
            "lexical" => Self::This(EmbedderKind::Lexical),
            API_EMBEDDER => return Err(Error::NotConnected),
            name if name.strip_prefix("auto:").is_some_and(|few| few.parse::<usize>().is_ok()) => {
                Self::Auto(name["auto:".len()..].parse().unwrap_or(FEW_TEXTS))
            }
            // A bare word that is no folder is a slip of the pen.
            name if name.contains(['/', '\\']) || Path::new(name).is_dir() => {
                Self::This(EmbedderKind::Folder(PathBuf::from(name)))
            }
            name => return Err(Error::Unknown { name: name.to_owned(), known: KNOWN }),
        })
    }

    /// The choice for these texts.
    pub fn choose<'a>(
        self,
        texts: impl ExactSizeIterator<Item = EmbeddedText<'a>>,
    ) -> EmbedderChoice {
        match self {
            Self::This(kind) => EmbedderChoice { kind, why: None },
            Self::Auto(few) => {
                let count = texts.len();
                let mut sample = Sample::default();
                texts.for_each(|text| sample.add(text.name, text.description));
                EmbedderChoice::of(count, few, sample.language())
            }
        }
    }

    /// The choice for the clusters in the artifact at `path`. What language they are in is remembered
    /// with what the file holds.
    ///
    /// # Errors
    /// When the file has to be read and cannot.
    pub fn choose_for(self, path: &Path) -> cladus_core::Result<EmbedderChoice> {
        let (few, language) = match self {
            Self::This(kind) => return Ok(EmbedderChoice { kind, why: None }),
            Self::Auto(few) => (
                few,
                content::about(path, QUESTION, || {
                    let mut sample = Sample::default();
                    artifact::visit_texts(path, |name, description| sample.add(name, description))?;
                    Ok(sample.language().unwrap_or_default().to_owned())
                })?,
            ),
        };
        let language = Some(language.as_str()).filter(|language| !language.is_empty());
        Ok(EmbedderChoice::of(content::of(path)?.rows, few, language))
    }
}

/// An embedder, and why it is this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbedderChoice {
    /// The embedder.
    pub kind: EmbedderKind,
    /// Why `auto` means this one; `None` where it was asked for.
    pub why: Option<Why>,
}

/// Why `auto` means what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// Few enough for the transformer, which takes so many.
    Few(usize),
    /// More than the transformer takes.
    Many(usize),
    /// In a language that the models know too little of.
    Language(String),
}

impl EmbedderChoice {
    fn of(texts: usize, most: usize, language: Option<&str>) -> Self {
        let few = texts <= most;
        let lexical = || Why::Language(language.unwrap_or_default().to_owned());
        let (kind, why) = match tongue::known(language) {
            LanguageSupport::Not => (EmbedderKind::Lexical, lexical()),
            LanguageSupport::InPart if !few => (EmbedderKind::Lexical, lexical()),
            _ if few => (EmbedderKind::MiniLm, Why::Few(most)),
            _ => (EmbedderKind::Static, Why::Many(most)),
        };
        Self { kind, why: Some(why) }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Few(most) => write!(f, "up to {most} texts"),
            Self::Many(most) => write!(f, "more than {most} texts"),
            Self::Language(language) => write!(f, "the texts are {language}"),
        }
    }
}

/// `name` as it means the same wherever it is read: a folder by its absolute path.
///
/// # Errors
/// Those of [`EmbedderRequest::parse`]; an endpoint is none.
pub fn settled(name: &str) -> Result<String, Error> {
    match EmbedderRequest::parse(name) {
        Ok(EmbedderRequest::This(EmbedderKind::Folder(folder))) => {
            let absolute = std::path::absolute(&folder).unwrap_or(folder);
            Ok(absolute.to_string_lossy().into_owned())
        }
        Ok(_) | Err(Error::NotConnected) => Ok(name.to_owned()),
        Err(error) => Err(error),
    }
}

/// [`EmbedderRequest::parse`], [`EmbedderRequest::choose`] and [`Embedders::fit`] in one.
///
/// # Errors
/// The name is unknown, or its model cannot be read.
pub fn choose(
    name: &str,
    corpus: &[EmbeddedText<'_>],
    seed: u64,
) -> Result<Box<dyn Embedder>, Error> {
    let choice = EmbedderRequest::parse(name)?.choose(corpus.iter().copied());
    Embedders::default().fit(&choice.kind, corpus, seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn auto(texts: usize, name: &str) -> EmbedderChoice {
        EmbedderRequest::Auto(FEW_TEXTS).choose(vec![EmbeddedText::name(name); texts].into_iter())
    }

    #[test]
    fn auto_goes_by_number_and_language() {
        let english = "Reset the password of an account";
        assert_eq!(
            auto(FEW_TEXTS, english),
            EmbedderChoice { kind: EmbedderKind::MiniLm, why: Some(Why::Few(FEW_TEXTS)) }
        );
        let many = auto(FEW_TEXTS + 1, english);
        assert_eq!(
            many,
            EmbedderChoice { kind: EmbedderKind::Static, why: Some(Why::Many(FEW_TEXTS)) }
        );
        let german = "Wie man das Passwort eines Benutzerkontos zurücksetzt";
        assert_eq!(auto(FEW_TEXTS, german).kind, EmbedderKind::MiniLm);
        assert_eq!(auto(FEW_TEXTS + 1, german).kind, EmbedderKind::Lexical);
        let japanese = auto(3, "パスワードを再設定する方法");
        assert_eq!(japanese.kind, EmbedderKind::Lexical);
        assert_eq!(japanese.why.unwrap().to_string(), "the texts are Japanese");
        assert_eq!(auto(0, "").kind, EmbedderKind::MiniLm);
    }

    #[test]
    fn whoever_is_in_a_hurry_says_how_many_are_few() {
        let wanted = EmbedderRequest::parse("auto:2").unwrap();
        let texts = [EmbeddedText::name("Reset the password of an account"); 3];
        let choice = wanted.choose(texts.into_iter());
        assert_eq!(choice, EmbedderChoice { kind: EmbedderKind::Static, why: Some(Why::Many(2)) });
        assert!(EmbedderRequest::parse("auto:many").is_err());
    }

    #[test]
    fn whoever_is_asked_for_is_taken() {
        let lexical = EmbedderRequest::parse("lexical").unwrap();
        let choice = lexical.choose([EmbeddedText::name("Reset the password")].into_iter());
        assert_eq!(choice, EmbedderChoice { kind: EmbedderKind::Lexical, why: None });
    }

    #[test]
    fn folders_are_known_by_their_slashes() {
        let folder = |name: &str| EmbedderRequest::parse(name).unwrap();
        assert_eq!(
            folder("./mine"),
            EmbedderRequest::This(EmbedderKind::Folder(PathBuf::from("./mine")))
        );
        assert_eq!(
            folder("src"),
            EmbedderRequest::This(EmbedderKind::Folder(PathBuf::from("src"))),
            "it is there"
        );
        assert!(Path::new(&settled("src").unwrap()).is_absolute());
        assert_eq!(settled("api").unwrap(), "api");
        assert_eq!(settled("auto").unwrap(), "auto");
    }

    #[test]
    fn a_wrong_name_is_told_the_right_ones() {
        let error = EmbedderRequest::parse("Minilm").unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown embedder \"Minilm\"; expected auto, auto:N, minilm, static, lexical, api, or a folder \
             with a sentence transformer"
        );
        let error = cladus_core::Error::from(error);
        assert_eq!(error.hint().as_deref(), Some("did you mean minilm?"));
    }
}
