//! The bytes of a source: folders, encodings, and what is no list of clusters at all.

pub(crate) mod columnar;
pub(crate) mod encoding;
pub(crate) mod folder;
pub(crate) mod foreign;
pub(crate) mod looks;
pub(crate) mod old_letters;
