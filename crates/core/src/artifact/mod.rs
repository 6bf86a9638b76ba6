//! Artifacts as plain rows: typed, validated, and joined to each other.

mod check;
mod digest;
mod encode;
mod fill;
mod json_lines;
pub mod parquet;
mod part;
mod read;
mod rows;
mod values;
mod write;

pub use check::{Checked, check_file, recognise};
pub use digest::Digest;
use encode::digest_rows;
pub use fill::Filling;
pub use json_lines::{read_json_lines, write_json_lines};
pub use part::{
    EmbeddingBatches, embeddings_head, id_hash, visit_candidates, visit_clusters, visit_embeddings,
    visit_groups, visit_ids, visit_labels,
};
pub use read::{
    candidates, clusters, embeddings, groups, labels, read_candidates, read_closure, read_clusters,
    read_digest, read_embeddings, read_groups, read_hierarchy, read_labels, read_map, visit_texts,
};
pub use rows::{
    Artifact, CallCost, Candidate, ClosureRow, Cluster, Embeddings, Grouping, Label, MapPoint,
    Match, Node, Parent,
};
pub use values::{
    ARROW_MAGIC, ARROW_STREAM_MAGIC, FEATHER_1_MAGIC, Values, read_arrow_values,
    read_parquet_values,
};
pub use write::{
    OPEN_NAMES, Written, digest_clusters, write_candidates, write_candidates_open, write_closure,
    write_clusters, write_embeddings, write_embeddings_from, write_groups, write_hierarchy,
    write_labels, write_map, write_parents, write_parents_open,
};
