//! Says which of the other tests could not run; cargo runs it last.

#![expect(clippy::print_stdout, reason = "printing is what this one is for")]

use skipped_tests::{folder, report, take};

fn main() {
    if let Some(folder) = folder() {
        println!("\n{}", report(&take(&folder)));
    }
}
