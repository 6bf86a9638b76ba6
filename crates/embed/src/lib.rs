//! Stage 1, **embed**: clusters to embeddings.
//!
//! Reads `clusters`, writes `embeddings`: one L2-normalised vector a cluster, from its name and
//! description; above the first level, the direction of the mean of its children's vectors. Which embedder
//! made them is recorded in the file, so that later stages can put other texts (candidate names) into the
//! same space. The embedders themselves live in [`cladus_embedder`].

mod children;
mod gather;
mod level;
mod stage;

pub use stage::{EmbedArgs, VERSION, main, run};
