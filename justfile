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

# The program behind `cladus query`, which nothing else builds.
query:
    cargo fmt --manifest-path crates/query/Cargo.toml --check
    cargo clippy --manifest-path crates/query/Cargo.toml --all-targets -- -D warnings
    cargo test --manifest-path crates/query/Cargo.toml

# The program behind `cladus remote`.
remote:
    cargo fmt --manifest-path crates/remote/Cargo.toml --check
    cargo clippy --manifest-path crates/remote/Cargo.toml --all-targets -- -D warnings
    cargo test --manifest-path crates/remote/Cargo.toml

bench:
    cargo bench -p cladus-group

# A tree with a model, beside the ideal schedule (and Kura, with --kura-python); needs the tools.
bench-llm TOOLS="../shared/tools" *ARGS="":
    cargo build --release -p cladus
    python3 benchmarks/llm_speed.py --cladus "${CARGO_TARGET_DIR:-target}/release/cladus" --tools {{TOOLS}} {{ARGS}}
