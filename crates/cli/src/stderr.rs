//! What is written to standard error.

pub(crate) fn to_stderr(text: &str) {
    use std::io::Write as _;
    // Nowhere is left to complain to when standard error is gone.
    let _ = anstream::stderr().write_all(text.as_bytes());
}
