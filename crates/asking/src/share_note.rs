//! What a share leaves beside its rows for whoever gathers it: JSON at the end of its file.

use std::path::Path;

use cladus_core::artifact::{OPEN_NAMES, parquet};
use cladus_core::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::stage::MadeRows;

/// The rows of a share that asked no model, and what their names can be told from those of other shares by.
pub struct ShareMade<R> {
    /// As if there were no others.
    pub made: MadeRows<R>,
    /// What to leave; `None` where the whole level decides more than which names are taken.
    pub open: Option<String>,
}

/// More than this, in bytes, is not left beside a share: the end of a file has a limit.
const MOST: usize = 100 << 20;

/// The text to leave; `None` if it is too much.
///
/// # Errors
/// Never in practice.
pub fn share_note<T: Serialize>(note: &T) -> Result<Option<String>> {
    let text = serde_json::to_string(note).map_err(|e| Error::Bug(e.to_string()))?;
    Ok(Some(text).filter(|text| text.len() <= MOST))
}

/// What the share at `path` has left; `None` if it is nothing that can be read.
///
/// # Errors
/// When the file cannot be read.
pub fn read_share_note<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    let (metadata, _) = parquet::footer(path)?;
    Ok(metadata.get(OPEN_NAMES).and_then(|text| serde_json::from_str(text).ok()))
}
