//! Files of columns: Parquet and Arrow.

use std::path::Path;

use cladus_core::artifact::{ARROW_MAGIC, ARROW_STREAM_MAGIC, FEATHER_1_MAGIC};

use crate::args::InputFormat;

/// What a columnar file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Columnar {
    Parquet,
    Arrow,
}

/// Is it a columnar file? By its first bytes; by its ending or a flag, so that one which is damaged there
/// is told to be.
pub(crate) fn columnar(bytes: &[u8], asked: Option<InputFormat>, named: &Path) -> Option<Columnar> {
    if bytes.starts_with(b"PAR1") {
        return Some(Columnar::Parquet);
    }
    // A pointer of Git LFS has the ending of the file that it stands for.
    if bytes.starts_with(b"version https://") {
        return None;
    }
    if [ARROW_MAGIC, ARROW_STREAM_MAGIC, FEATHER_1_MAGIC].iter().any(|m| bytes.starts_with(m)) {
        return Some(Columnar::Arrow);
    }
    let ending = || named.extension().map(|e| e.to_string_lossy().to_lowercase());
    match asked {
        Some(InputFormat::Parquet) => Some(Columnar::Parquet),
        Some(InputFormat::Arrow) => Some(Columnar::Arrow),
        Some(_) => None,
        None => match ending().as_deref() {
            Some("parquet" | "pq") => Some(Columnar::Parquet),
            Some("arrow" | "feather" | "ipc") => Some(Columnar::Arrow),
            _ => None,
        },
    }
}
