//! Embeds the lines of standard input, `name<TAB>description`, as seen from their centre, for benchmarks
//! and comparisons.
//!
//! Writes the vectors to standard output (f32, little-endian, row-major), and to standard error what it
//! took, in seconds: loading to first vector, then each of five rounds over all lines.

use std::io::{self, BufWriter, Read, Write};
use std::time::Instant;

use cladus_models::static_table::Static;

/// As many texts as `cladus` finds the centre of.
const SAMPLE: usize = 8192;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let start = Instant::now();
    let model = Static::shipped()?;
    model.embed(&[("a first text", "")], None, &|_| {});
    let first = start.elapsed().as_secs_f64();

    let mut input = String::new();
    io::stdin().read_to_string(&mut input)?;
    let texts: Vec<(&str, &str)> =
        input.lines().map(|line| line.split_once('\t').unwrap_or((line, ""))).collect();
    let mut out = BufWriter::new(io::stdout().lock());
    let mut vectors = Vec::new();
    let mut rounds = Vec::new();
    for _ in 0..5 {
        let start = Instant::now();
        let sample = &texts[..texts.len().min(SAMPLE)];
        vectors = model.embed(&texts, Some(&model.centre(sample)), &|_| {});
        rounds.push(start.elapsed().as_secs_f64().to_string());
    }
    for number in vectors {
        out.write_all(&number.to_le_bytes())?;
    }
    out.flush()?;
    writeln!(io::stderr(), "{first} {}", rounds.join(" "))?;
    Ok(())
}
