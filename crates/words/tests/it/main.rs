//! Names from outside: one binary, because every one builds the naming anew.

#![allow(clippy::unwrap_used, reason = "a test")]

mod meaning;
mod naming;
mod readers;
mod snapshots;
mod tables;

use cladus_words::Class;

/// Classes of texts that follow one another, all of them siblings.
fn siblings(classes: &[&[&str]]) -> Vec<Class> {
    let mut next = 0;
    let class = |children: &&[&str]| {
        let texts = (next..next + children.len()).collect();
        next += children.len();
        Class { texts, set: 0 }
    };
    classes.iter().map(class).collect()
}
