//! A stage's work in shares, for several processes or machines at once.
//!
//! A shard does its share, and writes it beside the artifact (`labels.shard-3-of-8.parquet`) with a
//! manifest of its own. Gathering checks that every share is there and was made as the whole would
//! be now. Which share something is in follows from the ids of the clusters concerned and from the
//! number of shares alone.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::fingerprint::Fingerprint;
use crate::manifest::{self, ArtifactState, Manifest, Reason};

/// The part of a fingerprint that says which share it is of.
const PART: &str = "shard";

/// One of so many shares of a stage's work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    number: u32,
    of: u32,
}

/// Not a share of anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected I/N, share I of N, with I from 1 to N")]
pub struct NoShard;

impl FromStr for Shard {
    type Err = NoShard;

    fn from_str(text: &str) -> Result<Self, NoShard> {
        let (number, of) = text.split_once('/').ok_or(NoShard)?;
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        let parse = |text: &str| text.parse().ok().filter(|_| digits(text)).ok_or(NoShard);
        let (number, of) = (parse(number)?, parse(of)?);
        if (1..=of).contains(&number) { Ok(Self { number, of }) } else { Err(NoShard) }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl Shard {
    /// All shares there are of `of`.
    pub fn all(of: u32) -> impl Iterator<Item = Self> {
        (1..=of).map(move |number| Self { number, of })
    }

    /// Is what these clusters make up together in this share? They may come in any order.
    pub fn takes<'a>(self, ids: impl IntoIterator<Item = &'a str>) -> bool {
        let mut ids: Vec<&str> = ids.into_iter().collect();
        ids.sort_unstable();
        let mut hasher = blake3::Hasher::new();
        for id in ids {
            hasher.update(&(id.len() as u64).to_le_bytes());
            hasher.update(id.as_bytes());
        }
        let mut number = [0; 8];
        hasher.finalize_xof().fill(&mut number);
        u64::from_le_bytes(number) % u64::from(self.of) == u64::from(self.number - 1)
    }

    /// Is the piece at `place` in this share, where the work comes in numbered pieces?
    pub fn takes_piece(self, place: usize) -> bool {
        place % self.of as usize == self.number as usize - 1
    }

    /// Where this share of the artifact at `out` lies.
    pub fn path(self, out: &Path) -> PathBuf {
        let mut name = out.file_stem().unwrap_or_default().to_owned();
        name.push(format!(".shard-{}-of-{}", self.number, self.of));
        if let Some(ending) = out.extension() {
            name.push(".");
            name.push(ending);
        }
        out.with_file_name(name)
    }

    /// What this share depends on, where the whole depends on `whole`.
    #[must_use]
    pub fn fingerprint(self, whole: Fingerprint) -> Fingerprint {
        whole.value(PART, &self)
    }
}

/// A share that is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// Where it lies.
    pub path: PathBuf,
    /// Rows that are not as the model said them.
    pub fell_back: usize,
    /// How many of them may go well another time.
    pub unanswered: usize,
}

/// All `of` shares of the artifact at `out`, which depends on `whole`.
///
/// # Errors
/// When a share is not there, or was made from something else than the whole would be now: the first
/// such is named, with what makes it.
pub fn gathered(out: &Path, of: u32, whole: &Fingerprint) -> Result<Vec<Share>> {
    let parts = whole.parts()?;
    let share = |shard: Shard| {
        let path = shard.path(out);
        let fingerprint = shard.fingerprint(whole.clone());
        let mut parts = parts.clone();
        parts.insert(PART.to_owned(), shard.to_string());
        let problem = match manifest::state(&path, &fingerprint, &parts)? {
            ArtifactState::Fresh { .. } => None,
            ArtifactState::Stale(reasons) if reasons == [Reason::Missing] => {
                Some(format!("is missing: create it with --shard {shard}"))
            }
            ArtifactState::Stale(mut reasons) => {
                // What an endpoint did not answer is as much a part of the whole.
                reasons.retain(|reason| !matches!(reason, Reason::Unanswered { .. }));
                let reasons: Vec<String> = reasons.iter().map(ToString::to_string).collect();
                let list = reasons.join("; ");
                (!list.is_empty())
                    .then(|| format!("is stale ({list}): rebuild it with --shard {shard}"))
            }
            ArtifactState::Edited { .. } => Some(format!(
                "was edited by hand: rebuild it with --shard {shard}, and edit the gathered file instead"
            )),
        };
        if let Some(problem) = problem {
            return Err(Error::damaged(&path, problem));
        }
        let manifest = Manifest::load(&path)?;
        let (fell_back, unanswered) =
            manifest.map_or((0, 0), |manifest| (manifest.fell_back, manifest.unanswered));
        Ok(Share { path, fell_back, unanswered })
    };
    Shard::all(of).map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_written_as_they_are_read() {
        for text in ["1/1", "3/8", "8/8"] {
            assert_eq!(text.parse::<Shard>().unwrap().to_string(), text);
        }
        for text in ["0/8", "9/8", "x", "", "1", "1/", "/8", "1/0", "-1/8", "+1/8", "1/8/2", "1 /8"]
        {
            assert_eq!(text.parse::<Shard>(), Err(NoShard), "{text}");
        }
    }

    #[test]
    fn everything_is_in_one_share_whatever_its_order() {
        let ids: Vec<String> = (0..1000).map(|id| format!("c{id}")).collect();
        let mut sizes = [0; 8];
        for id in &ids {
            let taken: Vec<usize> = Shard::all(8)
                .enumerate()
                .filter(|(_, shard)| shard.takes([id.as_str()]))
                .map(|(place, _)| place)
                .collect();
            assert_eq!(taken.len(), 1, "{id}");
            sizes[taken[0]] += 1;
        }
        assert!(sizes.iter().all(|size| (80..180).contains(size)), "{sizes:?}");
        for shard in Shard::all(5) {
            assert_eq!(shard.takes(["a", "b"]), shard.takes(["b", "a"]));
        }
        let place = Shard::all(8).position(|shard| shard.takes(["c1", "c2"]));
        assert_eq!(place, Some(1), "which share something is in is a promise: shares are reused");
    }

    #[test]
    fn a_share_lies_beside_the_whole() {
        let shard: Shard = "3/8".parse().unwrap();
        let expected = Path::new("run/labels.shard-3-of-8.parquet");
        assert_eq!(shard.path(Path::new("run/labels.parquet")), expected);
        assert_eq!(manifest::path_of(expected), Path::new("run/labels.shard-3-of-8.manifest.json"));
    }
}
