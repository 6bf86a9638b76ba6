//! Groups raw vectors, for comparisons with other k-means: `benchmarks/kmeans.py` runs it.
//!
//! `kmeans VECTORS DIM ROWS_PER_GROUP LARGEST OUT` reads little-endian float32 rows from the file
//! VECTORS, writes each row's group to OUT as little-endian uint32, and prints the seconds that
//! grouping took, without reading and writing.

#![expect(clippy::print_stdout, reason = "what it prints is read by the benchmark")]

use std::error::Error;
use std::num::NonZeroUsize;
use std::time::Instant;

use cladus_group::{GroupParams, group};
use cladus_vectors::Vectors;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [vectors, dim, rows_per_group, largest, out] = arguments.as_slice() else {
        return Err("expected VECTORS DIM ROWS_PER_GROUP LARGEST OUT".into());
    };
    let data: Vec<f32> = std::fs::read(vectors)?
        .chunks_exact(4)
        .map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
        .collect();
    let vectors = Vectors::new(&data, dim.parse()?)?;
    let mut config = GroupParams::new(rows_per_group.parse()?);
    config.max_group_size = Some(largest.parse::<NonZeroUsize>()?);
    let start = Instant::now();
    let grouping = group(vectors, &config);
    println!("{} {:.4}", grouping.method, start.elapsed().as_secs_f64());
    let bytes: Vec<u8> = grouping.group.iter().flat_map(|g| g.to_le_bytes()).collect();
    std::fs::write(out, bytes)?;
    Ok(())
}
