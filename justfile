# What people type. `just --list` shows it.

# Everything that CI asks for.
ci: fmt lint doc test

test:
    cargo test --workspace

lint:
    cargo clippy --workspace --all-targets -- -D warnings

fmt:
    cargo fmt --all --check

doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# The example, as a newcomer runs it.
example:
    cargo run --release -- run examples/helpdesk/clusters.jsonl --out my-run

bench:
    cargo bench -p cladus-group
