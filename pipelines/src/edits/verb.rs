//! What an edit says: a verb, and the clusters it is about.

use std::fmt;

use cladus_core::text;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

/// What an edit does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// Another name, description or slug.
    Rename(Rename),
    /// Several parents become one.
    Merge(Merge),
    /// A cluster goes under another parent.
    Move(Move),
    /// A cluster stays under a parent, wherever a rebuild puts it.
    Pin(Pin),
    /// Some clusters get a new parent of their own.
    Create(Create),
}

/// What a person calls a cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Wording {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its description; without it, it keeps the one it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its slug; without it, made from a new name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slug: Option<String>,
}

/// `[[rename]]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rename {
    /// What is renamed: a parent or a base cluster.
    #[serde(alias = "cluster")]
    pub parent: Reference,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    slug: Option<String>,
}

/// `[[merge]]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Merge {
    /// Two or more; the first one stays.
    pub parents: Vec<Reference>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    slug: Option<String>,
}

/// `[[move]]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Move {
    /// What is moved: a base cluster or a parent.
    pub cluster: Reference,
    /// The parent it goes to.
    pub to: Reference,
}

/// `[[pin]]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// What is pinned: a base cluster or a parent.
    pub cluster: Reference,
    /// The parent it stays under.
    pub under: Reference,
}

/// `[[create]]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Create {
    /// What goes under the new parent: base clusters or parents of one level.
    pub clusters: Vec<Reference>,
    /// What it is itself under; without it, what the parent of the first cluster is under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<Reference>,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    slug: Option<String>,
}

/// Which cluster is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Reference {
    /// An id, a name or a slug.
    Said(String),
    /// A parent by what is below it: ids and names of parents may change with a rebuild, ids of base
    /// clusters do not.
    Of(Of),
}

/// A parent by what is below it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Of {
    /// Its name, which decides where `of` does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Ids of base clusters. It is the lowest parent that holds more than half of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub of: Vec<String>,
    /// The level it stands at, where that need not be the lowest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<u8>,
}

impl Rename {
    /// To `wording`.
    pub fn new(parent: Reference, wording: Wording) -> Self {
        let Wording { name, description, slug } = wording;
        Self { parent, name, description, slug }
    }

    /// What the parent is called from now on.
    pub fn wording(&self) -> Wording {
        let Self { name, description, slug, .. } = self.clone();
        Wording { name, description, slug }
    }
}

impl Merge {
    /// Into the first of `parents`, which is called `wording` then.
    pub fn new(parents: Vec<Reference>, wording: Wording) -> Self {
        let Wording { name, description, slug } = wording;
        Self { parents, name, description, slug }
    }

    /// What the one that stays is called from now on.
    pub fn wording(&self) -> Wording {
        let Self { name, description, slug, .. } = self.clone();
        Wording { name, description, slug }
    }
}

impl Create {
    /// A parent of `clusters` that is called `name`.
    pub fn new(
        clusters: Vec<Reference>,
        under: Option<Reference>,
        name: String,
        description: Option<String>,
        slug: Option<String>,
    ) -> Self {
        Self { clusters, under, name, description, slug }
    }

    /// What the new parent is called.
    pub fn wording(&self) -> Wording {
        let Self { name, description, slug, .. } = self.clone();
        Wording { name: Some(name), description, slug }
    }
}

impl Verb {
    /// Cleans what it says, and says what it lacks.
    ///
    /// # Errors
    /// What it lacks.
    pub fn settle(&mut self) -> Result<(), String> {
        match self {
            Self::Rename(Rename { parent, name, description, slug }) => {
                parent.settle()?;
                settle_wording(name, description, slug)?;
                if name.is_none() && description.is_none() && slug.is_none() {
                    return Err("[[rename]] gives no new name, description or slug".to_owned());
                }
            }
            Self::Merge(Merge { parents, name, description, slug }) => {
                parents.iter_mut().try_for_each(Reference::settle)?;
                settle_wording(name, description, slug)?;
                if parents.len() < 2 {
                    let n = parents.len();
                    return Err(format!("[[merge]] gives {n} of its parents, expected 2 or more"));
                }
            }
            Self::Move(Move { cluster, to }) => {
                cluster.settle()?;
                to.settle()?;
            }
            Self::Pin(Pin { cluster, under }) => {
                cluster.settle()?;
                under.settle()?;
            }
            Self::Create(Create { clusters, under, name, description, slug }) => {
                clusters.iter_mut().chain(under).try_for_each(Reference::settle)?;
                if clusters.is_empty() {
                    return Err("[[create]] gives no children".to_owned());
                }
                let mut given = Some(std::mem::take(name));
                settle_wording(&mut given, description, slug)?;
                *name = given.unwrap_or_default();
            }
        }
        Ok(())
    }
}

fn settle_wording(
    name: &mut Option<String>,
    description: &mut Option<String>,
    slug: &mut Option<String>,
) -> Result<(), String> {
    if let Some(name) = name {
        *name = text::clean_to(name, text::MAX_NAME_CHARS).into_owned();
        if name.is_empty() {
            return Err("name is empty".to_owned());
        }
    }
    if let Some(description) = description {
        *description = text::clean_to(description, text::MAX_DESCRIPTION_CHARS).into_owned();
    }
    if let Some(slug) = slug {
        let fits = |word: &str| {
            !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() && !c.is_uppercase())
        };
        if !slug.split('_').all(fits) {
            return Err(format!("slug {slug:?} is not in snake_case"));
        }
    }
    Ok(())
}

impl Reference {
    fn settle(&mut self) -> Result<(), String> {
        match self {
            // An id may hold two spaces, so this is cleaned only where names are compared.
            Self::Said(said) if said.trim().is_empty() => {
                Err("a reference is empty, expected an id, a name or a slug".to_owned())
            }
            Self::Said(_) => Ok(()),
            Self::Of(Of { name, of, level: _ }) => {
                of.sort_unstable();
                of.dedup();
                match (name, of.is_empty()) {
                    (None, true) => {
                        Err("a reference contains no base clusters: { of = [\"id\", …] }"
                            .to_owned())
                    }
                    _ => Ok(()),
                }
            }
        }
    }
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct VerbForm;
        impl<'de> Visitor<'de> for VerbForm {
            type Value = Reference;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an id, a name or a slug, or { of = [\"id of a base cluster\", …] }")
            }

            fn visit_str<E: de::Error>(self, said: &str) -> Result<Reference, E> {
                Ok(Reference::Said(said.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Reference, A::Error> {
                Of::deserialize(de::value::MapAccessDeserializer::new(map)).map(Reference::Of)
            }
        }
        deserializer.deserialize_any(VerbForm)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Said(said) | Self::Of(Of { name: Some(said), .. }) => write!(f, "{said:?}"),
            Self::Of(Of { of, .. }) => {
                let more = if of.len() > 2 { ", …" } else { "" };
                let shown: Vec<&str> = of.iter().take(2).map(String::as_str).collect();
                write!(f, "the parent of {}{more}", shown.join(", "))
            }
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rename(rename) => {
                write!(f, "rename {}", rename.parent)?;
                let Wording { name, description, slug } = rename.wording();
                match (name, description, slug) {
                    (Some(name), ..) => write!(f, " to {name:?}"),
                    (None, Some(_), _) => f.write_str(": new description"),
                    (None, None, _) => f.write_str(": new slug"),
                }
            }
            Self::Merge(merge) => {
                let parents: Vec<String> = merge.parents.iter().map(ToString::to_string).collect();
                write!(f, "merge {}", parents.join(" and "))?;
                merge.wording().name.map_or(Ok(()), |name| write!(f, " as {name:?}"))
            }
            Self::Move(Move { cluster, to }) => write!(f, "move {cluster} to {to}"),
            Self::Pin(Pin { cluster, under }) => write!(f, "pin {cluster} under {under}"),
            Self::Create(Create { clusters, under, name, .. }) => {
                let clusters: Vec<String> = clusters.iter().map(ToString::to_string).collect();
                write!(f, "create {name:?} of {}", clusters.join(" and "))?;
                under.as_ref().map_or(Ok(()), |under| write!(f, " under {under}"))
            }
        }
    }
}
