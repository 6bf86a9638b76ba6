//! Everything a stage's result depends on.
//!
//! One list of named parts is what is compared, stored and explained, so that an explanation cannot
//! drift from the rule. Paths, times, thread counts and the pace of calls are not among the parts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::content;
use crate::error::Result;

/// Named parts and their values. Of texts and inputs, the value is a digest.
pub type Parts = BTreeMap<String, String>;

/// Arguments of a stage: enough to know what it would make, and from what.
pub trait StageArgs {
    /// The artifact it writes.
    fn out(&self) -> PathBuf;

    /// What its result depends on, with every default filled in.
    ///
    /// # Errors
    /// When settings, a prompt, or an input's footer cannot be read.
    fn fingerprint(&self) -> Result<Fingerprint>;
}

/// What a result depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    /// The stage.
    pub stage: &'static str,
    /// Its version, and the parameters it really reads.
    pub values: Parts,
    /// Prompts, whole: compared byte by byte, explained line by line.
    pub texts: BTreeMap<String, String>,
    /// Artifacts it reads, by name: their rows count, not their bytes.
    pub inputs: Vec<(String, PathBuf)>,
}

impl Fingerprint {
    /// Of version `version` of `stage`; nothing else yet.
    pub fn new(stage: &'static str, version: u32) -> Self {
        let values = Parts::from([("version".to_owned(), version.to_string())]);
        Self { stage, values, texts: BTreeMap::new(), inputs: Vec::new() }
    }

    /// With a parameter.
    #[must_use]
    pub fn value<T: ToString + ?Sized>(mut self, name: &str, value: &T) -> Self {
        self.values.insert(name.to_owned(), value.to_string());
        self
    }

    /// With a parameter that may be left out.
    #[must_use]
    pub fn optional<T: ToString>(self, name: &str, value: Option<&T>) -> Self {
        match value {
            Some(value) => self.value(name, value),
            None => self,
        }
    }

    /// With a text.
    #[must_use]
    pub fn text(mut self, name: &str, text: &str) -> Self {
        self.texts.insert(name.to_owned(), text.to_owned());
        self
    }

    /// With an artifact that is read.
    #[must_use]
    pub fn input(mut self, name: &str, path: &Path) -> Self {
        self.inputs.push((name.to_owned(), path.to_owned()));
        self
    }

    /// The parts without the inputs.
    pub fn own_parts(&self) -> Parts {
        let mut parts = self.values.clone();
        for (name, text) in &self.texts {
            parts.insert(name.clone(), digest_of(text.as_bytes()));
        }
        parts
    }

    /// All parts.
    ///
    /// # Errors
    /// When an input cannot be read as its artifact.
    pub fn parts(&self) -> Result<Parts> {
        let mut parts = self.own_parts();
        for (name, path) in &self.inputs {
            parts.insert(name.clone(), content::of(path)?.digest);
        }
        Ok(parts)
    }
}

/// Digest of bytes, as parts hold it: 32 hexadecimal digits of BLAKE3.
pub fn digest_of(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex()[..32].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_counts_by_its_bytes_and_a_value_by_its_name() {
        let base = || Fingerprint::new("label", 1).value("seed", &0);
        let parts = base().text("prompt", "a").own_parts();
        assert_eq!(parts.len(), 3);
        assert_ne!(parts, base().text("prompt", "a ").own_parts());
        assert_ne!(parts, base().text("other", "a").own_parts());
        assert_eq!(base().optional("model", None::<&String>), base());
    }
}
