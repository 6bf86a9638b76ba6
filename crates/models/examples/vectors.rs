//! Embeds every line of standard input (each a JSON string) and writes 32-bit numbers, row-major, to
//! standard output. Arguments: a model's folder (default: the shipped model), `--first` (write only
//! the first text's vector, for the clock).

use std::io::{self, BufRead, Write};
use std::path::Path;
use std::time::Instant;

use cladus_models::transformer::Transformer;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let started = Instant::now();
    let opened;
    let model = match std::env::args().nth(1) {
        Some(folder) => {
            opened = Transformer::open(Path::new(&folder))?;
            &opened
        }
        None => Transformer::minilm()?,
    };
    let loaded = started.elapsed();
    let lines = io::stdin().lock().lines().collect::<Result<Vec<_>, _>>()?;
    let texts =
        lines.iter().map(|line| serde_json::from_str(line)).collect::<Result<Vec<String>, _>>()?;
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let started = Instant::now();
    let vectors = model.embed(&texts, &|_| {})?;
    let embedded = started.elapsed();
    let bytes: Vec<u8> = vectors.iter().flat_map(|x| x.to_le_bytes()).collect();
    io::stdout().lock().write_all(&bytes)?;
    writeln!(
        io::stderr(),
        "{{\"id\":{:?},\"load\":{:.4},\"embed\":{:.4},\"texts\":{}}}",
        model.id(),
        loaded.as_secs_f64(),
        embedded.as_secs_f64(),
        texts.len()
    )?;
    Ok(())
}
