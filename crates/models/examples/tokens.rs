//! Prints the ids of every line of standard input (each a JSON string), cut at 256; with a number,
//! encodes them that many times on one core and says how fast.

use std::io::{self, BufRead, Write};
use std::time::Instant;

use cladus_models::tokenizer::WordPiece;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let tokens = WordPiece::minilm()?;
    let lines = io::stdin().lock().lines().collect::<Result<Vec<_>, _>>()?;
    let texts =
        lines.iter().map(|line| serde_json::from_str(line)).collect::<Result<Vec<String>, _>>()?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    if let Some(times) = std::env::args().nth(1) {
        let times: u32 = times.parse()?;
        let started = Instant::now();
        let ids: usize = (0..times)
            .map(|_| texts.iter().map(|text| tokens.encode(text, 256).len()).sum::<usize>())
            .sum();
        let rate = f64::from(times) * texts.len() as f64 / started.elapsed().as_secs_f64();
        writeln!(out, "{rate:.0} texts a second, {ids} ids")?;
    } else {
        for text in &texts {
            writeln!(out, "{}", serde_json::to_string(&tokens.encode(text, 256))?)?;
        }
    }
    Ok(())
}
